"""The course of a tree's axes made fit for the sweep: bends, neighbours, short branches.

In this order: bends too tight are smoothed more, vessels that overlap are moved apart, junctions
of short branches slide to where the next vessels part, and gaps shrink.
"""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float

from meshes.sweep.centreline import Centreline, smooth_branch, with_paths
from meshes.sweep.crease import feet
from meshes.sweep.graph import Branch, branches_of, members_of
from meshes.sweep.rings import TIGHT
from meshes.sweep.room import BEND, LEAST, limit_gaps, sloped, tangent_circles, touching
from meshes.sweep.shift import parted, slid
from meshes.tree import VesselTree

SOFTER, SOFTEST = 1.5, 5  # factor on the smoothing of a branch whose bend is too tight; how often
SPARE = 1.1  # the fillet of a crease reaches beyond the crease
SLIDES, SQUEEZES = 6, 12  # rounds
SQUEEZE = 0.85  # factor on the gap in one round, where a branch is too short


@dataclass(frozen=True, eq=False)
class Course:
    """Branches, their lines, and what was done to them.

    Attributes:
        branches: of the tree.
        lines: with limited gaps.
        asked: gap of every sample before it was limited, line after line.
        shift: largest distance that smoothing moved a line.
        softened: branches smoothed more than the others.
        parted: how far each sample was moved to part vessels, line after line.
        slid: how far each sample moved as junctions slid, line after line.
        moved: both together, as vectors.
        room: share of the asked gap that neighbours leave, line after line; at most 1.
    """

    branches: list[Branch]
    lines: list[Centreline]
    asked: list[Float[np.ndarray, " samples"]]
    shift: float
    softened: list[int]
    parted: list[Float[np.ndarray, " samples"]]
    slid: list[Float[np.ndarray, " samples"]]
    moved: list[Float[np.ndarray, "samples 3"]]
    room: list[Float[np.ndarray, " samples"]]


def find_course(
    tree: VesselTree,
    outer: Float[np.ndarray, " nodes"],
    smoothing: float,
    part: bool,
    least: float,
) -> Course:
    """Lines of a tree with room for bends, neighbours and junctions, as far as there can be.

    Args:
        tree: checked.
        outer: sheath radius of every node, in the tree's units.
        smoothing: width of the centreline filter over the sheath radius.
        part: whether vessels that overlap are moved apart.
        least: share of the gap to which short branches may squeeze it.
    """
    branches = branches_of(tree)
    smoothed = [_softened(tree, branch, outer, smoothing) for branch in branches]
    lines = with_paths(branches, [line for line, _, _ in smoothed])
    cuts = np.cumsum([len(line.s) for line in lines])[:-1]
    before, away = lines, touching(branches, lines)
    _, room = limit_gaps(lines, away)
    if part:
        lines = parted(branches, lines)
    apart = lines
    for _ in range(SLIDES):
        lines, more = slid(branches, lines, lacks(branches, lines, members_of(branches)))
        if not more:
            break
    asked = [line.outer - line.inner for line in lines]
    fitted, _ = limit_gaps(lines, touching(branches, lines))
    return Course(
        branches,
        _squeezed(branches, fitted, asked, least),
        asked,
        max(shift for _, shift, _ in smoothed),
        [number for number, (_, _, times) in enumerate(smoothed) if times],
        _moves(before, apart, cuts),
        _moves(apart, lines, cuts),
        [after.points - line.points for line, after in zip(before, lines, strict=True)],
        room,
    )


def _moves(
    before: list[Centreline], after: list[Centreline], cuts: np.ndarray
) -> list[Float[np.ndarray, " samples"]]:
    """How far each sample moved, line after line."""
    one, two = (np.concatenate([line.points for line in lines]) for lines in (before, after))
    return np.split(np.linalg.norm(two - one, axis=1), cuts)


def _softened(
    tree: VesselTree, branch: Branch, outer: Float[np.ndarray, " nodes"], smoothing: float
) -> tuple[Centreline, float, int]:
    """A branch smoothed until its bends leave a fifth of its gap; the shift, and times widened."""
    for times in range(SOFTEST + 1):
        line, shift = smooth_branch(tree, branch, outer, smoothing * SOFTER**times)
        circle = tangent_circles(line, float(line.outer.max()) / BEND)
        if smoothing == 0.0 or np.all(
            BEND * circle - line.inner > LEAST * (line.outer - line.inner)
        ):
            return line, shift, times
    return line, shift, times


def lacks(
    branches: list[Branch], lines: list[Centreline], meetings: list[list[tuple[int, bool]]]
) -> Float[np.ndarray, " branches"]:
    """Length that each branch lacks for the feet of its junctions, if positive."""
    needs = np.array([TIGHT * (line.outer[0] + line.outer[-1]) - line.length for line in lines])
    for members in meetings:
        for (branch, _), foot in zip(members, feet(lines, members), strict=True):
            needs[branch] += SPARE * foot
    return needs


def _squeezed(
    branches: list[Branch], lines: list[Centreline], asked: list[np.ndarray], least: float
) -> list[Centreline]:
    """Lines with smaller gaps where a branch has too little room between its junctions."""
    meetings = members_of(branches)
    lines = list(lines)
    lacking = lacks(branches, lines, meetings) > 0.0
    for _ in range(SQUEEZES):
        if not lacking.any():
            break
        changed = np.zeros(len(lines), dtype=bool)
        for members in meetings:
            if not any(lacking[i] for i, _ in members):
                continue
            for i, at_start in members:
                line = lines[i]
                near = (line.s if at_start else line.length - line.s) < 2.0 * line.outer
                lines[i] = shrunk(line, asked[i], np.where(near, SQUEEZE, 1.0), least)
                changed[i] |= lines[i] is not line
        if not changed.any():
            break
        meetings = [m for m in meetings if any(lacking[i] for i, _ in m)]
        lacking = _still(branches, lines, lacking)
    return lines


def _still(
    branches: list[Branch], lines: list[Centreline], lacking: Bool[np.ndarray, " branches"]
) -> Bool[np.ndarray, " branches"]:
    """Which of some branches still lack length."""
    near = [m for m in members_of(branches) if any(lacking[i] for i, _ in m)]
    return lacking & (lacks(branches, lines, near) > 0.0)


def shrunk(
    line: Centreline,
    asked: Float[np.ndarray, " samples"],
    factor: Float[np.ndarray, " samples"],
    least: float,
) -> Centreline:
    """The line with its gap times a factor, not below some share of the asked one."""
    gap = line.outer - line.inner
    less = np.maximum(factor * gap, np.minimum(least * asked, gap))
    if np.all(less > 0.999 * gap):
        return line
    return replace(line, outer=line.inner + sloped(line.s, less))
