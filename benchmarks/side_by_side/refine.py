"""Cut every tetrahedron of a mesh into eight, keeping tags, sheath and vessel coordinates.

New points are midpoints of edges. The shortest of the three inner diagonals is drawn. The geometry
is unchanged: facets stay flat, so that a solution on the finer mesh differs by discretisation only.
"""

from dataclasses import replace

import numpy as np

from meshes.mesh import Mesh

EDGES = ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3))
CORNERS = ((0, 4, 5, 6), (4, 1, 7, 8), (5, 7, 2, 9), (6, 8, 9, 3))
# Opposite edges' midpoints as ends of the inner diagonal, and the ring of the other four around it.
OCTAHEDRON = {(4, 9): (5, 6, 8, 7), (5, 8): (4, 7, 9, 6), (6, 7): (4, 5, 9, 8)}


def refined(mesh: Mesh) -> Mesh:
    """The mesh with half the cell size."""
    count = len(mesh.points)
    pairs = np.sort(np.concatenate([mesh.cells[:, edge] for edge in EDGES]), axis=1)
    keys, place = np.unique(pairs[:, 0] * count + pairs[:, 1], return_inverse=True)
    first, second = keys // count, keys % count
    middle = (count + place).reshape(len(EDGES), -1).T
    points = np.concatenate([mesh.points, 0.5 * (mesh.points[first] + mesh.points[second])])

    def number(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        low, high = np.minimum(a, b), np.maximum(a, b)
        return count + np.searchsorted(keys, low * count + high)

    nodes = np.concatenate([mesh.cells, middle], axis=1)
    cells = np.concatenate([nodes[:, corner] for corner in CORNERS] + [_inner(points, nodes)])
    order = np.concatenate([np.tile(np.arange(len(mesh.cells)), 4), _owner(len(mesh.cells))])
    a, b, c = mesh.facets.T
    ab, bc, ca = number(a, b), number(b, c), number(c, a)
    facets = np.concatenate(
        [np.stack(t, axis=1) for t in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))]
    )
    return replace(
        mesh,
        points=points,
        cells=_positive(points, cells),
        regions=mesh.regions[order],
        facets=facets,
        patches=np.tile(mesh.patches, 4),
        vessel=_vessel(mesh, first, second, keys),
        name=f"{mesh.name}, refined",
    )


def _inner(points: np.ndarray, nodes: np.ndarray) -> np.ndarray:
    """Four tetrahedra of each inner octahedron, around its shortest diagonal."""
    choices = list(OCTAHEDRON)
    lengths = [
        np.linalg.norm(points[nodes[:, i]] - points[nodes[:, j]], axis=1) for i, j in choices
    ]
    shortest = np.argmin(lengths, axis=0)
    rings = np.array([[*pair, *OCTAHEDRON[pair]] for pair in choices])[shortest]
    picked = np.take_along_axis(nodes, rings, axis=1)
    parts = [picked[:, [0, 1, 2 + corner, 2 + (corner + 1) % 4]] for corner in range(4)]
    return np.concatenate(parts)


def _owner(cells: int) -> np.ndarray:
    """Coarse cell of each inner tetrahedron."""
    return np.tile(np.arange(cells), 4)


def _positive(points: np.ndarray, cells: np.ndarray) -> np.ndarray:
    """Cells turned so that their volume is positive."""
    a, b, c, d = (points[cells[:, corner]] for corner in range(4))
    flipped = np.einsum("ij,ij->i", np.cross(b - a, c - a), d - a) < 0
    cells[flipped] = cells[flipped][:, [0, 1, 3, 2]]
    return cells


def _vessel(mesh: Mesh, first: np.ndarray, second: np.ndarray, keys: np.ndarray):
    """Vessel coordinates of old and new points; a midpoint's column is its feet's midpoint."""
    vessel, count = mesh.vessel, len(mesh.points)

    def mean(values: np.ndarray) -> np.ndarray:
        return np.concatenate([values, 0.5 * (values[first] + values[second])])

    foot, other = vessel.column[first], vessel.column[second]
    low, high = np.minimum(foot, other), np.maximum(foot, other)
    between = count + np.minimum(np.searchsorted(keys, low * count + high), len(keys) - 1)
    column = np.where(foot == other, foot, np.where(low < 0, -1, between))
    return replace(
        vessel,
        path=mean(vessel.path),
        radius=mean(vessel.radius),
        fraction=mean(vessel.fraction),
        radial=mean(vessel.radial),
        gap=mean(vessel.gap),
        column=np.concatenate([vessel.column, column]),
    )
