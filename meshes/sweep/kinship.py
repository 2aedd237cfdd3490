"""How two branches hang together, and how far from their junctions their spaces merge."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from meshes.sweep.centreline import Centreline
from meshes.sweep.graph import Branch

NARROW = 0.3  # rad; vessels that part at a smaller angle are neighbours beyond 13 sheath radii
FAR = 8.0  # sheath radii; junctions farther apart do not merge


@dataclass(frozen=True)
class Link:
    """The way through the tree from one branch to another.

    Attributes:
        end: arc length at which the way leaves the first, and enters the second branch.
        between: length of the branches between.
        reach: how far from its end on the first branch the two merge, and on the second.
    """

    end: tuple[float, float]
    between: float
    reach: tuple[float, float]

    def merging(
        self, first: Float[np.ndarray, " pairs"], second: Float[np.ndarray, " pairs"]
    ) -> Bool[np.ndarray, " pairs"]:
        """Whether places on the two branches both lie where one junction merges them."""
        one, two = np.abs(first - self.end[0]), np.abs(second - self.end[1])
        at_first = (one < self.reach[0]) & (self.between + two < self.reach[0])
        at_second = (self.between + one < self.reach[1]) & (two < self.reach[1])
        merge: np.ndarray = at_first | at_second
        return merge


def link(branches: list[Branch], lines: list[Centreline], a: int, b: int) -> Link | None:
    """The way from branch a to branch b; None if their junctions are far apart."""
    far = FAR * max(float(lines[a].outer.max()), float(lines[b].outer.max()))
    above_a, above_b = _above(branches, lines, a, far), _above(branches, lines, b, far)
    common = next((branch for branch in above_a if branch in above_b), -1)
    if common < 0 and branches[above_a[-1]].before != branches[above_b[-1]].before:
        return None
    if common < 0 and branches[above_a[-1]].before < 0:
        return None
    below_a = above_a[: above_a.index(common)] if common >= 0 else above_a
    below_b = above_b[: above_b.index(common)] if common >= 0 else above_b
    way = [*below_a, *([common] if common in (a, b) else []), *below_b[::-1]]
    between = sum(lines[i].length for i in way[1:-1])
    if between > far:
        return None
    first = _leaves(branches, lines, way[0], way[1])
    second = _leaves(branches, lines, way[-1], way[-2])
    return Link((first[0], second[0]), between, (first[1], second[1]))


def _above(branches: list[Branch], lines: list[Centreline], branch: int, far: float) -> list[int]:
    """The branch and those it hangs on, up to a distance."""
    chain, climbed = [branch], 0.0
    while branches[branch].before >= 0 and climbed <= far:
        branch = branches[branch].before
        chain.append(branch)
        climbed += lines[branch].length
    return chain


def _leaves(
    branches: list[Branch], lines: list[Centreline], branch: int, other: int
) -> tuple[float, float]:
    """Where one branch joins a neighbour, and how far from there the two merge."""
    line, beside = lines[branch], lines[other]
    at_end = branches[other].before == branch
    other_end = branches[branch].before == other
    out = -line.tangent[-1] if at_end else line.tangent[0]
    away = -beside.tangent[-1] if other_end else beside.tangent[0]
    radius = max(line.outer[-1 if at_end else 0], beside.outer[-1 if other_end else 0])
    angle = max(float(np.arccos(np.clip(out @ away, -1.0, 1.0))), NARROW)
    reach = float(radius * (2.0 + 1.6 / np.tan(0.5 * angle)))
    return (line.length if at_end else 0.0), reach
