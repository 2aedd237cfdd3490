"""Vessel coordinates of a mesh that comes without a centreline, from its wall and sheath alone.

Columns follow mesh edges from the wall by the shortest way, so layered meshes get their own
columns back. Arteries and veins are measured apart, each by its own walls and sheaths. Path:
eikonal equation on the wall from the mouth (Kimmel & Sethian 1998 [R]); a venous wall that no
`INLET` reaches has its mouth where it is `DISTAL`, for a vein drains there. Radius:
the largest ball in the lumen that touches the wall point (shrinking ball, Ma et al. 2012 [R]).
Fraction: harmonic in the gap. Radial: the wall normal, turned into the plane of the ends there.
"""

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.sparse import coo_array, csr_array, diags_array
from scipy.sparse.csgraph import dijkstra
from scipy.sparse.linalg import cg, spsolve
from scipy.spatial import cKDTree

from meshes.errors import InputError
from meshes.mesh import VesselCoordinates
from meshes.tags import Patch, Region
from meshes.wall_surface import (
    distance_to,
    geodesic,
    symmetric,
    tangent_radius,
    unit,
    vertex_normals,
)

EDGES = np.array([[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]])


def vessel_coordinates(
    points: Float[np.ndarray, "points 3"],
    cells: Int[np.ndarray, "cells 4"],
    regions: Int[np.ndarray, " cells"],
    facets: Int[np.ndarray, "facets 3"],
    patches: Int[np.ndarray, " facets"],
    name: str = "mesh",
) -> VesselCoordinates:
    """Find path, radius, fraction, radial direction, gap and column of every point.

    Args:
        points: m.
        cells: positively oriented tetrahedra.
        regions: `Region` codes.
        facets: triangles, `WALL` ones outward from the perivascular space.
        patches: `Patch` codes.
        name: where the mesh came from, for messages.

    Raises:
        InputError: no sheath, or a perivascular piece has no wall or no mouth.
    """
    tets = cells[regions != Region.TISSUE]
    wall_facets = facets[patches == Patch.WALL]
    wall = np.unique(wall_facets)
    sheath_facets = facets[patches == Patch.SHEATH]
    if not len(sheath_facets):
        raise InputError(f"{name}: has no SHEATH facet; tag the outer side of its space")
    edges, length = _edges(points, tets)
    graph = symmetric(edges, length, len(points))
    column = _columns(points, graph, tets, wall, name)
    inside = column >= 0
    foot = np.searchsorted(wall, column[inside])  # wall number of each perivascular point
    wall_number = np.full(len(points), -1)
    wall_number[wall] = np.arange(len(wall))
    into_lumen = vertex_normals(points[wall], wall_number[wall_facets])
    path, radius, gap = np.zeros((3, len(wall)))
    for region in (Region.ARTERIAL_PVS, Region.VENOUS_PVS):
        own = np.zeros(len(points), dtype=bool)
        own[cells[regions == region]] = True
        here = np.flatnonzero(own[wall])
        if not here.size:
            continue
        sheath = sheath_facets[own[sheath_facets].all(axis=1)]
        if not len(sheath):
            raise InputError(
                f"{name}: its {region.name.lower()} has no SHEATH facet; tag the outer side of its "
                "space, or make the tissue conform to it"
            )
        number = np.full(len(points), -1)
        number[wall[here]] = np.arange(len(here))
        triangles = number[wall_facets[own[wall_facets].all(axis=1)]]
        inlet, distal = (
            number[np.intersect1d(wall[here], facets[patches == end])]
            for end in (Patch.INLET, Patch.DISTAL)
        )
        spare = distal if region == Region.VENOUS_PVS else distal[:0]
        path[here] = geodesic(points[wall[here]], triangles, inlet, name, spare)
        radius[here] = tangent_radius(points[wall[here]], into_lumen[here])
        gap[here] = distance_to(points[wall[here]], points, sheath)

    result = VesselCoordinates(
        path=np.zeros(len(points)),
        radius=np.zeros(len(points)),
        fraction=np.ones(len(points)),
        radial=np.zeros((len(points), 3)),
        gap=np.zeros(len(points)),
        column=column,
    )
    result.path[inside] = path[foot]
    result.radius[inside] = radius[foot]
    result.gap[inside] = gap[foot]
    result.fraction[inside] = _harmonic(points, tets, wall, np.unique(sheath_facets))[inside]
    result.radial[inside] = -into_lumen[foot]
    _turn_into_ends(points, facets, patches, result.radial)
    if not inside.all():
        pvs = np.flatnonzero(inside)
        nearest = pvs[cKDTree(points[pvs]).query(points[~inside])[1]]
        result.path[~inside] = result.path[nearest]
        result.radius[~inside] = result.radius[nearest]
    return result


