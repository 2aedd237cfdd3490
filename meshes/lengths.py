"""Length units of files: their names, their metres, and which one makes a vessel plausible."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from meshes.errors import InputError

METRES = {"um": 1e-6, "mm": 1e-3, "m": 1.0, "cm": 1e-2, "nm": 1e-9}
RARE = ("cm", "nm")
SMALLEST_RADIUS, LARGEST_RADIUS = 0.5e-6, 5e-3  # m, capillary to carotid
FARTHEST = 3.0  # m from the middle of a network, the size of a body


def metres(unit: str, name: str) -> float:
    """Metres in one `unit`; `name` is the file, for the message.

    Raises:
        InputError: the unit is not known.
    """
    key = unit.strip().replace("µ", "u").replace("μ", "u")
    if key not in METRES:
        raise InputError(
            f"{name}: unknown length unit {unit!r}; set mesh.units to one of {', '.join(METRES)}"
        )
    return METRES[key]


def suggestion(radius: float) -> str:
    """Words for the units in which a raw vessel radius is 0.5 um..5 mm, the likeliest first."""
    likely = sorted(
        METRES,
        key=lambda u: abs(np.log(radius) + np.log(METRES[u] / 100e-6)) + 3.0 * (u in RARE),
    )
    fitting = [
        f"mesh.units={unit} (radius {radius * METRES[unit] * 1e6:.3g} um)"
        for unit in likely
        if SMALLEST_RADIUS <= radius * METRES[unit] <= LARGEST_RADIUS
    ]
    return " or ".join(fitting) if fitting else "a file whose radii are those of vessels"


def check_radii(
    radius: Float[np.ndarray, " nodes"], called: Callable[[int], str], unit: str, name: str
) -> None:
    """Hold raw vessel radii, in `unit`, against 0.5 um..5 mm; `called` names a node.

    Raises:
        InputError: some radius is outside; the message names it and the units that would fit.
    """
    size = metres(unit, name)
    known = np.flatnonzero(np.isfinite(radius) & (radius > 0))
    sizes = radius[known] * size
    outside = known[(sizes < SMALLEST_RADIUS) | (sizes > LARGEST_RADIUS)]
    if not outside.size:
        return
    first, middle = int(outside[0]), float(np.median(radius[known]))
    within = SMALLEST_RADIUS <= middle * size <= LARGEST_RADIUS
    remedy = "correct it there" if within else f"use {suggestion(middle)}"
    raise InputError(
        f"{name}: vessel radius {radius[first]:.4g} {unit} at {called(first)} is outside "
        f"0.5 um..5 mm (median {middle:.4g} {unit}); {remedy}"
    )


def check_extent(
    points: Float[np.ndarray, "nodes 3"], called: Callable[[int], str], unit: str, name: str
) -> None:
    """Hold raw coordinates, in `unit`, to lie within 3 m of their median; `called` names a node.

    Raises:
        InputError: naming the node that lies farthest.
    """
    far = np.abs(points - np.median(points, axis=0)).max(axis=1) * metres(unit, name)
    farthest = int(np.argmax(far))
    if far[farthest] > FARTHEST:
        raise InputError(
            f"{name}: {called(farthest)} lies {far[farthest]:.3g} m from the middle of the network "
            f"with the unit {unit}; correct its coordinates or mesh.units"
        )
