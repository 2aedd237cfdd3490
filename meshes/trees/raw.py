"""A tree as its file tells it, in the file's unit, and what is checked before units are known."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from meshes.errors import InputError


@dataclass(frozen=True, eq=False)
class RawTree:
    """Rooted centreline nodes in the unit of the file.

    Attributes:
        points, radius, parent, notes: as in `VesselTree`.
        labels: what the file calls each node: SWC ids, or VTK point numbers.
    """

    points: Float[np.ndarray, "nodes 3"]
    radius: Float[np.ndarray, " nodes"]
    parent: Int[np.ndarray, " nodes"]
    labels: Int[np.ndarray, " nodes"]
    notes: tuple[str, ...] = ()


def check_numbers(
    points: Float[np.ndarray, "nodes 3"],
    radius: Float[np.ndarray, " nodes"],
    place: Callable[[int], str],
    name: str,
) -> None:
    """Hold every coordinate to be finite and every radius to be finite and positive.

    Raises:
        InputError: naming the first node that is not, as `place(node)` calls it.
    """
    bad = np.flatnonzero(~np.isfinite(points).all(axis=1))
    if bad.size:
        raise InputError(
            f"{name}: {place(int(bad[0]))} has a coordinate that is not a finite number; "
            f"correct it ({bad.size} such)"
        )
    bad = np.flatnonzero(~(np.isfinite(radius) & (radius > 0)))
    if bad.size:
        raise InputError(
            f"{name}: {place(int(bad[0]))} has radius {radius[bad[0]]:g}; every node needs a "
            f"positive radius ({bad.size} without)"
        )


def merge_zero_length(raw: RawTree) -> RawTree:
    """Merge every node that lies exactly on its parent into it; the parent's radius stays."""
    rooted = raw.parent >= 0
    extent = float(np.ptp(raw.points, axis=0).max())
    length = np.linalg.norm(raw.points - raw.points[raw.parent], axis=1)
    merged = rooted & (length <= 1e-12 * extent)
    if not np.any(merged):
        return raw
    keeper = np.where(merged, raw.parent, np.arange(len(merged)))
    while np.any(keeper != keeper[keeper]):
        keeper = keeper[keeper]
    stays = ~merged
    renumbered = np.cumsum(stays) - 1
    parent = np.where(rooted, renumbered[keeper[raw.parent]], -1)[stays]
    note = f"{int(merged.sum())} zero-length segments merged into their upstream node"
    return RawTree(
        raw.points[stays], raw.radius[stays], parent, raw.labels[stays], (*raw.notes, note)
    )
