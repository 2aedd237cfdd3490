"""The space the physics lives in: PVS and tissue as two vertex graphs, paired across the sheath.

Built once on the host from a `Mesh`. On the sheath every mesh point becomes a PVS vertex and a
tissue vertex; the pair exchanges fluid and tracer. Ends of the PVS are told apart by connected
component and named `inlet`, `distal_1`, `distal_2`... in the order of their path from the mouth.
"""

from typing import Any

import jax
import numpy as np
from jaxtyping import Array, Float, Int
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from meshes.errors import InputError
from meshes.mesh import Mesh
from meshes.tags import Patch as Tag
from meshes.tags import Region
from solver.geometry.metric import Points
from solver.geometry.topology import Graph, Patch, build_graph, build_patch, orient_outward
from solver.record import record, static


@record
class Pairs:
    """Sheath vertices that face each other across the endfeet.

    Attributes:
        fluid, tissue: the two vertices of each pair.
        fluid_slot, tissue_slot: pair of each vertex; padded with the number of pairs.
    """

    fluid: Int[Array, " pairs"]
    tissue: Int[Array, " pairs"]
    fluid_slot: Int[Array, " vertices"]
    tissue_slot: Int[Array, " tissue_vertices"]


@record
class Space:
    """Topology and rest geometry of PVS and tissue.

    Attributes:
        fluid, tissue: vertex graphs of the two regions; without tissue the second is empty.
        fluid_rest, tissue_rest: rest positions of their vertices, m.
        wall, sheath: PVS patches; `ends` the PVS patches named in `end_names`.
        boundary: all PVS boundary triangles together.
        edge_facets: for each PVS edge the boundary triangles that contain it.
        pairs: sheath vertices of PVS and tissue that face each other; none without tissue.
        tissue_outer: 1 on the tissue's outer faces, else 0.
        reach: how far a wall point moves when its radius doubles, m: radius times widening.
        path, radius, fraction, radial, gap, column: vessel coordinates of the PVS vertices;
            `column` counts columns 0, 1, ... rather than naming mesh points.
        fluid_points, tissue_points: mesh point of each vertex.
    """

    fluid: Graph
    fluid_rest: Points
    wall: Patch
    sheath: Patch
    ends: tuple[Patch, ...]
    boundary: Patch
    edge_facets: Int[Array, "two edges"]
    path: Float[Array, " vertices"]
    radius: Float[Array, " vertices"]
    reach: Float[Array, " vertices"]
    fraction: Float[Array, " vertices"]
    radial: Float[Array, "3 vertices"]
    gap: Float[Array, " vertices"]
    column: Int[Array, " vertices"]
    fluid_points: Int[Array, " vertices"]
    tissue: Graph
    tissue_rest: Points
    pairs: Pairs
    tissue_outer: Float[Array, " tissue_vertices"]
    tissue_points: Int[Array, " tissue_vertices"]
    end_names: tuple[str, ...] = static(default=())

    def end(self, name: str) -> Patch:
        """The end of that name."""
        return self.ends[self.end_names.index(name)]


def build_space(mesh: Mesh) -> Space:
    """Split a mesh into its PVS and tissue and tabulate what the solver gathers through.

    Raises:
        InputError: the mesh has no PVS, no wall or no sheath, or a tagged facet belongs to no cell.
    """
    cells = mesh.cells_of(Region.ARTERIAL_PVS)
    if len(cells) == 0:
        raise InputError(
            f"{mesh.name}: no cell is tagged as arterial PVS (region {Region.ARTERIAL_PVS:d}); "
            "map your tag to it with mesh.tags"
        )
    local, points, fluid = _region(mesh, cells)
    rest = mesh.points[points]
    facets, parts = _fluid_facets(mesh, local)
    outward, behind = orient_outward(facets, local[cells], rest)
    if (behind < 0).any():
        stray = mesh.points[points[facets[np.flatnonzero(behind < 0)[0]]]].mean(axis=0)
        raise InputError(
            f"{mesh.name}: the tagged facet at {stray} m is no face of a PVS cell; "
            "tag only boundary and sheath facets of the PVS"
        )
    names = tuple(name for name in parts if name not in ("wall", "sheath"))
    patches = {name: build_patch(outward[rows], len(points)) for name, rows in parts.items()}
    vessel = mesh.vessel
    _, column = np.unique(vessel.column[points], return_inverse=True)
    space = Space(
        fluid=fluid,
        fluid_rest=rest.T.copy(),
        wall=patches["wall"],
        sheath=patches["sheath"],
        ends=tuple(patches[name] for name in names),
        end_names=names,
        boundary=build_patch(outward, len(points)),
        edge_facets=_edge_facets(outward, fluid),
        path=vessel.path[points],
        radius=vessel.radius[points],
        reach=vessel.radius[points] * mesh.widening,
        fraction=vessel.fraction[points],
        radial=vessel.radial[points].T.copy(),
        gap=vessel.gap[points],
        column=column.astype(np.int32),
        fluid_points=points,
        **_tissue(mesh, points, np.asarray(patches["sheath"].vertices)),
    )
    return jax.tree.map(jax.numpy.asarray, space)


