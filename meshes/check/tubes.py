"""Area and volume of the tubes round a tree, what lies in several branches counted once.

Every branch is a row of short cylinders. A piece of wall inside another branch is no wall; a piece
of volume in n branches counts for one nth in each.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.spatial import cKDTree

from meshes.check.neighbours import Branches, upper_ends
from meshes.tree import VesselTree

FINE = 4.0  # cylinders along one radius
AROUND, ACROSS = 16, 3  # points of a section
NEAREST = 48  # cylinders that are asked whether a point is in them
AT_ONCE = 2000  # cylinders
MOST = 20_000_000  # pairs of cylinders; beyond, overlap is not looked for


class Cylinders(NamedTuple):
    """Short pieces of branches: middle, unit vector along, half length, radius and branch."""

    middle: Float[np.ndarray, "n 3"]
    along: Float[np.ndarray, "n 3"]
    half: Float[np.ndarray, " n"]
    radius: Float[np.ndarray, " n"]
    branch: Int[np.ndarray, " n"]


def tube_sizes(
    tree: VesselTree, radius: Float[np.ndarray, " nodes"], branches: Branches
) -> tuple[float, float]:
    """Lateral area, m2, and volume, m3, of the union of tubes.

    Args:
        radius: of the tube at every node, m.
        branches: of the tree.
    """
    pieces, area = _cut(tree, radius, branches)
    volume = 2.0 * np.pi * pieces.radius**2 * pieces.half
    index = cKDTree(pieces.middle)
    rows = np.flatnonzero(_near_others(index, pieces))
    depths = np.sqrt((np.arange(ACROSS) + 0.5) / ACROSS)  # of rings of one area each
    for some in np.array_split(rows, 1 + len(rows) // AT_ONCE) if len(rows) else ():
        area[some] *= np.mean(_others_at(some, 1.0, index, pieces) == 0, axis=0)
        shares = [1.0 / (1.0 + _others_at(some, depth, index, pieces)) for depth in depths]
        volume[some] *= np.mean(shares, axis=(0, 1))
    return float(area.sum()), float(volume.sum())


def _cut(
    tree: VesselTree, radius: Float[np.ndarray, " nodes"], branches: Branches
) -> tuple[Cylinders, Float[np.ndarray, " n"]]:
    """Cut a tree into cylinders a quarter of a radius long, and their lateral areas, m2."""
    child = np.flatnonzero(tree.parent >= 0)
    parent = tree.parent[child]
    step = tree.points[child] - tree.points[parent]
    length = np.maximum(np.linalg.norm(step, axis=1), np.finfo(float).tiny)
    upper = upper_ends(tree, radius)
    mean = 0.5 * (radius[child] + upper)
    number = np.maximum(1, np.ceil(FINE * length / mean)).astype(int)
    segment = np.repeat(np.arange(len(child)), number)
    place = np.arange(len(segment)) - np.repeat(np.cumsum(number) - number, number)
    t = (place + 0.5) / number[segment]
    a, b = parent[segment], child[segment]
    own = upper[segment] + t * (radius[b] - upper[segment])
    slant = np.hypot(length, radius[child] - upper) / number
    pieces = Cylinders(
        tree.points[a] + t[:, None] * step[segment],
        (step / length[:, None])[segment],
        (0.5 * length / number)[segment],
        own,
        branches.of[b],
    )
    return pieces, 2.0 * np.pi * own * slant[segment]


def _near_others(index: cKDTree, pieces: Cylinders) -> Bool[np.ndarray, " n"]:
    """Which cylinders may overlap one of another branch."""
    near = np.zeros(len(pieces.radius), dtype=bool)
    reach = 2.0 * float(pieces.radius.max())
    if index.count_neighbors(index, reach) > 2 * MOST:
        return near
    i, j = index.query_pairs(reach, output_type="ndarray").T
    apart = np.linalg.norm(pieces.middle[i] - pieces.middle[j], axis=1)
    kept = (pieces.branch[i] != pieces.branch[j]) & (apart < pieces.radius[i] + pieces.radius[j])
    near[i[kept]] = near[j[kept]] = True
    return near


def _others_at(
    rows: Int[np.ndarray, " rows"], depth: float, index: cKDTree, pieces: Cylinders
) -> Int[np.ndarray, "around rows"]:
    """How many other branches hold each point of the rings at some part of the radius."""
    across = np.cross(pieces.along[rows], np.eye(3)[np.abs(pieces.along[rows]).argmin(axis=1)])
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    other = np.cross(pieces.along[rows], across)
    angle = 2.0 * np.pi * (np.arange(AROUND)[:, None, None] + 0.5) / AROUND
    ring = np.cos(angle) * across + np.sin(angle) * other
    places = pieces.middle[rows] + depth * pieces.radius[rows][:, None] * ring
    distance, found = index.query(places, min(NEAREST, len(pieces.radius)))
    to = places[:, :, None] - pieces.middle[found]
    along = np.abs(np.einsum("arnk,arnk->arn", to, pieces.along[found]))
    inside = along <= pieces.half[found] * (1.0 + 1e-9)
    inside &= distance**2 - along**2 < pieces.radius[found] ** 2
    inside &= pieces.branch[found] != pieces.branch[rows][:, None]
    names = np.sort(np.where(inside, pieces.branch[found], -1), axis=-1)
    fresh = np.diff(names, axis=-1, prepend=-1) != 0
    count: np.ndarray = np.sum(fresh & (names >= 0), axis=-1)
    return count
