"""Tissue round perivascular spaces: out to a distance, in a box, or a Krogh cylinder.

The sheaths' triangles are kept exactly; a perivascular space and the tissue share points there
only. Vessels that end at a flat face of the tissue are cut flush with it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int

from meshes.block import Box
from meshes.errors import InputError
from meshes.fill.ends import End, Plane, ends_of, flush
from meshes.fill.face import AXES, Skin, Surface, box_surface, offset_face
from meshes.fill.join import with_cells
from meshes.fill.run import CannotFill, NoTetrahedraliser, fill
from meshes.mesh import Mesh
from meshes.sweep.build import Build
from meshes.sweep.columns import triangles_of

COARSE = 0.25  # spacing on the tissue's outer face over its distance
SIXTH = 6  # cells along the shortest side of a box
NEAR = 3.0  # sheath radii round a mouth that do not count when it looks for free space
FINER = (1.0, 0.9, 0.75)  # factors on the spacing that are tried
LARGEST = 0.3  # volume of a tetrahedron over its cubed spacing, at most

Tell = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Placed:
    """Vessel trees whose ends are where the tissue wants them.

    Attributes:
        builds: of each tree, ends cut flush.
        planes: flat faces of the tissue; None for a side of a box that no vessel meets.
        open: for each plane, (tree, end) of the ends in it.
        blind: (tree, end) of the ends inside the tissue.
        box: corners of the tissue, m; None for a distance.
        notes: what was chosen.
    """

    builds: list[Build]
    planes: list[Plane]
    open: list[list[tuple[int, End]]]
    blind: list[tuple[int, End]]
    box: tuple[np.ndarray, np.ndarray] | None
    notes: tuple[str, ...]


def places_in_distance(builds: list[Build], name: str) -> list[Placed]:
    """Ends in the plane of the first tree's mouth, if all vessels lie on one side; else all blind.

    Both ways, the better first, for the face in the plane may be impossible to mesh.
    """
    mouth = ends_of(builds[0])[0]
    closed = [(tree, end) for tree, build in enumerate(builds) for end in ends_of(build)]
    note = (
        f"{_um(mouth.point)}: vessels lie behind the plane of the mouth or close to it, so the "
        "tissue closes round it and the mouth is blind"
    )
    blind = Placed(builds, [], [], closed, None, (note,))
    flat = _cut(builds, [Plane(mouth.point, mouth.outward)], None)
    return [blind] if _sticking_out(flat, name) else [flat, blind]


def place_in_box(builds: list[Build], box: Box, name: str) -> Placed:
    """Ends near a side of the box are cut flush with it.

    Raises:
        InputError: a vessel leaves the box otherwise, or a cut does not fit; names the place.
    """
    notes: list[str] = []
    if box.margin is None:
        low, high = np.asarray(box.low, dtype=float), np.asarray(box.high, dtype=float)
    else:
        low, high, notes = _round_all(builds, box.margin)
    placed = _cut(builds, _sides(low, high), (low, high))
    out = _sticking_out(placed, name)
    if out is not None:
        raise InputError(out)
    return replace(placed, notes=(*notes, *placed.notes))


def _sides(low: np.ndarray, high: np.ndarray) -> list[Plane]:
    """Low x, high x, low y, ..."""
    return [
        Plane(corner, sign * np.eye(3)[axis])
        for axis in range(3)
        for corner, sign in ((low, -1.0), (high, 1.0))
    ]


def _round_all(builds: list[Build], margin: float) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Corners at a margin from all sheaths, but through a mouth that looks at free space."""
    points = np.concatenate([build.columns.sheath * build.scale for build in builds])
    corners = np.stack([points.min(axis=0) - margin, points.max(axis=0) + margin])
    mouths = [ends_of(build)[0] for build in builds]
    for mouth in mouths:  # which may be oblique, so that a part of it sticks out until it is cut
        points = points[np.linalg.norm(points - mouth.point, axis=1) > NEAR * mouth.radius]
    notes = []
    fixed: set[tuple[int, int]] = set()
    for mouth in mouths:
        axis = int(np.argmax(np.abs(mouth.outward)))
        up = int(mouth.outward[axis] > 0.0)
        side = Plane(mouth.point, (2 * up - 1) * np.eye(3)[axis])
        if side.height(points).max(initial=-np.inf) > 0.0:
            notes.append(
                f"{_um(mouth.point)}: vessels lie beyond the mouth towards {AXES[axis]}, so it is "
                "blind inside the box"
            )
        elif (up, axis) not in fixed:
            corners[up, axis] = mouth.point[axis]
            fixed.add((up, axis))
    return corners[0], corners[1], notes


def _cut(
    builds: list[Build], planes: list[Plane], box: tuple[np.ndarray, np.ndarray] | None
) -> Placed:
    """Every end to the plane it leaves through, or blind."""
    made: list[Build] = []
    opened: list[list[tuple[int, End]]] = [[] for _ in planes]
    blind: list[tuple[int, End]] = []
    notes: list[str] = []
    for tree, given in enumerate(builds):
        build = given
        for end in ends_of(build):
            steep = {n: plane.steepness(end) for n, plane in enumerate(planes) if plane.takes(end)}
            best = max(steep, key=steep.__getitem__) if steep else -1
            cut = flush(build, end, planes[best]) if steep else None
            if cut is not None:
                opened[best].append((tree, end))
                build = cut
                continue
            blind.append((tree, end))
            if steep:
                notes.append(
                    f"{_um(end.point)}: the vessel is too short to be cut flush with the tissue's "
                    "face, so it ends blind"
                )
        made.append(build)
    return Placed(made, planes, opened, blind, box, tuple(notes))


def _sticking_out(placed: Placed, name: str) -> str | None:
    """A sentence on the first vessel behind a plane, if any."""
    for number, plane in enumerate(placed.planes):
        for tree, build in enumerate(placed.builds):
            points = build.columns.sheath * build.scale
            above = plane.height(points) / build.scale
            for other, end in placed.open[number]:
                if other == tree:
                    above[end.ring] = -np.inf
            worst = int(np.argmax(above))
            if above[worst] > -1e-9:
                where = "the tissue's face"
                if placed.box is not None:
                    where = (
                        f"the {('lower', 'upper')[number % 2]} {AXES[number // 2]} face of the box"
                    )
                return (
                    f"{name}: the vessel at {_um(points[worst])} reaches beyond {where} and is not "
                    "cut there; crop the tree to a smaller box, make this one larger, or give a "
                    "margin instead of corners"
                )
    return None


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


def _um(point: np.ndarray) -> str:
    return "(" + ", ".join(f"{x * 1e6:.1f}" for x in point) + ") um"
