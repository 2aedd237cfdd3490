"""What the notes of a mesh and the refusals say about places of its tree."""

import numpy as np

from meshes.errors import InputError
from meshes.sweep.alter import Adapted
from meshes.sweep.centreline import Centreline
from meshes.sweep.course import SOFTER, Course
from meshes.sweep.room import LEAST

SEEN = 0.05  # lumen radii; smaller shifts of a vessel are not told
APART = 10.0  # lumen radii between two places that are told


def refuse_overlap(adapted: Adapted, course: Course, scale: float, touching: str) -> None:
    """Refuse a vessel beside which less than a fifth of its gap fits, if the user wishes so.

    Raises:
        InputError: there is such a place.
    """
    worst = min(range(len(course.lines)), key=lambda i: float(course.room[i].min()))
    share = course.room[worst]
    if touching != "refuse" or share.min() >= LEAST:
        return
    sample = int(np.argmin(share))
    point = course.lines[worst].points[sample]
    asked = float(np.median(course.asked[worst])) * scale * 1e6
    where = adapted.near(point * scale)
    raise InputError(
        f"{where}: a gap that the neighbouring vessel fills, less than a fifth "
        f"of {asked:.1f} um fits; use a smaller gap, touching=shrink, or prune the vessel there"
    )


def course_notes(adapted: Adapted, course: Course, scale: float, smoothing: float) -> list[str]:
    """What was done to the axes."""
    notes = []
    for number in course.softened:
        where = adapted.near(course.lines[number].points[0] * scale)
        notes.append(f"{where}: bends of the branch from here smoothed {SOFTER}x or more wider")
    notes += _shifts(adapted, course, course.parted, scale, "vessels that overlap moved apart")
    notes += _shifts(adapted, course, course.slid, scale, "junction slid to where its vessels part")
    if smoothing > 0.0:
        shift = course.shift * scale * 1e6
        notes.append(f"centreline smoothed, largest shift {shift:.2f} um")
    return notes


def _shifts(
    adapted: Adapted, course: Course, moved: list[np.ndarray], scale: float, what: str
) -> list[str]:
    """One note for each place where something moved, the farthest first."""
    points = np.concatenate([line.points for line in course.lines])
    inner = np.concatenate([line.inner for line in course.lines])
    shift = np.concatenate(moved)
    left = shift > SEEN * inner
    notes = []
    while left.any():
        worst = int(np.argmax(np.where(left, shift, 0.0)))
        where = adapted.near(points[worst] * scale)
        notes.append(f"{where}: {what}, by up to {shift[worst] * scale * 1e6:.1f} um")
        left &= np.linalg.norm(points - points[worst], axis=1) > APART * inner[worst]
    return notes


def gap_note(
    adapted: Adapted, lines: list[Centreline], asked: list[np.ndarray], scale: float
) -> list[str]:
    """Where the gap is smaller than asked, on how much of the length, and where it is least."""
    share = [(line.outer - line.inner) / want for line, want in zip(lines, asked, strict=True)]
    length = np.array([line.length for line in lines])
    less = np.array([float(np.mean(one < 0.999)) for one in share])
    if not less.any():
        return []
    worst = min(range(len(lines)), key=lambda i: float(share[i].min()))
    sample = int(np.argmin(share[worst]))
    where = adapted.near(lines[worst].points[sample] * scale)
    part = 100.0 * float(less @ length) / float(length.sum())
    return [
        f"gap limited by bends, neighbours or junctions on {part:.1f} % of the length, to "
        f"{100.0 * share[worst][sample]:.0f} % of what was asked at {where}"
    ]
