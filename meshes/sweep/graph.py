"""A vessel tree as branches between its mouth, its junctions and its tips; checks of the tree."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from meshes.errors import InputError
from meshes.tree import VesselTree


@dataclass(frozen=True, eq=False)
class Branch:
    """A run of nodes without side branches, from the mouth's side to the tips' side.

    Attributes:
        nodes: tree nodes from start to end.
        from_junction: whether it starts at a junction (else at the mouth).
        to_junction: whether it ends at a junction (else at a tip).
        before: index of the branch it hangs on; -1 for the first.
    """

    nodes: Int[np.ndarray, " nodes"]
    from_junction: bool
    to_junction: bool
    before: int


def place(tree: VesselTree, node: int) -> str:
    """How a message names a node: tree, what its file calls it, and coordinates in micrometres."""
    x, y, z = tree.points[node] * 1e6
    called = f"node {node}"
    if tree.labels:
        called = tree.labels[node] if node < len(tree.labels) else "a new node"
    return f"{tree.name}: {called} at ({x:.1f}, {y:.1f}, {z:.1f}) um"


def children_of(tree: VesselTree) -> list[list[int]]:
    """Children of every node."""
    children: list[list[int]] = [[] for _ in tree.parent]
    for node, parent in enumerate(tree.parent):
        if parent >= 0:
            children[parent].append(node)
    return children


def check_tree(tree: VesselTree) -> None:
    """Refuse what is no tree of vessels with one mouth.

    Raises:
        InputError: no or several roots, a cycle, a root with several children, fewer than two
            nodes, a radius that is not positive, two nodes at one place, numbers not finite.
    """
    roots = np.flatnonzero(np.asarray(tree.parent) < 0)
    if len(tree.parent) < 2 or len(roots) != 1:
        raise InputError(
            f"{tree.name}: needs at least two nodes and one root, has {len(tree.parent)} nodes and "
            f"{len(roots)} roots; mesh each connected tree on its own"
        )
    children = children_of(tree)
    root = int(roots[0])
    if len(children[root]) != 1:
        raise InputError(
            f"{place(tree, root)}: the mouth must be the open end of one vessel, it has "
            f"{len(children[root])} children; root the tree at another end"
        )
    seen, stack = 0, [root]
    while stack:
        seen += 1
        stack.extend(children[stack.pop()])
    if seen != len(tree.parent):
        raise InputError(f"{tree.name}: {len(tree.parent) - seen} nodes hang on a cycle")
    bad = ~(np.isfinite(tree.radius) & (tree.radius > 0) & np.isfinite(tree.points).all(axis=1))
    if bad.any():
        node = int(np.flatnonzero(bad)[0])
        raise InputError(f"{place(tree, node)}: radius {tree.radius[node]} m must be positive")
    has_parent = np.flatnonzero(np.asarray(tree.parent) >= 0)
    step = np.linalg.norm(tree.points[has_parent] - tree.points[tree.parent[has_parent]], axis=1)
    if np.any(step <= 1e-6 * tree.radius[has_parent]):
        node = int(has_parent[np.argmin(step)])
        raise InputError(f"{place(tree, node)}: lies on its parent; remove the double node")


def branches_of(tree: VesselTree) -> list[Branch]:
    """Branches of a checked tree, each after the one it hangs on."""
    children = children_of(tree)
    root = int(np.flatnonzero(np.asarray(tree.parent) < 0)[0])
    branches: list[Branch] = []
    waiting = [(root, children[root][0], -1)]
    while waiting:
        start, node, before = waiting.pop(0)
        run = [start, node]
        while len(children[node]) == 1:
            node = children[node][0]
            run.append(node)
        splits = len(children[node]) > 1
        branches.append(Branch(np.array(run), before >= 0, splits, before))
        waiting.extend((node, child, len(branches) - 1) for child in children[node])
    return branches


def members_of(branches: list[Branch]) -> list[list[tuple[int, bool]]]:
    """For every junction its branches, and whether each starts there; the one before first."""
    after: list[list[tuple[int, bool]]] = [[] for _ in branches]
    for number, branch in enumerate(branches):
        if branch.before >= 0:
            after[branch.before].append((number, True))
    return [[(number, False), *members] for number, members in enumerate(after) if members]
