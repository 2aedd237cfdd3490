"""Sensitivity maps: where a field would have to change for a readout to change.

    e(x) = (m(x) V / G) dG/dm(x) / dV        int e dV / V = d log G / d log m, m everywhere together

G is the total of a column over the run (of a rate its integral, else its change from start to end),
m a field on V: a property of the tissue by cell, or how much the wall moves by place. Where e is 2,
one per cent more there counts twice what it counts on average in a field whose whole has
elasticity 1. All places come from one run in reverse.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from meshes.errors import InputError
from meshes.tags import Region
from solver.fit.design import total_of
from solver.fit.parameters import freeable
from solver.fit.simulated import Converged, columns
from solver.geometry.material import scalar_on_cells
from solver.geometry.metric import cell_volumes
from solver.record import record
from solver.state import Model, Prepared

WALL = "wall.profile"
TISSUE = ("flow.tissue.permeability", "flow.tissue.storage", "tracer.porosity", "tracer.production")


@record
class ByPlace:
    """A profile of the wall with a factor for every vertex of the perivascular space."""

    factor: Float[Array, " points"]

    def __call__(self, path: Float[Array, " points"]) -> Float[Array, " points"]:
        """The factors; `path` has the same vertices."""
        del path
        return self.factor

    def bounds(self) -> tuple[Float[Array, ""], Float[Array, ""]]:
        """The least and the greatest."""
        return self.factor.min(), self.factor.max()


@dataclass(frozen=True, eq=False)
class Map:
    """Where a readout comes from.

    Attributes:
        goal: its total; `elasticity`: its relative change over that of the field everywhere.
        density: e on every cell of the mesh, 0 where the field is not.
        half: share of the volume that makes half of all |e|.
    """

    goal: float
    elasticity: float
    density: Float[np.ndarray, " cells"]
    half: float


def sensitivity_map(
    model: Model, prepared: Prepared, looks: dict[str, Any], goal: str, of: str
) -> Map:
    """The map of a column's total with respect to a field.

    Args:
        goal: a column of the run.
        of: `wall.profile`, or one of the tissue's properties by their names.

    Raises:
        InputError: a field or column that there is not, a field that is zero or lies nowhere, a
            run that does not converge, a readout that is zero.
    """
    numbers = _numbers(model)
    _check(goal, of, jax.eval_shape(columns, numbers, model, prepared, looks)[0])
    space = prepared.space
    if of == WALL:
        field = jnp.asarray(model.wall.profile(space.path))
        corners, volumes = space.fluid.cells, cell_volumes(space.fluid_rest, space.fluid)
    else:
        found: Any = model
        for word in of.split("."):
            found = getattr(found, word)
        field = scalar_on_cells(found, space.tissue_material)
        corners, volumes = None, space.tissue_shape.cell_volumes
    if field.size == 0 or not bool(jnp.any(field != 0.0)):
        raise InputError(f"map.of: {of} is zero or lies nowhere in this mesh; choose another field")
    (total, converged), slopes = _mapped(field, goal, of, model, prepared, looks)
    if not converged:
        raise InputError("the run of the map does not converge; see with pvs-simulate what it does")
    if float(total) == 0.0:
        raise InputError(f"map.goal: the total of {goal} is zero in this run; choose another")
    shares = np.asarray(field * slopes / total)
    room = np.asarray(volumes)
    if corners is not None:
        shares = _to_cells(shares, np.asarray(corners), room)
    density = shares / room * room.sum()
    tissue = model.mesh.regions == Region.TISSUE
    everywhere = np.zeros(len(model.mesh.cells))
    everywhere[~tissue if of == WALL else tissue] = density
    return Map(float(total), float(shares.sum()), everywhere, _half(shares, room))


@partial(jax.jit, static_argnames=("goal", "of"))
def _mapped(
    field: Float[Array, " places"],
    goal: str,
    of: str,
    model: Model,
    prepared: Prepared,
    looks: dict[str, Any],
) -> tuple[tuple[Float[Array, ""], Converged], Float[Array, " places"]]:
    """The total of a column and whether the run converged, and its gradient by place."""

    def total(values: Float[Array, " places"]) -> tuple[Float[Array, ""], Converged]:
        moved = _placed(model, of.split("."), ByPlace(values) if of == WALL else values)
        whole, converged = columns(_numbers(moved), moved, prepared, looks)
        return total_of(whole, goal), converged

    return jax.value_and_grad(total, has_aux=True)(field)


def _numbers(model: Model) -> Float[Array, " numbers"]:
    return jnp.stack([jnp.asarray(number, float) for number in freeable(model).values()])


def _placed(found: Any, path: Sequence[str], value: Any) -> Any:
    """A record with something in it replaced."""
    word, *rest = path
    return replace(found, **{word: _placed(getattr(found, word), rest, value) if rest else value})


def _to_cells(
    shares: Float[np.ndarray, " vertices"],
    corners: np.ndarray,
    room: Float[np.ndarray, " cells"],
) -> Float[np.ndarray, " cells"]:
    """What vertices have, given to the cells round them by volume."""
    around = np.bincount(corners.ravel(), np.tile(room, 4), len(shares))
    return ((shares / around)[corners] * room).sum(axis=0)


def _half(shares: Float[np.ndarray, " cells"], room: Float[np.ndarray, " cells"]) -> float:
    """Share of the volume that makes half of the whole, most telling places first."""
    order = np.argsort(-np.abs(shares) / room)
    made = np.cumsum(np.abs(shares)[order])
    count = int(np.searchsorted(made, 0.5 * made[-1])) + 1
    return float(room[order][:count].sum() / room.sum())


def _check(goal: str, of: str, known: dict[str, Any]) -> None:
    if of not in (WALL, *TISSUE):
        raise InputError(f"map.of is {of!r}; use one of {', '.join((WALL, *TISSUE))}")
    if goal not in known:
        near = get_close_matches(goal, known, n=3, cutoff=0.5) or [*known]
        raise InputError(f"map.goal: the run has no column {goal!r}; use {' or '.join(near)}")
