"""Columns of a tree, built and rebuilt until every tetrahedron is positive, or refused by place.

Works in units of the median lumen radius. Where a cell is inverted, a branch too short or another
vessel in the way, the gap shrinks there by a fifth, down to a fifth of what was asked; where that
is not enough, the tree itself is changed there, or refused. What no change touches is kept.
"""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float
from scipy.spatial import cKDTree

from meshes.errors import InputError
from meshes.shape import Shape
from meshes.sweep.assemble import join
from meshes.sweep.centreline import Centreline
from meshes.sweep.columns import Columns
from meshes.sweep.contact import contacts
from meshes.sweep.course import Course, find_course, shrunk
from meshes.sweep.graph import altered
from meshes.sweep.pieces import Fineness, Memory, make_pieces
from meshes.sweep.remedy import Short, Touching, Trouble, chosen_remedies, troubles_of
from meshes.sweep.room import LEAST
from meshes.sweep.tell import course_notes, gap_note, near, refuse_overlap
from meshes.tree import VesselTree

ATTEMPTS = 120  # rebuilds before giving up
PINCH = 0.8  # factor on the gap near a place in trouble, one attempt


@dataclass(frozen=True, eq=False)
class Build:
    """Columns and centrelines, in units of `scale` metres, and what had to be changed."""

    columns: Columns
    lines: list[Centreline]
    scale: float
    notes: tuple[str, ...]


def build_columns(
    tree: VesselTree,
    gap: Float[np.ndarray, " nodes"],
    around: int,
    heights: Float[np.ndarray, " levels"],
    stretch: float,
    smoothing: float,
    widen: float,
    shape: Shape | None = None,
    short: Short = "merge",
    touching: Touching = "shrink",
) -> Build:
    """Columns of a checked tree with a gap at every node, m, for layers of some heights.

    Raises:
        InputError: no room for the gap or for the template; names the place.
    """
    scale = float(np.median(tree.radius))
    scaled = replace(tree, points=tree.points / scale, radius=tree.radius / scale)
    width = gap / scale
    fineness, memory = Fineness(around, heights, stretch, widen), Memory()
    pinches: list[cKDTree] = []
    notes: list[str] = []
    course: Course | None = None
    for _ in range(ATTEMPTS):
        if course is None:
            parts = touching == "shrink"
            outer = scaled.radius + width
            far = outer if shape is None else shape.farthest(scaled.radius, outer)
            course = _shaped(find_course(scaled, far, smoothing, parts), shape)
            refuse_overlap(tree, course, scale, touching)
        lines, least = _pinched(course, pinches)
        pieces = make_pieces(course.branches, lines, fineness, memory)
        troubles = troubles_of(course, lines, pieces)
        columns = None
        if not troubles:
            columns = join(pieces, course.branches, lines, around)
            troubles = [
                Trouble(number, places) for number, places in contacts(columns, lines, widen)
            ]
        if columns is not None and not troubles:
            told = course_notes(tree, course, scale, smoothing)
            told += gap_note(tree, lines, course.asked, scale)
            told += [] if shape is None else [_narrowest(shape, lines, scale)]
            return Build(columns, lines, scale, (*notes, *told))
        stuck = [trouble for trouble in troubles if trouble.stuck(lines, least)]
        places = [t.places for t in troubles if t not in stuck]
        if places:
            pinches.append(cKDTree(np.concatenate(places)))
        if stuck:
            remedies = chosen_remedies(tree, course, lines, stuck, scale, short)
            notes += remedies.notes
            scaled, kept = altered(scaled, remedies.merged, remedies.cut, remedies.longer)
            width, course = width[kept], None
    place = near(tree, troubles[0].places[0], scale)
    raise InputError(
        f"{place}: vessels meet too closely for the junction template; "
        "use a smaller gap, or prune or simplify the tree there"
    )


def _shaped(course: Course, shape: Shape | None) -> Course:
    """A course with room for the farthest point of a sheath, and the sheath of that shape in it."""
    if shape is None:
        return course
    lines = [
        replace(line, outer=shape.within(line.inner, line.outer), shape=shape)
        for line in course.lines
    ]
    asked = [
        shape.within(line.inner, line.inner + gap) - line.inner
        for line, gap in zip(lines, course.asked, strict=True)
    ]
    return replace(course, lines=lines, asked=asked)


def _narrowest(shape: Shape, lines: list[Centreline], scale: float) -> str:
    """What the narrow side of the sheath is like."""
    found = [shape.narrowest(line.inner, line.outer) for line in lines]
    least, held = min(gap for gap, _ in found), any(held for _, held in found)
    much = ", held there at a tenth of the mean gap" if held else ""
    return f"gap on the narrow side of the sheath at least {least * scale * 1e6:.3g} um{much}"


def _pinched(
    course: Course, pinches: list[cKDTree]
) -> tuple[list[Centreline], list[Bool[np.ndarray, " samples"]]]:
    """Lines with less gap near the places in trouble so far, and where no more can be taken."""
    lines, least = [], []
    for line, asked in zip(course.lines, course.asked, strict=True):
        times = np.zeros(len(line.s))
        for places in pinches:
            times += np.isfinite(
                places.query(line.points, distance_upper_bound=1.5 * line.outer.max())[0]
            )
        pinched = shrunk(line, asked, PINCH**times) if times.any() else line
        lines.append(pinched)
        least.append(pinched.outer - pinched.inner < 1.05 * LEAST * asked)
    return lines, least
