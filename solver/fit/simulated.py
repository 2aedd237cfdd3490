"""What a run says, as a pure function of all numbers of its model, and its derivatives.

The run is compiled for all numbers together, whichever are free: fits of one model share what was
compiled. Of several animals one runs after the other. Those on one mesh whose arrays have the same
shapes share it, too; a number of one animal's own is differentiated in the run of that one alone.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from solver.fit.parameters import freeable, put
from solver.fit.problem import Numbers, Reduced
from solver.fit.several import Several, of_animal, owner
from solver.observe.instrument import Readings, see
from solver.simulate import begin, readings_at_rest, respond, trajectory
from solver.state import Model

Converged = Bool[Array, ""]


def columns(
    numbers: Numbers, model: Model | Reduced | Several, prepared: Any, looks: dict[str, Any]
) -> tuple[Readings, Converged]:
    """Every column of a run, time zero included, and whether all solves converged.

    Arrays that instruments read are flattened to a row for every time.

    Args:
        numbers: all that can be freed, in the order of `freeable`.
    """
    whole: Readings = {}
    converged = []
    for one in apart(model, prepared, looks):
        found, fine = _columns(numbers[one.place], *one.run)
        whole |= one.named(found)
        converged.append(fine)
    return whole, jnp.stack(converged).all()


def tangents(
    names: tuple[str, ...],
    numbers: Numbers,
    directions: Float[Array, "directions numbers"],
    model: Model | Reduced | Several,
    prepared: Any,
    looks: dict[str, Any],
) -> tuple[Readings, Readings, Converged]:
    """Some columns, and how they change along each direction, by forward mode.

    Args:
        names: of the columns; what they do not need is not computed.
    """
    whole: Readings = {}
    changes: Readings = {}
    converged = []
    for one in apart(model, prepared, looks):
        wanted = tuple(column for animal, column in map(owner, names) if animal == one.name)
        if not wanted:
            continue
        moving = one.moving(directions)
        ways = directions[moving][:, one.place]
        found, pushed, fine = _tangents(wanted, numbers[one.place], ways, *one.run)
        whole |= one.named(found)
        for name, rows in one.named(pushed).items():
            changes[name] = jnp.zeros((len(directions), *rows.shape[1:])).at[moving].set(rows)
        converged.append(fine)
    return whole, changes, jnp.stack(converged).all()


class Alone(NamedTuple):
    """One of several animals, or one model, of no name: its place among all numbers, its run."""

    name: str
    place: slice
    run: tuple[Any, Any, dict[str, Any]]

    def named(self, found: Readings) -> Readings:
        """Columns with its name in front."""
        return {of_animal(self.name, column): values for column, values in found.items()}

    def moving(self, directions: Float[Array, "directions numbers"]) -> Int[np.ndarray, " moving"]:
        """The directions that move it, one at least; all of a model alone."""
        if not self.name:
            return np.arange(len(directions))
        found = np.flatnonzero(np.any(directions[:, self.place] != 0.0, axis=1))
        return found if found.size else np.zeros(1, int)


def apart(
    model: Model | Reduced | Several, prepared: Any, looks: dict[str, Any]
) -> Iterator[Alone]:
    """Every animal by itself, in the order of their numbers."""
    if not isinstance(model, Several):
        yield Alone("", slice(None), (_alike(model), prepared, looks))
        return
    end = 0
    for name, own in sorted(model.each.items()):  # as jax orders what a dictionary holds
        begun, end = end, end + len(freeable(own))
        yield Alone(name, slice(begun, end), (_alike(own), prepared[name], looks.get(name, {})))


def _alike(model: Any) -> Any:
    """The model with numbers of one type, so that 1 and 1.0 are one program."""
    return put(model, {name: jnp.asarray(x, float) for name, x in freeable(model).items()})


@jax.jit
def _columns(
    numbers: Numbers, model: Model | Reduced, prepared: Any, looks: dict[str, Any]
) -> tuple[Readings, Converged]:
    model = put(model, dict(zip(freeable(model), numbers, strict=True)))
    if not isinstance(model, Model):
        return model.columns(prepared), jnp.array(True)
    response = respond(model, prepared)
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
def _tangents(
    names: tuple[str, ...],
    numbers: Numbers,
    directions: Float[Array, "directions numbers"],
    model: Model | Reduced,
    prepared: Any,
    looks: dict[str, Any],
) -> tuple[Readings, Readings, Converged]:
    def wanted(at: Numbers) -> tuple[Readings, Converged]:
        whole, converged = _columns(at, model, prepared, looks)
        return {name: whole[name] for name in names}, converged

    def along(direction: Numbers) -> tuple[Readings, Readings, Converged]:
        return jax.jvp(wanted, (numbers,), (direction,), has_aux=True)

    whole, changes, converged = jax.vmap(along, out_axes=(None, 0, 0))(directions)
    return whole, changes, converged.all()
