"""What is read off the compartments: their fluid, their tracer, and what leaves the model there."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from solver.flow.ends import Windkessel
from solver.flow.lumped import conductance, lumped_ends
from solver.flow.outer_wall import OFF_CENTRE
from solver.flow.stokes_darcy import StokesDarcy, end_kinds
from solver.geometry.space import Space
from solver.route.fluid import windkessel_volumes
from solver.route.joins import compartments_of, reservoir_ends
from solver.route.kinds import Route
from solver.tracer.mouth import PerReservoir, Reservoirs

Readings = dict[str, Float[Array, ""]]
Nodes = Float[Array, " nodes"]


def joined_ends(route: Route, space: Space) -> tuple[str, ...]:
    """Ends that open into a compartment, `outer` among them where it does."""
    ends = reservoir_ends(route, space)
    return tuple(end for name in compartments_of(route) for end in ends[name])


def read_fluid(route: Route, volumes: PerReservoir, beyond: Reservoirs | None = None) -> Readings:
    """Fluid in each compartment (m3) and what left the model from it, less what entered (m3/s)."""
    left = jnp.zeros_like(volumes) if beyond is None else beyond.out - beyond.fresh
    names = list(compartments_of(route))
    held = {f"fluid_{name}_m3": volumes[row] for row, name in enumerate(names)}
    return held | {f"fluid_out_{name}_m3_per_s": left[row] for row, name in enumerate(names)}


def read_tracer(
    route: Route, volumes: PerReservoir, concentration: PerReservoir, left: PerReservoir
) -> Readings:
    """Tracer in each compartment (m3) and what left the model from it (m3/s), by `<place>_m3`."""
    names = list(compartments_of(route))
    held = {f"{name}_m3": volumes[row] * concentration[row] for row, name in enumerate(names)}
    return held | {f"out_{name}_m3_per_s": left[row] for row, name in enumerate(names)}


def read_windkessels(
    route: Route, flow: StokesDarcy, space: Space, before: Nodes, after: Nodes, beyond: Nodes
) -> Readings:
    """Fluid in windkessels that belong to no compartment (m3), and what drains from them (m3/s).

    Args:
        before, after: pressure of lumped ends at start and end of the step, Pa.
        beyond: pressure to which they drain, Pa.
    """
    kinds = end_kinds(flow, space)
    drained = conductance(kinds) * (before + OFF_CENTRE * (after - before) - beyond)
    held = windkessel_volumes(flow, space, after)
    readings: Readings = {}
    for number, (name, kind) in enumerate(lumped_ends(kinds).items()):
        if isinstance(kind, Windkessel) and name not in joined_ends(route, space):
            readings[f"fluid_{name}_m3"] = held[name]
            readings[f"fluid_out_{name}_m3_per_s"] = drained[number]
    return readings
