"""One step in time of d(content c)/dt = made - L c: conservative, positive, second order.

A step takes its fluxes as constant and its volumes as linear in time, so that a uniform
concentration stays uniform to round-off (physics.md 1.8). Two solutions are made: with central
fluxes and the L-stable, second-order SDIRK2 (Alexander 1977), and with monotone fluxes and
backward Euler, which is positive at any step. The second is corrected towards the first as far as
it makes no new extremes (`solver.tracer.limiter`), flux by flux, so that nothing is lost.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from solver.geometry.space import Space
from solver.record import record
from solver.tracer.limiter import bounds, limit
from solver.tracer.matrix import solve
from solver.tracer.mouth import Reservoirs, gather, hold, share
from solver.tracer.operator import Fluxes, Rates, fluxes, leaving, positive
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
        moved: tracer that moved, m3/s; `lost`: by each reservoir to others and outside.
        iterations, converged: of the three solves.
    """

    concentration: Concentration
    mean: Concentration
    moved: Fluxes
    lost: Float[Array, " reservoirs"]
    iterations: Int[Array, ""]
    converged: Bool[Array, ""]


def advance(
    tracer: AdvectionDiffusion,
    rates: Rates,
    space: Space,
    given: Given,
    concentration: Concentration,
) -> Advanced:
    """Take one step; mass closes to round-off, for its end follows from the step's own fluxes."""
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
    first, one = stage(rates, between, GAMMA, GAMMA, nothing, middle, concentration)
    before = _gone(beyond, space, fluxes(rates, space, first), beyond.rates @ first[2])
    second, two = stage(rates, given.end, GAMMA, 1.0, before, last, first)
    central = jax.tree.map(lambda a, b: (1.0 - GAMMA) * a + GAMMA * b, first, second)

    upwind = positive(rates)
    low, three = stage(upwind, given.end, 1.0, 1.0, nothing, last, second)
    drafted = fluxes(upwind, space, low)
    extra = jax.tree.map(
        lambda new, old: duration * (new - old), fluxes(rates, space, central), drafted
    )
    allowed = _allowed(tracer, space, given, concentration, low, extra)
    moved = jax.tree.map(lambda f, a, x: f + a * x / duration, drafted, allowed, extra)

    def update(lost: Float[Array, " reservoirs"]) -> Concentration:
        return jax.tree.map(
            lambda m, s, r, v: (m + duration * (s - r)) / v,
            mass,
            made,
            _gone(beyond, space, moved, lost),
            given.end,
        )

    slow, fast = beyond.rates @ low[2], beyond.rates @ central[2]
    part = _positive_part(update(slow)[2], update(fast)[2])
    lost = slow + part * (fast - slow)
    return Advanced(
        concentration=share(beyond.joins, hold(beyond, update(lost), last)),
        mean=(
            *jax.tree.map(lambda c, a, x: c + a * (x - c), low[:2], allowed.loss, central[:2]),
            low[2] + part * (central[2] - low[2]),
        ),
        moved=moved,
        lost=lost,
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
    A cell joined to a reservoir has its part of the reservoir's fluid; one that is held has no
    bounds.
    """
    kept = jnp.maximum(1.0 - tracer.uptake * given.duration, 0.0)
    alone = (before[0], kept * before[1] + given.duration * given.made / given.end[1])
    within = bounds(space, before[:2], low[:2], alone)
    joins, whole = given.beyond.joins, given.end[2]
    own = joins.fluid @ given.end[0] + joins.tissue @ given.end[1]
    ones = jax.tree.map(jnp.ones_like, low[:2])
    part = share(joins, (*ones, whole / jnp.where(own > 0, own, 1.0)))
    content = jax.tree.map(jnp.multiply, part[:2], given.end[:2])
    held = given.beyond.held @ joins.fluid, given.beyond.held @ joins.tissue
    return limit(space, held, content, low[:2], extra, within)


def _positive_part(
    slow: Float[Array, " reservoirs"], fast: Float[Array, " reservoirs"]
) -> Float[Array, ""]:
    """How far reservoirs may go from the positive exchange between them to the second-order one."""
    drop = slow - fast
    most = jnp.where(fast < 0, slow / jnp.where(drop > 0, drop, 1.0), 1.0)
    return jnp.clip(most, 0.0, 1.0).min(initial=1.0)
