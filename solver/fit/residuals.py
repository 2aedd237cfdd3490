"""What the model says of the data: residuals as a pure function of the free numbers.

    r_i = (y_i - a - b f(t_i; z)) / sigma        a = 0, b = 1 unless scale and offset are unknown
    r_j = prior_j(value_j)                       a row for every prior

f is a column of the run, linear between steps. An unknown scale b and offset a are those of least
squares at every z (variable projection, Golub & Pereyra 1973), so that they cost no parameter of
the search and their uncertainty is in that of the others. The loss is sum r^2 / 2.

The run is compiled for all numbers of the model together, whichever are free, and the few lines
between a run and its residuals apart from it: fits of one model share what was compiled.

A model of one's own, any record of numbers with a method `columns`, is fitted as a `Model` is.
"""

from functools import partial
from typing import Any, Protocol

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from solver.fit.free import Free
from solver.fit.observed import Observed
from solver.fit.parameters import freeable, put
from solver.observe.instrument import Readings, see
from solver.record import record
from solver.simulate import begin, readings_at_rest, trajectory
from solver.state import Model, Prepared

Vector = Float[Array, " free"]
Numbers = Float[Array, " numbers"]
Rows = Float[Array, " rows"]
Converged = Bool[Array, ""]


class Lasting(Protocol):
    """What was prepared for a run knows at least when it ends, s."""

    @property
    def until(self) -> float:
        """End of the run, s."""
        ...


class Reduced(Protocol):
    """A model smaller than the whole, that runs by itself."""

    def columns(self, prepared: Any) -> Readings:
        """Every column, `time_s` among them."""
        ...


@record
class Problem:
    """A fit as it stands before the first step.

    Attributes:
        model, prepared: what is simulated; `looks`: of the instruments, by name.
        free: which of its numbers move.
        observed: the series.
    """

    model: Model | Reduced
    prepared: Prepared | Lasting
    looks: dict[str, Any]
    free: tuple[Free, ...]
    observed: tuple[Observed, ...]

    @property
    def run(self) -> tuple[Model | Reduced, Any, dict[str, Any]]:
        """What a run needs."""
        return self.model, self.prepared, self.looks


@jax.jit
def columns(
    numbers: Numbers, model: Model | Reduced, prepared: Any, looks: dict[str, Any]
) -> tuple[Readings, Converged]:
    """Every column of a run, time zero included, and whether all solves converged.

    Arrays that instruments read are flattened to a row for every time.

    Args:
        numbers: all that can be freed, in the order of `freeable`.
    """
    model = put(model, dict(zip(freeable(model), numbers, strict=True)))
    if not isinstance(model, Model):
        return model.columns(prepared), jnp.array(True)
    response = model.wall.response(model.signal, prepared.until)
    state = begin(model, prepared, response)
    first = readings_at_rest(model, prepared, response, state) | see(looks, state, prepared)
    _, readings, health = trajectory(model, prepared, looks)
    whole = {
        name: jnp.concatenate([jnp.ravel(first.get(name, 0.0)), values])
        if values.ndim == 1
        else jnp.concatenate([first[name][None], values]).reshape(len(values) + 1, -1)
        for name, values in readings.items()
    }
    return whole, health.converged.all()


@partial(jax.jit, static_argnames="names")
def tangents(
    names: tuple[str, ...],
    numbers: Numbers,
    directions: Float[Array, "directions numbers"],
    model: Model | Reduced,
    prepared: Any,
    looks: dict[str, Any],
) -> tuple[Readings, Readings, Converged]:
    """Some columns, and how they change along each direction, by forward mode.

    Args:
        names: of the columns; what they do not need is not computed.
    """

    def wanted(at: Numbers) -> tuple[Readings, Converged]:
        whole, converged = columns(at, model, prepared, looks)
        return {name: whole[name] for name in names}, converged

    def along(direction: Numbers) -> tuple[Readings, Readings, Converged]:
        return jax.jvp(wanted, (numbers,), (direction,), has_aux=True)

    whole, changes, converged = jax.vmap(along, out_axes=(None, 0, 0))(directions)
    return whole, changes, converged.all()


@jax.jit
def misfit(
    numbers: Numbers,
    observed: tuple[Observed, ...],
    model: Model | Reduced,
    prepared: Any,
    looks: dict[str, Any],
) -> tuple[tuple[Float[Array, ""], Converged], Numbers]:
    """Loss of the data alone and whether all solves converged, and its gradient by reverse mode."""

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
    names = ("time_s", *sorted({each.sees for each in problem.observed}))
    numbers, directions = numbers_at(z, problem), directions_at(z, problem)
    whole, changes, converged = tangents(names, numbers, directions, *problem.run)
    return *_slopes(whole, changes, z, problem.free, problem.observed), converged


def gradient(z: Vector, problem: Problem) -> tuple[Float[Array, ""], Vector, Converged]:
    """Loss, its gradient, and whether all solves converged."""
    numbers = numbers_at(z, problem)
    (loss, converged), slopes = misfit(numbers, problem.observed, *problem.run)
    known, slope = jax.value_and_grad(lambda at: 0.5 * (_priors(at, problem.free) ** 2).sum())(z)
    return loss + known, directions_at(z, problem) @ slopes + slope, converged


def numbers_at(z: Vector, problem: Problem) -> Numbers:
    """All numbers of the model at a point of the fit."""
    return _moved(z, problem.free, *_numbers(problem))


def directions_at(z: Vector, problem: Problem) -> Float[Array, "free numbers"]:
    """How all numbers of the model change with each coordinate."""
    return _directions(z, problem.free, *_numbers(problem))


def _numbers(problem: Problem) -> tuple[Numbers, tuple[int, ...]]:
    """All numbers of the model as it is, and the places of the free ones."""
    found = freeable(problem.model)
    names = [*found]
    return (
        jnp.asarray([float(number) for number in found.values()]),
        tuple(names.index(each.name) for each in problem.free),
    )


@partial(jax.jit, static_argnames="places")
def _moved(z: Vector, free: tuple[Free, ...], numbers: Numbers, places: tuple[int, ...]) -> Numbers:
    values = [each.value(z[i]) for i, each in enumerate(free)]
    return numbers.at[jnp.asarray(places)].set(jnp.stack(values))


_directions = jax.jit(
    lambda z, free, numbers, places: jax.jacfwd(_moved)(z, free, numbers, places).T,
    static_argnames="places",
)


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


def seen_in(whole: Readings, each: Observed) -> Rows:
    """A column at the times of a series; in the scale and offset nearest to it, if unknown."""
    seen = _at(each, whole["time_s"], whole[each.sees])
    if not each.scaled:
        return seen
    middle, values = seen - seen.mean(), each.values - each.values.mean()
    return each.values.mean() + middle * ((middle * values).sum() / (middle**2).sum())


def _at(each: Observed, times: Float[Array, " times"], seen: Float[Array, "times ..."]) -> Rows:
    """A column, or places of an array, at the times of a series, linear between steps."""
    if each.places is None:
        return jnp.interp(each.times, times, seen)
    after = jnp.clip(jnp.searchsorted(times, each.times), 1, len(times) - 1)
    share = (each.times - times[after - 1]) / (times[after] - times[after - 1])
    share = jnp.clip(share, 0.0, 1.0)
    return (1.0 - share) * seen[after - 1, each.places] + share * seen[after, each.places]
