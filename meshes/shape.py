"""The shape of the sheath's section: the lumen off its centre, or the sheath an ellipse.

Measured perivascular spaces are neither concentric nor round (Tithof et al. 2019, Fluids Barriers
CNS 16:19 [R]; Mestre et al. 2018 [R]). Either shape keeps the section's area. Directions are fixed
in space and act by their part across the vessel; where the vessel runs along them the shape fades.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from meshes.errors import InputError

FLOOR = 0.1  # smallest gap over the mean one; a closed gap has no cells
ALONG = 0.3  # sine of the angle between vessel and direction below which a shape fades [choice]

Vector = tuple[float, float, float]


@dataclass(frozen=True)
class Eccentric:
    """The lumen off the centre of a round sheath.

    Attributes:
        offset: of the lumen's axis from the sheath's, over the gap; 0 to 1.
        towards: where the lumen is moved, so the side on which the gap narrows.

    Raises:
        InputError: offset outside 0 to 1, or a direction of no length.
    """

    offset: float
    towards: Vector

    def __post_init__(self) -> None:
        """Refuse what is no offset."""
        if not 0.0 <= self.offset <= 1.0:
            raise InputError(f"eccentric sheath: offset must be 0 to 1, got {self.offset}")
        _check_direction(self.towards, "eccentric sheath: towards")

    def share(self) -> float:
        """The offset kept so small that the smallest gap is `FLOOR` of the mean one."""
        return min(self.offset, 1.0 - FLOOR)

    def farthest(self, inner: np.ndarray, outer: np.ndarray) -> np.ndarray:
        """Largest distance from the lumen's axis to the sheath."""
        return inner + (1.0 + self.share()) * (outer - inner)

    def within(self, inner: np.ndarray, farthest: np.ndarray) -> np.ndarray:
        """Sheath radius whose farthest point is that far."""
        return inner + (farthest - inner) / (1.0 + self.share())

    def reach(
        self,
        rays: Float[np.ndarray, "rings around 3"],
        tangent: Float[np.ndarray, "rings 3"],
        inner: Float[np.ndarray, "rings 1"],
        outer: Float[np.ndarray, "rings 1"],
        full: Float[np.ndarray, "rings 1"],
    ) -> Float[np.ndarray, "rings around"]:
        """Distance from the lumen's axis to the sheath along flat rays; `full` 0 for round."""
        across, strength = _across(self.towards, tangent)
        away = self.share() * full * strength * (outer - inner)
        along = -np.einsum("rai,ri->ra", rays, across) * away  # towards the sheath's centre
        return along + np.sqrt(outer**2 - away**2 + along**2)

    def narrowest(self, inner: np.ndarray, outer: np.ndarray) -> tuple[float, bool]:
        """The smallest gap, and whether `FLOOR` holds it."""
        return float((1.0 - self.share()) * (outer - inner).min()), self.share() < self.offset


@dataclass(frozen=True)
class Elliptic:
    """A sheath of elliptic section round a lumen at its centre.

    Attributes:
        axes: long over short axis, at least 1.
        along: direction of the long axis.

    Raises:
        InputError: axes below 1, or a direction of no length.
    """

    axes: float
    along: Vector

    def __post_init__(self) -> None:
        """Refuse what is no ellipse."""
        if not 1.0 <= self.axes < np.inf:
            raise InputError(f"elliptic sheath: axes must be at least 1, got {self.axes}")
        _check_direction(self.along, "elliptic sheath: along")

    def _stretch(self, inner: np.ndarray, outer: np.ndarray) -> np.ndarray:
        """Long semi-axis over the radius of the circle of equal area."""
        room: np.ndarray = outer / (inner + FLOOR * (outer - inner))
        return np.minimum(np.sqrt(self.axes), room)

    def farthest(self, inner: np.ndarray, outer: np.ndarray) -> np.ndarray:
        """Largest distance from the lumen's axis to the sheath."""
        return outer * self._stretch(inner, outer)

    def within(self, inner: np.ndarray, farthest: np.ndarray) -> np.ndarray:
        """Sheath radius whose farthest point is at most that far."""
        half = 0.5 * FLOOR * farthest  # held: outer**2 = farthest (inner + FLOOR gap)
        held = half + np.sqrt(half**2 + (1.0 - FLOOR) * inner * farthest)
        return np.maximum(farthest / np.sqrt(self.axes), held)

    def reach(
        self,
        rays: Float[np.ndarray, "rings around 3"],
        tangent: Float[np.ndarray, "rings 3"],
        inner: Float[np.ndarray, "rings 1"],
        outer: Float[np.ndarray, "rings 1"],
        full: Float[np.ndarray, "rings 1"],
    ) -> Float[np.ndarray, "rings around"]:
        """Distance from the lumen's axis to the sheath along flat rays; `full` 0 for round."""
        across, strength = _across(self.along, tangent)
        stretch = 1.0 + full * strength * (self._stretch(inner, outer) - 1.0)
        cosine = np.einsum("rai,ri->ra", rays, across)
        return outer / np.sqrt((cosine / stretch) ** 2 + (1.0 - cosine**2) * stretch**2)

    def narrowest(self, inner: np.ndarray, outer: np.ndarray) -> tuple[float, bool]:
        """The smallest gap, and whether `FLOOR` holds it."""
        stretch = self._stretch(inner, outer)
        held = bool(np.any(stretch < np.sqrt(self.axes) * (1.0 - 1e-12)))
        return float((outer / stretch - inner).min()), held


Shape = Eccentric | Elliptic


def section(
    shape: Shape | None,
    rays: Float[np.ndarray, "rings around 3"],
    tangent: Float[np.ndarray, "rings 3"],
    inner: Float[np.ndarray, " rings"],
    outer: Float[np.ndarray, " rings"],
    full: Float[np.ndarray, " rings"],
    widen: float,
) -> Float[np.ndarray, "rings around"]:
    """Reach of a ring's flat, evenly turned rays to the sheath.

    With `widen` above 1 the corners stand farther out, so that the polygon has the section's area.
    """
    around = rays.shape[1]
    if shape is None:
        return np.repeat(widen * outer[:, None], around, axis=1)
    reach = shape.reach(rays, tangent, inner[:, None], outer[:, None], full[:, None])
    if widen == 1.0:
        return reach
    fan = 0.5 * np.sin(2.0 * np.pi / around) * np.sum(reach * np.roll(reach, 1, axis=1), axis=1)
    return reach * np.sqrt(np.pi * outer**2 / fan)[:, None]


def _across(
    direction: Vector, tangent: Float[np.ndarray, "rings 3"]
) -> tuple[Float[np.ndarray, "rings 3"], Float[np.ndarray, "rings 1"]]:
    """Unit part of a direction across the vessel, and how much of the shape to keep there."""
    unit = np.asarray(direction, dtype=float) / np.linalg.norm(direction)
    part = unit - (tangent @ unit)[:, None] * tangent
    sine = np.linalg.norm(part, axis=1, keepdims=True)
    return part / np.maximum(sine, 1e-12), np.minimum(sine / ALONG, 1.0)


def _check_direction(direction: Vector, what: str) -> None:
    values = np.asarray(direction, dtype=float)
    if values.shape != (3,) or not np.isfinite(values).all() or not np.linalg.norm(values) > 0.0:
        raise InputError(f"{what} must be three numbers of a direction, got {direction!r}")