def _region(mesh: Mesh, cells: np.ndarray) -> tuple[np.ndarray, np.ndarray, Graph]:
    """Local number of each mesh point, mesh point of each vertex, and the graph."""
    points = np.unique(cells)
    local = np.full(len(mesh.points), -1, dtype=np.int64)
    local[points] = np.arange(len(points))
    return local, points, build_graph(local[cells], len(points))


def _fluid_facets(mesh: Mesh, local: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """PVS facets in local numbers, and the rows of each named part."""
    kinds = (Tag.WALL, Tag.SHEATH, Tag.INLET, Tag.DISTAL)
    rows = np.flatnonzero(np.isin(mesh.patches, kinds) & (local[mesh.facets] >= 0).all(axis=1))
    facets, kind = local[mesh.facets[rows]], mesh.patches[rows]
    parts: dict[str, np.ndarray] = {}
    for tag, name in ((Tag.WALL, "wall"), (Tag.SHEATH, "sheath")):
        parts[name] = np.flatnonzero(kind == tag)
        if len(parts[name]) == 0:
            raise InputError(
                f"{mesh.name}: no facet is tagged as {name} (patch {tag:d}); "
                f"tag the {name} of the PVS or map your tag to it with mesh.tags"
            )
    for tag, name in ((Tag.INLET, "inlet"), (Tag.DISTAL, "distal")):
        pieces = _components(np.flatnonzero(kind == tag), facets)
        path = [mesh.vessel.path[mesh.facets[rows[piece]]].mean() for piece in pieces]
        for number, index in enumerate(np.argsort(path, kind="stable"), start=1):
            alone = name == "inlet" and len(pieces) == 1
            parts[name if alone else f"{name}_{number}"] = pieces[index]
    return facets, parts


def _components(rows: np.ndarray, facets: np.ndarray) -> list[np.ndarray]:
    """Split facets into sets that share vertices."""
    if len(rows) == 0:
        return []
    members, corner = np.unique(facets[rows], return_inverse=True)
    corner = corner.reshape(-1, 3)
    ones = np.ones(2 * len(rows))
    link = coo_array(
        (ones, (corner[:, [0, 1]].T.ravel(), corner[:, [1, 2]].T.ravel())),
        shape=(len(members), len(members)),
    )
    count, label = connected_components(link, directed=False)
    return [rows[label[corner[:, 0]] == part] for part in range(count)]


def _edge_facets(facets: np.ndarray, graph: Graph) -> np.ndarray:
    """For each edge the (at most two) boundary triangles that contain it."""
    first, second = np.asarray(graph.edges, dtype=np.int64)
    vertices = graph.vertices
    key = first * vertices + second
    sides = np.concatenate([np.sort(facets[:, pair], axis=1) for pair in ([0, 1], [1, 2], [0, 2])])
    edge = np.searchsorted(key, sides[:, 0] * vertices + sides[:, 1])
    order = np.argsort(edge, kind="stable")
    _, sharing = np.unique(edge, return_counts=True)
    if (sharing != 2).any():
        raise InputError(
            f"{(sharing != 2).sum()} edges of the PVS boundary lie on {sharing.min()} to "
            f"{sharing.max()} tagged facets instead of two: tag every boundary facet of the PVS "
            "once (wall, sheath, inlet or distal)"
        )
    table = np.full((2, len(key)), len(facets), dtype=np.int32)
    table[np.arange(len(order)) % 2, edge[order]] = order % len(facets)
    return table


def _tissue(mesh: Mesh, fluid_points: np.ndarray, sheath: np.ndarray) -> dict[str, Any]:
    """The tissue's part of a space; empty tables where the mesh has no tissue."""
    cells = mesh.cells_of(Region.TISSUE)
    local, points, graph = _region(mesh, cells)
    sheath = sheath if len(cells) else sheath[:0]
    opposite = local[fluid_points[sheath]]
    if (opposite < 0).any():
        lost = mesh.points[fluid_points[sheath[np.flatnonzero(opposite < 0)[0]]]]
        raise InputError(
            f"{mesh.name}: the sheath point at {lost} m has no tissue behind it; "
            "the mesh must conform across the sheath"
        )
    outer = np.zeros(len(points))
    faces = local[mesh.facets_of(Tag.TISSUE_OUTER)]
    outer[np.unique(faces[(faces >= 0).all(axis=1)])] = 1.0
    return {
        "tissue": graph,
        "tissue_rest": mesh.points[points].T.copy(),
        "pairs": Pairs(
            fluid=sheath.astype(np.int32),
            tissue=opposite.astype(np.int32),
            fluid_slot=_slot(sheath, len(fluid_points)),
            tissue_slot=_slot(opposite, len(points)),
        ),
        "tissue_outer": outer,
        "tissue_points": points,
    }


def _slot(members: np.ndarray, vertices: int) -> np.ndarray:
    """Position of each vertex in `members`, padded with their number."""
    slot = np.full(vertices, len(members), dtype=np.int32)
    slot[members] = np.arange(len(members))
    return slot
