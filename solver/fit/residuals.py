"""What the model says of the data: residuals as a pure function of the free numbers.

    r_i = (y_i - a - b f(t_i; z)) / sigma        a = 0, b = 1 unless scale and offset are unknown
    r_j = prior_j(value_j)                       a row for every prior

f is a column of the run (`seen`). An unknown scale and offset are those of least squares at every
z, so that they cost no parameter of the search and their uncertainty is in that of the others. The
loss is sum r^2 / 2. The few lines between a run and its residuals are compiled apart from it.
"""

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from solver.fit.free import Free
from solver.fit.observed import Observed
from solver.fit.problem import Numbers, Problem, Reduced, Vector, directions_at, numbers_at
from solver.fit.seen import Rows, seen_in, times_of
from solver.fit.several import Several, owner
from solver.fit.simulated import Converged, apart, columns, tangents
from solver.observe.instrument import Readings
from solver.state import Model


def misfit(
    numbers: Numbers,
    observed: tuple[Observed, ...],
    model: Model | Reduced | Several,
    prepared: Any,
    looks: dict[str, Any],
) -> tuple[tuple[Float[Array, ""], Converged], Numbers]:
    """Loss of the data alone and whether all solves converged, and its gradient by reverse mode."""
    total, converged, slopes = jnp.zeros(()), [], jnp.zeros_like(numbers)
    for one in apart(model, prepared, looks):
        series = tuple(  # without names, which are for people, animals share what is compiled
            replace(each, name="", sees=owner(each.sees)[1])
            for each in observed
            if owner(each.sees)[0] == one.name
        )
        if series:
            (loss, fine), slope = _misfit(numbers[one.place], series, *one.run)
            total, slopes = total + loss, slopes.at[one.place].set(slope)
            converged.append(fine)
    return (total, jnp.stack(converged).all()), slopes


@jax.jit
def _misfit(
    numbers: Numbers,
    observed: tuple[Observed, ...],
    model: Model | Reduced,
    prepared: Any,
    looks: dict[str, Any],
) -> tuple[tuple[Float[Array, ""], Converged], Numbers]:
    def loss(at: Numbers) -> tuple[Float[Array, ""], Converged]:
        whole, converged = columns(at, model, prepared, looks)
        return 0.5 * (jnp.concatenate(_data(whole, observed)) ** 2).sum(), converged

    return jax.value_and_grad(loss, has_aux=True)(numbers)


def predict(z: Vector, problem: Problem) -> list[Rows]:
    """What each series should have been, in its own scale."""
    whole, _ = columns(numbers_at(z, problem), *problem.run)
    return [seen_in(whole, each) for each in problem.observed]


def residuals(z: Vector, problem: Problem) -> tuple[Rows, Converged]:
    """Rows of data, then of priors, and whether all solves converged."""
    whole, converged = columns(numbers_at(z, problem), *problem.run)
    return _rows(whole, z, problem.free, problem.observed), converged


def jacobian(z: Vector, problem: Problem) -> tuple[Rows, Float[Array, "rows free"], Converged]:
    """Residuals, their derivatives, and whether all solves converged."""
    seen = {each.sees for each in problem.observed}
    names = tuple(sorted({*map(times_of, seen), *seen}))
    numbers, directions = numbers_at(z, problem), directions_at(z, problem)
    whole, changes, converged = tangents(names, numbers, directions, *problem.run)
    return *_slopes(whole, changes, z, problem.free, problem.observed), converged


def gradient(z: Vector, problem: Problem) -> tuple[Float[Array, ""], Vector, Converged]:
    """Loss, its gradient, and whether all solves converged."""
    numbers = numbers_at(z, problem)
    (loss, converged), slopes = misfit(numbers, problem.observed, *problem.run)
    known, slope = jax.value_and_grad(lambda at: 0.5 * (_priors(at, problem.free) ** 2).sum())(z)
    return loss + known, directions_at(z, problem) @ slopes + slope, converged


def weight(problem: Problem) -> float:
    """What the noise of the series adds to the loss, sum n log(sigma / spread).

    With it losses at one noise and another compare.
    """
    return sum(
        each.values.size * float(jnp.log(each.sigma / jnp.std(each.values)))
        for each in problem.observed
    )


@jax.jit
def _rows(
    whole: Readings, z: Vector, free: tuple[Free, ...], observed: tuple[Observed, ...]
) -> Rows:
    return jnp.concatenate([*_data(whole, observed), _priors(z, free)])


@jax.jit
def _slopes(
    whole: Readings,
    changes: Readings,
    z: Vector,
    free: tuple[Free, ...],
    observed: tuple[Observed, ...],
) -> tuple[Rows, Float[Array, "rows free"]]:
    """Rows, and their derivatives by those of the columns."""
    rows, push = jax.linearize(lambda each, at: _rows(each, at, free, observed), whole, z)
    return rows, jax.vmap(push, out_axes=1)(changes, jnp.eye(z.size))


def _data(whole: Readings, observed: tuple[Observed, ...]) -> list[Rows]:
    return [(each.values - seen_in(whole, each)) / each.sigma for each in observed]


@jax.jit
def _priors(z: Vector, free: tuple[Free, ...]) -> Rows:
    known = [
        each.prior.residual(each.value(z[i]))
        for i, each in enumerate(free)
        if each.prior is not None
    ]
    return jnp.stack(known) if known else jnp.zeros(0)
