"""Nodes and segments as a file lists them, each by name, made into a network."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from meshes.errors import InputError
from meshes.trees.network import Network, check_coordinates, radius_of_segments, select


@dataclass(frozen=True, eq=False)
class Listed:
    """What a file lists.

    Attributes:
        labels: name of every node.
        points: their coordinates.
        ends: names of the two ends of every segment.
        radius: of nodes, or of segments.
        of_nodes: which of the two.
        segment: how a message names a segment.
        lines: line on which each node stands; empty where there are none.
        word: what the file calls a node.
    """

    labels: Sequence[str]
    points: Float[np.ndarray, "nodes 3"]
    ends: Sequence[tuple[str, str]]
    radius: Float[np.ndarray, " some"]
    of_nodes: bool
    segment: Callable[[int], str]
    lines: Sequence[int] = ()
    word: str = "node"


def join(listed: Listed, name: str, units: str | None = None) -> Network:
    """The network of listed nodes and segments.

    Raises:
        InputError: a name is given twice or to no node, a segment joins a node to itself or is
            there twice, there are no segments, a coordinate is not finite.
    """
    number: dict[str, int] = {}
    for node, label in enumerate(listed.labels):
        if label in number:
            line = f" (line {listed.lines[node]})" if listed.lines else ""
            raise InputError(
                f"{name}: {listed.word} {label}{line} repeats a name; give every {listed.word} "
                "its own"
            )
        number[label] = node
    edges = np.zeros((len(listed.ends), 2), dtype=np.int64)
    seen: dict[frozenset[int], int] = {}
    for segment, ends in enumerate(listed.ends):
        lost = [end for end in ends if end not in number]
        if lost:
            raise InputError(
                f"{name}: {listed.segment(segment)} ends at {listed.word} {lost[0]}, which does "
                "not exist; add it or correct the segment"
            )
        a, b = number[ends[0]], number[ends[1]]
        if a == b:
            raise InputError(
                f"{name}: {listed.segment(segment)} joins {listed.word} {ends[0]} to itself; "
                "remove it"
            )
        before = seen.setdefault(frozenset((a, b)), segment)
        if before != segment:
            raise InputError(
                f"{name}: {listed.segment(segment)} repeats {listed.segment(before)}; remove one"
            )
        edges[segment] = a, b
    if not len(edges):
        raise InputError(f"{name}: holds no segments; a vessel needs at least one")
    return _network(listed, edges, name, units)


def _network(
    listed: Listed, edges: Int[np.ndarray, "edges 2"], name: str, units: str | None
) -> Network:
    radius = listed.radius
    if not listed.of_nodes:
        radius = radius_of_segments(len(listed.labels), edges, radius)
    network = Network(
        listed.points,
        radius,
        edges,
        np.array(listed.labels, dtype=str),
        lines=np.array(listed.lines, dtype=np.int64),
        word=listed.word,
        units=units,
        name=name,
    )
    check_coordinates(network)
    used = network.degree > 0
    if used.all():
        return network
    return select(network, used).noted(f"{np.sum(~used)} {listed.word}s on no segment dropped")
