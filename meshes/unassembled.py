"""Meshes without vessel coordinates: without perivascular space, or not fit to be assembled."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from meshes.mesh import Mesh, VesselCoordinates
from meshes.sweep.faces import tet_volumes


def no_vessel(count: int) -> VesselCoordinates:
    """Coordinates of points that belong to no vessel."""
    return VesselCoordinates(
        path=np.zeros(count),
        radius=np.zeros(count),
        fraction=np.ones(count),
        radial=np.zeros((count, 3)),
        gap=np.zeros(count),
        column=np.full(count, -1, dtype=np.int64),
    )


def unassembled(
    points: Float[np.ndarray, "points 3"],
    cells: Int[np.ndarray, "cells 4"],
    regions: Int[np.ndarray, " cells"],
    facets: Int[np.ndarray, "facets 3"],
    patches: Int[np.ndarray, " facets"],
    *,
    name: str = "mesh",
    part: Int[np.ndarray, " cells"] | None = None,
    fields: Mapping[str, np.ndarray] | None = None,
    **others: Any,
) -> Mesh:
    """The mesh as it came, for `check` to look at: only cells of the other node order are turned.

    Arguments as of `assemble`; vessel coordinates are left out.
    """
    turned = np.where(
        (tet_volumes(points, cells) < 0)[:, None], cells[:, [0, 1, 3, 2]], cells
    ).astype(np.int64)
    others.pop("vessel", None)
    return Mesh(
        points,
        turned,
        regions.astype(np.int32),
        facets.astype(np.int64),
        patches.astype(np.int32),
        no_vessel(len(points)),
        name=name,
        part=np.zeros(0, dtype=np.int32) if part is None else part.astype(np.int32),
        fields=dict(fields or {}),
        **others,
    )
