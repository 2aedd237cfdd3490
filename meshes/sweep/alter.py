"""The tree as it is swept: branches made longer, junctions merged or split, branches cut off.

A branch is made longer by moving its far end; what hangs on it gives way, each branch by what it
can spare, so that a few branches on all is where it was.
"""

from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Float, Int

from meshes.sweep.centreline import Centreline
from meshes.sweep.graph import Branch, branches_of, children_of, place
from meshes.tree import VesselTree

GIVES = 0.25  # share of a branch's spare length by which it may give way


@dataclass(eq=False)
class Changes:
    """How a tree is to change, all lengths in its own unit.

    Attributes:
        merged: branches whose two junctions become one, half-way between them.
        cut: branches that are lost with all beyond them.
        longer: how much longer each branch becomes, by its number.
        split: junction node, two of its children that get a junction of their own, and how far
            from the old one.
        mouth: how far the mouth moves outward.
        notes: on what is lost or merged.
    """

    merged: list[Branch] = field(default_factory=list)
    cut: list[Branch] = field(default_factory=list)
    longer: dict[int, float] = field(default_factory=dict)
    split: list[tuple[int, tuple[int, int], Float[np.ndarray, " 3"]]] = field(default_factory=list)
    mouth: float = 0.0
    notes: list[str] = field(default_factory=list)

    @property
    def any(self) -> bool:
        """Whether there is something to change."""
        return bool(self.merged or self.cut or self.longer or self.split or self.mouth)


@dataclass(frozen=True, eq=False)
class Adapted:
    """A tree that the template fits better, and what was done to it.

    Attributes:
        tree: m.
        gap: asked at every node, m.
        asked: the tree as it was given, for messages.
        origin: node of the asked tree that every node was, or was split from.
        held: whether the junction at this node was made by a split and may not merge again.
        grown: how much longer the branch that ends at this node has become, m.
    """

    tree: VesselTree
    gap: Float[np.ndarray, " nodes"]
    asked: VesselTree
    origin: Int[np.ndarray, " nodes"]
    held: Int[np.ndarray, " nodes"]
    grown: Float[np.ndarray, " nodes"]

    def near(self, point: Float[np.ndarray, " 3"]) -> str:
        """The node nearest to a point, m, as the asked tree has it, in words."""
        node = int(np.argmin(np.linalg.norm(self.tree.points - point, axis=1)))
        return place(self.asked, int(self.origin[node]))

    def notes(self) -> list[str]:
        """Which branches became longer, the most first."""
        told = []
        for node in np.argsort(-self.grown, kind="stable"):
            if self.grown[node] > 0.0:
                where = place(self.asked, int(self.origin[node]))
                told.append(
                    f"{where}: branch that ends here made {self.grown[node] * 1e6:.1f} um longer, "
                    "what hangs on it gives way"
                )
        return told


def unchanged(tree: VesselTree, gap: Float[np.ndarray, " nodes"]) -> Adapted:
    """A tree before anything is done to it."""
    count = len(tree.radius)
    return Adapted(tree, gap, tree, np.arange(count), np.zeros(count, dtype=int), np.zeros(count))


def altered(
    adapted: Adapted,
    changes: Changes,
    lines: list[Centreline],
    spare: Float[np.ndarray, " branches"],
    scale: float,
) -> Adapted:
    """The tree after some changes.

    Args:
        adapted: before them.
        changes: in units of `scale` metres. A branch that touches one already merged is left alone.
        lines: of all branches, in the same units.
        spare: length that each branch has beyond what its junctions need, in the same units.
        scale: m.
    """
    tree = adapted.tree
    branches = branches_of(tree)
    points = tree.points + scale * _shifts(tree, branches, lines, changes.longer, spare)
    grown = adapted.grown.copy()
    for number, by in changes.longer.items():
        grown[branches[number].nodes[-1]] += by * scale
    children = children_of(tree)
    root = int(np.flatnonzero(tree.parent < 0)[0])
    out = tree.points[root] - tree.points[children[root][0]]
    points[root] += changes.mouth * scale * out / np.linalg.norm(out)
    moved = replace(adapted, tree=replace(tree, points=points), grown=grown)
    return _pruned(_split(moved, changes.split, scale), changes)


