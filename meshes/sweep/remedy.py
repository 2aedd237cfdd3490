"""What is done where the sweep fails: which places are in trouble, and how the tree is changed."""

from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
from jaxtyping import Bool, Float
from scipy.spatial import cKDTree

from meshes.errors import InputError
from meshes.sweep.centreline import Centreline
from meshes.sweep.course import Course
from meshes.sweep.graph import Branch, members_of
from meshes.sweep.pieces import Pieces
from meshes.sweep.rings import TooShort
from meshes.sweep.tell import near
from meshes.tree import VesselTree

Short = Literal["merge", "trim", "refuse"]
Touching = Literal["shrink", "refuse"]

LINK = 3.0  # a branch between junctions shorter than this many sheath radii may be merged
AT_END = 8.0  # sheath radii from a junction within which it is to blame


def check_choices(tree: VesselTree, short: str, touching: str) -> None:
    """Refuse words that are no choice.

    Raises:
        InputError: names the word and the choices.
    """
    for name, word, words in (("short", short, Short), ("touching", touching, Touching)):
        if word not in get_args(words):
            choices = ", ".join(get_args(words))
            raise InputError(f"{tree.name}: {name} is {word!r}; choose one of {choices}")


@dataclass(frozen=True, eq=False)
class Trouble:
    """A branch that cannot be swept as it is: where, and if it is too short by how much."""

    branch: int
    places: Float[np.ndarray, "places 3"]
    short: TooShort | None = None

    def stuck(self, lines: list[Centreline], least: list[Bool[np.ndarray, " samples"]]) -> bool:
        """Whether the gap there has shrunk as far as it may."""
        line = lines[self.branch]
        if self.short is not None:
            return bool(least[self.branch][[0, -1]].all())
        return bool(least[self.branch][cKDTree(line.points).query(self.places)[1]].all())


@dataclass(eq=False)
class Remedies:
    """How the tree is to change, and the notes that say so."""

    merged: list[Branch] = field(default_factory=list)
    cut: list[Branch] = field(default_factory=list)
    longer: float = 0.0
    notes: list[str] = field(default_factory=list)


def troubles_of(course: Course, lines: list[Centreline], pieces: Pieces) -> list[Trouble]:
    """Branches with inverted or flat cells, and those too short for their junctions."""
    found = []
    for number, (line, run) in enumerate(zip(lines, pieces.runs, strict=True)):
        if isinstance(run, TooShort):
            found.append(Trouble(number, line.points, run))
        elif len(run.bad):
            found.append(Trouble(number, run.bad))
    return found


def chosen_remedies(
    tree: VesselTree,
    course: Course,
    lines: list[Centreline],
    stuck: list[Trouble],
    scale: float,
    short: Short,
) -> Remedies:
    """For every trouble that smaller gaps do not end: a branch merged, cut off, or a longer mouth.

    Raises:
        InputError: the user wants no such change, or there is none that helps; names the place.
    """
    remedies = Remedies()
    meetings = members_of(course.branches)
    for trouble in stuck:
        if trouble.short is not None:
            _for_short(tree, course, lines, trouble.branch, trouble.short, scale, short, remedies)
        else:
            _for_bad(tree, course, lines, meetings, trouble, scale, short, remedies)
    return remedies


def _for_short(
    tree: VesselTree,
    course: Course,
    lines: list[Centreline],
    number: int,
    lack: TooShort,
    scale: float,
    short: Short,
    remedies: Remedies,
) -> None:
    """A branch shorter than its junctions need."""
    branch = course.branches[number]
    where = near(tree, lines[number].points[-1], scale)
    has, needs = lack.has * scale * 1e6, lack.needs * scale * 1e6
    measure = f"{has:.1f} um long, the template needs {needs:.1f} um"
    if short == "refuse":
        raise InputError(
            f"{where}: the branch that ends here is {measure}; use a smaller gap, or short=merge "
            "or trim"
        )
    if not branch.from_junction:
        remedies.longer = lack.needs - lack.has
        remedies.notes.append(f"{where}: vessel from the mouth to here made longer, {measure}")
    elif branch.to_junction and short == "merge":
        remedies.merged.append(branch)
        remedies.notes.append(f"{where}: branch shrunk to a point, {measure}")
    elif branch.to_junction:
        thin = _thinnest(
            course, lines, [i for i, b in enumerate(course.branches) if b.before == number]
        )
        remedies.cut.append(course.branches[thin])
        remedies.notes.append(
            f"{where}: side branch of {_size(lines[thin], scale)} cut off, because the one before "
            f"it is {measure}"
        )
    else:
        remedies.cut.append(branch)
        remedies.notes.append(f"{where}: tip branch cut off, {measure}")


def _for_bad(
    tree: VesselTree,
    course: Course,
    lines: list[Centreline],
    meetings: list[list[tuple[int, bool]]],
    trouble: Trouble,
    scale: float,
    short: Short,
    remedies: Remedies,
) -> None:
    """A branch with cells that stay inverted however small the gap."""
    number, line = trouble.branch, lines[trouble.branch]
    branch = course.branches[number]
    s = float(np.median(line.s[cKDTree(line.points).query(trouble.places)[1]]))
    away = {True: s, False: line.length - s}
    ends = [at for at, has in ((True, branch.from_junction), (False, branch.to_junction)) if has]
    where = near(tree, trouble.places[0], scale)
    if not ends or min(away[end] for end in ends) > AT_END * float(line.outer.max()):
        raise InputError(
            f"{where}: a gap that the vessel's own bend or a neighbour fills even at a fifth of "
            "its width; use a smaller gap or more smoothing, or prune the vessel there"
        )
    if short == "refuse":
        raise InputError(
            f"{where}: vessels meet too closely for the junction template; use a smaller gap, "
            "prune or simplify the tree there, or use short=merge or trim"
        )
    end = min(ends, key=lambda at: away[at])
    members = next(m for m in meetings if (number, end) in m)
    links = [i for i, _ in members if _is_link(course.branches[i], lines[i])]
    if links and short == "merge":
        least = min(links, key=lambda i: lines[i].length)
        remedies.merged.append(course.branches[least])
        remedies.notes.append(
            f"{where}: branch of {_size(lines[least], scale)} shrunk to a point, its junctions are "
            "too close for the template"
        )
        return
    thin = _thinnest(course, lines, [i for i, _ in members[1:]])
    remedies.cut.append(course.branches[thin])
    remedies.notes.append(
        f"{where}: side branch of {_size(lines[thin], scale)} cut off, the template does not fit "
        "its junction"
    )


def _is_link(branch: Branch, line: Centreline) -> bool:
    inner = branch.from_junction and branch.to_junction
    return inner and line.length < LINK * float(line.outer.max())


def _thinnest(course: Course, lines: list[Centreline], branches: list[int]) -> int:
    """The branch to lose: fewest branches beyond it, then the thinnest."""
    return min(branches, key=lambda i: (course.branches[i].to_junction, float(lines[i].inner[0])))


def _size(line: Centreline, scale: float) -> str:
    length, radius = line.length * scale * 1e6, float(line.inner[0]) * scale * 1e6
    return f"{length:.1f} um length and {radius:.1f} um radius"
