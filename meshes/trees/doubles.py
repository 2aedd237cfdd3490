"""Nodes at one place: joined where a segment of no length says so, else refused."""

from dataclasses import replace

import numpy as np
from jaxtyping import Int

from meshes.errors import InputError
from meshes.trees.network import Network, contract

ROUND_OFF = 1e-12  # of the extent: nodes this near are at one place


def join_doubles(network: Network, everywhere: bool = False) -> Network:
    """Merge nodes that lie exactly on one another and are joined by a segment, or all that do.

    Of a segment's two nodes the first stays.
    """
    if not len(network.points):
        return network
    reach = ROUND_OFF * float(np.ptp(network.points, axis=0).max())
    pairs = network.edges[network.length <= reach]
    if everywhere:
        pairs = np.concatenate([pairs, np.stack([_first_there(network), _all(network)], axis=1)])
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    follows = np.zeros(len(network.points), dtype=bool)
    follows[pairs[:, 1]] = True
    group = replace(network, edges=pairs).pieces()
    order = np.argsort(follows, kind="stable")
    _, first = np.unique(group[order], return_index=True)
    keeper = order[first][group]
    merged = contract(network, keeper)
    gone = len(network.points) - len(merged.points)
    repeated = int(np.sum(np.diff(keeper[network.edges]) != 0)) - len(merged.edges)
    if gone:
        what = f"{gone} points merged with another at the same place"
        if not everywhere:
            what = f"{gone} zero-length segments merged into their upstream node"
        merged = merged.noted(what)
    return merged.noted(f"{repeated} repeated segments dropped") if repeated else merged


def check_doubles(network: Network) -> None:
    """Refuse two nodes at one place.

    Raises:
        InputError: naming both.
    """
    first = _first_there(network)
    other = np.flatnonzero(first != _all(network))
    if other.size:
        node = int(other[0])
        raise InputError(
            f"{network.name}: {network.place(node)} m lies on "
            f"{network.called(int(first[node]))} ({other.size} such); remove it, "
            "or merge nodes at one place with mesh.clean.merge=0"
        )


def _first_there(network: Network) -> Int[np.ndarray, " nodes"]:
    """The first node at the place of each node."""
    _, first, same = np.unique(network.points, axis=0, return_index=True, return_inverse=True)
    return np.asarray(first[same.ravel()])


def _all(network: Network) -> Int[np.ndarray, " nodes"]:
    return np.arange(len(network.points))
