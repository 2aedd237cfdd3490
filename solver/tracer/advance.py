"""One step in time of d(content c)/dt = -L c.

A step takes its fluxes as constant and its volumes as linear in time, so that a uniform
concentration stays uniform to round-off (physics.md 1.8), and is advanced by the L-stable,
second-order SDIRK2 (Alexander 1977): two solves of the same kind.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from solver.algebra.krylov import Status, bicgstab
from solver.algebra.sparse import take
from solver.geometry.space import Space
from solver.tracer.operator import Rates, apply
from solver.tracer.species import AdvectionDiffusion, Concentration

GAMMA = 1.0 - 0.5**0.5


def advance(
    tracer: AdvectionDiffusion,
    rates: Rates,
    space: Space,
    held: Float[Array, " vertices"],
    start: Concentration,
    end: Concentration,
    concentration: Concentration,
    duration: float,
) -> tuple[Concentration, Concentration, Int[Array, ""], Bool[Array, ""]]:
    """One SDIRK2 step of d(content c)/dt = -L c with content linear in time.

    Args:
        held: 1 where the concentration is held at `tracer.mouth`, else 0.
        start, end: fluid that dissolves tracer in each dual cell, m3.

    Returns:
        concentration at the end; its mean over the step as L saw it; iterations; whether both
        solves converged. Mass closes to round-off: the end is updated from the step's own fluxes.
    """
    mass = jax.tree.map(jnp.multiply, start, concentration)
    between = jax.tree.map(lambda a, b: a + GAMMA * (b - a), start, end)
    weight = GAMMA * duration
    first, one = _solve(tracer, rates, space, held, between, mass, concentration, weight)
    leaving = apply(rates, space, first)
    load = jax.tree.map(lambda m, r: m - (1.0 - GAMMA) * duration * r, mass, leaving)
    second, two = _solve(tracer, rates, space, held, end, load, first, weight)
    mean = jax.tree.map(lambda a, b: (1.0 - GAMMA) * a + GAMMA * b, first, second)
    final = jax.tree.map(
        lambda m, r, v: (m - duration * r) / v, mass, apply(rates, space, mean), end
    )
    kept = (jnp.where(held > 0, tracer.mouth, final[0]), final[1])
    return kept, mean, one.iterations + two.iterations, one.converged & two.converged


def _solve(
    tracer: AdvectionDiffusion,
    rates: Rates,
    space: Space,
    held: Float[Array, " vertices"],
    content: Concentration,
    load: Concentration,
    guess: Concentration,
    weight: float,
) -> tuple[Concentration, Status]:
    """Solve (content + weight L) c = load with held concentrations, rows scaled."""
    shift = take(rates.outward, space.pairs.fluid_slot), take(rates.inward, space.pairs.tissue_slot)
    own = rates.fluid_diagonal + shift[0], rates.tissue_diagonal + shift[1]
    diagonal = jax.tree.map(lambda v, d: v + weight * d, content, own)
    free = (1.0 - held, jnp.ones_like(content[1]))

    def whole(c: Concentration) -> Concentration:
        return jax.tree.map(
            lambda v, x, r, d: (v * x + weight * r) / d,
            content,
            c,
            apply(rates, space, c),
            diagonal,
        )

    def matrix(c: Concentration) -> Concentration:
        image = whole(jax.tree.map(jnp.multiply, free, c))
        return jax.tree.map(lambda f, y, x: f * y + (1.0 - f) * x, free, image, c)

    given = (held * tracer.mouth, jnp.zeros_like(content[1]))
    right = jax.tree.map(lambda f, b, d, g: f * (b / d - g), free, load, diagonal, whole(given))
    right = (right[0] + given[0], right[1])
    start = jax.lax.stop_gradient((jnp.where(held > 0, tracer.mouth, guess[0]), guess[1]))

    def run(
        matvec: Callable[[Concentration], Concentration], b: Concentration, x: Concentration
    ) -> tuple[Concentration, Status]:
        return bicgstab(matvec, b, x, tracer.tolerance, tracer.limit)

    def transposed(
        matvec: Callable[[Concentration], Concentration], b: Concentration
    ) -> tuple[Concentration, Status]:
        return run(matvec, b, jax.tree.map(jnp.zeros_like, b))

    return jax.lax.custom_linear_solve(
        matrix, right, lambda m, b: run(m, b, start), transposed, has_aux=True
    )
