"""How wide the space is: by its gap, its outer over inner radius, or its area over the lumen's."""

import numpy as np
from jaxtyping import Float

from meshes.errors import InputError
from meshes.tree import VesselTree


def width_of(
    tree: VesselTree, gap: float | None, ratio: float | None, area_ratio: float | None
) -> Float[np.ndarray, " nodes"]:
    """Gap at every node, m, from the one measure that is given.

    Raises:
        InputError: none or several are given, or one leaves no gap.
    """
    given = {"gap": gap, "ratio": ratio, "area_ratio": area_ratio}
    chosen = {name: value for name, value in given.items() if value is not None}
    if len(chosen) != 1:
        raise InputError(
            f"{tree.name}: give one of gap (m), ratio (R2 / R1) and area_ratio (space over lumen), "
            f"got {' and '.join(chosen) or 'none'}"
        )
    [(name, value)] = chosen.items()
    least = 1.0 if name == "ratio" else 0.0
    if not value > least:
        raise InputError(f"{tree.name}: {name} must exceed {least:g}, got {value}")
    if name == "gap":
        return np.full(len(tree.radius), value)
    factor = value if name == "ratio" else np.sqrt(1.0 + value)
    widths: np.ndarray = (factor - 1.0) * tree.radius
    return widths
