"""How wide the space may be: limits of the gap at bends and between neighbouring vessels.

The sheath stays within .85 of the smallest circle that touches the axis and passes through another
point of the same branch, and vessels that are not merging share the room between them in proportion
to their gaps. The gap then changes by at most .3 along the branch.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial import cKDTree

from meshes.sweep.centreline import Centreline
from meshes.sweep.graph import Branch

BEND = 0.85  # sheath radius over the radius of the tangent circle
ROOM = 0.95  # share of the distance between two axes that both sheaths may fill
SLOPE = 0.3  # largest change of the gap along the branch
LEAST = 0.2  # smallest share of the asked gap that is accepted


@dataclass(frozen=True)
class Filled(Exception):
    """No room for the gap: on which branch, at which sample, and which branch is in the way.

    `neighbour` is -1 where the branch's own bend leaves no room.
    """

    branch: int
    sample: int
    neighbour: int


def limit_gaps(branches: list[Branch], lines: list[Centreline]) -> tuple[list[Centreline], float]:
    """Lines with their sheath radius limited, and the share of length where it was.

    Raises:
        Filled: less than a fifth of the asked gap fits somewhere.
    """
    limits = [_bend_limit(line) for line in lines]
    neighbours, nearest = _neighbour_limits(branches, lines)
    limited, touched, total = [], 0.0, 0.0
    for number, line in enumerate(lines):
        asked = line.outer - line.inner
        gap = np.minimum(asked, np.minimum(limits[number], neighbours[number]) - line.inner)
        worst = int(np.argmin(gap / asked))
        if gap[worst] < LEAST * asked[worst]:
            near = neighbours[number][worst] < limits[number][worst]
            raise Filled(number, worst, int(nearest[number][worst]) if near else -1)
        gap = sloped(line.s, gap)
        limited.append(replace(line, outer=line.inner + gap))
        touched += float(np.mean(gap < 0.999 * asked)) * line.length
        total += line.length
    return limited, touched / total


def sloped(s: np.ndarray, gap: np.ndarray) -> np.ndarray:
    """The largest function below `gap` that changes by at most SLOPE along s."""
    forward = np.minimum.accumulate(gap - SLOPE * s) + SLOPE * s
    backward = np.minimum.accumulate((gap + SLOPE * s)[::-1])[::-1] - SLOPE * s
    return np.minimum(forward, backward)


def tangent_circles(line: Centreline) -> np.ndarray:
    """Radius of the smallest circle tangent to the axis at each sample through another sample."""
    smallest = np.empty(len(line.s))
    for i, (point, tangent) in enumerate(zip(line.points, line.tangent, strict=True)):
        away = line.points - point
        square = np.einsum("ij,ij->i", away, away)
        along = away @ tangent
        across = np.sqrt(np.maximum(square - along**2, 0.0))
        with np.errstate(divide="ignore", invalid="ignore"):
            radius = np.where(across > 1e-9 * line.length, square / (2.0 * across), np.inf)
        smallest[i] = np.min(radius)
    return smallest


def _bend_limit(line: Centreline) -> np.ndarray:
    return BEND * tangent_circles(line)


def _neighbour_limits(
    branches: list[Branch], lines: list[Centreline]
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Sheath radius at which each sample touches a vessel not merging with it; its branch or -1."""
    sizes = [len(line.s) for line in lines]
    owner = np.repeat(np.arange(len(lines)), sizes)
    points = np.concatenate([line.points for line in lines])
    inner = np.concatenate([line.inner for line in lines])
    outer = np.concatenate([line.outer for line in lines])
    s = np.concatenate([line.s for line in lines])
    pairs = cKDTree(points).query_pairs(2.0 * float(outer.max()) / ROOM, output_type="ndarray")
    pairs = pairs[owner[pairs[:, 0]] != owner[pairs[:, 1]]]
    distance = np.linalg.norm(points[pairs[:, 0]] - points[pairs[:, 1]], axis=1)
    tight = ROOM * distance < outer[pairs].sum(axis=1)
    pairs, distance = pairs[tight], distance[tight]
    apart = np.ones(len(pairs), dtype=bool)
    for a, b in np.unique(np.sort(owner[pairs], axis=1), axis=0):
        zone = _merging_zone(branches, lines, int(a), int(b))
        if zone is None:
            continue
        (end_a, end_b), reach = zone
        here = (np.sort(owner[pairs], axis=1) == (a, b)).all(axis=1)
        first = np.where(owner[pairs[:, 0]] == a, pairs[:, 0], pairs[:, 1])
        second = np.where(owner[pairs[:, 0]] == a, pairs[:, 1], pairs[:, 0])
        merging = (np.abs(s[first] - end_a) < reach) & (np.abs(s[second] - end_b) < reach)
        apart &= ~(here & merging)
    here, there = np.concatenate([pairs[apart], pairs[apart][:, ::-1]]).T
    room = ROOM * np.tile(distance[apart], 2) - inner[here] - inner[there]
    gap = outer - inner
    touch = inner[here] + room * gap[here] / (gap[here] + gap[there])
    widest_first = np.argsort(-touch)
    limit, nearest = np.full(len(points), np.inf), np.full(len(points), -1)
    limit[here[widest_first]] = touch[widest_first]  # the last, tightest one stays
    nearest[here[widest_first]] = owner[there[widest_first]]
    cuts = np.cumsum(sizes)[:-1]
    return np.split(limit, cuts), np.split(nearest, cuts)


def _merging_zone(
    branches: list[Branch], lines: list[Centreline], a: int, b: int
) -> tuple[tuple[float, float], float] | None:
    """Where two branches of one junction merge: their ends there and how far the zone reaches."""
    for first, at_end in ((a, True), (a, False)):
        for second, other_end in ((b, True), (b, False)):
            node = branches[first].nodes[-1 if at_end else 0]
            if node != branches[second].nodes[-1 if other_end else 0]:
                continue
            one, two = lines[first], lines[second]
            out_one = -one.tangent[-1] if at_end else one.tangent[0]
            out_two = -two.tangent[-1] if other_end else two.tangent[0]
            radius = max(one.outer[-1 if at_end else 0], two.outer[-1 if other_end else 0])
            angle = np.arccos(np.clip(out_one @ out_two, -1.0, 1.0))
            reach = float(radius * (2.0 + 1.6 / np.tan(max(0.5 * angle, 0.02))))
            ends = (one.length if at_end else 0.0, two.length if other_end else 0.0)
            return ends, reach
    return None
