"""All columns of a tree: junctions first, then the rings of every branch between them."""

import numpy as np

from meshes.sweep.centreline import Centreline
from meshes.sweep.columns import Columns, quads_of
from meshes.sweep.graph import Branch
from meshes.sweep.pieces import Meeting, Pieces, Run
from meshes.sweep.rings import Rings


def join(pieces: Pieces, branches: list[Branch], lines: list[Centreline], around: int) -> Columns:
    """Columns and quads of the whole tree from its pieces, none of which is too short."""
    first, count = {}, 0
    for before, meeting in pieces.meetings.items():
        first[before] = count
        count += len(meeting.junction.wall)
    parts = [_junction_table(meeting, lines) for meeting in pieces.meetings.values()]
    quads, tips, inlet = [], [], np.empty(0, dtype=int)
    for number, (branch, run) in enumerate(zip(branches, pieces.runs, strict=True)):
        assert isinstance(run, Run)
        rings, (start, end) = run.rings, run.fans
        grid = np.arange(count, count + len(rings.s) * around).reshape(-1, around)
        own = slice(1 if start else 0, len(rings.s) - 1 if end else len(rings.s))
        grid -= around if start else 0
        if start:
            grid[0] = start.ring + first[branch.before]
        if end:
            grid[-1] = end.ring + first[number]
        parts.append(_ring_table(number, lines[number], rings, own, around))
        count += (own.stop - own.start) * around
        quads.append(quads_of(grid))
        if not branch.from_junction:
            inlet = grid[0]
        if end is None:
            tips.append(grid[-1])
    table = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return Columns(**table, quads=np.concatenate(quads), inlet=inlet, tips=tips)


def _junction_table(meeting: Meeting, lines: list[Centreline]) -> dict[str, np.ndarray]:
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
    wall, sheath = rings.wall[own].reshape(-1, 3), rings.sheath[own].reshape(-1, 3)
    across = sheath - wall
    return {
        "wall": wall,
        "sheath": sheath,
        "radial": across / np.linalg.norm(across, axis=1, keepdims=True),
        "path": line.path + s,
        "radius": line.at(s, line.inner),
        "branch": np.full(len(s), number),
        "s": s,
    }
