"""VTK lines (legacy .vtk, .vtp, .vtu): segments or polylines with a radius at points or cells.

The files say no direction, so the root is chosen: the widest of the points whose data `root` is 2,
else the widest tip.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Int
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, connected_components

from meshes.errors import InputError
from meshes.trees.raw import RawTree, check_numbers
from meshes.vtk_grid import read_grid

if TYPE_CHECKING:
    from pyvista import UnstructuredGrid

RADIUS = ("radius", "radii", "r", "maximuminscribedsphereradius", "vesselradius")
DIAMETER = ("diameter", "diameters", "d", "vesseldiameter")
LINE, POLYLINE = 3, 4


def read_lines(path: Path) -> RawTree:
    """Read the lines of a VTK file; coincident points become one node.

    Raises:
        InputError: unreadable or cut short, no lines, no radius, a segment from a point to
            itself, several pieces, a loop, bad numbers.
    """
    grid = read_grid(path)
    points, edges, cell = _segments(path, grid)
    radius = _radius(path, grid, edges, cell)
    loops = np.flatnonzero(edges[:, 0] == edges[:, 1])
    if loops.size:
        raise InputError(
            f"{path}: line {cell[loops[0]]} joins point {edges[loops[0], 0]} to itself; remove it "
            f"({loops.size} such)"
        )
    used = np.unique(edges)
    check_numbers(points[used], radius[used], lambda node: f"point {used[node]}", str(path))
    marks = np.asarray(grid.point_data["root"]) if "root" in grid.point_data else None
    notes = []
    if len(used) < len(points):
        notes.append(f"{len(points) - len(used)} points on no line dropped")
    keep, edges, merged = _merge(points, edges, used)
    if merged:
        notes.append(f"{merged} points merged with another at the same place")
    if len(keep) < 2:
        raise InputError(f"{path}: all its points coincide; a vessel needs two distinct nodes")
    unique = np.unique(np.sort(edges, axis=1), axis=0)
    _refuse_pieces_and_loops(path, points[keep], keep, unique)
    root, note = _root(keep, points, radius, unique, marks)
    notes.append(note)
    parent = breadth_first_order(_graph(unique, len(keep)), root, directed=False)[1]
    parent = np.where(parent < 0, -1, parent).astype(np.int64)
    return RawTree(points[keep], radius[keep], parent, keep, tuple(notes))


def _segments(
    path: Path, grid: "UnstructuredGrid"
) -> tuple[Float[np.ndarray, "points 3"], Int[np.ndarray, "edges 2"], Int[np.ndarray, " edges"]]:
    """Points, straight segments, and the cell each segment belongs to."""
    lines = np.isin(grid.celltypes, (LINE, POLYLINE))
    if not lines.any():
        raise InputError(
            f"{path}: holds no lines ({grid.n_points} points, {grid.n_cells} other cells); a tree "
            "file needs the centreline, a volume mesh is read by read_mesh"
        )
    connectivity, offset = np.asarray(grid.cell_connectivity), np.asarray(grid.cell_offsets)
    cell = np.repeat(np.arange(grid.n_cells), np.diff(offset))
    inside = (cell[1:] == cell[:-1]) & lines[cell[1:]]
    edges = np.stack([connectivity[:-1], connectivity[1:]], axis=1)[inside]
    return np.asarray(grid.points, dtype=float), edges.astype(np.int64), cell[1:][inside]


def _radius(
    path: Path,
    grid: "UnstructuredGrid",
    edges: Int[np.ndarray, "edges 2"],
    cell: Int[np.ndarray, " edges"],
) -> Float[np.ndarray, " points"]:
    """Radius at points; cell radii are averaged over the segments that meet at a point."""
    for at_points, data in ((True, grid.point_data), (False, grid.cell_data)):
        names = {str(name).lower(): name for name in data}
        for wanted, factor in ((RADIUS, 1.0), (DIAMETER, 0.5)):
            for name in (names[w] for w in wanted if w in names):
                values = factor * np.asarray(data[name], dtype=float)
                if values.ndim != 1:
                    raise InputError(
                        f"{path}: {name!r} has {values.shape[1]} components; a radius has one"
                    )
                if at_points:
                    return values
                ends = edges.ravel()
                total = np.bincount(ends, np.repeat(values[cell], 2), minlength=grid.n_points)
                count = np.bincount(ends, minlength=grid.n_points)
                return np.asarray(total / np.maximum(count, 1))
    found = ", ".join(map(str, [*grid.point_data, *grid.cell_data])) or "none"
    raise InputError(
        f"{path}: no radius among its arrays ({found}); add point or cell data named 'radius' or "
        "'diameter'"
    )


def _merge(
    points: Float[np.ndarray, "points 3"],
    edges: Int[np.ndarray, "edges 2"],
    used: Int[np.ndarray, " nodes"],
) -> tuple[Int[np.ndarray, " nodes"], Int[np.ndarray, "edges 2"], int]:
    """One node per place: which points stay, the segments between them, how many points went."""
    _, first, inverse = np.unique(points[used], axis=0, return_index=True, return_inverse=True)
    keep = np.sort(first)
    node = np.full(len(points), -1, dtype=np.int64)
    node[used] = np.searchsorted(keep, first[inverse.ravel()])
    joined = node[edges]
    return used[keep], joined[joined[:, 0] != joined[:, 1]], len(used) - len(keep)


def _graph(edges: Int[np.ndarray, "edges 2"], nodes: int) -> csr_array:
    return csr_array((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(nodes, nodes))


def _refuse_pieces_and_loops(
    path: Path,
    points: Float[np.ndarray, "nodes 3"],
    keep: Int[np.ndarray, " nodes"],
    edges: Int[np.ndarray, "edges 2"],
) -> None:
    graph = _graph(edges, len(keep))
    pieces, piece = connected_components(graph, directed=False)
    if pieces > 1:
        sizes = np.bincount(piece)
        other = int(np.flatnonzero(piece != np.argmax(sizes))[0])
        raise InputError(
            f"{path}: holds {pieces} separate pieces (largest {sizes.max()} of {len(keep)} nodes; "
            f"point {keep[other]} lies in another); keep one connected tree"
        )
    if len(edges) >= len(keep):
        parent = breadth_first_order(graph, 0, directed=False)[1]
        a, b = edges[:, 0], edges[:, 1]
        closing = np.flatnonzero((parent[a] != b) & (parent[b] != a))[0]
        at = ", ".join(f"{x:.6g}" for x in points[a[closing]])
        raise InputError(
            f"{path}: has {len(edges) - len(keep) + 1} loops, one closed by the segment from point "
            f"{keep[a[closing]]} to point {keep[b[closing]]} at ({at}); cut it, a vessel tree has "
            "none"
        )


def _root(
    keep: Int[np.ndarray, " nodes"],
    points: Float[np.ndarray, "points 3"],
    radius: Float[np.ndarray, " points"],
    edges: Int[np.ndarray, "edges 2"],
    marks: Float[np.ndarray, " points"] | None,
) -> tuple[int, str]:
    """Index of the root among the kept nodes, and how it was chosen."""
    marked = np.flatnonzero(marks[keep] == 2) if marks is not None else np.zeros(0, dtype=int)
    if len(marked) == 1:
        return int(marked[0]), f"root is point {keep[marked[0]]}, marked root = 2"
    tips = np.flatnonzero(np.bincount(edges.ravel(), minlength=len(keep)) == 1)
    choice = marked if len(marked) else tips
    widest = int(choice[np.argmax(radius[keep[choice]])])
    at = ", ".join(f"{x:.6g}" for x in points[keep[widest]])
    among = f"the widest of {len(marked)} marked root = 2" if len(marked) else "the widest tip"
    return widest, f"root is point {keep[widest]} at ({at}), {among}"
