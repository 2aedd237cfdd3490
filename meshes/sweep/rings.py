"""Rings of columns along a branch, fanned out of its junctions and flat elsewhere.

A column is a ray from the axis through wall and sheath. Leaving a junction, the rays start as the
junction's own and lean less and less until the ring is flat: with the lean (cotangent to the axis)
falling linearly over a distance no shorter than the farthest foot of the junction's columns, rays
never cross. In that zone rays end on the field, elsewhere at R1 and R2.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from scipy.spatial import cKDTree

from meshes.shape import section
from meshes.sweep.centreline import Centreline
from meshes.sweep.field import Tubes, cast
from meshes.sweep.junction import Junction
from meshes.sweep.room import tangent_circles

GROWTH = 0.3  # largest change of ring spacing along the branch
SETTLE = 1.5  # flat after the farthest foot plus this many sheath radii, where there is room
TIGHT = 0.3  # the same, at least
FADE = 2.0  # sheath radii from the last leaning ring to the sheath's full shape


@dataclass(frozen=True)
class TooShort:
    """A branch has no room for the fans of its junctions: length it has and length it needs."""

    has: float
    needs: float


@dataclass(frozen=True, eq=False)
class Fan:
    """How the columns of a junction stand, in the frame of one of its branches.

    Attributes:
        ring: the junction's columns in the branch's own order.
        lean: distance along the branch over distance from its axis, of each column's wall point
            and sheath point; away from the junction is positive.
        turn: azimuth beyond the even one, of wall and sheath points, rad.
        foot: farthest foot of the columns along the branch, away from the junction.
    """

    ring: Int[np.ndarray, " around"]
    lean: tuple[Float[np.ndarray, " around"], Float[np.ndarray, " around"]]
    turn: tuple[Float[np.ndarray, " around"], Float[np.ndarray, " around"]]
    foot: float


@dataclass(frozen=True, eq=False)
class Rings:
    """Columns of one branch, ring after ring, both end rings included.

    Attributes:
        s: arc length of each ring.
        wall: foot of each column on the wall.
        sheath: its head on the sheath.
    """

    s: Float[np.ndarray, " rings"]
    wall: Float[np.ndarray, "rings around 3"]
    sheath: Float[np.ndarray, "rings around 3"]


def make_fan(
    junction: Junction,
    ring: np.ndarray,
    line: Centreline,
    even: np.ndarray,
    at_start: bool,
    widen: float,
) -> Fan:
    """A junction's ring as one of its branches sees it.

    Args:
        junction: whose columns.
        ring: column numbers in the branch's order.
        line: axis and frame of the branch.
        even: azimuth each column is to have when the ring is flat, rad.
        at_start: whether the branch starts at the junction.
        widen: factor on both radii.
    """
    leans, turns = [], []
    for reach in (junction.wall, junction.sheath):
        points = junction.centre + reach[ring, None] * junction.direction[ring]
        along, across, azimuth = _seen_from(line, points)
        leans.append((along if at_start else line.length - along) / across)
        turns.append(np.mod(azimuth - even + np.pi, 2.0 * np.pi) - np.pi)
    foot = max(0.0, float(np.max(leans[1]) * widen * line.outer[0 if at_start else -1]))
    return Fan(ring, (leans[0], leans[1]), (turns[0], turns[1]), foot)


def _seen_from(
    line: Centreline, points: Float[np.ndarray, "points 3"]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Arc length, distance from the axis and azimuth of points near a line."""
    nearest = cKDTree(line.points).query(points)[1]
    away, tangent, normal = (
        points - line.points[nearest],
        line.tangent[nearest],
        line.normal[nearest],
    )
    along = np.einsum("ij,ij->i", away, tangent)
    first = np.einsum("ij,ij->i", away, normal)
    second = np.einsum("ij,ij->i", away, np.cross(tangent, normal))
    return line.s[nearest] + along, np.hypot(first, second), np.arctan2(second, first)


def settle(
    line: Centreline, feet: tuple[float, float], beyond: float
) -> tuple[float, float] | TooShort:
    """Distances from start and end at which rings are flat; 0 at an end without junction.

    Args:
        line: axis of the branch.
        feet: farthest feet at start and end; negative for no junction there.
        beyond: sheath radii from there to where rings are flat, if there is room.
    """
    radii = (line.outer[0], line.outer[-1])
    needs = [foot + TIGHT * r if foot >= 0.0 else 0.0 for foot, r in zip(feet, radii, strict=True)]
    wants = [foot + beyond * r if foot >= 0.0 else 0.0 for foot, r in zip(feet, radii, strict=True)]
    tail = sum(TIGHT * r for foot, r in zip(feet, radii, strict=True) if foot < 0.0)
    room = line.length - tail
    if sum(needs) > room:
        return TooShort(line.length, sum(needs) + tail)
    if sum(wants) <= room:
        return wants[0], wants[1]
    spare = (room - sum(needs)) / (sum(wants) - sum(needs))
    first, second = (n + spare * (w - n) for n, w in zip(needs, wants, strict=True))
    return first, second


