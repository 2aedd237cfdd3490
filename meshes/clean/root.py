"""Which end is the mouth: the one named, else the one the file marks, else the widest tip."""

from dataclasses import replace

import numpy as np

from meshes.clean.find import Spot, find
from meshes.errors import InputError
from meshes.trees.network import Network


def choose_root(network: Network, spot: Spot | None = None) -> Network:
    """The network with exactly one mouth; a note says which, unless the file marks but one.

    Args:
        network: in metres.
        spot: name of a node, or coordinates, m, near a tip; None for what the file marks.

    Raises:
        InputError: the node does not exist, or several vessels leave it.
    """
    tips = np.flatnonzero(network.degree == 1)
    if spot is not None:
        root = find(network, spot, "mesh.clean.root", tips)
        if network.degree[root] != 1:
            nearest = find(network, network.points[root].tolist(), "mesh.clean.root", tips)
            raise InputError(
                f"{network.name}: mesh.clean.root is {spot!r}, from which "
                f"{network.degree[root]} vessels leave; the mouth is an open end, as "
                f"{network.place(nearest)} m nearby"
            )
        asked = "as asked" if isinstance(spot, str | int) else "the tip nearest to the place asked"
        return replace(network, mouths=np.array([root])).noted(
            f"root is {network.place(root)} m, {asked}"
        )
    marked = network.mouths
    choice = next(some for some in (marked, tips, np.arange(len(network.points))) if len(some))
    root = int(choice[np.argmax(network.radius[choice])])
    rooted = replace(network, mouths=np.array([root]))
    if len(marked) != 1:
        why = f"the widest of {len(marked)} marked as such" if len(marked) else "the widest tip"
    elif network.labels[root] == "":
        why = "the cut nearest to the former root"
    else:
        return rooted
    return rooted.noted(f"root is {network.place(root)} m, {why}")
