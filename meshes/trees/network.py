"""Centrelines as a graph of straight segments, before it is known that they form one tree."""

from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, connected_components

from meshes.errors import InputError
from meshes.tree import VesselTree


def _none() -> Int[np.ndarray, " none"]:
    return np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Network:
    """Nodes with radii, joined by segments that have no direction.

    Attributes:
        points: node positions, in `units`.
        radius: lumen radius at each node, in `units`; 0 or nan where the file has none.
        edges: node indices of the two ends of every segment.
        labels: what the file calls each node; empty for nodes that cleaning made.
        mouths: nodes that the file marks as roots.
        lines: line of a text file on which each node stands; empty for other files.
        word: what the file calls a node: node, point or vertex.
        units: length unit; None where the file does not say.
        name: where the network came from, for messages.
        notes: what the reader chose, and what cleaning changed.
    """

    points: Float[np.ndarray, "nodes 3"]
    radius: Float[np.ndarray, " nodes"]
    edges: Int[np.ndarray, "edges 2"]
    labels: Shaped[np.ndarray, " nodes"]
    mouths: Int[np.ndarray, " mouths"] = field(default_factory=_none)
    lines: Int[np.ndarray, " nodes"] = field(default_factory=_none)
    word: str = "node"
    units: str | None = None
    name: str = "network"
    notes: tuple[str, ...] = ()

    @property
    def degree(self) -> Int[np.ndarray, " nodes"]:
        """Number of segments that meet at each node."""
        return np.bincount(self.edges.ravel(), minlength=len(self.points))

    @property
    def length(self) -> Float[np.ndarray, " edges"]:
        """Length of every segment."""
        ends = self.points[self.edges]
        with np.errstate(over="ignore"):  # of coordinates that are yet to be refused
            return np.asarray(np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1))

    def graph(self, weight: Float[np.ndarray, " edges"] | None = None) -> csr_array:
        """The segments as a symmetric sparse matrix, of ones unless weights are given."""
        weight = np.ones(len(self.edges)) if weight is None else weight
        a, b = self.edges.T
        both = (np.concatenate([weight, weight]), (np.append(a, b), np.append(b, a)))
        return csr_array(both, shape=(len(self.points),) * 2)

    def pieces(self) -> Int[np.ndarray, " nodes"]:
        """Number of the connected piece in which each node lies."""
        return np.asarray(connected_components(self.graph(), directed=False)[1])

    def called(self, node: int) -> str:
        """The node as its file calls it, without the place."""
        label = str(self.labels[node])
        line = f" (line {self.lines[node]})" if len(self.lines) and label else ""
        return f"{self.word} {label}{line}" if label else "a new node"

    def place(self, node: int) -> str:
        """The node as its file calls it, and where it lies."""
        at = ", ".join(f"{x:.6g}" for x in self.points[node])
        return f"{self.called(node)} at ({at})"

    def noted(self, *notes: str) -> "Network":
        """The network with more notes."""
        return replace(self, notes=(*self.notes, *notes))


def as_network(tree: VesselTree) -> Network:
    """The network of a tree; labels are its node numbers, its root is the one mouth."""
    child = np.flatnonzero(tree.parent >= 0)
    return Network(
        tree.points,
        tree.radius,
        np.stack([tree.parent[child], child], axis=1),
        np.arange(len(tree.points)).astype(str),
        np.flatnonzero(tree.parent < 0),
        units="m",
        name=tree.name,
        notes=tree.notes,
    )


def select(
    network: Network,
    nodes: Bool[np.ndarray, " nodes"],
    edges: Bool[np.ndarray, " edges"] | None = None,
) -> Network:
    """The part of a network on some nodes, and on some segments between them."""
    number = np.cumsum(nodes) - 1
    kept = nodes[network.edges].all(axis=1)
    kept = kept if edges is None else kept & edges
    return replace(
        network,
        points=network.points[nodes],
        radius=network.radius[nodes],
        edges=number[network.edges[kept]],
        labels=network.labels[nodes],
        mouths=number[network.mouths[nodes[network.mouths]]],
        lines=network.lines[nodes] if len(network.lines) else network.lines,
    )


def contract(network: Network, keeper: Int[np.ndarray, " nodes"]) -> Network:
    """Merge every node into its `keeper` (a node that keeps itself).

    Segments that shrink to a point go, of several between two nodes one stays.
    """
    edges = np.sort(keeper[network.edges], axis=1)
    edges = np.unique(edges[edges[:, 0] != edges[:, 1]], axis=0)
    merged = replace(network, edges=edges, mouths=np.unique(keeper[network.mouths]))
    return select(merged, keeper == np.arange(len(keeper)))


def radius_of_segments(
    nodes: int, edges: Int[np.ndarray, "edges 2"], radius: Float[np.ndarray, " edges"]
) -> Float[np.ndarray, " nodes"]:
    """Radius at nodes where the file gives it for segments.

    The mean of the two that meet along a vessel; the widest where more meet, for a junction ends
    the vessel that feeds it; nan where one of them is no positive number.
    """
    radius = np.where(radius > 0, radius, np.nan)
    count = np.bincount(edges.ravel(), minlength=nodes)
    total = np.bincount(edges.ravel(), np.repeat(radius, 2), minlength=nodes)
    widest = np.zeros(nodes)
    with np.errstate(invalid="ignore"):
        np.maximum.at(widest, edges.ravel(), np.repeat(radius, 2))
    return np.where(count > 2, widest, total / np.maximum(count, 1))


def parents(network: Network, root: int) -> Int[np.ndarray, " nodes"]:
    """Each node's neighbour on the way to the root; -1 at the root and where none leads there."""
    parent = breadth_first_order(network.graph(), root, directed=False)[1]
    return np.where(parent < 0, -1, parent).astype(np.int64)


def branches(network: Network) -> list[Int[np.ndarray, " nodes"]]:
    """Runs of nodes between tips and junctions, both included; a ring without either has none."""
    graph = network.graph()
    start, neighbours = graph.indptr, graph.indices
    through = (network.degree == 2).tolist()
    found, walked = [], set()
    for first in np.flatnonzero(network.degree != 2).tolist():
        for following in neighbours[start[first] : start[first + 1]].tolist():
            if (first, following) in walked:
                continue
            run = [first, following]
            while through[run[-1]]:
                a, b = neighbours[start[run[-1]] : start[run[-1]] + 2].tolist()
                run.append(b if a == run[-2] else a)
            walked.add((run[-1], run[-2]))
            found.append(np.array(run))
    return found


def check_coordinates(network: Network) -> None:
    """Hold every coordinate to be finite.

    Raises:
        InputError: naming the first node where one is not.
    """
    bad = np.flatnonzero(~np.isfinite(network.points).all(axis=1))
    if bad.size:
        raise InputError(
            f"{network.name}: {network.called(int(bad[0]))} has a coordinate that is not a finite "
            f"number; correct it ({bad.size} such)"
        )
