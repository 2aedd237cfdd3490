"""A fit as it stands before the first step, and its numbers at a point of the search.

A model of one's own, any record of numbers with a method `columns`, is fitted as a `Model` is, and
so are several animals with a model each (`several`).
"""

from functools import partial
from typing import Any, Protocol

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from solver.fit.free import Free
from solver.fit.observed import Observed
from solver.fit.parameters import freeable
from solver.fit.several import Several, owner
from solver.observe.instrument import Readings
from solver.record import record
from solver.state import Model, Prepared

Vector = Float[Array, " free"]
Numbers = Float[Array, " numbers"]
Places = tuple[tuple[int, ...], ...]  # of each free number


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
        model, prepared: what is simulated; `looks`: of the instruments, by name. Of several animals
            the last two are mappings by animal.
        free: which of its numbers move.
        observed: the series.
    """

    model: Model | Reduced | Several
    prepared: Prepared | Lasting | dict[str, Any]
    looks: dict[str, Any]
    free: tuple[Free, ...]
    observed: tuple[Observed, ...]

    @property
    def run(self) -> tuple[Model | Reduced | Several, Any, dict[str, Any]]:
        """What a run needs."""
        return self.model, self.prepared, self.looks

    @property
    def animals(self) -> tuple[str, ...]:
        """Names of the animals; none of one model alone."""
        return tuple(self.model.each) if isinstance(self.model, Several) else ()

    def until(self, column: str) -> float:
        """End of the run that has a column, s."""
        prepared: Any = self.prepared
        return float((prepared[owner(column)[0]] if isinstance(prepared, dict) else prepared).until)


def numbers_at(z: Vector, problem: Problem) -> Numbers:
    """All numbers of the model at a point of the fit."""
    return _moved(z, problem.free, *_numbers(problem))


def directions_at(z: Vector, problem: Problem) -> Float[Array, "free numbers"]:
    """How all numbers of the model change with each coordinate."""
    return _directions(z, problem.free, *_numbers(problem))


def _numbers(problem: Problem) -> tuple[Numbers, Places]:
    """All numbers of the model as it is, and the places where the free ones go."""
    found = freeable(problem.model)
    names = [*found]
    return (
        jnp.asarray([float(number) for number in found.values()]),
        tuple(tuple(map(names.index, each.leaves)) for each in problem.free),
    )


@partial(jax.jit, static_argnames="places")
def _moved(z: Vector, free: tuple[Free, ...], numbers: Numbers, places: Places) -> Numbers:
    values = jnp.stack([each.value(z[i]) for i, each in enumerate(free)])
    pairs = [(place, i) for i, all_places in enumerate(places) for place in all_places]
    where, which = jnp.asarray(pairs).T
    return numbers.at[where].set(values[which])


_directions = jax.jit(
    lambda z, free, numbers, places: jax.jacfwd(_moved)(z, free, numbers, places).T,
    static_argnames="places",
)
