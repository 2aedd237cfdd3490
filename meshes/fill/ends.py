"""Where vessels end: blind inside the tissue, or flush with a plane face of it.

An end is brought into a plane by a shear along the vessel: every column of the last stretch slides
along the end's tangent, fully at the end and less and less away from it, so columns stay straight
and rings stay apart.
"""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int

from meshes.sweep.build import Build

STEEP = 0.5  # least cosine between vessel and the normal of the face it leaves through
SLIDE = 2.0  # length of the sheared stretch over the largest slide, at best
SHORTEST = 1.3  # and at least; below 1 rings would pass each other


@dataclass(frozen=True, eq=False)
class End:
    """One end of a vessel, m.

    Attributes:
        ring: its columns.
        point: where the axis ends.
        outward: unit tangent out of the vessel.
        radius: largest distance from the axis to the sheath there.
        branch: the branch that ends.
        mouth: whether it is the mouth, else a tip.
    """

    ring: Int[np.ndarray, " around"]
    point: Float[np.ndarray, " 3"]
    outward: Float[np.ndarray, " 3"]
    radius: float
    branch: int
    mouth: bool


@dataclass(frozen=True, eq=False)
class Plane:
    """A plane face of the tissue: a point on it and its unit normal out of the tissue, m."""

    origin: Float[np.ndarray, " 3"]
    normal: Float[np.ndarray, " 3"]

    def height(self, points: Float[np.ndarray, "points 3"]) -> Float[np.ndarray, " points"]:
        """How far points stick out."""
        above: np.ndarray = (points - self.origin) @ self.normal
        return above

    def steepness(self, end: End) -> float:
        """Cosine of the angle between the vessel and the normal."""
        return float(end.outward @ self.normal)

    def takes(self, end: End) -> bool:
        """Whether an end is near and leaves steeply enough to be cut flush."""
        near = abs(float(self.height(end.point[None])[0])) <= end.radius
        return near and self.steepness(end) >= STEEP


def ends_of(build: Build) -> list[End]:
    """Mouth and tips of a vessel tree, the mouth first."""
    columns, ends = build.columns, []
    for ring, mouth in [(columns.inlet, True), *((tip, False) for tip in columns.tips)]:
        branch = int(columns.branch[ring[0]])
        line = build.lines[branch]
        at, sign = (0, -1.0) if mouth else (-1, 1.0)
        reach = float(np.linalg.norm(columns.sheath[ring] - line.points[at], axis=1).max())
        end = End(
            ring,
            line.points[at] * build.scale,
            sign * line.tangent[at],
            reach * build.scale,
            branch,
            mouth,
        )
        ends.append(end)
    return ends


def flush(build: Build, end: End, plane: Plane) -> Build | None:
    """The build with one end sheared into a plane; None if its branch is too short for that."""
    columns, line = build.columns, build.lines[end.branch]
    steepness = plane.steepness(end)
    offset = float(plane.height(end.point[None])[0]) / build.scale
    own = columns.branch == end.branch
    axis = np.where(own[:, None], line.at(columns.s, line.points), 0.0)
    away = np.where(own, columns.s if end.mouth else line.length - columns.s, np.inf)

    def slide(x: np.ndarray) -> Float[np.ndarray, " columns"]:
        """How far along the vessel each point has to go to lie in the plane at the end."""
        return -((x - axis) @ plane.normal + offset) / steepness

    largest = float(np.abs(slide(columns.sheath)[end.ring]).max())
    if largest < 1e-9:
        return build
    if SHORTEST * largest > 0.5 * line.length:
        return None
    reach = min(SLIDE * largest + end.radius / build.scale, 0.5 * line.length)
    share = np.maximum(1.0 - away / reach, 0.0)

    def moved(x: np.ndarray) -> Float[np.ndarray, "columns 3"]:
        shift = np.where(share > 0.0, share * slide(x), 0.0)
        return np.asarray(x + shift[:, None] * end.outward)

    wall, sheath = moved(columns.wall), moved(columns.sheath)
    radial = columns.radial.copy()
    bent = share > 0.0
    radial[bent] = sheath[bent] - wall[bent]
    radial[bent] /= np.linalg.norm(radial[bent], axis=1, keepdims=True)
    return replace(build, columns=replace(columns, wall=wall, sheath=sheath, radial=radial))
