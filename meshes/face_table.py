"""Every face of a tetrahedral mesh once, with the cells on its two sides."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Int

from meshes.sweep.faces import OUTWARD


class FaceTable(NamedTuple):
    """Faces of tetrahedra.

    Attributes:
        triangles: outward from the first cell.
        first: the first cell of each face.
        second: the second cell; -1 on the boundary.
        apex: the vertex of the first and of the second cell that is not on the face; -1 if none.
        crowded: index of a face of three or more cells; -1 if there is none.
    """

    triangles: Int[np.ndarray, "faces 3"]
    first: Int[np.ndarray, " faces"]
    second: Int[np.ndarray, " faces"]
    apex: Int[np.ndarray, "faces 2"]
    crowded: int


def triangle_codes(
    *families: Int[np.ndarray, "triangles 3"],
) -> tuple[Int[np.ndarray, " triangles"], ...]:
    """One integer for every triangle, equal if and only if the three vertices are the same."""
    keys = np.sort(np.concatenate(families), axis=1).astype(np.int64)
    size = int(keys.max(initial=0)) + 1
    code = keys[:, 0] * size + keys[:, 1]
    if size**3 >= 2**63:
        code = np.unique(code, return_inverse=True)[1].ravel()
    code = code * size + keys[:, 2]
    ends = np.cumsum([len(family) for family in families])[:-1]
    return tuple(np.split(code, ends))


def face_table(cells: Int[np.ndarray, "cells 4"]) -> FaceTable:
    """Collect the faces of positively oriented tetrahedra."""
    triangles = cells[:, OUTWARD].reshape(-1, 3)
    (code,) = triangle_codes(triangles)
    order = np.argsort(code, kind="stable")
    starts = np.flatnonzero(np.r_[True, code[order[1:]] != code[order[:-1]]])
    counts = np.diff(np.r_[starts, len(order)])
    first = order[starts]
    second = np.where(counts > 1, order[np.minimum(starts + 1, len(order) - 1)], -1)
    corner = cells.reshape(-1)  # face i of a cell lies opposite its vertex i
    apex = np.stack([corner[first], np.where(second >= 0, corner[second], -1)], axis=1)
    crowded = np.flatnonzero(counts > 2)
    return FaceTable(
        triangles[first],
        first // 4,
        np.where(second >= 0, second // 4, -1),
        apex,
        int(crowded[0]) if crowded.size else -1,
    )


def find_triangles(
    wanted: Int[np.ndarray, "wanted 3"], faces: Int[np.ndarray, "faces 3"]
) -> Int[np.ndarray, " wanted"]:
    """Index of each wanted triangle among the faces, whatever its orientation; -1 if absent."""
    if not len(wanted):
        return np.zeros(0, dtype=np.int64)
    code, code_of_face = triangle_codes(wanted, faces)
    order = np.argsort(code_of_face)
    place = np.minimum(np.searchsorted(code_of_face[order], code), len(order) - 1)
    found = order[place]
    return np.where(code_of_face[found] == code, found, -1)


def odd_order(triangles: Int[np.ndarray, "triangles 3"]) -> Int[np.ndarray, " triangles"]:
    """Parity of the order of the vertices: two triangles on the same vertices face the same way
    if and only if it is equal.
    """
    a, b, c = triangles.T
    return ((a > b).astype(np.int64) + (a > c) + (b > c)) % 2


def crowded_edges(triangles: Int[np.ndarray, "triangles 3"]) -> Int[np.ndarray, "edges 2"]:
    """Edges of more than two triangles."""
    edges = np.sort(triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1).astype(np.int64)
    size = int(edges.max(initial=0)) + 1
    code, counts = np.unique(edges[:, 0] * size + edges[:, 1], return_counts=True)
    return np.stack(np.divmod(code[counts > 2], size), axis=1)
