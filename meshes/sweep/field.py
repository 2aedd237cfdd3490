"""One implicit field round a junction: the smooth union of its branches, and rays cast to its skin.

`d(x) = smooth minimum over branches of (distance to the axis - radius)`; the wall is d = 0 with R1,
the sheath d = 0 with R2. Polynomial smooth minimum: Quilez 2013 [R]. Rays march by the distance
itself (sphere tracing, Hart 1996 [R]): the field's slope never exceeds one, so the first crossing
is never jumped.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

STEPS = 80


@dataclass(frozen=True, eq=False)
class Tube:
    """A polyline with a radius at each point."""

    points: Float[np.ndarray, "samples 3"]
    radius: Float[np.ndarray, " samples"]


def tube_distance(tube: Tube, x: Float[np.ndarray, "places 3"]) -> Float[np.ndarray, " places"]:
    """Smallest over the segments of distance to the segment minus the radius at its foot."""
    start, step = tube.points[:-1], np.diff(tube.points, axis=0)
    away = x[:, None, :] - start
    foot = np.clip(np.einsum("psi,si->ps", away, step) / np.sum(step**2, axis=1), 0.0, 1.0)
    gap = away - foot[..., None] * step
    radius = tube.radius[:-1] + foot * np.diff(tube.radius)
    distance: np.ndarray = (np.sqrt(np.einsum("psi,psi->ps", gap, gap)) - radius).min(axis=1)
    return distance


def union_distance(
    tubes: list[Tube], fillet: float, x: Float[np.ndarray, "places 3"]
) -> Float[np.ndarray, " places"]:
    """Smooth union of tubes; creases are filled over a width `fillet` (by fillet / 4 at most)."""
    total = tube_distance(tubes[0], x)
    for tube in tubes[1:]:
        other = tube_distance(tube, x)
        near = np.maximum(fillet - np.abs(total - other), 0.0) / fillet
        total = np.minimum(total, other) - 0.25 * fillet * near**2
    return total


def cast(
    tubes: list[Tube],
    fillet: float,
    origin: Float[np.ndarray, "rays 3"],
    direction: Float[np.ndarray, "rays 3"],
) -> Float[np.ndarray, " rays"]:
    """Distance along unit rays from inside to the first crossing of the skin."""
    reach = np.zeros(len(origin))
    active = np.arange(len(origin))
    scale = max(float(tube.radius.max()) for tube in tubes)
    for _ in range(STEPS):
        x = origin[active] + reach[active, None] * direction[active]
        depth = -union_distance(tubes, fillet, x)
        reach[active] += depth
        active = active[np.abs(depth) > 1e-9 * scale]
        if not len(active):
            break
    return reach
