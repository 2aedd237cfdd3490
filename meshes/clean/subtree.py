"""The part of a tree downstream of a node, up to a branch order or a number of bifurcations."""

from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Int
from scipy.sparse.csgraph import breadth_first_order, dijkstra

from meshes.clean.find import Spot, find
from meshes.errors import InputError
from meshes.trees.network import Network, parents, select


def subtree(
    network: Network,
    start: Spot | None = None,
    orders: int | None = None,
    bifurcations: int | None = None,
) -> Network:
    """What lies downstream of a node; a junction that does not stay becomes a tip.

    Args:
        network: one tree with its mouth, in metres.
        start: name of a node, or coordinates, m, near one; None for the mouth.
        orders: highest branch order; the first branch has order 1, every junction adds one.
        bifurcations: number of junctions that stay, the nearest to the start along the vessels.

    Raises:
        InputError: the node does not exist, or is a tip or a junction.
    """
    root = int(network.mouths[0])
    below = network
    if start is not None:
        parent = parents(network, root)
        root = _start(network, start, root, parent)
        order = breadth_first_order(network.graph(), network.mouths[0], return_predecessors=False)
        down = np.zeros(len(parent), dtype=bool)
        for node in order.tolist():
            down[node] = node == root or down[parent[node]]
        below = replace(select(network, down), mouths=np.array([down[:root].sum()]))
    kept = _within(below, orders, bifurcations)
    root = int(below.mouths[0])
    cut = replace(select(below, kept), mouths=np.array([kept[:root].sum()]))
    if len(cut.points) == len(network.points):
        return network
    return cut.noted(
        f"kept the sub-tree from {below.place(root)} m: {cut.length.sum():.4g} of "
        f"{network.length.sum():.4g} m with {np.sum(cut.degree > 2)} junctions"
    )


def _within(
    network: Network, orders: int | None, bifurcations: int | None
) -> Bool[np.ndarray, " nodes"]:
    """Nodes that are reached without passing a junction beyond the limits."""
    root = int(network.mouths[0])
    parent = parents(network, root)
    graph = network.graph(network.length)
    order = breadth_first_order(graph, root, return_predecessors=False)[1:].tolist()
    junctions = np.flatnonzero(network.degree > 2)
    nearest = junctions[np.argsort(dijkstra(graph, indices=root)[junctions], kind="stable")]
    splits, stays = np.zeros((2, len(parent)), dtype=bool)
    splits[junctions] = True
    stays[nearest[:bifurcations]] = True
    passed = np.zeros(len(parent), dtype=np.int64)  # junctions above the node
    kept = np.ones(len(parent), dtype=bool)
    for node in order:
        above = parent[node]
        passed[node] = passed[above] + splits[above]
        beyond = orders is not None and passed[node] >= orders
        kept[node] = kept[above] and not (splits[above] and (beyond or not stays[above]))
    return kept


def _start(network: Network, start: Spot, root: int, parent: Int[np.ndarray, " nodes"]) -> int:
    node = find(network, start, "mesh.clean.subtree", np.arange(len(parent)))
    below = np.flatnonzero(parent == node)
    if len(below) == 1 or node == root:
        return node
    remedy = "choose a node farther upstream"
    if len(below):
        named = " or ".join(network.place(int(child)) + " m" for child in below)
        remedy = f"choose the first node of one vessel that leaves it: {named}"
    raise InputError(
        f"{network.name}: mesh.clean.subtree is {start!r}, {network.place(node)} m, which is a "
        f"{'junction' if len(below) else 'tip'}; {remedy}"
    )
