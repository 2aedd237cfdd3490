"""Hexahedra, prisms, pyramids and quadrilaterals cut into tetrahedra and triangles.

Every element is the cone from its smallest vertex over the faces without it, and every
quadrilateral is cut through its own smallest vertex, so two elements always agree on the diagonal
between them (cf. Dompierre et al. 1999, "How to subdivide pyramids, prisms and hexahedra into
tetrahedra" [R]).
"""

import numpy as np
from jaxtyping import Int

TETRA = ((1, 2, 3), (0, 3, 2), (0, 1, 3), (0, 2, 1))
PYRAMID = ((0, 3, 2, 1), (0, 1, 4), (1, 2, 4), (2, 3, 4), (3, 0, 4))
PRISM = ((0, 2, 1), (3, 4, 5), (0, 1, 4, 3), (1, 2, 5, 4), (2, 0, 3, 5))
HEXAHEDRON = (
    (0, 3, 2, 1),
    (4, 5, 6, 7),
    (0, 1, 5, 4),
    (1, 2, 6, 5),
    (2, 3, 7, 6),
    (3, 0, 4, 7),
)


def _orders(shape: str, lagrange: str, *nodes: int) -> tuple[str, ...]:
    """Meshio's names of a shape: straight, curved with so many nodes, and VTK's of any order."""
    return (shape, *(f"{shape}{count}" for count in nodes), f"VTK_LAGRANGE_{lagrange}")


# Outward faces of each volume element by the names of meshio; higher orders lead with the corners.
VOLUMES = {
    **dict.fromkeys(_orders("tetra", "TETRAHEDRON", 10, 20, 35), TETRA),
    **dict.fromkeys(_orders("pyramid", "PYRAMID", 13, 14), PYRAMID),
    **dict.fromkeys(_orders("wedge", "WEDGE", 15, 18, 40), PRISM),
    **dict.fromkeys(_orders("hexahedron", "HEXAHEDRON", 20, 24, 27, 64), HEXAHEDRON),
}
SURFACES = {
    **dict.fromkeys(_orders("triangle", "TRIANGLE", 6, 7, 10, 15), 3),
    **dict.fromkeys(_orders("quad", "QUADRILATERAL", 8, 9, 16), 4),
}


def corners(kind: str) -> int:
    """How many corner vertices an element of this meshio kind has."""
    return SURFACES[kind] if kind in SURFACES else 1 + max(max(f) for f in VOLUMES[kind])


def cut_volumes(
    kind: str, nodes: Int[np.ndarray, "elements corners"]
) -> tuple[Int[np.ndarray, "cells 4"], Int[np.ndarray, " cells"]]:
    """Tetrahedra of volume elements, and the element each comes from; tetrahedra pass unchanged."""
    if VOLUMES[kind] is TETRA:
        return nodes, np.arange(len(nodes))
    smallest = nodes.min(axis=1)
    cells, elements = [], []
    for face in VOLUMES[kind]:
        opposite = np.flatnonzero(np.all(nodes[:, face] != smallest[:, None], axis=1))
        triangles, origin = _cut_face(nodes[opposite][:, face])
        element = opposite[origin]
        cells.append(np.column_stack([smallest[element], triangles]))
        elements.append(element)
    element = np.concatenate(elements)
    order = np.argsort(element, kind="stable")
    return np.concatenate(cells)[order], element[order]


def cut_surfaces(
    kind: str, nodes: Int[np.ndarray, "elements corners"]
) -> tuple[Int[np.ndarray, "facets 3"], Int[np.ndarray, " facets"]]:
    """Triangles of surface elements, and the element each comes from."""
    if SURFACES[kind] == 3:
        return nodes, np.arange(len(nodes))
    return _cut_face(nodes)


def _cut_face(
    nodes: Int[np.ndarray, "faces corners"],
) -> tuple[Int[np.ndarray, "triangles 3"], Int[np.ndarray, " triangles"]]:
    """Triangles from the smallest vertex of each face, in the orientation of the face."""
    faces = np.arange(len(nodes))
    if nodes.shape[1] == 3:
        return nodes, faces
    turn = (np.argmin(nodes, axis=1)[:, None] + np.arange(4)) % 4
    a, b, c, d = np.take_along_axis(nodes, turn, axis=1).T
    halves = np.concatenate([np.column_stack([a, b, c]), np.column_stack([a, c, d])])
    return halves, np.tile(faces, 2)
