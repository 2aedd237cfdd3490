"""What a cell is made of: a number everywhere, a number by region, or a field of the mesh file.

A property of tissue or perivascular space (permeability, porosity, storage) is given as

    1e-16                                   everywhere
    {"grey": 1e-16, "white": 5e-15}         by the names that the mesh file gives its regions
    FromMesh("permeability")                an array of the mesh file, one value a cell
    Directional(along=..., across=...)      a tensor with one direction of its own

and is evaluated per cell where it is needed, so that a fit may free any number in it.
"""

from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from meshes.errors import InputError
from solver.record import record, static

Number = float | Float[Array, ""]


@record
class Material:
    """What a mesh says of the cells of a region.

    Attributes:
        part: which of `parts` each cell belongs to.
        fields: arrays of the mesh file by name, cells on the first axis.
        parts: names of the mesh file's own regions; `name` of the mesh, for messages.
    """

    part: Int[Array, " cells"]
    fields: dict[str, Float[Array, "cells ..."]]
    parts: tuple[str, ...] = static(default=())
    name: str = static(default="mesh")


@record
class FromMesh:
    """A property read from the mesh file: its array `field` times `scale` (to SI)."""

    field: str = static()
    scale: Number = 1.0


@record
class Directional:
    """A tensor: one value along a direction, another across it.

    Attributes:
        along, across: properties.
        direction: the axis, not necessarily of unit length; or a vector field of the mesh file.
    """

    along: Any
    across: Any
    direction: tuple[float, float, float] | str = static(default=(0.0, 0.0, 1.0))

    def __post_init__(self) -> None:
        """A list is as good as a tuple; only a tuple can be part of the structure."""
        if not isinstance(self.direction, str):
            object.__setattr__(self, "direction", tuple(self.direction))


Property = Number | Mapping[str, Number] | FromMesh | Directional
PerCell = Float[Array, " cells"] | Float[Array, "3 3 cells"]


def on_cells(given: Property, material: Material) -> PerCell:
    """A property on every cell of a region: a scalar each, or a 3 x 3 tensor each."""
    cells = material.part.shape[0]
    if isinstance(given, Mapping):
        table = jnp.stack([jnp.asarray(given.get(part, 0.0)) for part in material.parts])
        return table[material.part]
    if isinstance(given, FromMesh):
        return given.scale * jnp.moveaxis(material.fields[given.field], 0, -1)
    if isinstance(given, Directional):
        along, across = on_cells(given.along, material), on_cells(given.across, material)
        axis = _direction(given, material)
        projector = axis[:, None] * axis[None]
        return across * (jnp.eye(3)[:, :, None] - projector) + along * projector
    return jnp.broadcast_to(jnp.asarray(given), (cells,))


def scalar_on_cells(given: Property, material: Material) -> Float[Array, " cells"]:
    """A property on every cell, tensors by a third of their trace."""
    values = on_cells(given, material)
    return values if values.ndim == 1 else jnp.trace(values) / 3.0


def _direction(given: Directional, material: Material) -> Float[Array, "3 cells"]:
    if isinstance(given.direction, str):
        axis = material.fields[given.direction].T
    else:
        axis = jnp.broadcast_to(jnp.asarray(given.direction)[:, None], (3, material.part.shape[0]))
    return axis / jnp.sqrt((axis**2).sum(axis=0))


def check_property(
    key: str,
    given: Property,
    material: Material,
    *,
    zero: bool = False,
    scalar: bool = False,
    infinite: bool = False,
) -> None:
    """Refuse a property that leaves a cell without a value, or with one below zero. Host only.

    Args:
        key: what the user calls it, for the message.
        zero: whether zero is allowed.
        scalar: whether a tensor is refused.
        infinite: whether infinity is allowed.

    Raises:
        InputError: naming key, region and remedy.
    """
    if material.part.shape[0] == 0:
        return
    _check_names(key, given, material)
    if isinstance(given, Directional):
        if scalar:
            raise InputError(f"{key} has no direction; give a number, by region, or from the mesh")
        for part in ("along", "across"):
            property_, name = getattr(given, part), f"{key}.{part}"
            check_property(name, property_, material, zero=zero, scalar=True, infinite=infinite)
        _check_direction(key, given, material)
        return
    values = np.asarray(on_cells(given, material))
    if values.ndim == 3:
        if scalar:
            raise InputError(f"{key} is a tensor field; give one number a cell")
        values = _smallest(values)
    elif values.ndim != 1:
        raise InputError(f"{key} is a vector field; give one number or a 3 x 3 tensor a cell")
    endless = np.isinf(values) & (not infinite)
    bad = np.isnan(values) | endless | (values < 0.0) | ((values == 0.0) & (not zero))
    if bad.any():
        cell = int(np.flatnonzero(bad)[0])
        raise InputError(
            f"{key} is {values[cell]:g}{_where(cell, material)} ({material.name}); it must be "
            f"{'finite and ' if endless[cell] else ''}{'zero or more' if zero else 'above zero'}"
        )


def _smallest(tensors: np.ndarray) -> np.ndarray:
    """Smallest eigenvalue of each symmetric 3 x 3 tensor, NaN where it holds what is not finite."""
    finite = np.isfinite(tensors).all(axis=(0, 1))
    safe = np.moveaxis(np.where(finite, tensors, np.eye(3)[:, :, None]), -1, 0)
    return np.where(finite, np.linalg.eigvalsh(safe).min(axis=1), np.nan)


def _check_direction(key: str, given: Directional, material: Material) -> None:
    """A direction has three components and a length, in every cell."""
    axis = np.asarray(
        material.fields[given.direction].T
        if isinstance(given.direction, str)
        else np.reshape(np.asarray(given.direction, dtype=float), (-1, 1))
    )
    length = np.sqrt((axis**2).sum(axis=0))
    if axis.shape[0] != 3 or not (np.isfinite(length) & (length > 0)).all():
        raise InputError(
            f"{key}.direction is {given.direction!r}; give three numbers that are not all zero, "
            "as in [0, 0, 1], or the name of such a cell array of the mesh file"
        )


def _where(cell: int, material: Material) -> str:
    return f" in {material.parts[int(material.part[cell])]}" if material.parts else ""


def _check_names(key: str, given: Property, material: Material) -> None:
    """Every region needs a value, every name a region, every field a place in the file."""
    if isinstance(given, Mapping):
        used = [material.parts[i] for i in np.unique(np.asarray(material.part))]
        bare = [part for part in used if part not in given]
        strange = [name for name in given if name not in material.parts]
        if bare or strange:
            what = f"no value for {', '.join(bare)}" if bare else f"no region {', '.join(strange)}"
            raise InputError(
                f"{key}: {what}; the regions of {material.name} are {', '.join(used)}: "
                f"give {key}='{{{', '.join(f'{part}: <value>' for part in used)}}}'"
            )
    wanted = [given.field] if isinstance(given, FromMesh) else []
    if isinstance(given, Directional) and isinstance(given.direction, str):
        wanted.append(given.direction)
    for field in wanted:
        if field not in material.fields:
            known = ", ".join(sorted(material.fields)) or "none"
            raise InputError(f"{key}: {material.name} has no cell array {field!r}; it has {known}")
