"""NetworkX graphs, and the GraphML and GML files it reads: attributes of nodes and edges.

A node has `x`, `y` and `z`, or `pos` with the three; a radius or diameter is an attribute of nodes
or of edges. In a directed graph the nodes that no edge leads to are marked as mouths.
"""

import warnings
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from meshes.errors import InputError
from meshes.trees.join import Listed, join
from meshes.trees.network import Network
from meshes.trees.words import radius_name

INSTALL = "python -m pip install 'glymphax[graph]'"


def read_graph(path: Path) -> Network:
    """Read a GraphML or GML file by networkx.

    Raises:
        InputError: networkx is not installed, or the file cannot be read or is no such network.
    """
    try:
        import networkx
    except ImportError:
        raise InputError(f"{path}: needs networkx to be read; {INSTALL}") from None
    read = networkx.read_graphml
    if path.suffix.lower() == ".gml":
        read = partial(networkx.read_gml, label=None)  # nodes are called by their ids
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it takes words for attributes without a type
            graph = read(path)
    except Exception as error:  # its readers let through whatever their parsers raise
        said = " ".join(str(error).split())[:120]
        raise InputError(
            f"{path}: networkx stops inside it ({said or type(error).__name__}); it is cut short "
            "or damaged: export it again"
        ) from None
    return network_of(graph, str(path))


def network_of(graph: Any, name: str) -> Network:
    """The network of a networkx graph.

    Raises:
        InputError: a node has no position, there is no radius, or two edges join the same nodes.
    """
    nodes = [(str(node), data) for node, data in graph.nodes(data=True)]
    edges = [(str(a), str(b), data) for a, b, data in graph.edges(data=True)]
    if not nodes or not edges:
        raise InputError(f"{name}: has {len(nodes)} nodes and {len(edges)} edges; it needs both")
    points = np.array([_position(name, node, data) for node, data in nodes])
    of_nodes, radius = True, _radii(name, [data for _, data in nodes])
    if radius is None:
        of_nodes, radius = False, _radii(name, [data for *_, data in edges])
    if radius is None:
        known = sorted({str(key) for _, data in nodes for key in data})
        raise InputError(
            f"{name}: no radius among the attributes of nodes ({', '.join(known)}) or edges; add "
            "one named 'radius' or 'diameter'"
        )
    listed = Listed(
        [node for node, _ in nodes],
        points,
        [(a, b) for a, b, _ in edges],
        radius,
        of_nodes,
        lambda edge: f"edge {edge} ({edges[edge][0]} to {edges[edge][1]})",
    )
    units = graph.graph.get("units")
    network = join(listed, name, None if units is None else str(units))
    if not graph.is_directed():
        return network
    sources = {str(node) for node, count in graph.in_degree() if count == 0}
    return replace(network, mouths=np.flatnonzero(np.isin(network.labels, sorted(sources))))


def _position(name: str, node: str, data: Mapping[str, Any]) -> Float[np.ndarray, "3"]:
    place = data.get("pos", [data.get(axis) for axis in "xyz"])
    try:
        point = np.asarray(place, dtype=float)
        if point.shape != (3,) or any(value is None for value in place):
            raise ValueError
    except (TypeError, ValueError):
        raise InputError(
            f"{name}: node {node} has no position in three dimensions; give it x, y and z, or pos "
            "with the three numbers"
        ) from None
    return point


def _radii(name: str, entries: list[Mapping[str, Any]]) -> Float[np.ndarray, " entries"] | None:
    """The radius of every node or edge, nan where it has none; None if none has one."""
    found = next(filter(None, (radius_name(map(str, data)) for data in entries)), None)
    if found is None:
        return None
    try:
        return found[1] * np.array([float(data.get(found[0], np.nan)) for data in entries])
    except (TypeError, ValueError):
        raise InputError(f"{name}: an attribute {found[0]!r} is not a number; correct it") from None
