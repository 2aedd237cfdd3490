"""Tissue round perivascular spaces: out to a distance, in a box, or a Krogh cylinder.

The sheaths' triangles are kept exactly; a perivascular space and the tissue share points there
only. Vessels that end at a flat face of the tissue are cut flush with it.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from jaxtyping import Float, Int

from meshes.fill.face import Skin, Surface, box_surface, offset_face
from meshes.fill.join import with_cells
from meshes.fill.place import Placed
from meshes.fill.run import CannotFill, NoTetrahedraliser, fill
from meshes.mesh import Mesh
from meshes.sweep.columns import triangles_of

COARSE = 0.25  # spacing on the tissue's outer face over its distance
SIXTH = 6  # cells along the shortest side of a box
FINER = (1.0, 0.9, 0.75)  # factors on the spacing that are tried
LARGEST = 0.3  # volume of a tetrahedron over its cubed spacing, at most

Tell = Callable[[str], None]


def surround(
    mesh: Mesh,
    placed: Placed,
    distance: float | None,
    spacing: float | None,
    time_limit: float,
    tell: Tell,
) -> Mesh:
    """The mesh of all spaces, in the order of the builds, with tissue round them.

    Args:
        mesh: perivascular spaces side by side.
        placed: their trees.
        distance: of the tissue's outer face from the centrelines, m; None for the box.
        spacing: of points on a box, m; None for a sixth of the shortest side.
        time_limit: seconds.
        tell: is told what happens now.

    Raises:
        CannotFill: the outer face cannot be cut, or the tetrahedraliser fails.
        InputError: the tetrahedraliser is missing or takes too long.
    """
    scale = placed.builds[0].scale
    skin = _skin(placed)
    stack = len(mesh.points) // len(skin.points)
    shared = np.arange(len(skin.points)) * stack + stack - 1
    if distance is not None:
        spacing = COARSE * distance
    elif spacing is None and placed.box is not None:
        spacing = float((placed.box[1] - placed.box[0]).min()) / SIXTH
    assert spacing is not None
    spacing /= scale
    tell(f"tissue round {len(skin.points)} points of the sheath")
    try:
        surface, filled, cells = _filled(skin, placed, distance, spacing, time_limit, mesh.name)
    except NoTetrahedraliser as missing:
        missing.space = mesh
        raise
    used, cells = np.unique(cells, return_inverse=True)
    sheath = used < len(shared)
    number = np.empty(len(used), dtype=int)
    number[sheath] = shared[used[sheath]]
    number[~sheath] = len(mesh.points) + np.arange(int((~sheath).sum()))
    fresh = filled[used[~sheath]] * scale
    closing = number[np.isin(used, surface.disks)]
    return with_cells(mesh, fresh, number[cells.reshape(-1, 4)], closing=closing)


def _filled(
    skin: Skin,
    placed: Placed,
    distance: float | None,
    spacing: float,
    time_limit: float,
    name: str,
) -> tuple[Surface, Float[np.ndarray, "filled 3"], Int[np.ndarray, "cells 4"]]:
    """Surface and tetrahedra of the tissue; a surface that cannot be filled is made finer."""
    for finer in FINER:
        size = finer * spacing
        volume = LARGEST * size**3
        try:
            surface = _outer(skin, placed, distance, size, name)
            return surface, *fill(
                surface.points, surface.triangles, skin.cavities, volume, time_limit, name
            )
        except CannotFill:
            if finer == FINER[-1]:
                raise
    raise AssertionError


def _outer(
    skin: Skin, placed: Placed, distance: float | None, spacing: float, name: str
) -> Surface:
    scale = placed.builds[0].scale
    if distance is None:
        assert placed.box is not None
        low, high = placed.box
        return box_surface(skin, low / scale, high / scale, spacing, name)
    axis = np.concatenate(
        [line.points * b.scale / scale for b in placed.builds for line in b.lines]
    )
    planes = [replace(plane, origin=plane.origin / scale) for plane in placed.planes]
    plane = planes[0] if planes else None
    return offset_face(skin, axis, distance / scale, spacing, plane, name)


def _skin(placed: Placed) -> Skin:
    """All sheaths in units of the first tree's scale."""
    scale = placed.builds[0].scale
    first = np.cumsum([0, *(len(build.columns.sheath) for build in placed.builds)])
    points = [build.columns.sheath * (build.scale / scale) for build in placed.builds]
    triangles = [
        triangles_of(build.columns) + start
        for build, start in zip(placed.builds, first, strict=False)
    ]
    blind = [end.ring + first[tree] for tree, end in placed.blind]
    opened = [[end.ring + first[tree] for tree, end in ends] for ends in placed.open]
    leaving = {tree for ends in placed.open for tree, _ in ends}
    cavities = [
        build.lines[0].points[1] * (build.scale / scale)
        for tree, build in enumerate(placed.builds)
        if tree not in leaving
    ]
    return Skin(
        np.concatenate(points),
        np.concatenate(triangles),
        blind,
        opened,
        np.reshape(cavities, (-1, 3)),
    )