def _shifts(
    tree: VesselTree,
    branches: list[Branch],
    lines: list[Centreline],
    longer: dict[int, float],
    spare: Float[np.ndarray, " branches"],
) -> Float[np.ndarray, "nodes 3"]:
    """How far every node moves, as branches grow and others give way."""
    shift = np.zeros_like(tree.points)
    if not longer:
        return shift
    for number, branch in enumerate(branches):
        before = shift[branch.nodes[0]].copy()
        size = float(np.linalg.norm(before))
        gives = 0.0 if number in longer else GIVES * max(float(spare[number]), 0.0)
        after = before * max(0.0, 1.0 - gives / size) if size > 0.0 else before
        after = after + longer.get(number, 0.0) * lines[number].tangent[-1]
        if not (before.any() or after.any()):
            continue
        step = np.linalg.norm(np.diff(tree.points[branch.nodes], axis=0), axis=1)
        share = (np.cumsum(step) / step.sum())[:, None]
        shift[branch.nodes[1:]] = before + share * (after - before)
    return shift


def _split(
    adapted: Adapted,
    wanted: list[tuple[int, tuple[int, int], Float[np.ndarray, " 3"]]],
    scale: float,
) -> Adapted:
    """Two children of a junction get one of their own, a step away from the old one."""
    if not wanted:
        return adapted
    tree = adapted.tree
    nodes = np.array([node for node, _, _ in wanted])
    parent = np.concatenate([tree.parent, nodes])
    steps = scale * np.array([step for _, _, step in wanted])
    radius = [tree.radius[list(pair)].max() for _, pair, _ in wanted]
    for number, (_, pair, _) in enumerate(wanted):
        parent[list(pair)] = len(tree.parent) + number
    held = adapted.held.copy()
    held[nodes] = 1
    return replace(
        adapted,
        tree=replace(
            tree,
            points=np.concatenate([tree.points, tree.points[nodes] + steps]),
            radius=np.concatenate([tree.radius, radius]),
            parent=parent,
        ),
        gap=np.concatenate([adapted.gap, adapted.gap[nodes]]),
        origin=np.concatenate([adapted.origin, adapted.origin[nodes]]),
        held=np.concatenate([held, np.ones(len(nodes), dtype=int)]),
        grown=np.concatenate([adapted.grown, np.zeros(len(nodes))]),
    )


def _pruned(adapted: Adapted, changes: Changes) -> Adapted:
    """Without the branches that are cut off, with the junctions of those merged made one."""
    if not (changes.cut or changes.merged):
        return adapted
    tree = adapted.tree
    points, parent = tree.points.copy(), tree.parent.copy()
    children = children_of(tree)
    keep = np.ones(len(parent), dtype=bool)
    for branch in changes.cut:
        waiting = [int(branch.nodes[1])]
        while waiting:
            lost = waiting.pop()
            keep[lost] = False
            waiting.extend(children[lost])
    touched: set[int] = set()
    for branch in changes.merged:
        first, last = int(branch.nodes[0]), int(branch.nodes[-1])
        if {first, last} & touched or not keep[last]:
            continue
        touched |= {first, last}
        points[first] = 0.5 * (points[first] + points[last])
        parent[parent == last] = first
        keep[branch.nodes[1:]] = False
    number = np.cumsum(keep) - 1
    kept = np.flatnonzero(keep)
    parent = np.where(parent[kept] >= 0, number[parent[kept]], -1)
    return replace(
        adapted,
        tree=VesselTree(
            points[kept],
            tree.radius[kept],
            parent,
            tree.name,
            tree.notes,
            tuple(tree.labels[node] for node in kept if node < len(tree.labels)),
        ),
        gap=adapted.gap[kept],
        origin=adapted.origin[kept],
        held=adapted.held[kept],
        grown=adapted.grown[kept],
    )
