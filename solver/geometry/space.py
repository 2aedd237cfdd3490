"""The space the physics lives in: PVS and tissue as two vertex graphs, paired across the sheath.

Built once on the host from a `Mesh`. On the sheath every mesh point becomes a PVS vertex and a
tissue vertex; the pair exchanges fluid and tracer. Ends of the PVS are told apart by connected
component and named `inlet`, `distal_1`, `distal_2`... in the order of their path from the mouth;
those of a venous PVS `venous_outlet`, `venous_distal_1`...
"""

from typing import Any

import jax
import numpy as np
from jaxtyping import Array, Float, Int
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, dijkstra

from meshes.errors import InputError
from meshes.mesh import Mesh
from meshes.tags import Patch as Tag
from meshes.tags import Region
from solver.algebra.sparse import Incidence, members_of, pick, put
from solver.geometry.lines import Lines, build_lines
from solver.geometry.material import Material
from solver.geometry.metric import Points, Shape, shape_of
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

    def inside(self, values: Float[Array, "*axes vertices"]) -> Float[Array, "*axes pairs"]:
        """Values on the PVS side of each pair."""
        return pick(values, self.fluid, self.fluid_slot)

    def outside(self, values: Float[Array, "*axes tissue_vertices"]) -> Float[Array, "*axes pairs"]:
        """Values on the tissue side of each pair."""
        return pick(values, self.tissue, self.tissue_slot)

    def into_fluid(self, values: Float[Array, "*axes pairs"]) -> Float[Array, "*axes vertices"]:
        """Values of pairs on the PVS vertices, zero off the sheath."""
        return put(values, self.fluid, self.fluid_slot)

    def into_tissue(
        self, values: Float[Array, "*axes pairs"]
    ) -> Float[Array, "*axes tissue_vertices"]:
        """Values of pairs on the tissue vertices, zero off the sheath."""
        return put(values, self.tissue, self.tissue_slot)


@record
class Space:
    """Topology and rest geometry of PVS and tissue.

    Attributes:
        fluid, tissue: vertex graphs of PVS and tissue; without tissue the second is empty. A
            venous PVS is part of the first.
        fluid_rest, tissue_rest: rest positions of their vertices, m.
        fluid_material, tissue_material: what the mesh says of their cells.
        tissue_shape: geometry of the tissue, which does not move.
        arterial: 1 on vertices of the arterial PVS, 0 on those of a venous one.
        wall, sheath: PVS patches; `ends` the PVS patches named in `end_names`.
        boundary: all PVS boundary triangles together.
        edge_facets: for each PVS edge the boundary triangles that contain it.
        pairs: sheath vertices of PVS and tissue that face each other; none without tissue.
        outer: the tissue's outer faces; `tissue_outer` 1 on them, else 0.
        reach: how far a wall point moves when its radius doubles, m: radius times widening.
        outward: unit direction in which each sheath vertex moves, out of the PVS.
        outer_radius: distance of each sheath vertex from the vessel axis, m.
        feet: the sheath vertex (its place on the patch) nearest to each PVS vertex.
        path, radius, fraction, radial, gap, column: vessel coordinates of the PVS vertices;
            `column` counts columns 0, 1, ... rather than naming mesh points.
        lines: PVS vertices in lines from wall to sheath, where the mesh has layers.
        fluid_points, tissue_points: mesh point of each vertex.
    """

    fluid: Graph
    fluid_rest: Points
    fluid_material: Material
    arterial: Float[Array, " vertices"]
    wall: Patch
    sheath: Patch
    outward: Float[Array, "3 on_sheath"]
    outer_radius: Float[Array, " on_sheath"]
    feet: Incidence
    ends: tuple[Patch, ...]
    boundary: Patch
    edge_facets: Incidence
    path: Float[Array, " vertices"]
    radius: Float[Array, " vertices"]
    reach: Float[Array, " vertices"]
    fraction: Float[Array, " vertices"]
    radial: Float[Array, "3 vertices"]
    gap: Float[Array, " vertices"]
    column: Int[Array, " vertices"]
    lines: Lines
    fluid_points: Int[Array, " vertices"]
    tissue: Graph
    tissue_rest: Points
    tissue_material: Material
    tissue_shape: Shape
    pairs: Pairs
    outer: Patch
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
    chosen = mesh.regions != Region.TISSUE
    if not (mesh.regions == Region.ARTERIAL_PVS).any():
        raise InputError(
            f"{mesh.name}: no cell is tagged as arterial PVS (region {Region.ARTERIAL_PVS:d}); "
            "map your tag to it with mesh.tags"
        )
    cells = mesh.cells[chosen]
    local, points, fluid = _region(mesh, cells)
    rest = mesh.points[points]
    arterial = np.ones(len(points))
    arterial[local[mesh.cells_of(Region.VENOUS_PVS)]] = 0.0
    facets, parts = _fluid_facets(mesh, local, arterial)
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
    sheath = np.asarray(patches["sheath"].vertices)
    reach = vessel.radius[points] * mesh.widening
    tissue = _tissue(mesh, points, sheath)
    space = Space(
        fluid=fluid,
        fluid_rest=rest.T.copy(),
        fluid_material=_material(mesh, chosen),
        arterial=arterial,
        wall=patches["wall"],
        sheath=patches["sheath"],
        outward=_outward(rest, outward, parts, sheath),
        outer_radius=(reach + vessel.gap[points])[sheath],
        feet=_feet(rest, fluid, patches["sheath"]),
        ends=tuple(patches[name] for name in names),
        end_names=names,
        boundary=build_patch(outward, len(points)),
        edge_facets=_edge_facets(outward, fluid),
        path=vessel.path[points],
        radius=vessel.radius[points],
        reach=reach,
        fraction=vessel.fraction[points],
        radial=vessel.radial[points].T.copy(),
        gap=vessel.gap[points],
        column=column.astype(np.int32),
        lines=build_lines(column, vessel.fraction[points], np.asarray(fluid.edges)),
        fluid_points=points,
        **tissue,
    )
    return jax.device_put(space)


