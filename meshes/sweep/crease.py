"""How far from a junction two branches part: where the crease between their sheaths ends."""

import numpy as np

from meshes.sweep.centreline import Centreline

SEEN = 16.0  # sheath radii of branch looked at


def feet(lines: list[Centreline], members: list[tuple[int, bool]]) -> list[float]:
    """For each branch of a junction, how far along it the junction's columns stand.

    Two straight tubes of radii a and b at an angle t part at (b + a cos t) / sin t along the first.
    Here the axes may bend: the crease ends where the first axis leaves the second by b + a cos t.
    """
    near = [_outward(lines[branch], at_start) for branch, at_start in members]
    found = []
    for one, (points, tangent, radius, s) in enumerate(near):
        foot = 0.0
        for two, (other, beside, width, _) in enumerate(near):
            if one == two:
                continue
            away = np.linalg.norm(points[:, None] - other, axis=2)
            nearest = np.argmin(away - width, axis=1)
            every = np.arange(len(points))
            cosine = np.einsum("ij,ij->i", tangent, beside[nearest])
            joined = away[every, nearest] < width[nearest] + radius * cosine
            foot = max(foot, float(s[-1] if joined.all() else s[np.argmin(joined)]))
        found.append(foot)
    return found


def _outward(line: Centreline, at_start: bool) -> tuple[np.ndarray, ...]:
    """Points, tangents, sheath radii and arc lengths from the junction on."""
    way = slice(None) if at_start else slice(None, None, -1)
    sign = 1.0 if at_start else -1.0
    outer = line.outer[way]
    count = min(len(outer), max(3, int(SEEN * outer[0] / line.s[1])))
    return line.points[way][:count], sign * line.tangent[way][:count], outer[:count], line.s[:count]
