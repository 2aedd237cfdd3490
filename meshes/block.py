"""The block of tissue round the vessels: how far it reaches and what shape it has.

A number is a distance from the centrelines in metres; a box and a Krogh cylinder are records.
"""

from dataclasses import dataclass

import numpy as np

from meshes.errors import InputError

Corner = tuple[float, float, float]


@dataclass(frozen=True)
class Box:
    """A box along the axes: a margin round the vessels, or given corners.

    With a margin, the side that a mouth looks at goes through the mouth if all vessels lie on one
    side of it. With corners, a vessel that ends at a side is cut flush with it. Ends elsewhere are
    blind, closed by the tissue.

    Attributes:
        margin: distance from the sheaths to the sides, m; this or both corners.
        low: corner with the smallest coordinates, m.
        high: corner with the largest coordinates, m.
        spacing: edges of the tissue's cells on the sides, m; None for a sixth of the shortest side.

    Raises:
        InputError: neither or both of margin and corners, or an empty box.
    """

    margin: float | None = None
    low: Corner | None = None
    high: Corner | None = None
    spacing: float | None = None

    def __post_init__(self) -> None:
        """Refuse what is no box."""
        corners = (self.low is not None) + (self.high is not None)
        if corners == 1 or (corners == 0) == (self.margin is None):
            raise InputError("box of tissue: give a margin (m), or both corners low and high (m)")
        if self.margin is not None and not self.margin > 0.0:
            raise InputError(f"box of tissue: margin must be positive, got {self.margin} m")
        if self.spacing is not None and not self.spacing > 0.0:
            raise InputError(f"box of tissue: spacing must be positive, got {self.spacing} m")
        low, high = np.asarray(self.low), np.asarray(self.high)
        if corners and not (low.shape == high.shape == (3,) and np.all(low < high)):
            raise InputError(
                f"box of tissue: low must be below high in all three coordinates, got {self.low} "
                f"and {self.high} m"
            )


@dataclass(frozen=True)
class Krogh:
    """A cylinder of tissue in layers round one unbranched vessel (Krogh 1919 [R]).

    Attributes:
        radius: from the vessel's axis to the outer face, m; below the radius of its bends.

    Raises:
        InputError: a radius that is not positive.
    """

    radius: float

    def __post_init__(self) -> None:
        """Refuse what is no radius."""
        if not self.radius > 0.0:
            raise InputError(f"Krogh cylinder: radius must be positive, got {self.radius} m")


Tissue = float | Box | Krogh | None