def _material(mesh: Mesh, chosen: np.ndarray) -> Material:
    """What a mesh says of some of its cells."""
    return Material(
        part=np.asarray(mesh.part)[chosen],
        fields={name: np.asarray(values)[chosen] for name, values in mesh.fields.items()},
        parts=tuple(mesh.parts),
        name=mesh.name,
    )


def _outward(
    rest: np.ndarray, facets: np.ndarray, parts: dict[str, np.ndarray], sheath: np.ndarray
) -> np.ndarray:
    """Unit normals of the sheath at its vertices, turned into the planes of the ends there."""

    def normals(rows: np.ndarray) -> np.ndarray:
        corner = rest[facets[rows]]
        area = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
        unit = area / np.linalg.norm(area, axis=1, keepdims=True)
        side = np.roll(corner, -1, axis=1) - corner
        side /= np.linalg.norm(side, axis=2, keepdims=True)
        # by the angle at the vertex, which does not mind how faces are cut into triangles
        angle = np.arccos(np.clip(-(side * np.roll(side, 1, axis=1)).sum(axis=2), -1.0, 1.0))
        total = np.zeros_like(rest)
        np.add.at(total, facets[rows].ravel(), (angle[:, :, None] * unit[:, None]).reshape(-1, 3))
        size = np.linalg.norm(total, axis=1, keepdims=True)
        return np.asarray(total / np.where(size > 0, size, 1.0))

    out = normals(parts["sheath"])
    for name, rows in parts.items():
        if name not in ("wall", "sheath"):
            end = normals(rows)
            out = out - (out * end).sum(axis=1, keepdims=True) * end
    out = out[sheath] / np.linalg.norm(out[sheath], axis=1, keepdims=True)
    return np.asarray(out.T.copy())


def _feet(rest: np.ndarray, graph: Graph, sheath: Patch) -> Incidence:
    """The sheath vertex from which each PVS vertex is reached by the shortest way along edges."""
    first, second = np.asarray(graph.edges)
    length = np.linalg.norm(rest[first] - rest[second], axis=1)
    link = coo_array((length, (first, second)), shape=(len(rest),) * 2).tocsr()
    members = np.asarray(sheath.vertices)
    _, _, source = dijkstra(
        link, directed=False, indices=members, min_only=True, return_predecessors=True
    )
    nearest = np.asarray(sheath.slot)[np.maximum(source, 0)].astype(np.int32) % len(members)
    return Incidence(nearest[None], members_of(nearest, len(members)))


def _region(mesh: Mesh, cells: np.ndarray) -> tuple[np.ndarray, np.ndarray, Graph]:
    """Local number of each mesh point, mesh point of each vertex, and the graph."""
    points = np.unique(cells)
    local = np.full(len(mesh.points), -1, dtype=np.int64)
    local[points] = np.arange(len(points))
    return local, points, build_graph(local[cells], len(points))


def _fluid_facets(
    mesh: Mesh, local: np.ndarray, arterial: np.ndarray
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
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
    of_artery = arterial[facets[:, 0]] > 0
    for tag, artery, name in (
        (Tag.INLET, True, "inlet"),
        (Tag.DISTAL, True, "distal"),
        (Tag.INLET, False, "venous_outlet"),
        (Tag.DISTAL, False, "venous_distal"),
    ):
        pieces = _components(np.flatnonzero((kind == tag) & (of_artery == artery)), facets)
        path = [mesh.vessel.path[mesh.facets[rows[piece]]].mean() for piece in pieces]
        for number, index in enumerate(np.argsort(path, kind="stable"), start=1):
            alone = tag == Tag.INLET and len(pieces) == 1
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


def _edge_facets(facets: np.ndarray, graph: Graph) -> Incidence:
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
    return Incidence(table, edge.reshape(3, -1).astype(np.int32))


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
    faces = local[mesh.facets_of(Tag.TISSUE_OUTER)]
    faces = faces[(faces >= 0).all(axis=1)]
    on_outer = np.zeros(len(points))
    on_outer[np.unique(faces)] = 1.0
    rest = mesh.points[points].T.copy()
    return {
        "tissue": graph,
        "tissue_rest": rest,
        "tissue_material": _material(mesh, mesh.regions == Region.TISSUE),
        "tissue_shape": shape_of(rest, graph),
        "pairs": Pairs(
            fluid=sheath.astype(np.int32),
            tissue=opposite.astype(np.int32),
            fluid_slot=_slot(sheath, len(fluid_points)),
            tissue_slot=_slot(opposite, len(points)),
        ),
        "outer": build_patch(faces, len(points)),
        "tissue_outer": on_outer,
        "tissue_points": points,
    }


def _slot(members: np.ndarray, vertices: int) -> np.ndarray:
    """Position of each vertex in `members`, padded with their number."""
    slot = np.full(vertices, len(members), dtype=np.int32)
    slot[members] = np.arange(len(members))
    return slot
