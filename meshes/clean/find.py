"""A node by the name its file gives it, or by a place near it."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int
from scipy.spatial import cKDTree

from meshes.errors import InputError
from meshes.trees.network import Network

Spot = str | int | Sequence[float]


def find(network: Network, spot: Spot, key: str, among: Int[np.ndarray, " some"]) -> int:
    """Index of a node.

    Args:
        network: in metres.
        spot: the file's own name of the node, or coordinates, m: the nearest node is meant.
        key: what asks for it, for messages.
        among: nodes that a place may mean; a name may mean any.

    Raises:
        InputError: no node has the name.
    """
    if not isinstance(spot, str | int):
        return int(among[cKDTree(network.points[among]).query(np.asarray(spot, dtype=float))[1]])
    found = np.flatnonzero(network.labels == str(spot))
    if not found.size:
        known = [label for label in network.labels[among].tolist() if label][:4]
        raise InputError(
            f"{network.name}: {key} is {spot!r}, but no {network.word} of that name is left; name "
            f"another, as {', '.join(known)}, or give its coordinates as [x, y, z] in metres"
        )
    return int(found[0])
