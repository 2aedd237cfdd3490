"""The flat face of the tissue in the plane of the mouth: a plane region with the sheath's hole."""

import numpy as np
from jaxtyping import Float, Int
from scipy.spatial import Delaunay, cKDTree

GROWTH = 1.45  # ratio of successive circles round the hole


def cap(
    rim: Float[np.ndarray, "rim 2"],
    loops: list[Float[np.ndarray, "corners 2"]],
    section: Float[np.ndarray, "nodes 2"],
    spacing: float,
) -> tuple[Float[np.ndarray, "points 2"], Int[np.ndarray, "triangles 3"]] | None:
    """Triangles between the outer loops and the rim, counter-clockwise; None if edges are missed.

    Points come as rim, loops one after another, then new ones; circles of growing spacing lie
    round the rim and the grid nodes of the section beyond.
    """
    corners = np.concatenate(loops)
    centre = rim.mean(axis=0)
    radius = float(np.linalg.norm(rim - centre, axis=1).max())
    circles: list[Float[np.ndarray, "corners 2"]] = []
    turn = np.pi / len(rim)
    size = 2.0 * np.pi / len(rim) * radius
    away = radius * GROWTH
    clear = float(cKDTree(corners).query(centre)[0]) - 0.6 * spacing
    while size < 0.7 * spacing and away < clear:
        angle = 2.0 * np.pi * np.arange(len(rim)) / len(rim) + turn * (len(circles) + 1)
        circles.append(centre + away * np.stack([np.cos(angle), np.sin(angle)], axis=1))
        size, away = size * GROWTH, away * GROWTH
    far = np.linalg.norm(section - centre, axis=1) > away / GROWTH + 0.6 * spacing
    points = np.concatenate([rim, corners, *circles, section[far]])
    triangles = Delaunay(points).simplices
    a, b, c = (points[triangles[:, i]] for i in range(3))
    turned = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    triangles = np.where((turned > 0)[:, None], triangles, triangles[:, [0, 2, 1]])
    middle = points[triangles].mean(axis=1)
    keep = _inside(middle, loops) & ~(triangles < len(rim)).all(axis=1)
    triangles = triangles[keep]
    edges = triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2)
    found, count = np.unique(np.sort(edges), axis=0, return_counts=True)
    lone = {(int(i), int(j)) for i, j in found[count == 1]}
    start, wanted = 0, set()
    for loop in [rim, *loops]:
        number = np.arange(start, start + len(loop))
        wanted |= {(min(i, j), max(i, j)) for i, j in zip(number, np.roll(number, -1), strict=True)}
        start += len(loop)
    if lone != {(int(i), int(j)) for i, j in wanted}:
        return None
    return points, triangles


def _inside(x: np.ndarray, loops: list[np.ndarray]) -> np.ndarray:
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
) -> list[Int[np.ndarray, " corners"]]:
    """Closed loops of the edges that belong to one triangle, against the triangles' sense."""
    edges = triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2)
    have = {(int(i), int(j)) for i, j in edges}
    after = {j: i for i, j in have if (j, i) not in have}
    loops = []
    while after:
        loop = [next(iter(after))]
        while (step := after.pop(loop[-1])) != loop[0]:
            loop.append(step)
        loops.append(np.array(loop))
    return loops
