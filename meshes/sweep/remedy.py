"""What is done where the sweep fails: which places are in trouble, and how the tree is changed."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from jaxtyping import Float
from scipy.spatial import cKDTree

from meshes.errors import InputError
from meshes.sweep.alter import Adapted, Changes
from meshes.sweep.centreline import Centreline
from meshes.sweep.course import Course
from meshes.sweep.graph import members_of
from meshes.sweep.pieces import Pieces, Run
from meshes.sweep.rings import SETTLE, TIGHT, TooShort
from meshes.sweep.room import LEAST
from meshes.tree import VesselTree

Short = Literal["merge", "trim", "refuse"]
Touching = Literal["shrink", "refuse"]

LINK = 3.0  # a branch between junctions shorter than this many sheath radii may be merged
AT_END = 8.0  # sheath radii from a junction within which it is to blame
STEP = 0.1  # least lengthening of a branch, in sheath radii
EASY = 0.3  # part of the length that a branch would like and lacks, added at once
ENOUGH = 0.6  # share of the gap from which a branch is rather made longer
APART = 1.5  # sheath radii between the two junctions into which one is split


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

    def held(self, lines: list[Centreline], asked: list[np.ndarray], share: float) -> bool:
        """Whether the gap there has shrunk to a share of what was asked."""
        line = lines[self.branch]
        small = line.outer - line.inner < 1.05 * share * asked[self.branch]
        if self.short is not None:
            return bool(small[[0, -1]].all())
        return bool(small[cKDTree(line.points).query(self.places)[1]].all())


def troubles_of(course: Course, lines: list[Centreline], pieces: Pieces) -> list[Trouble]:
    """Branches with inverted or flat cells, and those too short for their junctions."""
    found = []
    for number, (line, run) in enumerate(zip(lines, pieces.runs, strict=True)):
        if isinstance(run, TooShort):
            found.append(Trouble(number, line.points, run))
        elif len(run.bad):
            found.append(Trouble(number, run.bad))
    return found


def slivers_of(pieces: Pieces) -> list[Trouble]:
    """Branches with cells that are positive but very thin."""
    return [
        Trouble(number, run.thin)
        for number, run in enumerate(pieces.runs)
        if isinstance(run, Run) and len(run.thin)
    ]


@dataclass(frozen=True, eq=False)
class Scene:
    """What a remedy is chosen by: the tree, its lines and pieces, in units of `scale` metres."""

    adapted: Adapted
    course: Course
    lines: list[Centreline]
    pieces: Pieces
    scale: float
    short: Short

    def near(self, point: Float[np.ndarray, " 3"]) -> str:
        """The node nearest to a point, in words."""
        return self.adapted.near(point * self.scale)

    def lacks(self, number: int) -> float:
        """Length that a branch would like beyond what it has; at most 0 if none."""
        run, line = self.pieces.runs[number], self.lines[number]
        branch = self.course.branches[number]
        ends = ((branch.from_junction, 0), (branch.to_junction, -1))
        radii = sum(float(line.outer[at]) for has, at in ends if has)
        if isinstance(run, TooShort):
            return run.needs + (SETTLE - TIGHT) * radii - line.length
        return sum(fan.foot for fan in run.fans if fan) + SETTLE * radii - line.length


def choose_remedies(scene: Scene, troubles: list[Trouble]) -> tuple[Changes, list[Trouble]]:
    """How the tree changes to end some troubles, and the others, for which the gap may shrink.

    With `merge` branches become longer and large junctions are split as soon as the gap has shrunk
    to `ENOUGH`; all else is done only where the gap is as small as it may get.

    Raises:
        InputError: the user wants no such change, or there is none that helps; names the place.
    """
    changes, pinched = Changes(), []
    for trouble in troubles:
        if scene.short == "merge" and _eased(scene, trouble, changes):
            continue
        if not trouble.held(scene.lines, scene.course.asked, LEAST):
            pinched.append(trouble)
        elif trouble.short is not None:
            _for_short(scene, trouble.branch, trouble.short, changes)
        else:
            _for_bad(scene, trouble, changes)
    return changes, pinched


def finer_shapes(scene: Scene) -> Changes:
    """Branches made longer for the sake of slivers in them, where they lack comfortable length."""
    changes = Changes()
    for trouble in slivers_of(scene.pieces):
        number = trouble.branch
        branch, lacks = scene.course.branches[number], scene.lacks(number)
        if lacks > 0.0 and branch.from_junction and _blamed(scene, trouble):
            step = STEP * float(scene.lines[number].outer.max())
            changes.longer[number] = max(step, EASY * lacks)
    return changes


def _eased(scene: Scene, trouble: Trouble, changes: Changes) -> bool:
    """Whether a branch made longer, two junctions merged or one split may end a trouble."""
    number, lack = trouble.branch, trouble.short
    line, branch = scene.lines[number], scene.course.branches[number]
    step = STEP * float(line.outer.max())
    if lack is not None:
        by = lack.needs - lack.has + step
        less = not branch.to_junction or _may_merge(scene, number)
        if (by > line.length and less) or not branch.from_junction:
            _for_short(scene, number, lack, changes)
        else:
            changes.longer[number] = by
        return True
    members = _blamed(scene, trouble)
    if not members or not trouble.held(scene.lines, scene.course.asked, ENOUGH):
        return False
    if len(members) > 3:
        _split(scene, members, changes)
        return True
    lacks = scene.lacks(number)
    if lacks <= 0.0 or not branch.from_junction:
        return False
    changes.longer[number] = max(step, EASY * lacks)
    return True


def _for_short(scene: Scene, number: int, lack: TooShort, changes: Changes) -> None:
    """A branch shorter than its junctions need."""
    branch = scene.course.branches[number]
    where = scene.near(scene.lines[number].points[-1])
    has, needs = lack.has * scene.scale * 1e6, lack.needs * scene.scale * 1e6
    measure = f"{has:.1f} um long, the template needs {needs:.1f} um"
    if scene.short == "refuse":
        raise InputError(
            f"{where}: the branch that ends here is {measure}; use a smaller gap, or short=merge "
            "or trim"
        )
    if not branch.from_junction:
        changes.mouth = lack.needs - lack.has
        changes.notes.append(f"{where}: vessel from the mouth to here made longer, {measure}")
    elif branch.to_junction and scene.short == "merge":
        changes.merged.append(branch)
        changes.notes.append(f"{where}: branch shrunk to a point, {measure}")
    elif branch.to_junction:
        after = [i for i, b in enumerate(scene.course.branches) if b.before == number]
        why = f"because the one before it is {measure}"
        _cut_thinnest(scene, after, where, why, changes)
    else:
        changes.cut.append(branch)
        changes.notes.append(f"{where}: tip branch cut off, {measure}")


def _for_bad(scene: Scene, trouble: Trouble, changes: Changes) -> None:
    """A branch with cells that stay inverted however small the gap."""
    where, lines = scene.near(trouble.places[0]), scene.lines
    members = _blamed(scene, trouble)
    if not members:
        raise InputError(
            f"{where}: a gap that the vessel's own bend or a neighbour fills even at a fifth of "
            "its width; use a smaller gap or more smoothing, or prune the vessel there"
        )
    if scene.short == "refuse":
        raise InputError(
            f"{where}: vessels meet too closely for the junction template; use a smaller gap, "
            "prune or simplify the tree there, or use short=merge or trim"
        )
    links = [i for i, _ in members if _may_merge(scene, i)]
    if links and scene.short == "merge":
        least = min(links, key=lambda i: lines[i].length)
        changes.merged.append(scene.course.branches[least])
        changes.notes.append(
            f"{where}: branch of {_size(scene, least)} shrunk to a point, its junctions are too "
            "close for the template"
        )
        return
    why = "the template does not fit its junction"
    _cut_thinnest(scene, [i for i, _ in members[1:]], where, why, changes)


def _cut_thinnest(
    scene: Scene, branches: list[int], where: str, why: str, changes: Changes
) -> None:
    """The branch to lose of some: fewest branches beyond it, then the thinnest."""
    ends = scene.course.branches
    thin = min(branches, key=lambda i: (ends[i].to_junction, float(scene.lines[i].inner[0])))
    changes.cut.append(ends[thin])
    changes.notes.append(f"{where}: side branch of {_size(scene, thin)} cut off, {why}")


def _blamed(scene: Scene, trouble: Trouble) -> list[tuple[int, bool]]:
    """The branches of the junction to blame, the one before it first; none if none is near."""
    number = trouble.branch
    line, branch = scene.lines[number], scene.course.branches[number]
    s = float(np.median(line.s[cKDTree(line.points).query(trouble.places)[1]]))
    away = {True: s, False: line.length - s}
    ends = [at for at, has in ((True, branch.from_junction), (False, branch.to_junction)) if has]
    if not ends or min(away[end] for end in ends) > AT_END * float(line.outer.max()):
        return []
    end = min(ends, key=lambda at: away[at])
    return next(m for m in members_of(scene.course.branches) if (number, end) in m)


def _split(scene: Scene, members: list[tuple[int, bool]], changes: Changes) -> None:
    """The two branches of a junction that leave it most nearly alike get a tube to share."""
    lines, branches = scene.lines, scene.course.branches
    after = [i for i, _ in members[1:]]
    ways = {i: lines[i].tangent[0] for i in after}
    pairs = [(i, j) for i in after for j in after if i < j]
    one, other = max(pairs, key=lambda pair: float(ways[pair[0]] @ ways[pair[1]]))
    way = ways[one] + ways[other]
    size = APART * max(float(lines[i].outer[0]) for i in (one, other))
    step = size * way / max(float(np.linalg.norm(way)), 1e-9)
    children = (int(branches[one].nodes[1]), int(branches[other].nodes[1]))
    node = int(branches[one].nodes[0])
    if node not in {at for at, _, _ in changes.split}:
        changes.split.append((node, children, step))
        where = scene.near(lines[one].points[0])
        changes.notes.append(
            f"{where}: junction of {len(members)} vessels made two, the template does not fit it"
        )


def _may_merge(scene: Scene, number: int) -> bool:
    """Whether a branch is a short one between junctions of which no split made any."""
    branch, line = scene.course.branches[number], scene.lines[number]
    inner = branch.from_junction and branch.to_junction
    made = bool(scene.adapted.held[[branch.nodes[0], branch.nodes[-1]]].any())
    return inner and not made and line.length < LINK * float(line.outer.max())


def _size(scene: Scene, number: int) -> str:
    line = scene.lines[number]
    length, radius = line.length * scene.scale * 1e6, float(line.inner[0]) * scene.scale * 1e6
    return f"{length:.1f} um length and {radius:.1f} um radius"
