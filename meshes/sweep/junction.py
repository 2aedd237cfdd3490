"""The junction template: two poles and one half-arc of columns between neighbouring branches.

Pages, like those of an opened book, hang on the line through the poles and part the branches. Each
page holds a half-arc from pole to pole, and a branch begins with the ring made of the two half-arcs
beside it. So a junction needs no special cells. Its columns stand on rays from its centre.
Towards a branch much thinner than the others both poles lean, to stand at its sides.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from meshes.sweep.field import Tube, cast

LEAN = 0.8  # tilt of the poles towards a branch much thinner than the others
AXES = 400  # directions tried for the poles of a junction of four or more branches
FINE = 120  # rays that measure a half-arc before its nodes are spread on it


@dataclass(frozen=True, eq=False)
class Junction:
    """Columns of one junction, each a ray from the centre.

    Attributes:
        centre: where the branches meet.
        pole: unit vector to the first pole.
        direction: unit, outward; columns 0 and 1 are the poles, then page after page.
        wall: reach of each column to the wall.
        sheath: reach of each column to the sheath.
        rings: for each branch, columns in order round its outward axis (right-handed), pole first.
    """

    centre: Float[np.ndarray, " 3"]
    pole: Float[np.ndarray, " 3"]
    direction: Float[np.ndarray, "columns 3"]
    wall: Float[np.ndarray, " columns"]
    sheath: Float[np.ndarray, " columns"]
    rings: list[Int[np.ndarray, " around"]]


def pole_axis(outward: Float[np.ndarray, "branches 3"]) -> Float[np.ndarray, " 3"]:
    """Unit vector as equally inclined to all branches as can be: normal of their tips' plane.

    Four and more branches need not lie round one plane: then of many directions the one round which
    they stand farthest apart, none of them near a pole.
    """
    spread = outward - outward.mean(axis=0)
    axis: np.ndarray = np.linalg.svd(spread)[2][2]
    if len(outward) == 3:
        return axis
    axes = np.concatenate([axis[None], _half_sphere(AXES)])
    along = axes @ outward.T
    first = np.cross(axes, np.eye(3)[np.argmin(np.abs(axes), axis=1)])
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    azimuth = np.sort(np.arctan2(np.cross(axes, first) @ outward.T, first @ outward.T), axis=1)
    opening = np.diff(azimuth, axis=1, append=azimuth[:, :1] + 2.0 * np.pi).min(axis=1)
    from_pole = np.arccos(np.clip(np.abs(along), 0.0, 1.0)).min(axis=1)
    best: np.ndarray = axes[np.argmax(np.minimum(opening, from_pole))]
    return best


def _half_sphere(count: int) -> Float[np.ndarray, "count 3"]:
    """Directions spread evenly over half a sphere, on a Fibonacci spiral."""
    height = (np.arange(count) + 0.5) / count
    turn = np.pi * (1.0 + np.sqrt(5.0)) * np.arange(count)
    across = np.sqrt(1.0 - height**2)
    return np.stack([across * np.cos(turn), across * np.sin(turn), height], axis=1)


def make_junction(
    centre: Float[np.ndarray, " 3"],
    outward: Float[np.ndarray, "branches 3"],
    wall: list[Tube],
    sheath: list[Tube],
    fillet: float,
    around: int,
) -> Junction:
    """Poles, pages and columns of a junction of three or more branches.

    Args:
        centre: where the branches meet.
        outward: unit tangents of the branches at the centre, away from it.
        wall: each branch near the junction with its lumen radius.
        sheath: the same with its sheath radius.
        fillet: width over which creases are rounded.
        around: columns round a ring, even.
    """
    pole = pole_axis(outward)
    flat = outward - np.outer(outward @ pole, pole)
    first = flat[0] / np.linalg.norm(flat[0])
    second = np.cross(pole, first)
    angle = np.mod(np.arctan2(flat @ second, flat @ first), 2.0 * np.pi)
    order = np.argsort(angle)
    count, half = len(order), around // 2
    tilt = _tilt(outward, np.array([tube.radius[0] for tube in wall]))
    ends = np.stack([pole + tilt, tilt - pole])
    directions = [ends / np.linalg.norm(ends, axis=1, keepdims=True)]
    for number, branch in enumerate(order):
        after = order[(number + 1) % count]
        opening = np.mod(angle[after] - angle[branch], 2.0 * np.pi)
        share = _share(opening, wall[branch].radius[0], wall[after].radius[0])
        middle = angle[branch] + share * opening
        page = np.cos(middle) * first + np.sin(middle) * second
        sines = np.sin([share * opening, (1.0 - share) * opening])
        directions.append(_spread(centre, pole, tilt, page, sines, wall, fillet, half))
    direction = np.concatenate(directions)
    origin = np.broadcast_to(centre, direction.shape)
    rings: list[np.ndarray] = [np.empty(0, dtype=int)] * count
    for number, branch in enumerate(order):
        left = 2 + number * (half - 1) + np.arange(half - 1)
        right = 2 + (number - 1) % count * (half - 1) + np.arange(half - 1)
        rings[branch] = np.concatenate([[0], right, [1], left[::-1]])
    return Junction(
        centre,
        pole,
        direction,
        cast(wall, fillet, origin, direction),
        cast(sheath, fillet, origin, direction),
        rings,
    )


def _share(opening: float, here: float, there: float) -> float:
    """Share of the opening before the page: through the crease if acute, else the middle."""
    crease = np.arctan2(np.sin(opening), np.cos(opening) + there / here) / opening
    acute = np.clip(2.0 - opening / (0.5 * np.pi), 0.0, 1.0)
    return float(np.clip(0.5 + acute * (crease - 0.5), 0.3, 0.7))


def _spread(
    centre: np.ndarray,
    pole: np.ndarray,
    tilt: np.ndarray,
    page: np.ndarray,
    sines: np.ndarray,
    wall: list[Tube],
    fillet: float,
    half: int,
) -> Float[np.ndarray, "columns 3"]:
    """Directions in a page, spread half by arc length on the wall, half by turn round the axes."""
    phi = np.linspace(0.0, np.pi, FINE + 1)
    rays = _arc(phi, pole, tilt, page)
    skin = cast(wall, fillet, np.broadcast_to(centre, rays.shape), rays)[:, None] * rays
    arc = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(skin, axis=0), axis=1))])
    turn = np.mean([np.arctan2(np.sin(phi) * abs(s), np.cos(phi)) for s in sines], axis=0)
    measure = 0.5 * arc / arc[-1] + 0.5 * turn / np.pi
    chosen = np.interp(np.arange(1, half) / half, measure, phi)
    return _arc(chosen, pole, tilt, page)


def _arc(
    phi: np.ndarray, pole: np.ndarray, tilt: np.ndarray, page: np.ndarray
) -> Float[np.ndarray, "rays 3"]:
    """Unit rays of a half-arc: from the first pole (phi = 0) through the page to the second."""
    cosine, sine = np.cos(phi)[:, None], np.sin(phi)[:, None]
    rays = cosine * pole + sine * page + cosine**2 * tilt
    unit: np.ndarray = rays / np.linalg.norm(rays, axis=1, keepdims=True)
    return unit


def _tilt(outward: np.ndarray, radius: np.ndarray) -> Float[np.ndarray, " 3"]:
    """How far both poles lean towards a branch thinner than the others, so as to flank it."""
    order = np.argsort(radius)
    thin = order[0]
    ratio = radius[thin] / radius[order[1]]
    tilt: np.ndarray = LEAN * (1.0 - ratio) / ratio * outward[thin]
    return tilt
