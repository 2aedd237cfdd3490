"""What tracer meets beyond the ends of the space and the tissue's outer faces.

An end opens into a reservoir or leads outside. To the outside tracer goes with the fluid, and fluid
from there brings none. The vertices of an end that opens into a reservoir have its concentration C,
at all times, and their balances are summed with its own,

    d(V C)/dt + sum_m R_km C_m + sum_i [d(V_i C)/dt + (L c)_i] = s c_mouth          (m3/s)

R what reservoirs lose to each other and outside, s fresh fluid with tracer: what leaves the space
through such an end enters the reservoir, to round-off. A reservoir may be held instead, C =
c_mouth: a mouth whose fluid is renewed at once.
"""

from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float

from solver.flow.solve import Flow
from solver.geometry.space import Space
from solver.record import record
from solver.tracer.species import Concentration

Cells = tuple[Float[Array, " vertices"], Float[Array, " tissue_vertices"]]
PerReservoir = Float[Array, " reservoirs"]


@record
class Joins:
    """1 where a vertex belongs to an end that opens into a reservoir, else 0; one row each."""

    fluid: Float[Array, "reservoirs vertices"]
    tissue: Float[Array, "reservoirs tissue_vertices"]


@record
class Reservoirs:
    """What lies beyond the ends during a step; its flows are constant, its volumes linear in time.

    Attributes:
        joins: which vertices have its concentration.
        held: 1 where the concentration is the tracer's at the mouth whatever enters, else 0.
        start, end: fluid at the start and end of the step, m3.
        rates: R, to others and outside, m3/s; flow between ends and reservoirs left out.
        out: fluid that leaves the model, m3/s; `fresh`: that enters it from outside.
        source: of the fresh fluid, that which has the concentration of the mouth, m3/s.
    """

    joins: Joins
    held: PerReservoir
    start: PerReservoir
    end: PerReservoir
    rates: Float[Array, "reservoirs reservoirs"]
    out: PerReservoir
    fresh: PerReservoir
    source: PerReservoir


def at(mouth: Any, time: float | Float[Array, ""]) -> Float[Array, ""]:
    """Concentration at the mouth at a time."""
    return jnp.asarray(mouth(time) if callable(mouth) else mouth)


def held_at_mouth(space: Space) -> Float[Array, " vertices"]:
    """1 on PVS vertices at the subarachnoid mouth, else 0."""
    held = jnp.zeros(space.fluid.vertices)
    for name, patch in zip(space.end_names, space.ends, strict=True):
        if name.startswith("inlet"):
            held = jnp.where(patch.slot < patch.vertices.shape[0], 1.0, held)
    return held


def renewed(joins: Joins, filling: PerReservoir | None = None) -> Reservoirs:
    """Reservoirs whose concentration is held.

    Args:
        filling: 1 where fluid enters the space; where it leaves, the vertices are not joined.
    """
    nothing = jnp.zeros(joins.fluid.shape[0])
    if filling is not None:
        joins = Joins(filling[:, None] * joins.fluid, filling[:, None] * joins.tissue)
    return Reservoirs(
        joins=joins,
        held=nothing + 1.0,
        start=nothing,
        end=nothing,
        rates=jnp.diag(nothing),
        out=nothing,
        fresh=nothing,
        source=nothing,
    )


def joined(joins: Joins) -> Cells:
    """1 where a vertex has the concentration of a reservoir, else 0."""
    return joins.fluid.sum(axis=0), joins.tissue.sum(axis=0)


def apart(joins: Joins, values: Concentration) -> Concentration:
    """Values with zero on joined vertices."""
    on_fluid, on_tissue = joined(joins)
    return (1.0 - on_fluid) * values[0], (1.0 - on_tissue) * values[1], values[2]


def share(joins: Joins, c: Concentration) -> Concentration:
    """Concentrations with those of the reservoirs on the vertices joined to them."""
    fluid, tissue, beyond = apart(joins, c)
    return fluid + beyond @ joins.fluid, tissue + beyond @ joins.tissue, beyond


def gather(joins: Joins, values: Concentration) -> Concentration:
    """Values of joined vertices added to those of their reservoirs, and zero left there."""
    fluid, tissue, beyond = values
    beyond = beyond + joins.fluid @ fluid + joins.tissue @ tissue
    return apart(joins, (fluid, tissue, beyond))


def hold(beyond: Reservoirs, c: Concentration, mouth: Float[Array, ""] | float) -> Concentration:
    """Concentrations with that of the mouth in reservoirs that are held."""
    return c[0], c[1], jnp.where(beyond.held > 0, mouth, c[2])


def together(joins: Joins, fluid: Array, tissue: Array, beyond: PerReservoir) -> Concentration:
    """Fluid of each cell, and of each reservoir with the cells joined to it, m3."""
    whole = beyond + joins.fluid @ fluid + joins.tissue @ tissue
    return fluid, tissue, jnp.where(whole > 0, whole, 1.0)


def leading_outside(joins: Joins, flow: Flow, uptake: Float[Array, " tissue_vertices"]) -> Cells:
    """Rates at which vertices lose tracer by uptake and through ends that lead outside, m3/s.

    Between joined vertices and their reservoirs flow moves tracer within one balance.
    """
    on_fluid, on_tissue = joined(joins)
    return (
        (1.0 - on_fluid) * jnp.maximum(flow.end_fluxes, 0.0),
        (1.0 - on_tissue) * jnp.maximum(flow.outer_fluxes, 0.0) + uptake,
    )


def through_ends(
    space: Space,
    joins: Joins,
    flow: Flow,
    gained: Cells,
    gone: Cells,
    mean: Concentration,
) -> tuple[Float[Array, " ends"], Float[Array, ""]]:
    """Rates at which tracer leaves through each end and through the outer faces, m3/s.

    Args:
        gained: rate at which each dual cell's tracer grew, less what was made there, m3/s.
        gone: rate at which tracer left it for other cells or was taken up, m3/s.
        mean: concentration over the step, where it is lost.
    """

    def through(on: Array, grown: Array, left: Array, flux: Array, value: Array) -> Array:
        return jnp.where(on > 0, -grown - left, jnp.maximum(flux, 0.0) * value)

    on_fluid, on_tissue = joined(joins)
    fluid = through(on_fluid, gained[0], gone[0], flow.end_fluxes, mean[0])
    tissue = through(on_tissue, gained[1], gone[1], flow.outer_fluxes, mean[1])
    ends = [patch.of(fluid).sum() for patch in space.ends]
    return jnp.stack(ends) if ends else jnp.zeros(0), tissue.sum()
