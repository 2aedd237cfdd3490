"""Who touches whom: vertices, edges and cells of a tetrahedral region, as tables to gather through.

Host only (numpy); built once per mesh. Cells are stored with ascending vertex numbers and a sign
for their orientation, so that a local edge (a, b) is never against the global one.
"""

import numpy as np
from jaxtyping import Array, Bool, Float, Int

from solver.algebra.sparse import Pattern, cheapest_width, incidence
from solver.record import record

OPPOSITE_FACE = ((1, 2, 3), (0, 2, 3), (0, 1, 3), (0, 1, 2))
LOCAL_EDGES = ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3))


@record
class Graph:
    """The vertex graph of one region of tetrahedra.

    Attributes:
        cells: vertices of each cell, ascending.
        orientation: +1 where ascending order is positively oriented, else -1.
        edges: end vertices of each edge, ascending.
        edge_cells: for each edge the positions (local edge, cell) that lie on it.
        edge_corners: for each edge the positions (corner, cell) of its first and of its second
            vertex in the cells on it, and these cells; long rows continue as in a `Pattern`.
        edge_continued: which of the further rows continues each edge's.
        vertex_cells: for each vertex its cells.
        neighbours: for each vertex its neighbours, rows of a sparse matrix without diagonal.
        row_edges: the edge to each neighbour; padded with the number of edges.
        row_second: whether the vertex is the second of that edge.
    """

    cells: Int[Array, "4 cells"]
    orientation: Float[Array, " cells"]
    edges: Int[Array, "2 edges"]
    edge_cells: Int[Array, "width edges"]
    edge_corners: Int[Array, "three slots edge_rows"]
    edge_continued: Int[Array, " edges"]
    vertex_cells: Int[Array, "star vertices"]
    neighbours: Pattern
    row_edges: Int[Array, "slots rows"]
    row_second: Bool[Array, "slots rows"]

    @property
    def vertices(self) -> int:
        """Number of vertices."""
        return self.neighbours.continued.shape[0]


@record
class Patch:
    """Boundary triangles of one kind (or one end), with the vertices on them.

    Attributes:
        facets: vertices of each triangle, ordered so that its area vector points out.
        vertices: the vertices on the patch.
        slot: position of each region vertex in `vertices`; padded with their number.
        vertex_facets: for each patch vertex its triangles.
    """

    facets: Int[Array, "3 facets"]
    vertices: Int[Array, " on_patch"]
    slot: Int[Array, " vertices"]
    vertex_facets: Int[Array, "width on_patch"]


