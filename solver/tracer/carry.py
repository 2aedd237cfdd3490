"""Tracer carried and spread on the moving dual cells, with the flow's own fluxes."""

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from solver.flow.solve import Flow
from solver.geometry.metric import Sweep, dot, swept_areas, vertex_areas_of
from solver.geometry.space import Space
from solver.record import record
from solver.tracer.advance import GAMMA, Given, advance
from solver.tracer.mouth import at, through_ends
from solver.tracer.operator import leaving, transport_rates
from solver.tracer.species import AdvectionDiffusion, Concentration, dissolving_volumes, production


@record
class Step:
    """What a tracer step did.

    Attributes:
        concentration: at its end, in PVS and tissue.
        influx: tracer entered through the mouth, mean over the step, m3/s.
        outflux: tracer left through the other ends and the outer faces, m3/s.
        uptake: tracer consumed in the tissue, m3/s; `produced` there, m3/s.
        iterations, converged: of the linear solves.
    """

    concentration: Concentration
    influx: Float[Array, ""]
    outflux: Float[Array, ""]
    uptake: Float[Array, ""]
    produced: Float[Array, ""]
    iterations: Int[Array, ""]
    converged: Bool[Array, ""]


def carry(
    tracer: AdvectionDiffusion,
    space: Space,
    held: Float[Array, " vertices"],
    step: Sweep,
    flow: Flow,
    stored: tuple[Float[Array, " tissue_vertices"], Float[Array, " tissue_vertices"]],
    concentration: Concentration,
    duration: float,
    time: float | Float[Array, ""],
) -> Step:
    """Move the tracer through one step of `duration` seconds that ends at `time`.

    Args:
        held: 1 where the concentration is held at `tracer.mouth`, else 0.
        stored: fluid that tissue cells hold by storage at start and end, S V P, m3.
    """
    dissolving = dissolving_volumes(tracer, space)
    start = (step.start_volumes, dissolving + stored[0])
    end = (step.end_volumes, dissolving + stored[1])
    sheath = vertex_areas_of(space.sheath, swept_areas(step.start, step.end, space.sheath))
    sheath = sheath[:, space.pairs.fluid]
    content = 0.5 * (start[1] + end[1])
    rates = transport_rates(tracer, space, step, flow, content, jnp.sqrt(dot(sheath, sheath)))
    mouth = at(tracer.mouth, time - (1.0 - GAMMA) * duration), at(tracer.mouth, time)
    given = Given(held, mouth, start, end, production(tracer, space), duration)
    after = advance(tracer, rates, space, given, concentration)
    gained = (end[0] * after.concentration[0] - start[0] * concentration[0]) / duration
    gone, _ = leaving(after.moved, space)
    influx, outflux = through_ends(held, flow, gained, gone, after.mean)
    return Step(
        concentration=after.concentration,
        influx=influx,
        outflux=outflux,
        uptake=(tracer.uptake * content * after.mean[1]).sum(),
        produced=given.made.sum(),
        iterations=after.iterations,
        converged=after.converged,
    )
