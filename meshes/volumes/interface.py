"""Points that a file has twice where two regions meet: one is enough, and where they are."""

import numpy as np
from jaxtyping import Float, Int
from scipy.spatial import cKDTree

from meshes.errors import InputError
from meshes.tags import SPACES, Region
from meshes.volumes.naming import Elements


def merge_interface(
    points: Float[np.ndarray, "points 3"], volumes: list[Elements], surfaces: list[Elements]
) -> tuple[Float[np.ndarray, "points 3"], list[Elements], list[Elements], int]:
    """Merge tissue points into perivascular ones at the same place, if the two share none yet.

    Same means closer than a thousandth of the distance to the next perivascular point. Arterial and
    venous space are asked one by one.
    """
    uses = {region: np.zeros(len(points), dtype=bool) for region in (*SPACES, Region.TISSUE)}
    for block in volumes:
        for region, used in uses.items():
            used[block.nodes[block.tags == region]] = True
    tissue = uses.pop(Region.TISSUE)
    target = np.arange(len(points))
    for pvs in uses.values():
        if not tissue.any() or not pvs.any() or np.any(tissue & pvs):
            continue
        inner, outer = np.flatnonzero(pvs), np.flatnonzero(tissue)
        near = cKDTree(points[inner])
        distance, partner = near.query(points[outer])
        spacing = near.query(points[inner[partner]], k=2)[0][:, 1]
        same = distance < 1e-3 * spacing
        target[outer[same]] = inner[partner[same]]
    merged = int(np.sum(target != np.arange(len(points))))
    if merged:
        volumes = [block._replace(nodes=target[block.nodes]) for block in volumes]
        surfaces = [block._replace(nodes=target[block.nodes]) for block in surfaces]
    return points, volumes, surfaces, merged


def doubled_points(
    points: Float[np.ndarray, "points 3"],
    cells: Int[np.ndarray, "cells 4"],
    regions: Int[np.ndarray, " cells"],
) -> Int[np.ndarray, "pairs 2"]:
    """Pairs of points of one region that are at one place."""
    pairs = [np.zeros((0, 2), dtype=np.int64)]
    for region in Region:
        inside = np.zeros(len(points), dtype=bool)
        inside[cells[regions == region]] = True
        used = np.flatnonzero(inside)
        place = points[used] + 0.0  # -0 and 0 are one
        order = np.lexsort(place.T)
        same = np.flatnonzero(np.all(place[order[1:]] == place[order[:-1]], axis=1))
        pairs.append(np.sort(np.stack([used[order[same]], used[order[same + 1]]], axis=1)))
    return np.concatenate(pairs)


def refuse_cracks(
    points: Float[np.ndarray, "points 3"],
    cells: Int[np.ndarray, "cells 4"],
    regions: Int[np.ndarray, " cells"],
    name: str,
) -> None:
    """Two points of one region at one place: its cells do not hang together there.

    Raises:
        InputError: naming the points.
    """
    pairs = doubled_points(points, cells, regions)
    if len(pairs):
        one, other = pairs[0]
        where = ", ".join(f"{x:.6g}" for x in points[one])
        raise InputError(
            f"{name}: points {one} and {other} of one region are both at ({where}) m "
            f"({len(pairs)} such), so that its cells do not hang together; merge duplicate points "
            "(gmsh: Coherence Mesh) and export again"
        )
