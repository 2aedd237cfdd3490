"""A flat face of the tissue: a plane region with holes where vessels leave through it."""

from itertools import pairwise

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.spatial import Delaunay, cKDTree

GROWTH = 1.45  # ratio of successive rings of points round a hole
CLEAR = 0.6  # distance of a new point from others over the size of cells there


def cap(
    rims: list[Float[np.ndarray, "rim 2"]],
    loops: list[Float[np.ndarray, "corners 2"]],
    section: Float[np.ndarray, "nodes 2"],
    spacing: float,
) -> tuple[Float[np.ndarray, "points 2"], Int[np.ndarray, "triangles 3"]] | None:
    """Triangles between outer loops and rims, counter-clockwise; None if an edge is missed.

    Points come as rims, then loops, one after another, then new ones: rings of growing spacing
    round every rim, and the nodes of the section beyond.
    """
    edge = np.concatenate([*rims, *loops])
    starts = np.cumsum([0, *map(len, [*rims, *loops])])
    after = np.concatenate([a + np.roll(np.arange(b - a), -1) for a, b in pairwise(starts)])
    kept = edge
    for points, size in [*_rings(rims, spacing), (section, spacing)]:
        free = _inside(points, [*rims, *loops]) & ~_encroaching(points, edge, after)
        points = points[free]
        clear = cKDTree(kept).query(points)[0] > CLEAR * size
        kept = np.concatenate([kept, points[clear]])
    triangles = Delaunay(kept).simplices
    a, b, c = (kept[triangles[:, i]] for i in range(3))
    turned = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    triangles = np.where((turned > 0)[:, None], triangles, triangles[:, [0, 2, 1]])
    triangles = triangles[_inside(kept[triangles].mean(axis=1), [*rims, *loops])]
    pairs = np.sort(triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    found, count = np.unique(pairs, axis=0, return_counts=True)
    wanted = np.unique(np.sort(np.stack([np.arange(len(edge)), after], axis=1), axis=1), axis=0)
    if not np.array_equal(found[count == 1], wanted):
        return None
    return kept, triangles


def _rings(
    rims: list[Float[np.ndarray, "rim 2"]], spacing: float
) -> list[tuple[Float[np.ndarray, "points 2"], float]]:
    """Points round each rim, turned by half a step from ring to ring, with the size of cells."""
    rings = []
    for rim in rims:
        centre = rim.mean(axis=0)
        spokes = rim - centre
        size = float(np.linalg.norm(spokes - np.roll(spokes, 1, axis=0), axis=1).mean())
        factor, half = GROWTH, True
        while size < 0.7 * spacing:
            spread = 0.5 * (spokes + np.roll(spokes, -1, axis=0)) if half else spokes
            rings.append((centre + factor * spread, size))
            size, factor, half = size * GROWTH, factor * GROWTH, not half
    return sorted(rings, key=lambda ring: ring[1])


def _encroaching(
    x: Float[np.ndarray, "points 2"],
    edge: Float[np.ndarray, "edges 2"],
    after: Int[np.ndarray, " edges"],
) -> Bool[np.ndarray, " points"]:
    """Points inside the circle on an edge as diameter, which could keep the edge from appearing."""
    middle, half = 0.5 * (edge + edge[after]), 0.5 * np.linalg.norm(edge[after] - edge, axis=1)
    bad = np.zeros(len(x), dtype=bool)
    if not len(x):
        return bad
    tree = cKDTree(x)
    for points in tree.query_ball_point(middle, 1.05 * half):
        bad[points] = True
    return bad


def _inside(
    x: Float[np.ndarray, "points 2"], loops: list[np.ndarray]
) -> Bool[np.ndarray, " points"]:
    """Even-odd rule."""
    odd = np.zeros(len(x), dtype=bool)
    for loop in loops:
        for (x0, y0), (x1, y1) in zip(loop, np.roll(loop, -1, axis=0), strict=True):
            crosses = (y0 > x[:, 1]) != (y1 > x[:, 1])
            if y0 != y1:
                odd ^= crosses & (x[:, 0] < x0 + (x[:, 1] - y0) * (x1 - x0) / (y1 - y0))
    return odd


def loops_of(
    points: Float[np.ndarray, "points 3"], triangles: Int[np.ndarray, "triangles 3"]
) -> list[Int[np.ndarray, " corners"]] | None:
    """Closed loops of the edges that belong to one triangle, against the triangles' sense.

    None if two loops meet at a point.
    """
    edges = triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2)
    have = {(int(i), int(j)) for i, j in edges}
    once = [(i, j) for i, j in have if (j, i) not in have]
    after = {j: i for i, j in once}
    if len(after) < len(once):
        return None
    loops = []
    while after:
        loop = [next(iter(after))]
        while (step := after.pop(loop[-1])) != loop[0]:
            loop.append(step)
        loops.append(np.array(loop))
    return loops
