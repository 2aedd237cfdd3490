"""What a file of `write_mesh` carries besides the mesh: vessel coordinates, centreline, words."""

import meshio
import numpy as np

from meshes.mesh import VESSEL_ARRAYS, VesselCoordinates
from meshes.tree import VesselTree


def vessel_in(raw: meshio.Mesh, scale: float) -> VesselCoordinates | None:
    """Vessel coordinates, if the file carries all of them, sound."""
    data = raw.point_data
    if any(name not in data for name in VESSEL_ARRAYS) or data["radial"].shape[1:] != (3,):
        return None
    column = np.asarray(data["column"])
    if not all(np.isfinite(data[name]).all() for name in VESSEL_ARRAYS) or not np.all(
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


def tree_in(raw: meshio.Mesh) -> VesselTree | None:
    """The centreline tree, if the file carries it."""
    data = raw.field_data
    if "tree_points" not in data:
        return None
    return VesselTree(
        np.asarray(data["tree_points"], dtype=float).reshape(-1, 3),
        np.asarray(data["tree_radius"], dtype=float),
        np.asarray(data["tree_parent"], dtype=np.int64),
        "".join(lines_in(raw, "tree_name")),
        lines_in(raw, "tree_notes"),
    )


def lines_in(raw: meshio.Mesh, name: str) -> tuple[str, ...]:
    """Lines of a text that a file of `write_mesh` carries as bytes."""
    return tuple(
        bytes(np.asarray(raw.field_data.get(name, []), dtype=np.uint8)).decode().splitlines()
    )
