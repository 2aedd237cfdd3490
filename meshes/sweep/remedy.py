"""How the tree is changed where the sweep fails."""

from typing import Literal, get_args

import numpy as np

from meshes.errors import InputError
from meshes.sweep.alter import Changes
from meshes.sweep.rings import TooShort
from meshes.sweep.room import LEAST
from meshes.sweep.trouble import Scene, Short, Trouble, slivers_of
from meshes.tree import VesselTree

Touching = Literal["shrink", "refuse"]

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
        if scene.blamed(trouble):
            _lengthen(scene, trouble.branch, changes)
    return changes


def _lengthen(scene: Scene, number: int, changes: Changes) -> bool:
    """Make a branch longer by part of what it lacks to be comfortable; whether it lacks any."""
    lacks = scene.lacks(number)
    if lacks <= 0.0 or not scene.course.branches[number].from_junction:
        return False
    step = STEP * float(scene.lines[number].outer.max())
    changes.longer[number] = max(step, EASY * lacks)
    return True


def _eased(scene: Scene, trouble: Trouble, changes: Changes) -> bool:
    """Whether a branch made longer, two junctions merged or one split may end a trouble."""
    number, lack = trouble.branch, trouble.short
    line, branch = scene.lines[number], scene.course.branches[number]
    if lack is not None:
        by = lack.needs - lack.has + STEP * float(line.outer.max())
        loses_less = not branch.to_junction or scene.may_merge(number)
        if (by > line.length and loses_less) or not branch.from_junction:
            _for_short(scene, number, lack, changes)
        else:
            changes.longer[number] = by
        return True
    members = scene.blamed(trouble)
    if not members or not trouble.held(scene.lines, scene.course.asked, ENOUGH):
        return False
    if len(members) > 3:
        _split(scene, members, changes)
        return True
    return _lengthen(scene, number, changes)


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
    where = scene.near(trouble.places[0])
    members = scene.blamed(trouble)
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
    if scene.short == "merge":
        if _lengthen(scene, max((i for i, _ in members), key=scene.lacks), changes):
            return
        links = [i for i, _ in members if scene.may_merge(i)]
        if links:
            least = min(links, key=lambda i: scene.lines[i].length)
            changes.merged.append(scene.course.branches[least])
            changes.notes.append(
                f"{where}: branch of {scene.size(least)} shrunk to a point, its junctions are too "
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
    changes.notes.append(f"{where}: side branch of {scene.size(thin)} cut off, {why}")


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
