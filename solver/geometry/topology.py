"""Who touches whom: vertices, edges and cells of a tetrahedral region, as tables to gather through.

Built once per mesh on the host (numpy). Every table that derivatives pass through has its inverse
beside it, so that they gather as well (`solver.algebra.linear`). Cells are stored with
ascending vertex numbers and a sign for their orientation, so that a local edge (a, b) is never
against the global one.
"""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from solver.algebra.linear import parts
from solver.algebra.sparse import (
    Incidence,
    Pattern,
    cheapest_width,
    fold,
    gather,
    members_of,
    pick,
    put,
    unfold,
)
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
        cell_edges: the local edges of each cell.
        edge_cells: for each edge the positions (local edge, cell) that lie on it.
        edge_stars: for each edge the cells on it, rows of a sparse matrix.
        edge_corners: the positions (corner, cell) of its first and of its second vertex there.
        vertex_cells: for each vertex its cells.
        vertex_corners: for each vertex the positions (corner, cell) where it stands.
        neighbours: for each vertex its neighbours, rows of a sparse matrix without diagonal.
        row_edges: the edge to each neighbour; padded with the number of edges.
        row_second: whether the vertex is the second of that edge.
        row_ends: the positions (end, edge) where a row's vertex stands; padded with their number.
        edge_rows: the positions (slot, row) of each edge in `row_edges`.
        end_rows: the row of each position (end, edge).
    """

    cells: Int[Array, "4 cells"]
    orientation: Float[Array, " cells"]
    edges: Int[Array, "2 edges"]
    cell_edges: Int[Array, "6 cells"]
    edge_cells: Int[Array, "width edges"]
    edge_stars: Pattern
    edge_corners: Int[Array, "2 slots edge_rows"]
    vertex_cells: Int[Array, "star vertices"]
    vertex_corners: Int[Array, "star vertices"]
    neighbours: Pattern
    row_edges: Int[Array, "slots rows"]
    row_second: Bool[Array, "slots rows"]
    row_ends: Int[Array, "slots rows"]
    edge_rows: Int[Array, "2 edges"]
    end_rows: Int[Array, "one two edges"]

    @property
    def vertices(self) -> int:
        """Number of vertices."""
        return self.neighbours.continued.shape[0]

    def at_corners(
        self, values: Float[Array, "*axes vertices"]
    ) -> tuple[Float[Array, "*axes cells"], ...]:
        """Values of vertices at each of the four corners of cells."""
        corners = Incidence(self.cells[None], self.vertex_corners)
        return _apart(gather(values, corners), 4)

    def at_ends(
        self, values: Float[Array, "*axes vertices"]
    ) -> tuple[Float[Array, "*axes edges"], ...]:
        """Values of vertices at the first and at the second end of edges."""
        rows = unfold(values, self.neighbours)
        return _apart(gather(rows, Incidence(self.end_rows, self.row_ends)), 2)

    def of_ends(
        self, first: Float[Array, "*axes edges"], second: Float[Array, "*axes edges"]
    ) -> Float[Array, "*axes vertices"]:
        """Sums over edges of what each brings to its first and to its second vertex."""
        ends = jnp.concatenate([first, second], axis=-1)
        return fold(gather(ends, Incidence(self.row_ends, self.end_rows)), self.neighbours)

    def on_rows(self, values: Float[Array, "*axes edges"]) -> Float[Array, "*axes slots rows"]:
        """Values of edges in the rows of their vertices; zero in padded places."""
        found = gather(values, Incidence(self.row_edges.reshape(1, -1), self.edge_rows))
        return found.reshape(*values.shape[:-1], *self.row_edges.shape)

    def around_edges(self, values: Float[Array, "*axes 6 cells"]) -> Float[Array, "*axes edges"]:
        """Sums over cells of what each adds to its edges."""
        local = Incidence(self.edge_cells, self.cell_edges[None])
        return gather(values.reshape(*values.shape[:-2], -1), local)

    def around_vertices(
        self, values: Float[Array, "*axes cells"]
    ) -> Float[Array, "*axes vertices"]:
        """Sums over the cells around each vertex."""
        return gather(values, Incidence(self.vertex_cells, self.cells))


@record
class Patch:
    """Boundary triangles of one kind (or one end), with the vertices on them.

    Attributes:
        facets: vertices of each triangle, ordered so that its area vector points out.
        vertices: the vertices on the patch.
        slot: position of each region vertex in `vertices`; padded with their number.
        corners: those positions of the vertices of each triangle.
        vertex_facets: for each patch vertex its triangles.
        vertex_corners: for each patch vertex the positions (corner, triangle) where it stands.
    """

    facets: Int[Array, "3 facets"]
    vertices: Int[Array, " on_patch"]
    slot: Int[Array, " vertices"]
    corners: Int[Array, "3 facets"]
    vertex_facets: Int[Array, "width on_patch"]
    vertex_corners: Int[Array, "width on_patch"]

    def of(self, values: Float[Array, "*axes vertices"]) -> Float[Array, "*axes on_patch"]:
        """Values on the vertices of the patch."""
        return pick(values, self.vertices, self.slot)

    def spread(self, values: Float[Array, "*axes on_patch"]) -> Float[Array, "*axes vertices"]:
        """Values of the patch on all vertices of the region, zero off it."""
        return put(values, self.vertices, self.slot)

    def at_corners(
        self, values: Float[Array, "*axes vertices"]
    ) -> tuple[Float[Array, "*axes facets"], ...]:
        """Values of vertices at each of the three corners of triangles."""
        corners = Incidence(self.corners[None], self.vertex_corners)
        return _apart(gather(self.of(values), corners), 3)

    def around_vertices(
        self, values: Float[Array, "*axes facets"]
    ) -> Float[Array, "*axes on_patch"]:
        """Sums over the triangles around each vertex of the patch."""
        return gather(values, Incidence(self.vertex_facets, self.corners))


def _apart(values: Float[Array, "*axes n"], count: int) -> tuple[Float[Array, "*axes share"], ...]:
    """Arrays of a few kinds of places, over all of which a last axis runs."""
    return parts(jnp.moveaxis(values.reshape(*values.shape[:-1], count, -1), -2, 0))


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

    table, continued, owners = _wrapped(members_of(edges.ravel(), vertices), 2 * count)
    real = table < 2 * count
    position = np.where(real, table, 0)
    row_edges = np.where(real, position % max(count, 1), count).astype(np.int32)
    second = real & (position >= count)
    ends = np.where(second, edges[0][position % count], edges[1][position % count])
    neighbours = Pattern(np.where(real, ends, 0).astype(np.int32), continued, owners)

    cell_of = np.tile(np.arange(len(cells)), 4)
    stars = members_of(ascending.T.ravel(), vertices)
    vertex_cells = np.append(cell_of, len(cells))[stars].astype(np.int32)
    edge_cells = members_of(edge_of, count)
    edge_stars, edge_corners = _stars(edge_cells, len(cells))
    return Graph(
        cells=ascending.T.copy(),
        orientation=orientation,
        edges=edges,
        cell_edges=edge_of.reshape(6, -1).astype(np.int32),
        edge_cells=edge_cells,
        edge_stars=edge_stars,
        edge_corners=edge_corners,
        vertex_cells=vertex_cells,
        vertex_corners=stars,
        neighbours=neighbours,
        row_edges=row_edges,
        row_second=second,
        row_ends=table,
        edge_rows=members_of(row_edges.ravel(), count),
        end_rows=_rows_of(table, 2 * count).reshape(1, 2, count),
    )


def _stars(
    edge_cells: Int[np.ndarray, "width edges"], cells: int
) -> tuple[Pattern, Int[np.ndarray, "2 slots rows"]]:
    """The cells on each edge, and the positions (corner, cell) of its two ends in them."""
    table, continued, owners = _wrapped(edge_cells, 6 * cells)
    local, cell = np.divmod(table, max(cells, 1))
    corner = np.append(np.array(LOCAL_EDGES).T, [[4], [4]], axis=1)[:, np.minimum(local, 6)]
    positions = np.where(local < 6, corner * cells + cell, 4 * cells)
    whose = np.where(local < 6, cell, cells)
    return Pattern(whose.astype(np.int32), continued, owners), positions.astype(np.int32)


def _rows_of(table: Int[np.ndarray, "slots rows"], items: int) -> Int[np.ndarray, " items"]:
    """The row in which each item stands, where each stands in one."""
    row = np.zeros(items + 1, dtype=np.int32)
    row[table] = np.arange(table.shape[1], dtype=np.int32)
    return row[:-1]


def _wrapped(
    table: Int[np.ndarray, "width rows"], padding: int
) -> tuple[Int[np.ndarray, "slots more"], Int[np.ndarray, " rows"], Int[np.ndarray, " further"]]:
    """Continue long rows of an incidence table below the last, at the width that is cheapest."""
    width, rows = table.shape
    degree = (table < padding).sum(axis=0)
    slots = cheapest_width(degree)
    long = np.flatnonzero(degree > slots)
    rest = np.full((slots, len(long)), padding, dtype=table.dtype)
    rest[: width - slots] = table[slots:, long]
    continued = np.full(rows, len(long), dtype=np.int32)
    continued[long] = np.arange(len(long))
    return np.concatenate([table[:slots], rest], axis=1), continued, long.astype(np.int32)


def build_patch(facets: Int[np.ndarray, "facets 3"], vertices: int) -> Patch:
    """Tables of a patch from its outward-ordered triangles in local vertex numbers."""
    members = np.unique(facets)
    slot = np.full(vertices, len(members), dtype=np.int32)
    slot[members] = np.arange(len(members))
    corners = slot[facets].T
    stars = members_of(corners.ravel(), len(members))
    facet_of = np.append(np.tile(np.arange(len(facets)), 3), len(facets))
    return Patch(
        facets=facets.T.astype(np.int32).copy(),
        vertices=members.astype(np.int32),
        slot=slot,
        corners=corners.copy(),
        vertex_facets=facet_of[stars].astype(np.int32),
        vertex_corners=stars,
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
