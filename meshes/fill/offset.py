"""The outer face of the tissue: all points at one distance from the centreline, cut by a plane.

Marching tetrahedra (Doi & Koide 1991 [R]) on a cubic grid that starts on the plane; grid nodes
close to the face are first moved onto it, so that no thin triangles appear (as in isosurface
stuffing, Labelle & Shewchuk 2007 [R]). Only blocks of the grid that the face may cross are made,
so memory grows with the face and not with the box round a large tree.
"""

from dataclasses import dataclass
from itertools import permutations

import numpy as np
from jaxtyping import Float, Int
from scipy.spatial import cKDTree

SNAP = 0.3  # nodes closer to the face than this share of the spacing move onto it
BLOCK = 4  # cubes along the edge of a block


@dataclass(frozen=True, eq=False)
class Offset:
    """A surface, open where a plane z = 0 cuts it, outward triangles, and nodes inside the cut.

    Attributes:
        points: surface points.
        triangles: outward.
        section: grid nodes in the plane, at least half a spacing inside.
    """

    points: Float[np.ndarray, "points 3"]
    triangles: Int[np.ndarray, "triangles 3"]
    section: Float[np.ndarray, "nodes 3"]


def offset_surface(
    axis: Float[np.ndarray, "samples 3"], distance: float, spacing: float, cut: bool
) -> Offset:
    """Points at `distance` from the axis samples; with `cut` only those at z >= 0."""
    near = cKDTree(axis)
    low = axis.min(axis=0) - distance - 2.0 * spacing
    if cut:
        low[2] = 0.0
    shape = np.ceil((axis.max(axis=0) + distance + 2.0 * spacing - low) / spacing).astype(int) + 1
    numbers, tets = _grid(near, low, shape, distance, spacing)
    nodes = low + spacing * np.stack(np.unravel_index(numbers, shape), axis=1)
    away, nearest = near.query(nodes)
    value = away - distance
    snap = np.abs(value) < SNAP * spacing
    slope = (nodes[snap] - axis[nearest[snap]]) / away[snap, None]
    if cut:
        slope[nodes[snap, 2] == 0.0, 2] = 0.0
    slope /= np.maximum(np.sum(slope**2, axis=1, keepdims=True), 0.25)
    nodes[snap] -= value[snap, None] * slope
    value[snap] = 0.0
    points, triangles = _march(nodes, value, tets)
    section = np.zeros((0, 3))
    if cut:  # what lies in the plane is of its face, which is cut as a whole
        lying = (points[triangles, 2] == 0.0).all(axis=1)
        used, triangles = np.unique(triangles[~lying], return_inverse=True)
        points, triangles = points[used], triangles.reshape(-1, 3)
        steps = np.meshgrid(*(np.arange(n) for n in shape[:2]), [0], indexing="ij")
        flat = low + spacing * np.stack(steps, axis=-1).reshape(-1, 3)
        section = flat[near.query(flat)[0] - distance < -0.5 * spacing]
    return Offset(points, triangles, section)


def _grid(
    near: cKDTree, low: np.ndarray, shape: np.ndarray, distance: float, spacing: float
) -> tuple[Int[np.ndarray, " nodes"], Int[np.ndarray, "tets 4"]]:
    """Grid numbers of the nodes of blocks near the face, and six tetrahedra for every cube."""
    blocks = np.stack(
        np.meshgrid(*(np.arange(0, n - 1, BLOCK) for n in shape), indexing="ij"), axis=-1
    ).reshape(-1, 3)
    middle = low + spacing * (blocks + 0.5 * BLOCK)
    reach = (0.5 * BLOCK * np.sqrt(3.0) + 1.0) * spacing
    away = near.query(middle, distance_upper_bound=distance + reach)[0]
    blocks = blocks[(away < distance + reach) & (away > distance - reach)]
    steps = np.stack(np.meshgrid(*(np.arange(BLOCK),) * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    cubes = (blocks[:, None] + steps).reshape(-1, 3)
    cubes = cubes[(cubes < shape - 1).all(axis=1)]
    stride = np.array([shape[1] * shape[2], shape[2], 1])
    numbers, tets = np.unique(_kuhn(cubes @ stride, stride), return_inverse=True)
    return numbers, tets.reshape(-1, 4)


def _kuhn(
    base: Int[np.ndarray, " cubes"], stride: Int[np.ndarray, " 3"]
) -> Int[np.ndarray, "tets 4"]:
    """Six positive tetrahedra for every cube of the grid."""
    tets = []
    for axes in permutations(range(3)):
        steps = np.cumsum([0, *stride[list(axes)]])
        if np.linalg.det(np.eye(3)[list(axes)]) < 0:
            steps = steps[[0, 1, 3, 2]]
        tets.append(base[:, None] + steps)
    return np.concatenate(tets)


def _march(
    nodes: np.ndarray, value: np.ndarray, tets: np.ndarray
) -> tuple[Float[np.ndarray, "points 3"], Int[np.ndarray, "triangles 3"]]:
    """Zero set of a nodal field; triangles point to where it is positive."""
    inside = value[tets] < 0.0
    tets = tets[inside.any(axis=1) & ~inside.all(axis=1)]
    inside = value[tets] < 0.0
    pieces = []
    for pattern in np.unique(inside, axis=0):
        chosen = tets[(inside == pattern).all(axis=1)]
        pieces.append(_cut(chosen, pattern))
    edges = np.concatenate(pieces)  # triangles, corners, two nodes (inside, outside)
    touched = value[edges[..., 1]] == 0.0
    edges[touched, 0] = edges[touched, 1]
    flat, number = np.unique(edges.reshape(-1, 2), axis=0, return_inverse=True)
    triangles = number.reshape(-1, 3)
    a, b = value[flat[:, 0]], value[flat[:, 1]]
    share = np.where(a == b, 0.0, a / np.where(a == b, 1.0, a - b))
    points = nodes[flat[:, 0]] + share[:, None] * (nodes[flat[:, 1]] - nodes[flat[:, 0]])
    distinct = (triangles != np.roll(triangles, 1, axis=1)).all(axis=1)
    used, triangles = np.unique(triangles[distinct], return_inverse=True)
    return points[used], triangles.reshape(-1, 3)


def _cut(tets: np.ndarray, inside: np.ndarray) -> Int[np.ndarray, "triangles 3 2"]:
    """Triangles of one sign pattern as edges (inside node, outside node)."""
    count = int(inside.sum())
    lone = inside if count < 3 else ~inside
    even = [p for p in permutations(range(4)) if np.linalg.det(np.eye(4)[list(p)]) > 0]
    order = next(p for p in even if lone[list(p)].tolist() == sorted(lone.tolist(), reverse=True))
    a, b, c, d = tets[:, list(order)].T
    if count == 2:
        corners = [[(a, c), (b, d), (b, c)], [(a, c), (a, d), (b, d)]]
    elif count == 1:
        corners = [[(a, b), (a, c), (a, d)]]
    else:
        corners = [[(b, a), (d, a), (c, a)]]
    return np.concatenate(
        [np.stack([np.stack(pair, axis=-1) for pair in corner], axis=1) for corner in corners]
    )
