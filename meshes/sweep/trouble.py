"""Which branches cannot be swept as they are, and what a remedy is chosen by."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float
from scipy.spatial import cKDTree

from meshes.sweep.alter import Adapted
from meshes.sweep.centreline import Centreline
from meshes.sweep.course import Course
from meshes.sweep.graph import members_of
from meshes.sweep.pieces import Pieces, Run
from meshes.sweep.rings import SETTLE, TIGHT, TooShort

Short = Literal["merge", "trim", "refuse"]

LINK = 3.0  # a branch between junctions shorter than this many sheath radii may be merged
AT_END = 8.0  # sheath radii from a junction within which it is to blame


@dataclass(frozen=True, eq=False)
class Trouble:
    """A branch that cannot be swept as it is: where, and if it is too short by how much."""

    branch: int
    places: Float[np.ndarray, "places 3"]
    short: TooShort | None = None

    def held(self, lines: list[Centreline], asked: list[np.ndarray], share: float) -> bool:
        """Whether the gap there has shrunk to a share of what was asked."""
        line = lines[self.branch]
        small = line.outer - line.inner < 1.05 * share * asked[self.branch]
        if self.short is not None:
            return bool(small[[0, -1]].all())
        return bool(small[cKDTree(line.points).query(self.places)[1]].all())


def troubles_of(course: Course, lines: list[Centreline], pieces: Pieces) -> list[Trouble]:
    """Branches with inverted or flat cells, and those too short for their junctions."""
    found = []
    for number, (line, run) in enumerate(zip(lines, pieces.runs, strict=True)):
        if isinstance(run, TooShort):
            found.append(Trouble(number, line.points, run))
        elif len(run.bad):
            found.append(Trouble(number, run.bad))
    return found


def slivers_of(pieces: Pieces) -> list[Trouble]:
    """Branches with cells that are positive but very thin."""
    return [
        Trouble(number, run.thin)
        for number, run in enumerate(pieces.runs)
        if isinstance(run, Run) and len(run.thin)
    ]


@dataclass(frozen=True, eq=False)
class Scene:
    """What a remedy is chosen by: the tree, its lines and pieces, in units of `scale` metres."""

    adapted: Adapted
    course: Course
    lines: list[Centreline]
    pieces: Pieces
    scale: float
    short: Short

    def near(self, point: Float[np.ndarray, " 3"]) -> str:
        """The node nearest to a point, in words."""
        return self.adapted.near(point * self.scale)

    def lacks(self, number: int) -> float:
        """Length that a branch would like beyond what it has; at most 0 if none."""
        run, line = self.pieces.runs[number], self.lines[number]
        branch = self.course.branches[number]
        ends = ((branch.from_junction, 0), (branch.to_junction, -1))
        radii = sum(float(line.outer[at]) for has, at in ends if has)
        if isinstance(run, TooShort):
            return run.needs + (SETTLE - TIGHT) * radii - line.length
        return sum(fan.foot for fan in run.fans if fan) + SETTLE * radii - line.length

    def blamed(self, trouble: Trouble) -> list[tuple[int, bool]]:
        """The branches of the junction to blame, the one before it first; none if none is near."""
        number = trouble.branch
        line, branch = self.lines[number], self.course.branches[number]
        s = float(np.median(line.s[cKDTree(line.points).query(trouble.places)[1]]))
        away = {True: s, False: line.length - s}
        ends = [
            at for at, has in ((True, branch.from_junction), (False, branch.to_junction)) if has
        ]
        if not ends or min(away[end] for end in ends) > AT_END * float(line.outer.max()):
            return []
        end = min(ends, key=lambda at: away[at])
        return next(m for m in members_of(self.course.branches) if (number, end) in m)

    def may_merge(self, number: int) -> bool:
        """Whether a branch is a short one between junctions of which no split made any."""
        branch, line = self.course.branches[number], self.lines[number]
        inner = branch.from_junction and branch.to_junction
        made = bool(self.adapted.held[[branch.nodes[0], branch.nodes[-1]]].any())
        return inner and not made and line.length < LINK * float(line.outer.max())

    def size(self, number: int) -> str:
        """Length and radius of a branch, in words."""
        line = self.lines[number]
        length, radius = line.length * self.scale * 1e6, float(line.inner[0]) * self.scale * 1e6
        return f"{length:.1f} um length and {radius:.1f} um radius"
