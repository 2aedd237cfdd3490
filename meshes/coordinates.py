"""Vessel coordinates of a mesh that comes without a centreline, from its wall and sheath alone.

Columns follow mesh edges from the wall by the shortest way, so layered meshes get their own
columns back. Path: eikonal equation on the wall from the mouth (Kimmel & Sethian 1998 [R]). Radius:
the largest ball in the lumen that touches the wall point (shrinking ball, Ma et al. 2012 [R]).
Fraction: harmonic in the gap. Radial: the wall normal, turned into the plane of the ends there.
"""

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.sparse import coo_array, csr_array, diags_array
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.sparse.linalg import cg, spsolve
from scipy.spatial import cKDTree

from meshes.errors import InputError
from meshes.mesh import VesselCoordinates
from meshes.tags import Patch, Region

EDGES = np.array([[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]])
SEEN = 0.7  # a wall point counts for the tangent ball within 45 degrees of the normal
NEAR = 24  # neighbours tried for a ball, triangles tried for a distance


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
        InputError: a perivascular piece has no wall or no mouth.
    """
    tets = cells[regions != Region.TISSUE]
    wall_facets = facets[patches == Patch.WALL]
    wall = np.unique(wall_facets)
    sheath_facets = facets[patches == Patch.SHEATH]
    edges, length = _edges(points, tets)
    graph = _symmetric(edges, length, len(points))
    column = _columns(points, graph, tets, wall, name)
    inside = column >= 0
    foot = np.searchsorted(wall, column[inside])  # wall number of each perivascular point
    wall_number = np.full(len(points), -1)
    wall_number[wall] = np.arange(len(wall))
    triangles = wall_number[wall_facets]
    mouth = wall_number[np.intersect1d(wall, facets[patches == Patch.INLET])]
    path = _geodesic(points[wall], triangles, mouth, name)
    into_lumen = _normals(points[wall], triangles)
    radius = _tangent_radius(points[wall], into_lumen)
    gap = _distance(points[wall], points, sheath_facets)

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


def _symmetric(
    edges: Int[np.ndarray, "edges 2"], values: Float[np.ndarray, " edges"], size: int
) -> csr_array:
    a, b = edges.T
    return csr_array((np.r_[values, values], (np.r_[a, b], np.r_[b, a])), shape=(size, size))


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


def _geodesic(
    points: Float[np.ndarray, "wall 3"],
    triangles: Int[np.ndarray, "triangles 3"],
    mouth: Int[np.ndarray, " mouth"],
    name: str,
) -> Float[np.ndarray, " wall"]:
    """Distance from the mouth along the wall: shortest edge paths, then lowered by the eikonal
    equation on every triangle (plane waves, so exact on a straight tube) until nothing changes.
    """
    pairs = np.unique(
        np.sort(triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1), axis=0
    )
    length = np.linalg.norm(points[pairs[:, 0]] - points[pairs[:, 1]], axis=1)
    graph = _symmetric(pairs, length, len(points))
    pieces, piece = connected_components(graph, directed=False)
    closed = np.setdiff1d(np.arange(pieces), piece[mouth])
    if closed.size:
        at = ", ".join(f"{x:.6g}" for x in points[np.flatnonzero(piece == closed[0])[0]])
        raise InputError(
            f"{name}: the perivascular piece at ({at}) m has no INLET facet at its wall; tag its "
            "mouth as inlet"
        )
    time = dijkstra(graph, indices=mouth, min_only=True)
    # Every corner c of every triangle, with the other two as a and b.
    c, a, b = np.concatenate([np.roll(triangles, -k, axis=1) for k in range(3)]).T
    ca, cb = points[a] - points[c], points[b] - points[c]
    aa, ab, bb = (np.einsum("ij,ij->i", x, y) for x, y in ((ca, ca), (ca, cb), (cb, cb)))
    area2 = aa * bb - ab * ab
    active = np.ones(len(c), dtype=bool)
    while active.any():
        k = np.flatnonzero(active)
        arrival = _plane_wave(time[a[k]], time[b[k]], aa[k], ab[k], bb[k], area2[k])
        better = arrival < time[c[k]] - 1e-9 * np.sqrt(aa[k])
        changed = np.zeros(len(points), dtype=bool)
        changed[c[k[better]]] = True
        np.minimum.at(time, c[k[better]], arrival[better])
        active = changed[a] | changed[b]
    return time


def _plane_wave(
    ta: Float[np.ndarray, " n"],
    tb: Float[np.ndarray, " n"],
    aa: Float[np.ndarray, " n"],
    ab: Float[np.ndarray, " n"],
    bb: Float[np.ndarray, " n"],
    area2: Float[np.ndarray, " n"],
) -> Float[np.ndarray, " n"]:
    """Arrival at c of the plane wave of unit speed through a and b, or infinity if it does not
    come through the triangle.

    With edge vectors from c to a and b, Gram matrix G = [[aa, ab], [ab, bb]] and t = tc + slopes:
    |grad t| = 1 reads (1 tc - t)' G^-1 (1 tc - t) = 1.
    """
    ia, iab, ib = bb / area2, -ab / area2, aa / area2
    ones = ia + 2.0 * iab + ib
    mixed = ta * (ia + iab) + tb * (ib + iab)
    square = ta * ta * ia + 2.0 * ta * tb * iab + tb * tb * ib - 1.0
    root = mixed * mixed - ones * square
    tc = (mixed + np.sqrt(np.maximum(root, 0.0))) / ones
    # Gradient in the triangle, in the basis of edge vectors: it must point from inside a-b to c.
    da, db = ta - tc, tb - tc
    wa, wb = ia * da + iab * db, iab * da + ib * db
    through = (root >= 0.0) & (wa <= 0.0) & (wb <= 0.0)
    return np.where(through, tc, np.inf)


def _normals(
    points: Float[np.ndarray, "wall 3"], triangles: Int[np.ndarray, "triangles 3"]
) -> Float[np.ndarray, "wall 3"]:
    """Unit normals at vertices, each triangle weighted by its angle there, which does not depend
    on how quadrilaterals are cut.
    """
    total = np.zeros_like(points)
    for k in range(3):
        here, after, before = np.roll(triangles, -k, axis=1).T
        u, v = points[after] - points[here], points[before] - points[here]
        normal = np.cross(u, v)
        sine = np.linalg.norm(normal, axis=1)
        angle = np.arctan2(sine, np.einsum("ij,ij->i", u, v))
        weighted = normal * (angle / np.maximum(sine, np.finfo(float).tiny))[:, None]
        for axis in range(3):
            total[:, axis] += np.bincount(here, weighted[:, axis], minlength=len(points))
    return _unit(total)


def _unit(vectors: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n 3"]:
    size = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(size > 0.0, size, 1.0)


def _tangent_radius(
    points: Float[np.ndarray, "wall 3"], into_lumen: Float[np.ndarray, "wall 3"]
) -> Float[np.ndarray, " wall"]:
    """Radius of the largest empty ball in the lumen that touches the wall at each point.

    The ball through a point x with normal n and another wall point x + d has radius
    |d|^2 / (2 d.n). It grows until it meets a wall point across the lumen, then shrinks to it.
    Points that meet none take the radius of the nearest that does.
    """
    tree = cKDTree(points)
    near = min(NEAR, len(points))
    extent = float(np.linalg.norm(np.ptp(points, axis=0)))

    def met(which: Int[np.ndarray, " n"], radius: Float[np.ndarray, " n"]) -> np.ndarray:
        """Radius of the smallest ball through the points near the centre of a trial ball."""
        neighbour = tree.query(points[which] + radius[:, None] * into_lumen[which], k=near)[1]
        d = points[neighbour.reshape(len(which), near)] - points[which, None]
        square = np.einsum("ijk,ijk->ij", d, d)
        depth = np.einsum("ijk,ik->ij", d, into_lumen[which])
        seen = depth > SEEN * np.sqrt(square)
        balls = np.where(seen, square / (2.0 * np.where(seen, depth, 1.0)), np.inf)
        return np.asarray(balls.min(axis=1))

    radius = tree.query(points, k=min(2, len(points)))[0][:, -1]
    growing = np.arange(len(points))
    while growing.size:
        empty = met(growing, radius[growing]) >= radius[growing]
        growing = growing[empty]
        radius[growing] *= 1.4
        growing = growing[radius[growing] < extent]
    shrinking = np.flatnonzero(radius < extent)
    while shrinking.size:
        ball = met(shrinking, radius[shrinking])
        shrinks = ball < radius[shrinking] * (1.0 - 1e-9)
        shrinking = shrinking[shrinks]
        radius[shrinking] = ball[shrinks]
    sure = np.flatnonzero(radius < extent)
    if 0 < sure.size < len(points):
        radius = radius[sure[cKDTree(points[sure]).query(points)[1]]]
    return radius


def _distance(
    places: Float[np.ndarray, "places 3"],
    points: Float[np.ndarray, "points 3"],
    triangles: Int[np.ndarray, "triangles 3"],
) -> Float[np.ndarray, " places"]:
    """Distance from places to the nearest of some triangles (the ones of near centres tried)."""
    corners = points[triangles]
    near = min(NEAR, len(triangles))
    found = cKDTree(corners.mean(axis=1)).query(places, k=near)[1].reshape(len(places), near)
    best = np.full(len(places), np.inf)
    for k in range(near):
        a, b, c = corners[found[:, k]].transpose(1, 0, 2)
        for p, q in ((a, b), (b, c), (c, a)):
            along = np.einsum("ij,ij->i", places - p, q - p) / np.einsum("ij,ij->i", q - p, q - p)
            foot = p + np.clip(along, 0.0, 1.0)[:, None] * (q - p)
            best = np.minimum(best, np.linalg.norm(places - foot, axis=1))
        normal = np.cross(b - a, c - a)
        height = np.einsum("ij,ij->i", places - a, normal) / np.linalg.norm(normal, axis=1)
        above = np.ones(len(places), dtype=bool)
        for p, q in ((a, b), (b, c), (c, a)):
            above &= np.einsum("ij,ij->i", np.cross(normal, q - p), places - p) >= 0.0
        best = np.where(above, np.minimum(best, np.abs(height)), best)
    return best


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
        n = _unit(normal[here])
        radial[here] = _unit(radial[here] - np.einsum("ij,ij->i", radial[here], n)[:, None] * n)
