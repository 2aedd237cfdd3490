"""Vessels of a finished sweep that run into each other without a common junction."""

import numpy as np
from jaxtyping import Float
from scipy.spatial import cKDTree

from meshes.sweep.centreline import Centreline
from meshes.sweep.columns import Columns

DEEP = 0.1  # of the gap, by which a sheath may cut into another one: the slack of polygons
NEAREST = 24  # samples of axes looked at from each sheath point, of each octave of radius


def contacts(
    columns: Columns, lines: list[Centreline], widen: float
) -> list[tuple[int, Float[np.ndarray, "places 3"]]]:
    """Branches whose sheath reaches into another vessel's, and the sheath points that do.

    At a junction no sheath point lies inside any of its branches, so that whatever lies inside a
    vessel belongs to one that is no neighbour of it, or to a fold.
    """
    sizes = [len(line.s) for line in lines]
    owner = np.repeat(np.arange(len(lines)), sizes)
    axis, inner, outer = (
        np.concatenate([getattr(line, name) for line in lines])
        for name in ("points", "inner", "outer")
    )
    reach = (outer - DEEP * (outer - inner)) / widen
    octave = np.floor(np.log2(reach / reach.min())).astype(int)
    inside = np.zeros(len(columns.branch), dtype=bool)
    for size in np.unique(octave):  # else fine twigs hide a wide trunk from the query
        group = np.flatnonzero(octave == size)
        distance, rank = cKDTree(axis[group]).query(columns.sheath, k=min(NEAREST, len(group)))
        nearest = group[rank.reshape(len(inside), -1)]
        deep = distance.reshape(len(inside), -1) < reach[nearest]
        inside |= np.any(deep & (owner[nearest] != columns.branch[:, None]), axis=1)
    found: dict[int, list[int]] = {}
    for column in np.flatnonzero(inside):
        found.setdefault(int(columns.branch[column]), []).append(int(column))
    return [(branch, columns.sheath[chosen]) for branch, chosen in found.items()]
