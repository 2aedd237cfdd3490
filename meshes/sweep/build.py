"""Columns of a tree, built and rebuilt until every tetrahedron is positive, or refused by place.

Works in units of the median lumen radius. Where a cell is inverted, a branch too short or another
vessel in the way, the gap shrinks there by a fifth, down to a fifth of what was asked; where that
is not enough, the tree itself is changed there, or refused. What no change touches is kept.
"""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float
from scipy.spatial import cKDTree

from meshes.errors import InputError
from meshes.shape import Shape
from meshes.sweep.alter import Adapted, Changes, altered, unchanged
from meshes.sweep.assemble import join
from meshes.sweep.centreline import Centreline
from meshes.sweep.columns import Columns
from meshes.sweep.contact import contacts
from meshes.sweep.course import Course, find_course, lacks, shrunk
from meshes.sweep.graph import members_of
from meshes.sweep.memory import Memory
from meshes.sweep.pieces import Fineness, make_pieces
from meshes.sweep.remedy import ENOUGH, Touching, choose_remedies, finer_shapes
from meshes.sweep.room import LEAST
from meshes.sweep.tell import SEEN, course_notes, gap_note, refuse_overlap
from meshes.sweep.trouble import Scene, Short, Trouble, troubles_of
from meshes.tree import VesselTree

ATTEMPTS = 120  # rebuilds before giving up
POLISHES = 3  # rebuilds for the sake of thin cells alone
PINCH = 0.8  # factor on the gap near a place in trouble, one attempt


@dataclass(frozen=True, eq=False)
class Build:
    """Columns and centrelines, in units of `scale` metres.

    Attributes:
        columns: of the whole tree.
        lines: its branches.
        scale: m.
        tree: as it was swept, m: what was cut off or merged is gone, what moved is where it is
            now, but for the smoothing.
        notes: what had to be changed.
    """

    columns: Columns
    lines: list[Centreline]
    scale: float
    tree: VesselTree
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
    adapted = unchanged(tree, gap)
    fineness, memory = Fineness(around, heights, stretch, widen), Memory()
    pinches: list[cKDTree] = []
    notes: list[str] = []
    course: Course | None = None
    polishes = 0
    for _ in range(ATTEMPTS):
        if course is None:
            course = _course(adapted, scale, smoothing, shape, short, touching)
        lines = _pinched(course, pinches)
        pieces = make_pieces(course.branches, lines, fineness, memory)
        troubles = troubles_of(course, lines, pieces)
        if not troubles:
            columns = join(pieces, course.branches, lines, around)
            found = contacts(columns, lines, widen)
            troubles = [Trouble(number, places) for number, places in found]
        scene = Scene(adapted, course, lines, pieces, scale, short)
        polish = Changes()
        if not troubles and short == "merge" and polishes < POLISHES:
            polish, polishes = finer_shapes(scene), polishes + 1
        if not troubles and not polish.any:
            told = [*notes, *adapted.notes(), *course_notes(adapted, course, scale, smoothing)]
            told += gap_note(adapted, lines, course.asked, scale)
            told += [] if shape is None else [_narrowest(shape, lines, scale)]
            return Build(columns, lines, scale, _swept(adapted.tree, course, scale), tuple(told))
        changes, pinched = (polish, []) if polish.any else choose_remedies(scene, troubles)
        if pinched:
            pinches.append(cKDTree(np.concatenate([trouble.places for trouble in pinched])))
        if changes.any:
            notes += changes.notes
            spare = -lacks(course.branches, lines, members_of(course.branches))
            adapted, course = altered(adapted, changes, lines, spare, scale), None
    place = adapted.near(troubles[0].places[0] * scale)
    raise InputError(
        f"{place}: vessels meet too closely for the junction template; "
        "use a smaller gap, or prune or simplify the tree there"
    )


def _course(
    adapted: Adapted,
    scale: float,
    smoothing: float,
    shape: Shape | None,
    short: Short,
    touching: Touching,
) -> Course:
    """The course of a tree's axes with room for its sheath, in units of `scale` metres."""
    tree = adapted.tree
    scaled = replace(tree, points=tree.points / scale, radius=tree.radius / scale)
    outer = scaled.radius + adapted.gap / scale
    far = outer if shape is None else shape.farthest(scaled.radius, outer)
    least = ENOUGH if short == "merge" else LEAST
    course = _shaped(find_course(scaled, far, smoothing, touching == "shrink", least), shape)
    refuse_overlap(adapted, course, scale, touching)
    return course


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


def _swept(tree: VesselTree, course: Course, scale: float) -> VesselTree:
    """The tree with its vessels where they were swept, but for their smoothing."""
    if max(np.abs(moved).max() for moved in course.moved) <= SEEN:
        return tree
    points = tree.points.copy()
    for branch, line, moved in zip(course.branches, course.lines, course.moved, strict=True):
        step = np.linalg.norm(np.diff(tree.points[branch.nodes], axis=0), axis=1)
        s = line.length * np.cumsum(step) / step.sum()
        points[branch.nodes[1:]] += scale * line.at(s, moved)
    return replace(tree, points=points)


def _narrowest(shape: Shape, lines: list[Centreline], scale: float) -> str:
    """What the narrow side of the sheath is like."""
    found = [shape.narrowest(line.inner, line.outer) for line in lines]
    least, held = min(gap for gap, _ in found), any(held for _, held in found)
    much = ", held there at a tenth of the mean gap" if held else ""
    return f"gap on the narrow side of the sheath at least {least * scale * 1e6:.3g} um{much}"


def _pinched(course: Course, pinches: list[cKDTree]) -> list[Centreline]:
    """Lines with less gap near the places in trouble so far."""
    lines = []
    for line, asked in zip(course.lines, course.asked, strict=True):
        times = np.zeros(len(line.s))
        for places in pinches:
            times += np.isfinite(
                places.query(line.points, distance_upper_bound=1.5 * line.outer.max())[0]
            )
        lines.append(shrunk(line, asked, PINCH**times, LEAST) if times.any() else line)
    return lines
