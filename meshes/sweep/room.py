"""How wide the space may be: limits of the gap at bends and between neighbouring vessels.

The sheath stays within .85 of the smallest circle that touches the axis and passes through another
point of the same branch, and vessels that are not merging share the room between them in proportion
to their gaps. The gap then changes by at most .3 along the branch.
"""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int
from scipy.spatial import cKDTree

from meshes.sweep.centreline import Centreline
from meshes.sweep.graph import Branch
from meshes.sweep.kinship import link

BEND = 0.85  # sheath radius over the radius of the tangent circle
ROOM = 0.95  # share of the distance between two axes that both sheaths may fill
SLOPE = 0.3  # largest change of the gap along the branch
LEAST = 0.2  # smallest share of the asked gap that is accepted


@dataclass(frozen=True, eq=False)
class Touch:
    """Pairs of samples of vessels that do not merge and whose sheaths would touch.

    Attributes:
        here: sample, all branches in a row; every pair comes both ways.
        there: the other sample.
        distance: between the two.
        owner: branch of every sample.
    """

    here: Int[np.ndarray, " pairs"]
    there: Int[np.ndarray, " pairs"]
    distance: Float[np.ndarray, " pairs"]
    owner: Int[np.ndarray, " samples"]


def limit_gaps(
    lines: list[Centreline], touch: Touch
) -> tuple[list[Centreline], list[Float[np.ndarray, " samples"]]]:
    """Lines with their sheath radius limited to what bends and neighbours leave.

    No gap falls below a fifth of the asked one.

    Returns:
        The lines, and for every sample the share of the asked gap that its neighbours leave, at
        most 1; below a fifth, or negative, where they leave too little.
    """
    cuts = np.cumsum([len(line.s) for line in lines])[:-1]
    inner, outer = (np.concatenate([getattr(x, k) for x in lines]) for k in ("inner", "outer"))
    gap = outer - inner
    room = ROOM * touch.distance - inner[touch.here] - inner[touch.there]
    share = np.full(len(gap), 1.0)
    np.minimum.at(share, touch.here, room / (gap[touch.here] + gap[touch.there]))
    beside = np.split(share, cuts)
    limited = []
    for line, near in zip(lines, beside, strict=True):
        asked = line.outer - line.inner
        circle = tangent_circles(line, float(line.outer.max()) / BEND)
        bend = np.minimum((BEND * circle - line.inner) / asked, 1.0)
        fits = np.maximum(np.minimum(bend, near), LEAST) * asked
        limited.append(replace(line, outer=line.inner + sloped(line.s, fits)))
    return limited, beside


def sloped(s: np.ndarray, gap: np.ndarray) -> np.ndarray:
    """The largest function below `gap` that changes by at most SLOPE along s."""
    forward = np.minimum.accumulate(gap - SLOPE * s) + SLOPE * s
    backward = np.minimum.accumulate((gap + SLOPE * s)[::-1])[::-1] - SLOPE * s
    return np.minimum(forward, backward)


def tangent_circles(line: Centreline, reach: float) -> np.ndarray:
    """Radius of the smallest circle tangent to the axis at each sample through another sample.

    Circles larger than `reach` count as infinite, so only samples nearby are looked at.
    """
    pairs = cKDTree(line.points).query_pairs(2.0 * reach, output_type="ndarray")
    here, there = np.concatenate([pairs, pairs[:, ::-1]]).T
    away = line.points[there] - line.points[here]
    square = np.einsum("ij,ij->i", away, away)
    along = np.einsum("ij,ij->i", away, line.tangent[here])
    across = np.sqrt(np.maximum(square - along**2, 0.0))
    bent = across > 1e-9 * line.length
    smallest = np.full(len(line.s), np.inf)
    np.minimum.at(smallest, here[bent], square[bent] / (2.0 * across[bent]))
    smallest[smallest > reach] = np.inf
    return smallest


def touching(branches: list[Branch], lines: list[Centreline]) -> Touch:
    """Where sheaths of vessels that do not merge would touch."""
    sizes = [len(line.s) for line in lines]
    owner = np.repeat(np.arange(len(lines)), sizes)
    points, outer, s = (
        np.concatenate([getattr(line, name) for line in lines]) for name in ("points", "outer", "s")
    )
    pairs = _near_pairs(points, 2.0 * outer / ROOM)
    swap = owner[pairs[:, 0]] > owner[pairs[:, 1]]
    pairs[swap] = pairs[swap][:, ::-1]
    pairs = pairs[owner[pairs[:, 0]] != owner[pairs[:, 1]]]
    distance = np.linalg.norm(points[pairs[:, 0]] - points[pairs[:, 1]], axis=1)
    tight = ROOM * distance < outer[pairs].sum(axis=1)
    pairs, distance = pairs[tight], distance[tight]
    order = np.lexsort(owner[pairs].T)
    pairs, distance = pairs[order], distance[order]
    _, first = np.unique(owner[pairs], axis=0, return_index=True)
    apart = np.ones(len(pairs), dtype=bool)
    for group in np.split(np.arange(len(pairs)), np.sort(first)[1:]) if len(pairs) else []:
        one, two = pairs[group].T
        kin = link(branches, lines, int(owner[one[0]]), int(owner[two[0]]))
        if kin is not None:
            apart[group] = ~kin.merging(s[one], s[two])
    pairs, distance = pairs[apart], distance[apart]
    here, there = np.concatenate([pairs, pairs[:, ::-1]]).T
    return Touch(here, there, np.tile(distance, 2), owner)


def _near_pairs(
    points: Float[np.ndarray, "points 3"], reach: Float[np.ndarray, " points"]
) -> Int[np.ndarray, "pairs 2"]:
    """Pairs of points nearer to each other than the larger of their reaches, at least.

    Octave by octave of the reach, so that a wide trunk does not make its fine twigs look far.
    """
    octave = np.floor(np.log2(reach / reach.min())).astype(int)
    found = [np.empty((0, 2), dtype=int)]
    for size in np.unique(octave):
        wide, upto = np.flatnonzero(octave == size), np.flatnonzero(octave <= size)
        close = cKDTree(points[wide]).sparse_distance_matrix(
            cKDTree(points[upto]), float(reach[wide].max()), output_type="ndarray"
        )
        one, two = wide[close["i"]], upto[close["j"]]
        once = (octave[two] < size) | (one < two)
        found.append(np.stack([one[once], two[once]], axis=1))
    return np.concatenate(found)
