"""Tracer carried and spread on the moving dual cells, with the flow's own fluxes."""

from dataclasses import replace

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from solver.flow.solve import Flow
from solver.geometry.metric import Sweep, dot, swept_areas, vertex_areas
from solver.geometry.space import Space
from solver.record import record
from solver.tracer.advance import GAMMA, Given, advance
from solver.tracer.mouth import Reservoirs, at, leading_outside, through_ends, together
from solver.tracer.operator import leaving, transport_rates
from solver.tracer.species import AdvectionDiffusion, Concentration, dissolving_volumes, production


@record
class Step:
    """What a tracer step did.

    Attributes:
        concentration: at its end, in PVS, tissue and reservoirs.
        ends: tracer that left through each end, `outer` through the outer faces, mean over the
            step, m3/s; `beyond`: that left the model from each reservoir, less what fresh fluid
            brought.
        uptake: tracer consumed in the tissue, m3/s; `produced` there, m3/s.
        iterations, converged: of the linear solves.
    """

    concentration: Concentration
    ends: Float[Array, " ends"]
    outer: Float[Array, ""]
    beyond: Float[Array, " reservoirs"]
    uptake: Float[Array, ""]
    produced: Float[Array, ""]
    iterations: Int[Array, ""]
    converged: Bool[Array, ""]


def carry(
    tracer: AdvectionDiffusion,
    space: Space,
    beyond: Reservoirs,
    step: Sweep,
    flow: Flow,
    stored: tuple[Float[Array, " tissue_vertices"], Float[Array, " tissue_vertices"]],
    concentration: Concentration,
    duration: float,
    time: float | Float[Array, ""],
    mixing: Float[Array, "3 3 cells"] | None = None,
) -> Step:
    """Move the tracer through one step of `duration` seconds that ends at `time`.

    Args:
        beyond: what lies beyond the ends.
        stored: fluid that tissue cells hold by storage at start and end, S V P, m3.
        mixing: diffusivity that motions too fast for the step add in the PVS, m2/s.
    """
    dissolving = dissolving_volumes(tracer, space)
    joins = beyond.joins
    start = together(joins, step.start_volumes, dissolving + stored[0], beyond.start)
    end = together(joins, step.end_volumes, dissolving + stored[1], beyond.end)
    sheath = vertex_areas(swept_areas(step.start, step.end, space.sheath), space.sheath)
    sheath = sheath[:, : space.pairs.fluid.shape[0]]
    content = 0.5 * (start[1] + end[1])
    facing = jnp.sqrt(dot(sheath, sheath))
    lost = leading_outside(joins, flow, tracer.uptake * content)
    stage, last = (
        replace(
            transport_rates(tracer, space, step, flow, content, facing, share, mixing), loss=lost
        )
        for share in (GAMMA, 1.0)
    )
    mouth = at(tracer.mouth, time - (1.0 - GAMMA) * duration), at(tracer.mouth, time)
    made = production(tracer, space)
    brought = beyond.source * ((1.0 - GAMMA) * mouth[0] + GAMMA * mouth[1])
    given = Given(beyond, mouth, start, end, made, brought, duration)
    after = advance(tracer, (stage, last), space, given, concentration)
    gained = jax.tree.map(
        lambda v, c, u, b, s: (v * c - u * b) / duration - s,
        end[:2],
        after.concentration[:2],
        start[:2],
        concentration[:2],
        (jnp.zeros_like(end[0]), made),
    )
    gone = leaving(after.moved, space)
    ends, outer = through_ends(space, joins, flow, gained, gone, after.mean)
    return Step(
        concentration=after.concentration,
        ends=ends,
        outer=outer,
        beyond=beyond.out * after.mean[2] - brought,
        uptake=(tracer.uptake * content * after.mean[1]).sum(),
        produced=given.made.sum(),
        iterations=after.iterations,
        converged=after.converged,
    )
