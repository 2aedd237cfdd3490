"""One step in time of d(content c)/dt = made - L c: conservative, positive, second order.

A step takes what advection moves as constant and its volumes as linear in time, so that a uniform
concentration stays uniform to round-off (docs/physics.md 1.8); diffusion is that of each stage's
mesh. Two solutions are made: with central fluxes and the L-stable, second-order SDIRK2 (Alexander
1977), and with monotone fluxes and backward Euler, which is positive at any step. The second is
corrected towards the first as far as it makes no new extremes (`solver.tracer.limiter`), flux by
flux, so that nothing is lost.
"""

from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from solver.geometry.space import Space
from solver.record import record
from solver.tracer.limiter import bounds, limit
from solver.tracer.matrix import solve
from solver.tracer.mouth import PerReservoir, Reservoirs, gather, hold, joined, share
from solver.tracer.operator import Fluxes, Rates, fluxes, leaving, positive
from solver.tracer.settle import settled, spare, spilled
from solver.tracer.species import AdvectionDiffusion, Concentration

GAMMA = 1.0 - 0.5**0.5


@record
class Given:
    """What a step of the tracer is given.

    Attributes:
        beyond: what lies beyond the ends.
        mouth: concentration at the mouth at the stage and at the end of the step.
        start, end: fluid that dissolves tracer in each dual cell, and in each reservoir with the
            cells joined to it, m3.
        made: tracer produced in each tissue dual cell, m3/s; `brought` to each reservoir by fresh
            fluid.
        duration: s.
    """

    beyond: Reservoirs
    mouth: tuple[Float[Array, ""], Float[Array, ""]]
    start: Concentration
    end: Concentration
    made: Float[Array, " tissue_vertices"]
    brought: Float[Array, " reservoirs"]
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
    rates: tuple[Rates, Rates],
    space: Space,
    given: Given,
    concentration: Concentration,
) -> Advanced:
    """Take one step; mass closes to round-off, for its end follows from the step's own fluxes.

    Args:
        rates: at the stage and at the end of the step.
    """
    duration, beyond, (middle, last) = given.duration, given.beyond, given.mouth
    made = gather(beyond.joins, (jnp.zeros_like(given.start[0]), given.made, given.brought))
    mass = jax.tree.map(jnp.multiply, given.start, concentration)
    between = jax.tree.map(lambda a, b: a + GAMMA * (b - a), given.start, given.end)

    def stage(rates, content, weight, share, before, value, guess):  # type: ignore[no-untyped-def]
        load = jax.tree.map(
            lambda m, s, r: m + share * duration * s - (share - weight) * duration * r,
            mass,
            made,
            before,
        )
        return solve(tracer, rates, space, beyond, content, load, value, guess, weight * duration)

    nothing = jax.tree.map(jnp.zeros_like, mass)
    first, one = stage(rates[0], between, GAMMA, GAMMA, nothing, middle, concentration)
    early = fluxes(rates[0], space, first)
    before = _gone(beyond, space, early, beyond.rates @ first[2])
    second, two = stage(rates[1], given.end, GAMMA, 1.0, before, last, first)
    late = fluxes(rates[1], space, second)
    central, whole = jax.tree.map(
        lambda a, b: (1.0 - GAMMA) * a + GAMMA * b, (first, early), (second, late)
    )

    upwind = positive(rates[1])
    low, three = stage(upwind, given.end, 1.0, 1.0, nothing, last, second)
    drafted = fluxes(upwind, space, low)
    extra = jax.tree.map(lambda new, old: duration * (new - old), whole, drafted)
    allowed = _allowed(tracer, space, given, concentration, low, extra)

    def made_of(allowed: Fluxes) -> tuple[Fluxes, PerReservoir]:
        moved = jax.tree.map(lambda f, a, x: f + a * x / duration, drafted, allowed, extra)
        gone = _gone(beyond, space, moved, jnp.zeros_like(beyond.out))[2]
        load = mass[2] + duration * (made[2] - gone)
        return moved, settled(beyond, given.end[2], load, duration)

    spills = partial(spilled, beyond, mouth=last, fields=(concentration, low))
    allowed = spare(beyond, space, allowed, spills(made_of(allowed)[1]))
    moved, slow = made_of(allowed)

    def update(mean: PerReservoir) -> Concentration:
        return jax.tree.map(
            lambda m, s, r, v: (m + duration * (s - r)) / v,
            mass,
            made,
            _gone(beyond, space, moved, beyond.rates @ mean),
            given.end,
        )

    second_order = ~spills(update(central[2])[2]).any()
    between_them = jnp.where(second_order, central[2], slow)
    return Advanced(
        concentration=share(beyond.joins, hold(beyond, update(between_them), last)),
        mean=(
            *jax.tree.map(lambda c, a, x: c + a * (x - c), low[:2], allowed.loss, central[:2]),
            between_them,
        ),
        moved=moved,
        iterations=one.iterations + two.iterations + three.iterations,
        converged=one.converged & two.converged & three.converged,
    )


def _gone(
    beyond: Reservoirs, space: Space, moved: Fluxes, lost: Float[Array, " reservoirs"]
) -> Concentration:
    """What leaves each dual cell, and each reservoir with the cells joined to it, m3/s."""
    return gather(beyond.joins, (*leaving(moved, space), lost))


def _allowed(
    tracer: AdvectionDiffusion,
    space: Space,
    given: Given,
    before: Concentration,
    low: Concentration,
    extra: Fluxes,
) -> Fluxes:
    """The share of each correction that leaves concentrations within their bounds.

    Those are what is around before and after, and what uptake and production alone would leave.
    Cells joined to a reservoir have none of their own.
    """
    kept = jnp.maximum(1.0 - tracer.uptake * given.duration, 0.0)
    alone = (before[0], kept * before[1] + given.duration * given.made / given.end[1])
    within = bounds(space, before[:2], low[:2], alone)
    return limit(space, joined(given.beyond.joins), given.end[:2], low[:2], extra, within)
