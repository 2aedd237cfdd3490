"""The fluid beyond the ends during one step, and what it means for the tracer there.

Flows are constant over a step, volumes linear in it, and every compartment balances exactly,

    V(t + dt) - V(t) = dt (Q + fresh + from others - out - to others)

A compartment that keeps its fluid follows the exact solution of dV/dt = Q - (V - V0) / tau.
"""

from collections.abc import Sequence

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from solver.flow.ends import Windkessel
from solver.flow.lumped import lumped_ends
from solver.flow.solve import Flow
from solver.flow.stokes_darcy import StokesDarcy, end_kinds
from solver.geometry.space import Space
from solver.route.joins import OUTER, compartments_of, reservoir_ends
from solver.route.kinds import Compartment, Compartments, Inflow, Number, Route
from solver.tracer.mouth import Joins, Reservoirs, renewed

Scalar = Float[Array, ""]
Volumes = Float[Array, " reservoirs"]


def volumes_at_rest(route: Route, space: Space) -> Volumes:
    """Fluid in each reservoir before anything has moved, m3; zero where it is held."""
    return _with_held(route, space, [place.volume for place in compartments_of(route).values()])


def initial_concentrations(route: Route, space: Space, mouth: Scalar) -> Volumes:
    """Of each reservoir at the start, that of the mouth where it is held.

    Args:
        mouth: concentration at the mouth then.
    """
    begun = [place.initial * mouth for place in compartments_of(route).values()]
    return _with_held(route, space, begun, mouth)


def _with_held(
    route: Route, space: Space, values: Sequence[Number], held: Scalar | float = 0.0
) -> Volumes:
    """Values of compartments, and one value for reservoirs that are held."""
    number = len(reservoir_ends(route, space)) - len(values)
    whole = [jnp.asarray(value, float) for value in (*values, *number * [held])]
    return jnp.stack(whole) if whole else jnp.zeros(0)


def windkessel_volumes(
    flow: StokesDarcy, space: Space, node_pressure: Float[Array, " nodes"]
) -> dict[str, Scalar]:
    """C p of each end with a windkessel, m3: what it holds more than at no pressure."""
    lumped = lumped_ends(end_kinds(flow, space))
    return {
        name: kind.compliance * node_pressure[number]
        for number, (name, kind) in enumerate(lumped.items())
        if isinstance(kind, Windkessel)
    }


def reservoirs_of(
    route: Route,
    joins: Joins,
    flow: StokesDarcy,
    space: Space,
    volumes: Volumes,
    node_pressure: Float[Array, " nodes"],
    moved: Flow,
    duration: float,
) -> Reservoirs:
    """What lies beyond the ends during a step of `duration` seconds.

    Args:
        volumes: of the reservoirs at its start, m3; `node_pressure` of lumped ends then, Pa.
        moved: the flow of the step.
    """
    arriving = {
        name: sum((_arriving(space, moved, end) for end in ends), jnp.zeros(()))
        for name, ends in reservoir_ends(route, space).items()
    }
    if isinstance(route, Inflow):
        filling = [jnp.where(rate < 0, 1.0, 0.0) for rate in arriving.values()]
        return renewed(joins, jnp.stack(filling) if filling else None)
    if not isinstance(route, Compartments):
        return renewed(joins)
    swelling = _swelling(route, flow, space, moved.past.node_pressure - node_pressure)
    names, surplus = list(arriving), dict[str, Scalar]()
    for name in route.downstream:
        place = route.compartments[name]
        if place.into is None:
            before = volumes[names.index(name)]
            swelling[name] = _settling(place, before, arriving[name], duration)
        surplus[name] = arriving[name] - swelling[name] / duration
        if place.into in arriving:
            arriving[place.into] = arriving[place.into] + surplus[name]
    return _mixing(route, space, joins, volumes, swelling, surplus)


def filled(beyond: Reservoirs) -> Bool[Array, ""]:
    """Whether every compartment still holds fluid."""
    return ((beyond.end > 0) | (beyond.held > 0)).all()


def _arriving(space: Space, moved: Flow, end: str) -> Scalar:
    """Fluid that leaves the space through an end, m3/s."""
    if end == OUTER:
        return moved.outer_fluxes.sum()
    return space.end(end).of(moved.end_fluxes).sum()


def _swelling(
    route: Compartments, flow: StokesDarcy, space: Space, pressure: Float[Array, " nodes"]
) -> dict[str, Scalar]:
    """By how much windkessels swell each compartment while their pressures rise so much, m3."""
    held = windkessel_volumes(flow, space, pressure)
    return {
        name: sum((held[end] for end in ends if end in held), jnp.zeros(()))
        for name, ends in reservoir_ends(route, space).items()
    }


def _settling(place: Compartment, before: Scalar, arriving: Scalar, duration: float) -> Scalar:
    """By how much a compartment that keeps its fluid swells, m3."""
    turns = jnp.asarray(duration / place.renewal, float)
    safe = jnp.where(turns > 0, turns, 1.0)
    mean = jnp.where(turns > 0, -jnp.expm1(-safe) / safe, 1.0)
    return arriving * duration * mean + (before - place.volume) * jnp.expm1(-turns)


def _mixing(
    route: Compartments,
    space: Space,
    joins: Joins,
    start: Volumes,
    swelling: dict[str, Scalar],
    surplus: dict[str, Scalar],
) -> Reservoirs:
    """Reservoirs from the fluid that each has to pass on, m3/s."""
    places = compartments_of(route)
    names, zero = list(places), jnp.zeros_like(start)
    rates, out, clean = jnp.diag(zero), zero, zero
    for row, (name, place) in enumerate(places.items()):
        onward, back = jnp.maximum(surplus[name], 0.0), jnp.maximum(-surplus[name], 0.0)
        if place.into in names:
            after = names.index(place.into)
            rates = rates.at[row, row].add(onward).at[row, after].add(-back)
            rates = rates.at[after, row].add(-onward).at[after, after].add(back)
        elif place.into is None:  # it loses by renewal what its swelling leaves
            out = out.at[row].add(surplus[name])
        else:
            out, clean = out.at[row].add(onward), clean.at[row].add(back)
    renewing = _with_held(route, space, [p.volume / p.renewal for p in places.values()])
    return Reservoirs(
        joins=joins,
        held=_with_held(route, space, len(names) * [0.0], 1.0),
        start=start,
        end=start + _with_held(route, space, [swelling[name] for name in names]),
        rates=rates + jnp.diag(out + renewing),
        out=out + renewing,
        fresh=clean + renewing,
        source=renewing * _with_held(route, space, [p.source for p in places.values()]),
    )
