"""What the wall surface tells on its own: distance from the mouth, normals, lumen radius, and the
distance to another surface. Triangles number the rows of `points`; lengths in metres.
"""

import numpy as np
from jaxtyping import Float, Int
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import cKDTree

from meshes.errors import InputError

SEEN = 0.7  # a wall point counts for the tangent ball within 45 degrees of the normal
NEAR = 24  # neighbours tried for a ball, triangles tried for a distance


def symmetric(
    edges: Int[np.ndarray, "edges 2"], values: Float[np.ndarray, " edges"], size: int
) -> csr_array:
    """The graph of undirected edges with a value each."""
    a, b = edges.T
    return csr_array((np.r_[values, values], (np.r_[a, b], np.r_[b, a])), shape=(size, size))


def geodesic(
    points: Float[np.ndarray, "wall 3"],
    triangles: Int[np.ndarray, "triangles 3"],
    mouth: Int[np.ndarray, " mouth"],
    name: str,
    spare: Int[np.ndarray, " spare"],
) -> Float[np.ndarray, " wall"]:
    """Distance from the mouth along the wall: shortest edge paths, then lowered by the eikonal
    equation on every triangle (plane waves, so exact on a straight tube) until nothing changes.

    A connected piece of the wall without a point of the mouth begins at its `spare` points.
    """
    pairs = np.unique(
        np.sort(triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1), axis=0
    )
    length = np.linalg.norm(points[pairs[:, 0]] - points[pairs[:, 1]], axis=1)
    graph = symmetric(pairs, length, len(points))
    pieces, piece = connected_components(graph, directed=False)
    mouth = np.concatenate([mouth, spare[~np.isin(piece[spare], piece[mouth])]])
    closed = np.setdiff1d(np.arange(pieces), piece[mouth])
    if closed.size:
        at = ", ".join(f"{x:.6g}" for x in points[np.flatnonzero(piece == closed[0])[0]])
        raise InputError(
            f"{name}: the perivascular piece at ({at}) m has no INLET facet at its wall; tag its "
            "mouth as inlet (that of a vein may be distal)"
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


def vertex_normals(
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
    return unit(total)


def unit(vectors: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n 3"]:
    """Vectors of length one; zero stays zero."""
    size = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(size > 0.0, size, 1.0)


def tangent_radius(
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


def distance_to(
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
