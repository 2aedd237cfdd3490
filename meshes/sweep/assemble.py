"""All columns of a tree: junctions first, then the rings of every branch between them."""

from dataclasses import dataclass

import numpy as np

from meshes.sweep.centreline import Centreline
from meshes.sweep.columns import Columns
from meshes.sweep.field import Tube
from meshes.sweep.graph import Branch
from meshes.sweep.junction import Junction, make_junction
from meshes.sweep.rings import Fan, Rings, make_fan, ring_places, settle, sweep_rings

NEAR = 20.0  # length of branch, in sheath radii, that the field of a junction sees
FILLET = 0.3  # width of the rounded crease over the smallest lumen radius that meets there


@dataclass(frozen=True, eq=False)
class _Meeting:
    """A junction with its branches (index, and whether the junction is at the branch's start)."""

    junction: Junction
    members: list[tuple[int, bool]]
    tubes: tuple[list[Tube], list[Tube], float]
    first_column: int


def assemble(
    branches: list[Branch], lines: list[Centreline], around: int, stretch: float, widen: float
) -> Columns:
    """Columns and quads of the whole tree.

    Raises:
        TooShort: a branch has no room between its ends.
    """
    meetings: dict[int, _Meeting] = {}
    count = 0
    for number, branch in enumerate(branches):
        if branch.to_junction:
            meeting = _meet(number, branches, lines, around, widen, count)
            meetings[int(branch.nodes[-1])] = meeting
            count += len(meeting.junction.wall)
    parts = [_junction_table(meeting, lines) for meeting in meetings.values()]
    quads, tips, inlet = [], [], np.empty(0, dtype=int)
    for number, branch in enumerate(branches):
        start = meetings[int(branch.nodes[0])] if branch.from_junction else None
        end = meetings[int(branch.nodes[-1])] if branch.to_junction else None
        rings, fans = _sweep(number, lines[number], start, end, around, stretch, widen)
        grid = np.arange(count, count + len(rings.s) * around).reshape(-1, around)
        own = slice(1 if start else 0, len(rings.s) - 1 if end else len(rings.s))
        grid -= around if start else 0
        if start and fans[0]:
            grid[0] = fans[0].ring + start.first_column
        if end and fans[1]:
            grid[-1] = fans[1].ring + end.first_column
        parts.append(_ring_table(number, lines[number], rings, own, around))
        count += (own.stop - own.start) * around
        low, high = grid[:-1], grid[1:]
        after = np.roll(np.arange(around), -1)
        quads.append(np.stack([low, low[:, after], high[:, after], high], axis=-1).reshape(-1, 4))
        if start is None:
            inlet = grid[0]
        if end is None:
            tips.append(grid[-1])
    table = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return Columns(**table, quads=np.concatenate(quads), inlet=inlet, tips=tips)


def _meet(
    before: int,
    branches: list[Branch],
    lines: list[Centreline],
    around: int,
    widen: float,
    first_column: int,
) -> _Meeting:
    """The junction at the end of one branch."""
    after = [i for i, branch in enumerate(branches) if branch.before == before]
    members = [(before, False), *((i, True) for i in after)]
    outward = np.array([lines[i].tangent[0] if at else -lines[i].tangent[-1] for i, at in members])
    wall = [_tube(lines[i], lines[i].inner * widen, at) for i, at in members]
    sheath = [_tube(lines[i], lines[i].outer * widen, at) for i, at in members]
    fillet = FILLET * min(float(tube.radius[0]) for tube in wall)
    centre = lines[before].points[-1]
    junction = make_junction(centre, outward, wall, sheath, fillet, around)
    return _Meeting(junction, members, (wall, sheath, fillet), first_column)


def _tube(line: Centreline, radius: np.ndarray, at_start: bool) -> Tube:
    """The part of a branch near its junction, from the junction outward."""
    points = line.points if at_start else line.points[::-1]
    radius = radius if at_start else radius[::-1]
    length = NEAR * line.outer[0 if at_start else -1]
    last = min(max(2, int(np.searchsorted(line.s, length))), len(points) - 1)
    chosen = np.append(np.arange(0, last, 2), last)
    return Tube(points[chosen], radius[chosen])


def _sweep(
    number: int,
    line: Centreline,
    start: _Meeting | None,
    end: _Meeting | None,
    around: int,
    stretch: float,
    widen: float,
) -> tuple[Rings, tuple[Fan | None, Fan | None]]:
    even = 2.0 * np.pi * np.arange(around) / around
    first = last = None
    twist = 0.0
    if start:
        line = line.with_normal(start.junction.pole)
        ring = _ring_of(start, number, True)
        first = make_fan(start.junction, ring, line.tangent[0], line.normal[0], even, 1.0)
    if end:
        tangent, normal, pole = line.tangent[-1], line.normal[-1], end.junction.pole
        azimuth = np.arctan2(pole @ np.cross(tangent, normal), pole @ normal)
        shift = round(azimuth / (2.0 * np.pi / around))
        twist = float(azimuth - 2.0 * np.pi * shift / around)
        outward = _ring_of(end, number, False)
        ring = outward[-(np.arange(around) - shift) % around]
        last = make_fan(end.junction, ring, tangent, normal, even + twist, -1.0)
    feet = (first.foot if first else -1.0, last.foot if last else -1.0)
    reaches = settle(number, line, feet)
    places = ring_places(line, reaches, stretch)
    tubes = (start.tubes if start else None, end.tubes if end else None)
    rings = sweep_rings(line, places, twist, (first, last), reaches, tubes, around, widen)
    return rings, (first, last)


def _ring_of(meeting: _Meeting, branch: int, at_start: bool) -> np.ndarray:
    return meeting.junction.rings[meeting.members.index((branch, at_start))]


def _junction_table(meeting: _Meeting, lines: list[Centreline]) -> dict[str, np.ndarray]:
    """Columns of a junction; radius is the mean of the branches whose rings share the column."""
    junction = meeting.junction
    count = len(junction.wall)
    radius, shared = np.zeros(count), np.zeros(count)
    for (branch, at_start), ring in zip(meeting.members, junction.rings, strict=True):
        radius[ring] += lines[branch].inner[0 if at_start else -1]
        shared[ring] += 1.0
    before = meeting.members[0][0]
    line = lines[before]
    return {
        "wall": junction.centre + junction.wall[:, None] * junction.direction,
        "sheath": junction.centre + junction.sheath[:, None] * junction.direction,
        "radial": junction.direction,
        "path": np.full(count, line.path + line.length),
        "radius": radius / shared,
        "branch": np.full(count, before),
        "s": np.full(count, line.length),
    }


def _ring_table(
    number: int, line: Centreline, rings: Rings, own: slice, around: int
) -> dict[str, np.ndarray]:
    """Columns that belong to the branch alone."""
    s = np.repeat(rings.s[own], around)
    direction = rings.direction[own].reshape(-1, 3)
    origin = np.repeat(rings.origin[own], around, axis=0)
    return {
        "wall": origin + rings.wall[own].reshape(-1, 1) * direction,
        "sheath": origin + rings.sheath[own].reshape(-1, 1) * direction,
        "radial": direction,
        "path": line.path + s,
        "radius": line.at(s, line.inner),
        "branch": np.full(len(s), number),
        "s": s,
    }
