"""One step in time of d(content c)/dt = made - L c: conservative, positive, second order.

A step takes its fluxes as constant and its volumes as linear in time, so that a uniform
concentration stays uniform to round-off (physics.md 1.8). Two solutions are made: with central
fluxes and the L-stable, second-order SDIRK2 (Alexander 1977), and with monotone fluxes and backward
Euler, which is positive at any step. The second is corrected towards the first as far as it makes no
new extremes (`solver.tracer.limiter`), flux by flux, so that nothing is lost.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from solver.geometry.space import Space
from solver.record import record
from solver.tracer.limiter import bounds, limit
from solver.tracer.matrix import solve
from solver.tracer.operator import Fluxes, Rates, fluxes, leaving, positive
from solver.tracer.species import AdvectionDiffusion, Concentration

GAMMA = 1.0 - 0.5**0.5


@record
class Given:
    """What a step of the tracer is given.

    Attributes:
        held: 1 where the concentration is held at the mouth's, else 0.
        mouth: that concentration at the stage and at the end of the step.
        start, end: fluid that dissolves tracer in each dual cell, m3.
        made: tracer produced in each tissue dual cell, m3/s.
        duration: s.
    """

    held: Float[Array, " vertices"]
    mouth: tuple[Float[Array, ""], Float[Array, ""]]
    start: Concentration
    end: Concentration
    made: Float[Array, " tissue_vertices"]
    duration: float


@record
class Advanced:
    """What a step did.

    Attributes:
        concentration: at its end; `mean` over it, where tracer is lost.
        moved: tracer that moved, m3/s.
        iterations, converged: of the three solves.
    """

    concentration: Concentration
    mean: Concentration
    moved: Fluxes
    iterations: Int[Array, ""]
    converged: Bool[Array, ""]


def advance(
    tracer: AdvectionDiffusion,
    rates: Rates,
    space: Space,
    given: Given,
    concentration: Concentration,
) -> Advanced:
    """Take one step; mass closes to round-off, for the end is updated from the step's own fluxes."""
    duration, made = given.duration, (jnp.zeros_like(given.held), given.made)
    mass = jax.tree.map(jnp.multiply, given.start, concentration)
    between = jax.tree.map(lambda a, b: a + GAMMA * (b - a), given.start, given.end)

    def stage(rates, content, weight, share, before, value, guess):  # type: ignore[no-untyped-def]
        load = jax.tree.map(
            lambda m, s, r: m + share * duration * s - (share - weight) * duration * r,
            mass,
            made,
            before,
        )
        return solve(
            tracer, rates, space, given.held, content, load, value, guess, weight * duration
        )

    nothing = jax.tree.map(jnp.zeros_like, mass)
    middle, last = given.mouth
    first, one = stage(rates, between, GAMMA, GAMMA, nothing, middle, concentration)
    before = leaving(fluxes(rates, space, first), space)
    second, two = stage(rates, given.end, GAMMA, 1.0, before, last, first)
    central = jax.tree.map(lambda a, b: (1.0 - GAMMA) * a + GAMMA * b, first, second)

    upwind = positive(rates)
    low, three = stage(upwind, given.end, 1.0, 1.0, nothing, last, second)
    drafted = fluxes(upwind, space, low)
    extra = jax.tree.map(
        lambda new, old: duration * (new - old), fluxes(rates, space, central), drafted
    )
    share = limit(
        space, given.held, given.end, low, extra, _bounds(tracer, space, given, concentration, low)
    )
    moved = jax.tree.map(lambda f, a, x: f + a * x / duration, drafted, share, extra)
    final = jax.tree.map(
        lambda m, s, r, v: (m + duration * (s - r)) / v,
        mass,
        made,
        leaving(moved, space),
        given.end,
    )
    return Advanced(
        concentration=(jnp.where(given.held > 0, last, final[0]), final[1]),
        mean=jax.tree.map(lambda c, a, x: c + a * (x - c), low, share.loss, central),
        moved=moved,
        iterations=one.iterations + two.iterations + three.iterations,
        converged=one.converged & two.converged & three.converged,
    )


def _bounds(
    tracer: AdvectionDiffusion,
    space: Space,
    given: Given,
    before: Concentration,
    low: Concentration,
) -> tuple[Concentration, Concentration]:
    """What is around before and after, and what uptake and production alone would leave."""
    kept = jnp.maximum(1.0 - tracer.uptake * given.duration, 0.0)
    alone = (before[0], kept * before[1] + given.duration * given.made / given.end[1])
    return bounds(space, before, low, alone)
