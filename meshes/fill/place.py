"""Which ends of the vessels lie in which flat face of the tissue, and which are blind inside it."""

from dataclasses import dataclass, replace

import numpy as np

from meshes.block import Box
from meshes.errors import InputError
from meshes.fill.ends import End, Plane, ends_of, flush
from meshes.fill.face import AXES
from meshes.sweep.build import Build

NEAR = 3.0  # sheath radii round a mouth that do not count when it looks for free space


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


def _um(point: np.ndarray) -> str:
    return "(" + ", ".join(f"{x * 1e6:.1f}" for x in point) + ") um"