def build_graph(cells: Int[np.ndarray, "cells 4"], vertices: int) -> Graph:
    """Tables of a region whose cells are positively oriented and use local vertex numbers."""
    order = np.argsort(cells, axis=1, kind="stable")
    ascending = np.take_along_axis(cells, order, axis=1).astype(np.int32)
    inversions = sum((order[:, a] > order[:, b]).astype(int) for a, b in LOCAL_EDGES)
    orientation = np.where(inversions % 2 == 0, 1.0, -1.0)

    pairs = np.concatenate([ascending[:, [a, b]] for a, b in LOCAL_EDGES]).astype(np.int64)
    keys, edge_of = np.unique(pairs[:, 0] * vertices + pairs[:, 1], return_inverse=True)
    edges = np.stack([keys // vertices, keys % vertices]).astype(np.int32)
    count = edges.shape[1]

    table = incidence(np.concatenate([edges[0], edges[1]]), vertices)
    table, continued = _wrapped(table, 2 * count)
    real = table < 2 * count
    position = np.where(real, table, 0)
    row_edges = np.where(real, position % max(count, 1), count).astype(np.int32)
    second = real & (position >= count)
    ends = np.where(second, edges[0][position % count], edges[1][position % count])
    neighbours = Pattern(np.where(real, ends, 0).astype(np.int32), continued)

    cell_of = np.tile(np.arange(len(cells)), 4)
    stars = incidence(ascending.T.ravel(), vertices)
    vertex_cells = np.append(cell_of, len(cells))[stars].astype(np.int32)
    edge_cells = incidence(edge_of, count)
    corners, edge_continued = _corners(edge_cells, len(cells))
    return Graph(
        cells=ascending.T.copy(),
        orientation=orientation,
        edges=edges,
        edge_cells=edge_cells,
        edge_corners=corners,
        edge_continued=edge_continued,
        vertex_cells=vertex_cells,
        neighbours=neighbours,
        row_edges=row_edges,
        row_second=second,
    )


def _corners(
    edge_cells: Int[np.ndarray, "width edges"], cells: int
) -> tuple[Int[np.ndarray, "three slots rows"], Int[np.ndarray, " edges"]]:
    """Positions (corner, cell) of both ends of each edge in the cells on it, and these cells."""
    table, continued = _wrapped(edge_cells, 6 * cells)
    local, cell = np.divmod(table, max(cells, 1))
    corner = np.append(np.array(LOCAL_EDGES).T, [[4], [4]], axis=1)[:, np.minimum(local, 6)]
    positions = np.where(local < 6, corner * cells + cell, 4 * cells)
    whose = np.where(local < 6, cell, cells)[None]
    return np.concatenate([positions, whose]).astype(np.int32), continued


def _wrapped(
    table: Int[np.ndarray, "width rows"], padding: int
) -> tuple[Int[np.ndarray, "slots more"], Int[np.ndarray, " rows"]]:
    """Continue long rows of an incidence table below the last, at the width that is cheapest."""
    width, rows = table.shape
    degree = (table < padding).sum(axis=0)
    slots = cheapest_width(degree)
    long = np.flatnonzero(degree > slots)
    rest = np.full((slots, len(long)), padding, dtype=table.dtype)
    rest[: width - slots] = table[slots:, long]
    continued = np.full(rows, len(long), dtype=np.int32)
    continued[long] = np.arange(len(long))
    return np.concatenate([table[:slots], rest], axis=1), continued


def build_patch(facets: Int[np.ndarray, "facets 3"], vertices: int) -> Patch:
    """Tables of a patch from its outward-ordered triangles in local vertex numbers."""
    members = np.unique(facets)
    slot = np.full(vertices, len(members), dtype=np.int32)
    slot[members] = np.arange(len(members))
    stars = incidence(slot[facets].T.ravel(), max(len(members), 1))
    facet_of = np.append(np.tile(np.arange(len(facets)), 3), len(facets))
    return Patch(
        facets=facets.T.astype(np.int32).copy(),
        vertices=members.astype(np.int32),
        slot=slot,
        vertex_facets=facet_of[stars].astype(np.int32),
    )


def orient_outward(
    facets: Int[np.ndarray, "facets 3"],
    cells: Int[np.ndarray, "cells 4"],
    points: Float[np.ndarray, "points 3"],
) -> tuple[Int[np.ndarray, "facets 3"], Int[np.ndarray, " facets"]]:
    """Order each boundary triangle so that its area vector points out of its cell.

    Returns:
        the ordered triangles and the cell behind each (-1 where no cell of the region has it).
    """
    members, wanted = np.unique(facets, return_inverse=True)
    compact = np.full(len(points), -1, dtype=np.int64)
    compact[members] = np.arange(len(members))
    faces = np.concatenate([cells[:, list(face)] for face in OPPOSITE_FACE])
    inner = np.concatenate([cells[:, corner] for corner in range(4)])
    candidates = np.flatnonzero((compact[faces] >= 0).all(axis=1))

    def keys(triangles: Int[np.ndarray, "n 3"]) -> Int[np.ndarray, " n"]:
        low, middle, high = np.sort(triangles, axis=1).T
        return (low * len(members) + middle) * len(members) + high

    key = keys(compact[faces[candidates]])
    order = np.argsort(key, kind="stable")
    want = keys(wanted.reshape(facets.shape).astype(np.int64))
    found = np.minimum(np.searchsorted(key[order], want), len(key) - 1)
    face = candidates[order[found]]
    match = key[order[found]] == want
    behind = np.where(match, face % len(cells), -1)

    corner = points[facets]
    area = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    inward = np.einsum("fi,fi->f", area, points[inner[face]] - corner[:, 0]) > 0
    ordered = np.where((inward & match)[:, None], facets[:, [0, 2, 1]], facets)
    return ordered, behind
