"""Several grids as one: tags of cells and facets that a file keeps apart from its mesh."""

from pathlib import Path

import meshio
import numpy as np
from jaxtyping import Float, Int
from scipy.spatial import cKDTree

from meshes.errors import InputError
from meshes.volumes.elements import SURFACES, VOLUMES, corners

SAME = 1e-6  # of the mesh's size: points nearer than that are one


def join(path: Path, grids: list[meshio.Mesh]) -> meshio.Mesh:
    """The first grid with volumes, with the surfaces and the cell arrays of the others on it.

    Raises:
        InputError: a grid has points or volumes that the first has not.
    """
    chosen = next((k for k, grid in enumerate(grids) if has_volumes(grid)), 0)
    mesh = grids[chosen]
    for grid in grids[:chosen] + grids[chosen + 1 :]:
        mesh = add_grid(path, mesh, grid)
    return mesh


def has_volumes(mesh: meshio.Mesh) -> bool:
    """Whether some cells are volumes."""
    return any(block.type in VOLUMES and len(block.data) for block in mesh.cells)


def add_grid(path: Path, mesh: meshio.Mesh, other: meshio.Mesh) -> meshio.Mesh:
    """A mesh with the surfaces of another grid, and its arrays on the volumes that both have.

    Points are matched by place, so the two may number them differently. Where an array is not
    known it is 0, or nan if it is of floating-point numbers.

    Args:
        path: where the other grid came from, for messages.

    Raises:
        InputError: a point or a volume of the other grid is not in the mesh.
    """
    place = _places(path, mesh.points, other)
    blocks = [(block.type, block.data) for block in mesh.cells]
    data = {name: list(arrays) for name, arrays in mesh.cell_data.items()}
    volumes = [k for k, block in enumerate(other.cells) if block.type in VOLUMES]
    surfaces = [k for k, block in enumerate(other.cells) if block.type in SURFACES]
    for name in other.cell_data if volumes else ():
        data[name] = _on_volumes(path, mesh, other, volumes, place, name)
    for k in surfaces:
        block = other.cells[k]
        blocks.append((block.type, place[np.asarray(block.data)]))
        for name in {*data, *other.cell_data}:
            given = np.asarray(other.cell_data[name][k]) if name in other.cell_data else None
            like = given if given is not None else np.asarray(data[name][0])
            held = data.setdefault(name, [_unknown(like, len(nodes)) for _, nodes in blocks[:-1]])
            held.append(_unknown(like, len(block.data)) if given is None else given)
    return meshio.Mesh(
        mesh.points,
        blocks,
        point_data=mesh.point_data,
        cell_data=data,
        field_data=mesh.field_data | other.field_data,
    )


def _unknown(like: np.ndarray, count: int) -> np.ndarray:
    blank = np.nan if like.dtype.kind == "f" else 0
    return np.full((count, *like.shape[1:]), blank, dtype=like.dtype)


def _places(
    path: Path, points: Float[np.ndarray, "points 3"], other: meshio.Mesh
) -> Int[np.ndarray, " others"]:
    """The point of the mesh that each point of another grid is; -1 for points of no cell."""
    theirs = np.asarray(other.points, dtype=float)
    if theirs.shape[1:] != (3,) or not np.isfinite(theirs).all():
        raise InputError(f"{path}: its points are not all three finite numbers; export it again")
    if theirs.shape == points.shape and np.array_equal(theirs, points):
        return np.arange(len(points))
    used = np.unique(np.concatenate([np.ravel(block.data) for block in other.cells]))
    if len(used) and not (used[0] >= 0 and used[-1] < len(theirs)):
        raise InputError(
            f"{path}: some cell uses a point that does not exist (there are {len(theirs)}); the "
            "file is damaged, export it again"
        )
    used = used.astype(np.int64)
    distance, nearest = cKDTree(points).query(theirs[used])
    far = np.flatnonzero(~(distance <= SAME * np.ptp(points, axis=0).max()))
    if far.size:
        where = ", ".join(f"{x:.6g}" for x in theirs[used[far[0]]])
        raise InputError(
            f"{path}: its point {used[far[0]]} at ({where}) is no point of the mesh "
            f"({far.size} such; the nearest is {distance[far[0]]:.3g} away, in units of the file); "
            "use facets of this very mesh, in the same units"
        )
    place = np.full(len(theirs), -1)
    place[used] = nearest
    return place


def _on_volumes(
    path: Path,
    mesh: meshio.Mesh,
    other: meshio.Mesh,
    chosen: list[int],
    place: Int[np.ndarray, " others"],
    name: str,
) -> list[np.ndarray]:
    """An array of another grid, on the cells of the mesh."""
    arrays = [np.asarray(other.cell_data[name][k]) for k in chosen]
    spread = [_unknown(arrays[0], len(block.data)) for block in mesh.cells]
    for k, values in zip(chosen, arrays, strict=True):
        block = other.cells[k]
        wanted = _keys(place[np.asarray(block.data)[:, : corners(block.type)]])
        found = np.zeros(len(wanted), dtype=bool)
        for held, ours in zip(spread, mesh.cells, strict=True):
            if ours.type in VOLUMES and corners(ours.type) == corners(block.type):
                known = _keys(np.asarray(ours.data)[:, : corners(ours.type)])
                order = np.argsort(known)
                row = order[np.minimum(np.searchsorted(known[order], wanted), len(known) - 1)]
                same = known[row] == wanted
                held[row[same]] = values[same]
                found |= same
        if not found.all():
            raise InputError(
                f"{path}: cell {np.argmin(found)} of the tags {name} is no cell of the mesh "
                f"({int((~found).sum())} such); export mesh and tags together"
            )
    return spread


def _keys(nodes: Int[np.ndarray, "cells corners"]) -> np.ndarray:
    """One sortable value for each cell, equal for the same corners in any order."""
    rows = np.ascontiguousarray(np.sort(nodes, axis=1).astype(">i8"))
    return rows.view(f"S{8 * rows.shape[1]}").ravel()
