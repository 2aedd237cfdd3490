"""VTK lines (legacy .vtk, .vtp, .vtu): segments or polylines with a radius at points or cells.

The files say no direction; points whose data `root` is 2 are marked as mouths.
"""

from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from meshes.errors import InputError
from meshes.trees.doubles import join_doubles
from meshes.trees.network import Network, check_coordinates, radius_of_segments, select
from meshes.trees.words import radius_name
from meshes.vtk_grid import LINE, POLYLINE, Grid, read_grid

MOUTH = 2


def read_lines(path: Path) -> Network:
    """Read the lines of a VTK file; coincident points become one node.

    Raises:
        InputError: unreadable or cut short, no lines, no radius, a segment from a point to
            itself, a coordinate that is not finite.
    """
    grid = read_grid(path)
    points, (edges, cell) = grid.points, _segments(path, grid)
    radius = _radius(path, grid, edges, cell)
    loops = np.flatnonzero(edges[:, 0] == edges[:, 1])
    if loops.size:
        raise InputError(
            f"{path}: line {cell[loops[0]]} joins point {edges[loops[0], 0]} to itself; remove it "
            f"({loops.size} such)"
        )
    used = np.zeros(len(points), dtype=bool)
    used[edges] = True
    marks = np.asarray(grid.point_data["root"]) if "root" in grid.point_data else np.zeros(0)
    network = Network(
        points,
        radius,
        edges,
        np.arange(len(points)).astype(str),
        np.flatnonzero(marks == MOUTH) if marks.ndim == 1 else np.zeros(0, dtype=np.int64),
        word="point",
        name=str(path),
    )
    if not used.all():
        network = select(network, used).noted(f"{np.sum(~used)} points on no line dropped")
    check_coordinates(network)
    return join_doubles(network, everywhere=True)


def _segments(
    path: Path, grid: Grid
) -> tuple[Int[np.ndarray, "edges 2"], Int[np.ndarray, " edges"]]:
    """Straight segments between points, and the cell each belongs to."""
    lines = np.isin(grid.kinds, (LINE, POLYLINE))
    if not lines.any():
        raise InputError(
            f"{path}: holds no lines ({len(grid.points)} points, {len(lines)} other cells); a tree "
            "file needs the centreline, a volume mesh is read by read_mesh"
        )
    cell = np.repeat(np.arange(len(lines)), np.diff(grid.offsets))
    inside = (cell[1:] == cell[:-1]) & lines[cell[1:]]
    edges = np.stack([grid.connectivity[:-1], grid.connectivity[1:]], axis=1)[inside]
    return edges, cell[1:][inside]


def _radius(
    path: Path,
    grid: Grid,
    edges: Int[np.ndarray, "edges 2"],
    cell: Int[np.ndarray, " edges"],
) -> Float[np.ndarray, " points"]:
    """Radius at points; cell radii are averaged over the segments that meet at a point."""
    for at_points, data in ((True, grid.point_data), (False, grid.cell_data)):
        found = radius_name([str(name) for name in data])
        if not found:
            continue
        values = found[1] * np.asarray(data[found[0]], dtype=float)
        if values.ndim != 1:
            raise InputError(
                f"{path}: {found[0]!r} has {values.shape[1]} components; a radius has one"
            )
        return values if at_points else radius_of_segments(len(grid.points), edges, values[cell])
    names = ", ".join(map(str, [*grid.point_data, *grid.cell_data])) or "none"
    raise InputError(
        f"{path}: no radius among its arrays ({names}); add point or cell data named 'radius' or "
        "'diameter'"
    )
