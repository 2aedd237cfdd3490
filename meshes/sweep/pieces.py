"""The pieces of a sweep: columns of every junction, rings of every branch, and their bad cells.

Only the junctions and branches touched by a change are made again.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np
from jaxtyping import Float

from meshes.sweep.centreline import Centreline
from meshes.sweep.field import Tube, Tubes
from meshes.sweep.graph import Branch, members_of
from meshes.sweep.judge import judged
from meshes.sweep.junction import Junction, make_junction
from meshes.sweep.memory import Memory, key_of
from meshes.sweep.rings import (
    SETTLE,
    Fan,
    Rings,
    TooShort,
    make_fan,
    ring_places,
    settle,
    sweep_rings,
)

NEAR = 12.0  # length of branch, in sheath radii, that the field of a junction sees
SETTLES = (SETTLE, 2.0 * SETTLE, 0.5 * SETTLE)  # tried in turn where cells come out bad
FILLET = 0.3  # width of the rounded crease over the smallest lumen radius that meets there


@dataclass(frozen=True, eq=False)
class Fineness:
    """How finely the columns stand: round a ring, across the gap, along the vessel.

    Attributes:
        around: columns a ring.
        heights: share of the gap at which each layer ends.
        stretch: spacing along the vessel over the gap.
        widen: factor on both radii.
    """

    around: int
    heights: Float[np.ndarray, " levels"]
    stretch: float
    widen: float


@dataclass(frozen=True, eq=False)
class Meeting:
    """A junction with its branches (index, and whether the junction is at the branch's start)."""

    junction: Junction
    members: list[tuple[int, bool]]
    tubes: Tubes


@dataclass(frozen=True, eq=False)
class Run:
    """The rings of one branch.

    Attributes:
        rings: of columns.
        fans: of the junctions at its ends.
        bad: where cells are inverted or flat.
        thin: where cells are slivers.
    """

    rings: Rings
    fans: tuple[Fan | None, Fan | None]
    bad: Float[np.ndarray, "places 3"]
    thin: Float[np.ndarray, "places 3"]


@dataclass(frozen=True, eq=False)
class Pieces:
    """All junctions, by the branch that ends there, and all branches; those too short are told."""

    meetings: dict[int, Meeting]
    runs: list[Run | TooShort]


def make_pieces(
    branches: list[Branch], lines: list[Centreline], fineness: Fineness, memory: Memory
) -> Pieces:
    """Columns of every junction and every branch of the tree."""
    meetings: dict[int, Meeting] = {}
    keys: dict[int, bytes] = {}
    for members in members_of(branches):
        tubes = _tubes(members, lines, fineness.widen)
        before = members[0][0]
        every = [*tubes.sides[0], *tubes.sides[1]]
        keys[before] = key_of(*(array for tube in every for array in (tube.points, tube.radius)))
        make = partial(_junction, members, lines, tubes, fineness.around)
        junction = memory.recall(keys[before], make)
        meetings[before] = Meeting(junction, members, tubes)
    runs = []
    for number, (branch, line) in enumerate(zip(branches, lines, strict=True)):
        start = meetings[branch.before] if branch.from_junction else None
        end = meetings[number] if branch.to_junction else None
        rank = start.members.index((number, True)) if start else 0
        near = (keys[branch.before] if start else b"", keys[number] if end else b"")
        key = key_of(line.points, line.inner, line.outer, *near, rank)
        runs.append(memory.recall(key, partial(_run, line, rank, start, end, fineness)))
    memory.forget_unused()
    return Pieces(meetings, runs)


def _tubes(members: list[tuple[int, bool]], lines: list[Centreline], widen: float) -> Tubes:
    wall = [_tube(lines[i], lines[i].inner * widen, at) for i, at in members]
    sheath = [_tube(lines[i], lines[i].outer * widen, at) for i, at in members]
    return Tubes((wall, sheath), FILLET * min(float(tube.radius[0]) for tube in wall))


def _junction(
    members: list[tuple[int, bool]], lines: list[Centreline], tubes: Tubes, around: int
) -> Junction:
    outward = np.array([lines[i].tangent[0] if at else -lines[i].tangent[-1] for i, at in members])
    centre = lines[members[0][0]].points[-1]
    return make_junction(centre, outward, *tubes.sides, tubes.fillet, around)


def _tube(line: Centreline, radius: np.ndarray, at_start: bool) -> Tube:
    """The part of a branch near its junction, from the junction outward."""
    points = line.points if at_start else line.points[::-1]
    radius = radius if at_start else radius[::-1]
    length = NEAR * line.outer[0 if at_start else -1]
    last = min(max(2, int(np.searchsorted(line.s, length))), len(points) - 1)
    chosen = np.append(np.arange(0, last, 2), last)
    return Tube(points[chosen], radius[chosen])


def _run(
    line: Centreline, rank: int, start: Meeting | None, end: Meeting | None, fineness: Fineness
) -> Run | TooShort:
    """The rings of one branch and its bad cells; `rank` is its place among the first junction's."""
    around = fineness.around
    even = 2.0 * np.pi * np.arange(around) / around
    first = last = None
    twist = 0.0
    if start:
        line = line.with_normal(start.junction.pole)
        ring = start.junction.rings[rank]
        first = make_fan(start.junction, ring, line, even, True, fineness.widen)
    if end:
        tangent, normal, pole = line.tangent[-1], line.normal[-1], end.junction.pole
        azimuth = np.arctan2(pole @ np.cross(tangent, normal), pole @ normal)
        shift = round(azimuth / (2.0 * np.pi / around))
        twist = float(azimuth - 2.0 * np.pi * shift / around)
        outward = end.junction.rings[0]
        ring = outward[-(np.arange(around) - shift) % around]
        last = make_fan(end.junction, ring, line, even + twist, False, fineness.widen)
    feet = (first.foot if first else -1.0, last.foot if last else -1.0)
    tubes = (start.tubes if start else None, end.tubes if end else None)
    junctions = (start.junction if start else None, end.junction if end else None)
    fans, widen = (first, last), fineness.widen
    best: Run | None = None
    for beyond in SETTLES:
        reaches = settle(line, feet, beyond)
        if isinstance(reaches, TooShort):
            return reaches
        places = ring_places(line, reaches, fineness.stretch)
        rings = sweep_rings(line, places, twist, fans, reaches, tubes, around, widen)
        bad, thin = judged(rings, junctions, fans, fineness.heights)
        if best is None or (len(bad), len(thin)) < (len(best.bad), len(best.thin)):
            best = Run(rings, fans, bad, thin)
        if not len(best.bad) + len(best.thin):
            break
    assert best is not None
    return best
