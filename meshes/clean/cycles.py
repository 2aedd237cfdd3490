"""Loops of vessels are refused, or opened at their narrowest segment (a maximum spanning tree)."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
from jaxtyping import Bool, Int
from scipy.sparse.csgraph import minimum_spanning_tree

from meshes.errors import InputError
from meshes.trees.network import Network, branches, select

CUT, REMOVE = "cut", "remove"
LISTED = 20


def open_cycles(network: Network, how: str | None = None) -> Network:
    """Open every cycle where it is narrowest.

    Args:
        network: in one piece, in metres.
        how: `cut` takes out the narrowest segment and leaves two tips that face each other;
            `remove` takes out the whole vessel that holds it, from junction to junction.

    Raises:
        InputError: there are cycles and nothing is asked for.
    """
    closing = _narrowest(network)
    if not closing.size:
        return network
    more = f" and {len(closing) - LISTED} more" if len(closing) > LISTED else ""
    count = f"{len(closing)} cycle{'s' * (len(closing) > 1)}"
    if how is None:
        raise InputError(
            f"{network.name}: holds {count}, one narrowest at {_segment(network, closing[0])}; a "
            f"vessel tree has none: take out such segments with mesh.clean.cycles={CUT}, or the "
            f"whole vessels that hold them with mesh.clean.cycles={REMOVE}"
        )
    gone = np.zeros(len(network.edges), dtype=bool)
    gone[closing] = True
    what = "narrowest segment"
    if how == REMOVE:
        gone, what = _whole_vessels(network, gone), "narrowest vessel, taken out whole"
    named = [_segment(network, edge) for edge in closing[:LISTED]]
    kept = replace(network, edges=network.edges[~gone])
    return select(kept, kept.degree > 0).noted(
        f"{count} opened at the {what} ({network.length[gone].sum():.4g} m): "
        f"{'; '.join(named)}{more}"
    )


def _narrowest(network: Network) -> Int[np.ndarray, " closing"]:
    """Segments outside the spanning tree of widest segments, in the order of the file."""
    width = network.radius[network.edges].mean(axis=1)
    weight = 1.0 + (width.max(initial=0.0) - width) / width.max(initial=1e-300)
    a, b = minimum_spanning_tree(network.graph(weight)).nonzero()
    nodes = len(network.points)
    kept = np.minimum(a, b).astype(np.int64) * nodes + np.maximum(a, b)
    edges = np.sort(network.edges, axis=1)
    return np.flatnonzero(~np.isin(edges[:, 0] * nodes + edges[:, 1], kept))


def _whole_vessels(
    network: Network, gone: Bool[np.ndarray, " edges"]
) -> Bool[np.ndarray, " edges"]:
    """All segments of the vessels of which one segment goes."""
    number = {frozenset(edge): i for i, edge in enumerate(network.edges.tolist())}
    whole = gone.copy()
    for run in branches(network):
        segments = [number[frozenset(pair)] for pair in pairwise(run.tolist())]
        whole[segments] |= bool(gone[segments].any())
    return whole


def _segment(network: Network, edge: int) -> str:
    a, b = network.edges[edge]
    middle = ", ".join(f"{x:.4g}" for x in network.points[[a, b]].mean(axis=0))
    return f"{network.called(a)} to {network.called(b)} near ({middle}) m"
