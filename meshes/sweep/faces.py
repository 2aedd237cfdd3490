"""Faces of tetrahedra, on the boundary or between two regions, and signed volumes."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from meshes.tags import Region

# Outward faces of a positively oriented tetrahedron; face i lies opposite vertex i.
OUTWARD = np.array([[1, 2, 3], [0, 3, 2], [0, 1, 3], [0, 2, 1]])


class Faces(NamedTuple):
    """Some faces of tetrahedra, outward from their cell, and the cell each belongs to."""

    triangles: Int[np.ndarray, "faces 3"]
    cells: Int[np.ndarray, " faces"]


def tet_volumes(
    points: Float[np.ndarray, "points 3"], cells: Int[np.ndarray, "cells 4"]
) -> Float[np.ndarray, " cells"]:
    """Signed volume of every tetrahedron, in cubed units of the points."""
    a, b, c, d = (points[cells[:, i]] for i in range(4))
    volumes: np.ndarray = np.einsum("ij,ij->i", np.cross(b - a, c - a), d - a) / 6.0
    return volumes


def boundary_and_interface(
    cells: Int[np.ndarray, "cells 4"], regions: Int[np.ndarray, " cells"]
) -> tuple[Faces, Faces]:
    """Faces that belong to one tetrahedron only, and faces between two regions.

    A sheath face points from the perivascular space into the tissue; any other interface face
    outward from the cell with the smaller region code.

    Raises:
        ValueError: a face belongs to three or more tetrahedra, or is seen from one side twice.
    """
    triangles = cells[:, OUTWARD].reshape(-1, 3)
    owner = np.repeat(np.arange(len(cells)), 4)
    keys = np.sort(triangles, axis=1)
    order = np.lexsort(keys.T[::-1])
    same = np.all(keys[order[1:]] == keys[order[:-1]], axis=1)
    if np.any(same[1:] & same[:-1]):
        raise ValueError("a face belongs to more than two tetrahedra")
    first, second = order[:-1][same], order[1:][same]
    paired = np.zeros(len(keys), dtype=bool)
    paired[first] = paired[second] = True
    alone = np.flatnonzero(~paired)
    differ = regions[owner[first]] != regions[owner[second]]
    first, second = first[differ], second[differ]
    rank = np.where(regions == Region.TISSUE, np.iinfo(np.int32).max, regions)[owner]
    lower = np.where(rank[first] < rank[second], first, second)
    return Faces(triangles[alone], owner[alone]), Faces(triangles[lower], owner[lower])
