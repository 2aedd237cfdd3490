"""What a file of `write_mesh` carries besides the mesh: vessel coordinates, centreline, words."""

from pathlib import Path

import meshio
import numpy as np

from meshes.errors import InputError
from meshes.mesh import VESSEL_ARRAYS, VesselCoordinates
from meshes.tree import VesselTree

DAMAGED = 1e15  # m; larger numbers are damage


def vessel_in(raw: meshio.Mesh, scale: float) -> VesselCoordinates | None:
    """Vessel coordinates, if the file carries all of them, sound."""
    data = raw.point_data
    if any(name not in data for name in VESSEL_ARRAYS) or data["radial"].shape[1:] != (3,):
        return None
    column = np.asarray(data["column"])
    if not all(np.all(np.abs(data[name]) < DAMAGED) for name in VESSEL_ARRAYS) or not np.all(
        (column >= -1) & (column < len(raw.points))
    ):
        return None
    path, radius, fraction, gap = (
        np.asarray(data[name], dtype=float).reshape(-1)
        for name in ("path", "radius", "fraction", "gap")
    )
    return VesselCoordinates(
        path=path * scale,
        radius=radius * scale,
        fraction=fraction,
        radial=np.asarray(data["radial"], dtype=float),
        gap=gap * scale,
        column=column.reshape(-1).astype(np.int64),
    )


def tree_in(path: Path, raw: meshio.Mesh, word: str) -> VesselTree | None:
    """The centreline tree whose arrays' names start with a word, if the file carries it.

    Raises:
        InputError: it is not whole.
    """
    data = raw.field_data
    if f"{word}_points" not in data:
        return None
    points = np.asarray(data[f"{word}_points"], dtype=float).reshape(-1, 3)
    radius = np.asarray(data.get(f"{word}_radius", []), dtype=float).ravel()
    parent = np.asarray(data.get(f"{word}_parent", []), dtype=np.int64).ravel()
    if not (
        len(points) == len(radius) == len(parent)
        and np.all(np.abs(points) < DAMAGED)
        and np.all((radius >= 0) & (radius < DAMAGED))
        and np.all((parent >= -1) & (parent < len(parent)))
        and np.sum(parent == -1) == 1
    ):
        raise InputError(
            f"{path}: the centreline in it is not whole ({len(points)} points, {len(radius)} "
            f"radii, {len(parent)} parents); it is damaged: export it again"
        )
    name = "".join(lines_in(raw, f"{word}_name"))
    return VesselTree(points, radius, parent, name, lines_in(raw, f"{word}_notes"))


def lines_in(raw: meshio.Mesh, name: str) -> tuple[str, ...]:
    """Lines of a text that a file of `write_mesh` carries as bytes."""
    return tuple(
        bytes(np.asarray(raw.field_data.get(name, []), dtype=np.uint8))
        .decode(errors="replace")
        .splitlines()
    )
