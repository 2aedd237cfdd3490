"""How near the spaces of two vessels come that do not meet: from a tree and its outer radii."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from meshes.tree import VesselTree

APART = 4.0  # sums of outer radii along a branch, beyond which it is its own neighbour
WINDING = 2.0  # way along the branch over distance, below which it is called straight
AT_ONCE = 1 << 17  # pairs
MOST = 10_000_000  # pairs; more than that are not searched


class Neighbours(NamedTuple):
    """The two vessels nearest to each other: room between their spaces, m, and where."""

    room: float
    between: Float[np.ndarray, "3"]


class Branches(NamedTuple):
    """Unbranched pieces of a tree.

    Attributes:
        of: the branch every node is on; a junction is on the one that leads to it.
        ends: nodes at the two ends of each.
        along: distance of every node from the root along the vessel, m.
    """

    of: Int[np.ndarray, " nodes"]
    ends: Int[np.ndarray, "branches 2"]
    along: Float[np.ndarray, " nodes"]


class Samples(NamedTuple):
    """Places along a tree, no farther apart than an outer radius."""

    points: Float[np.ndarray, "samples 3"]
    outer: Float[np.ndarray, " samples"]
    along: Float[np.ndarray, " samples"]
    branch: Int[np.ndarray, " samples"]


def nearest_vessels(
    tree: VesselTree, outer: Float[np.ndarray, " nodes"], branches: Branches
) -> Neighbours | None:
    """The least room between the spaces of two vessels; None if all of them meet.

    Branches that meet at a junction are no neighbours, nor are those of two junctions with less
    between them than the sum of their outer radii, nor places of one branch between which it runs
    straight or less than four such sums.

    Args:
        outer: radius of the sheath at every node, m.
        branches: of the tree, by `branches_of`.
    """
    junction = _junctions(tree, outer, branches)
    samples = _sample(tree, outer, branches)
    widest = float(outer.max())
    reach = 4.0 * widest
    nodes = cKDTree(samples.points)
    while nodes.count_neighbors(nodes, reach) < 2 * MOST:
        i, j = nodes.query_pairs(reach, output_type="ndarray").T
        distance = np.linalg.norm(samples.points[i] - samples.points[j], axis=1)
        room = distance - samples.outer[i] - samples.outer[j]
        order = np.argsort(room)
        for block in np.array_split(order, 1 + len(order) // AT_ONCE):
            kept = block[~_related(junction[branches.ends], samples, i[block], j[block])]
            if kept.size and room[kept[0]] <= reach - 2.0 * widest:  # others may be out of reach
                one, other = samples.points[i[kept[0]]], samples.points[j[kept[0]]]
                return Neighbours(float(room[kept[0]]), 0.5 * (one + other))
        if reach > 2.0 * float(np.ptp(samples.points, axis=0).max()):
            return None
        reach *= 2.0
    return None


def _related(
    junction: Int[np.ndarray, "branches 2"],
    samples: Samples,
    i: Int[np.ndarray, " pairs"],
    j: Int[np.ndarray, " pairs"],
) -> Bool[np.ndarray, " pairs"]:
    """Which pairs are no neighbours, because they belong to one branch or one junction."""
    one, other = samples.branch[i], samples.branch[j]
    sums = samples.outer[i] + samples.outer[j]
    way = np.abs(samples.along[i] - samples.along[j])
    distance = np.linalg.norm(samples.points[i] - samples.points[j], axis=1)
    close = (way <= APART * sums) | (way <= WINDING * distance)
    joined = (junction[one][:, :, None] == junction[other][:, None, :]).any(axis=(1, 2))
    related: np.ndarray = np.where(one == other, close, joined)
    return related


def _junctions(
    tree: VesselTree, outer: Float[np.ndarray, " nodes"], branches: Branches
) -> Int[np.ndarray, " nodes"]:
    """A number for every node, the same for junctions with a very short branch between them."""
    count = len(tree.points)
    split = np.bincount(tree.parent[tree.parent >= 0], minlength=count) > 1
    a, b = branches.ends.T
    short = branches.along[b] - branches.along[a] <= outer[a] + outer[b]
    short &= split[a] & split[b]
    graph = coo_array((short[short], (a[short], b[short])), (count, count))
    number: np.ndarray = connected_components(graph, directed=False)[1]
    return number


def _sample(tree: VesselTree, outer: Float[np.ndarray, " nodes"], branches: Branches) -> Samples:
    child = np.flatnonzero(tree.parent >= 0)
    parent = tree.parent[child]
    length = np.linalg.norm(tree.points[child] - tree.points[parent], axis=1)
    number = np.maximum(1, np.ceil(length / np.minimum(outer[child], outer[parent]))).astype(int)
    segment = np.repeat(np.arange(len(child)), number)
    first = np.repeat(np.cumsum(number) - number, number)
    t = (1 + np.arange(len(segment)) - first) / number[segment]
    a, b = parent[segment], child[segment]
    upper = upper_ends(tree, outer)[segment]
    return Samples(
        tree.points[a] + t[:, None] * (tree.points[b] - tree.points[a]),
        upper + t * (outer[b] - upper),
        branches.along[a] + t * length[segment],
        branches.of[b],
    )


def upper_ends(
    tree: VesselTree, values: Float[np.ndarray, " nodes"]
) -> Float[np.ndarray, " segments"]:
    """A radius where each segment begins; below a junction that of the child.

    For a junction has the radius of the vessel that it ends, not of those that begin there.
    """
    child = np.flatnonzero(tree.parent >= 0)
    parent = tree.parent[child]
    splits = np.bincount(parent, minlength=len(tree.parent)) > 1
    found: np.ndarray = np.where(splits[parent], values[child], values[parent])
    return found


def branches_of(tree: VesselTree) -> Branches:
    """Cut a tree at its junctions."""
    count = len(tree.points)
    children: list[list[int]] = [[] for _ in range(count)]
    for node, up in enumerate(tree.parent.tolist()):
        if up >= 0:
            children[up].append(node)
    order = np.flatnonzero(tree.parent < 0).tolist()
    of = np.zeros(count, dtype=np.int64)
    along = np.zeros(count)
    ends = [[node, node] for node in order]
    for node in order:  # grows as it goes, parents before children
        for next_node in children[node]:
            step = np.linalg.norm(tree.points[next_node] - tree.points[node])
            along[next_node] = along[node] + step
            if len(children[node]) == 1:
                of[next_node] = of[node]
                ends[of[node]][1] = next_node
            else:
                of[next_node] = len(ends)
                ends.append([node, next_node])
        order.extend(children[node])
    return Branches(of, np.array(ends), along)