def _edges(
    points: Float[np.ndarray, "points 3"], tets: Int[np.ndarray, "cells 4"]
) -> tuple[Int[np.ndarray, "edges 2"], Float[np.ndarray, " edges"]]:
    pairs = np.sort(tets[:, EDGES].reshape(-1, 2), axis=1).astype(np.int64)
    code = np.unique(pairs[:, 0] * len(points) + pairs[:, 1])
    edges = np.stack(np.divmod(code, len(points)), axis=1)
    return edges, np.linalg.norm(points[edges[:, 0]] - points[edges[:, 1]], axis=1)


def _columns(
    points: Float[np.ndarray, "points 3"],
    graph: csr_array,
    tets: Int[np.ndarray, "cells 4"],
    wall: Int[np.ndarray, " wall"],
    name: str,
) -> Int[np.ndarray, " points"]:
    """The wall point from which each perivascular point is reached by the shortest way; else -1."""
    distance, _, source = dijkstra(graph, indices=wall, min_only=True, return_predecessors=True)
    used = np.unique(tets)
    lost = used[~np.isfinite(distance[used])]
    if lost.size:
        at = ", ".join(f"{x:.6g}" for x in points[lost[0]])
        raise InputError(
            f"{name}: the perivascular piece at ({at}) m has no WALL facet; tag its wall or remove "
            "the piece"
        )
    column = np.full(len(points), -1, dtype=np.int64)
    column[used] = source[used]
    return column


def _harmonic(
    points: Float[np.ndarray, "points 3"],
    tets: Int[np.ndarray, "cells 4"],
    wall: Int[np.ndarray, " wall"],
    sheath: Int[np.ndarray, " sheath"],
) -> Float[np.ndarray, " points"]:
    """Linear finite elements for Laplace's equation in the gap: 0 on the wall, 1 on the sheath."""
    a, b, c, d = points[tets].transpose(1, 0, 2)
    normals = np.stack(  # three times the volume times the gradient of each barycentric coordinate
        [
            np.cross(d - b, c - b),
            np.cross(c - a, d - a),
            np.cross(d - a, b - a),
            np.cross(b - a, c - a),
        ],
        axis=1,
    )
    volume = np.einsum("ij,ij->i", np.cross(b - a, c - a), d - a)
    local = np.einsum("eik,ejk->eij", normals, normals) / volume[:, None, None]
    scale = np.cbrt(np.median(volume))
    rows = np.repeat(tets, 4, axis=1).ravel()
    matrix = coo_array(
        (local.ravel() / scale, (rows, np.tile(tets, 4).ravel())), shape=(len(points),) * 2
    ).tocsr()
    value = np.ones(len(points))
    value[wall] = 0.0
    free: Bool[np.ndarray, " points"] = np.zeros(len(points), dtype=bool)
    free[tets] = True
    free[wall] = free[sheath] = False
    if not free.any():
        return value
    fixed = np.where(free, 0.0, value)
    part = matrix[free][:, free]
    diagonal = diags_array(1.0 / part.diagonal())
    load = -(matrix @ fixed)[free]
    solution, unconverged = cg(part, load, rtol=1e-8, maxiter=2000, M=diagonal)
    if unconverged:
        solution = spsolve(part.tocsc(), load)
    value[free] = np.clip(solution, 0.0, 1.0)
    return value


def _turn_into_ends(
    points: Float[np.ndarray, "points 3"],
    facets: Int[np.ndarray, "facets 3"],
    patches: Int[np.ndarray, " facets"],
    radial: Float[np.ndarray, "points 3"],
) -> None:
    """Project radial directions at the mouth and the far ends into the plane of the end."""
    for patch in (Patch.INLET, Patch.DISTAL):
        triangles = facets[patches == patch]
        if not len(triangles):
            continue
        a, b, c = points[triangles].transpose(1, 0, 2)
        area = np.cross(b - a, c - a)
        normal = np.zeros_like(points)
        for corner in range(3):
            np.add.at(normal, triangles[:, corner], area)
        here = np.unique(triangles)
        n = unit(normal[here])
        radial[here] = unit(radial[here] - np.einsum("ij,ij->i", radial[here], n)[:, None] * n)
