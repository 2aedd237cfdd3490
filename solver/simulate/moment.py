"""A run so far: what it needs to go on, as arrays that a file can hold."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.tree_util import keystr, tree_flatten_with_path, tree_unflatten
from jaxtyping import Shaped

from solver.observe.readings import in_order
from solver.simulate.step import begin, respond
from solver.state import Model, Prepared, State

Row = Mapping[str, Shaped[np.ndarray, "..."]]
Arrays = dict[str, Shaped[np.ndarray, "..."]]
STATE, READINGS, SOLVES = "state", "readings/", "solves/"


@dataclass(frozen=True, eq=False)
class Moment:
    """A run so far.

    Attributes:
        state: the last state.
        readings: one row a step, time zero first.
        solves: how the solves of each step went.
    """

    state: State
    readings: tuple[Row, ...]
    solves: tuple[Row, ...] = ()

    @property
    def index(self) -> int:
        """Steps done."""
        return len(self.solves)

    @property
    def columns(self) -> Arrays:
        """Readings by name, in the order in which the story is told; 0 where there was none."""
        return {
            name: np.array([row.get(name, 0.0) for row in self.readings], dtype=float)
            for name in in_order(self.readings[-1])
        }

    @property
    def solved(self) -> Arrays:
        """How the solves went, by name."""
        names = self.solves[-1] if self.solves else ()
        return {name: np.array([row.get(name, 0) for row in self.solves]) for name in names}


def single_numbers(row: Row) -> dict[str, float]:
    """Readings of one step that are no arrays, in the order of the columns."""
    return {name: float(row[name]) for name in in_order(row) if np.ndim(row[name]) == 0}


def after(moment: Moment, state: State, readings: Row, solves: Row) -> Moment:
    """One step later."""
    row, how = jax.tree.map(np.asarray, (dict(readings), dict(solves)))
    return Moment(state, (*moment.readings, row), (*moment.solves, how))


def as_arrays(moment: Moment) -> Arrays:
    """All of a moment after a first step, by name: leaves of the state, readings, solves."""
    leaves, _ = tree_flatten_with_path(moment.state)
    return {
        **{f"{STATE}{keystr(path)}": np.asarray(leaf) for path, leaf in leaves},
        **{f"{READINGS}{name}": column for name, column in moment.columns.items()},
        **{f"{SOLVES}{name}": column for name, column in moment.solved.items()},
    }


def from_arrays(model: Model, prepared: Prepared, arrays: Arrays) -> Moment:
    """The moment that `as_arrays` took apart, of the same model and preparation.

    Raises:
        KeyError: for arrays of a state that this model does not have.
    """
    like = jax.eval_shape(lambda: begin(model, prepared, respond(model, prepared)))
    named, structure = tree_flatten_with_path(like)
    leaves = [jnp.asarray(arrays[f"{STATE}{keystr(path)}"], told.dtype) for path, told in named]
    if any(leaf.shape != told.shape for leaf, (_, told) in zip(leaves, named, strict=True)):
        raise KeyError("a state of another shape")
    return Moment(
        tree_unflatten(structure, leaves),
        tuple(_rows(arrays, READINGS)),
        tuple(_rows(arrays, SOLVES)),
    )


def identity(model: Model) -> dict[str, str]:
    """A word for the mesh and for every number of a model, the same only if they are."""
    leaves, _ = tree_flatten_with_path(model)
    mesh = [vars(model.mesh), vars(model.mesh.vessel)]
    arrays = [leaf for leaf in jax.tree.leaves(mesh) if isinstance(leaf, np.ndarray)]
    return {"mesh": _word(arrays)} | {
        keystr(path, simple=True, separator="."): _word([leaf]) for path, leaf in leaves
    }


def _rows(arrays: Arrays, prefix: str) -> Iterable[Row]:
    columns = {
        name.removeprefix(prefix): column
        for name, column in arrays.items()
        if name.startswith(prefix)
    }
    for values in zip(*columns.values(), strict=True):
        yield dict(zip(columns, values, strict=True))


def _word(arrays: Iterable[Any]) -> str:
    told = hashlib.sha256()
    for array in map(np.asarray, arrays):
        told.update(f"{array.dtype}{array.shape}".encode() + array.tobytes())
    return told.hexdigest()[:16]
