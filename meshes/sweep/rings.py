"""Rings of columns along a branch, fanned out of its junctions and flat elsewhere.

A column is a ray from the axis through wall and sheath. Leaving a junction, the rays start as the
junction's own and lean less and less until the ring is flat: with the lean (cotangent to the axis)
falling linearly over a distance no shorter than the farthest foot of the junction's columns, rays
never cross. In that zone rays end on the field, elsewhere at R1 and R2.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from meshes.shape import section
from meshes.sweep.centreline import Centreline
from meshes.sweep.field import Tube, cast
from meshes.sweep.junction import Junction
from meshes.sweep.room import tangent_circles

GROWTH = 0.3  # largest change of ring spacing along the branch
SETTLE = 1.0  # flat after the farthest foot plus this many sheath radii, where there is room
TIGHT = 0.3  # the same, at least
FADE = 2.0  # sheath radii from the last leaning ring to the sheath's full shape


@dataclass(frozen=True)
class TooShort(Exception):
    """A branch has no room for the fans of its junctions: length it has and length it needs."""

    branch: int
    has: float
    needs: float


@dataclass(frozen=True, eq=False)
class Fan:
    """How the columns of a junction lean, in the frame of one of its branches.

    Attributes:
        ring: the junction's columns in the branch's own order.
        lean: cotangent of the angle to the branch's tangent, per column.
        turn: azimuth beyond the even one, per column, rad.
        foot: farthest foot of the columns along the branch, away from the junction.
    """

    ring: Int[np.ndarray, " around"]
    lean: Float[np.ndarray, " around"]
    turn: Float[np.ndarray, " around"]
    foot: float


@dataclass(frozen=True, eq=False)
class Rings:
    """Columns of one branch, ring after ring, both end rings included.

    Attributes:
        s: arc length of each ring's origin.
        origin: on the axis, where the ring's rays start.
        direction: unit.
        wall: reach to the wall.
        sheath: reach to the sheath.
    """

    s: Float[np.ndarray, " rings"]
    origin: Float[np.ndarray, "rings 3"]
    direction: Float[np.ndarray, "rings around 3"]
    wall: Float[np.ndarray, "rings around"]
    sheath: Float[np.ndarray, "rings around"]


def make_fan(
    junction: Junction,
    ring: np.ndarray,
    tangent: np.ndarray,
    normal: np.ndarray,
    even: np.ndarray,
    away: float,
) -> Fan:
    """A junction's ring as one of its branches sees it.

    Args:
        junction: whose columns.
        ring: column numbers in the branch's order.
        tangent: the branch's tangent at the junction, from the mouth to the tips.
        normal: the branch's frame there.
        even: azimuth each column is to have when the ring is flat, rad.
        away: 1 if the tangent points away from the junction, -1 if into it.
    """
    rays = junction.direction[ring]
    along = rays @ tangent
    flat = rays - along[:, None] * tangent
    azimuth = np.arctan2(flat @ np.cross(tangent, normal), flat @ normal)
    turn = np.mod(azimuth - even + np.pi, 2.0 * np.pi) - np.pi
    foot = max(0.0, float(np.max(away * along * junction.sheath[ring])))
    return Fan(ring, along / np.linalg.norm(flat, axis=1), turn, foot)


def settle(number: int, line: Centreline, feet: tuple[float, float]) -> tuple[float, float]:
    """Distances from start and end at which rings are flat; 0 at an end without junction.

    Args:
        number: of the branch, for the message.
        line: its axis.
        feet: farthest feet at start and end; negative for no junction there.

    Raises:
        TooShort: the fans would overlap.
    """
    radii = (line.outer[0], line.outer[-1])
    needs = [foot + TIGHT * r if foot >= 0.0 else 0.0 for foot, r in zip(feet, radii, strict=True)]
    wants = [foot + SETTLE * r if foot >= 0.0 else 0.0 for foot, r in zip(feet, radii, strict=True)]
    tail = sum(TIGHT * r for foot, r in zip(feet, radii, strict=True) if foot < 0.0)
    room = line.length - tail
    if sum(needs) > room:
        raise TooShort(number, line.length, sum(needs) + tail)
    if sum(wants) <= room:
        return wants[0], wants[1]
    spare = (room - sum(needs)) / (sum(wants) - sum(needs))
    first, second = (n + spare * (w - n) for n, w in zip(needs, wants, strict=True))
    return first, second


def ring_places(line: Centreline, reaches: tuple[float, float], stretch: float) -> np.ndarray:
    """Arc lengths of the rings: `stretch` gaps apart, closer in fans and bends, changing slowly."""
    spacing = stretch * (line.outer - line.inner)
    spacing = np.minimum(spacing, 0.4 * tangent_circles(line))
    fanned = (line.s < reaches[0]) | (line.s > line.length - reaches[1])
    spacing = np.where(fanned, np.minimum(spacing, 0.7 * line.inner), spacing)
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
    tubes: tuple[tuple[list[Tube], list[Tube], float] | None, ...],
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
        tubes: for either end the branches around as (wall tubes, sheath tubes, fillet).
        around: columns a ring.
        widen: factor on both radii.
    """
    origin, tangent, normal = (line.at(places, v) for v in (line.points, line.tangent, line.normal))
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    normal -= np.sum(normal * tangent, axis=1, keepdims=True) * tangent
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    even = 2.0 * np.pi * np.arange(around) / around
    azimuth = even + twist * places[:, None] / line.length
    lean = np.zeros_like(azimuth)
    ends = (places, line.length - places)
    inner, outer = line.at(places, line.inner), line.at(places, line.outer)
    full = np.ones(len(places))
    for this, reach, distance in zip(fans, reaches, ends, strict=True):
        if this is not None:
            full = np.minimum(full, np.clip((distance - reach) / (FADE * outer), 0.0, 1.0))
            share = np.maximum(1.0 - distance / reach, 0.0)[:, None]
            lean += share * this.lean
            azimuth += share * this.turn
    direction = (
        np.cos(azimuth)[..., None] * normal[:, None]
        + np.sin(azimuth)[..., None] * np.cross(tangent, normal)[:, None]
        + lean[..., None] * tangent[:, None]
    )
    direction /= np.linalg.norm(direction, axis=-1, keepdims=True)
    wall = np.repeat(widen * inner[:, None], around, axis=1)
    sheath = section(line.shape, direction, tangent, inner, outer, full, widen)
    for near, reach, distance in zip(tubes, reaches, ends, strict=True):
        fanned = (distance < reach) & (distance > 0.0)
        if near is None or not fanned.any():
            continue
        rays = direction[fanned].reshape(-1, 3)
        starts = np.repeat(origin[fanned], around, axis=0)
        wall[fanned] = cast(near[0], near[2], starts, rays).reshape(-1, around)
        sheath[fanned] = cast(near[1], near[2], starts, rays).reshape(-1, around)
    return Rings(places, origin, direction, wall, sheath)