def ring_places(line: Centreline, reaches: tuple[float, float], stretch: float) -> np.ndarray:
    """Arc lengths of the rings: `stretch` gaps apart, closer in fans and bends, changing slowly."""
    spacing = stretch * (line.outer - line.inner)
    spacing = np.minimum(spacing, 0.4 * tangent_circles(line, float(spacing.max()) / 0.4))
    fanned = (line.s < reaches[0]) | (line.s > line.length - reaches[1])
    spacing = np.where(fanned, np.minimum(spacing, 1.0 * line.inner), spacing)
    forward = np.minimum.accumulate(spacing - GROWTH * line.s) + GROWTH * line.s
    backward = np.minimum.accumulate((spacing + GROWTH * line.s)[::-1])[::-1] - GROWTH * line.s
    density = 1.0 / np.minimum(forward, backward)
    steps = 0.5 * (density[1:] + density[:-1]) * np.diff(line.s)
    count = np.concatenate([[0.0], np.cumsum(steps)])
    rings = max(3, int(np.ceil(count[-1] - 1e-9)))
    return np.interp(np.linspace(0.0, count[-1], rings + 1), count, line.s)


def sweep_rings(
    line: Centreline,
    places: np.ndarray,
    twist: float,
    fans: tuple[Fan | None, Fan | None],
    reaches: tuple[float, float],
    tubes: tuple[Tubes | None, Tubes | None],
    around: int,
    widen: float,
) -> Rings:
    """Cast the rings of one branch; rows of end rings at junctions are placeholders.

    Args:
        line: axis, frame and radii.
        places: arc length of every ring.
        twist: azimuth by which the frame has to turn from start to end, rad.
        fans: of the junctions at start and end.
        reaches: distance from either end at which rings are flat.
        tubes: of the junctions at start and end.
        around: columns a ring.
        widen: factor on both radii.
    """
    even = 2.0 * np.pi * np.arange(around) / around
    azimuth = even + twist * places[:, None] / line.length
    centre, flat = _spokes(line, np.repeat(places[:, None], around, axis=1), azimuth)
    ends = (places, line.length - places)
    inner, outer = line.at(places, line.inner), line.at(places, line.outer)
    full = np.ones(len(places))
    for fan, reach, distance in zip(fans, reaches, ends, strict=True):
        if fan is not None:
            full = np.minimum(full, np.clip((distance - reach) / (FADE * outer), 0.0, 1.0))
    tangent = line.at(places, line.tangent)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    sheath = section(line.shape, flat, tangent, inner, outer, full, widen)
    skins = []
    for side, radii in enumerate((line.inner, line.outer)):
        points = centre + (sheath if side else widen * inner[:, None])[..., None] * flat
        for end, (fan, near, reach, distance) in enumerate(
            zip(fans, tubes, reaches, ends, strict=True)
        ):
            fanned = (distance < reach) & (distance > 0.0)
            if fan is None or near is None or not fanned.any():
                continue
            share = (distance[fanned] / reach)[:, None]
            radius = radii[0 if end == 0 else -1]
            along = (1.0 - share) * fan.lean[side] * radius + share * reach
            turned = azimuth[fanned] + (1.0 - share) * fan.turn[side]
            target, spoke = _spokes(line, along if end == 0 else line.length - along, turned)
            starts = centre[fanned]
            rays = (target + radius * spoke - starts).reshape(-1, 3)
            rays /= np.linalg.norm(rays, axis=1, keepdims=True)
            starts = starts.reshape(-1, 3)
            reached = cast(near.sides[side], near.fillet, starts, rays)
            points[fanned] = (starts + reached[:, None] * rays).reshape(-1, around, 3)
        skins.append(points)
    return Rings(places, skins[0], skins[1])


def _spokes(
    line: Centreline,
    s: Float[np.ndarray, "rings around"],
    azimuth: Float[np.ndarray, "rings around"],
) -> tuple[Float[np.ndarray, "rings around 3"], Float[np.ndarray, "rings around 3"]]:
    """Axis points at arc lengths, also beyond the ends, and unit vectors across the axis there."""
    tangent, normal = line.at(s, line.tangent), line.at(s, line.normal)
    tangent /= np.linalg.norm(tangent, axis=-1, keepdims=True)
    normal -= np.sum(normal * tangent, axis=-1, keepdims=True) * tangent
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    beyond = s - np.clip(s, 0.0, line.length)
    points = line.at(s, line.points) + beyond[..., None] * tangent
    second = np.cross(tangent, normal)
    return points, np.cos(azimuth)[..., None] * normal + np.sin(azimuth)[..., None] * second
