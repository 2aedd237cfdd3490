"""One connected piece of several, as asked; else several are refused."""

import numpy as np
from jaxtyping import Float, Int

from meshes.clean.find import Spot, find
from meshes.errors import InputError
from meshes.trees.network import Network, select

LARGEST = "largest"


def keep_piece(
    network: Network, piece: Spot | None = None, key: str = "mesh.clean.piece"
) -> Network:
    """Keep one piece and tell what is lost.

    Args:
        network: in metres.
        piece: `largest` (by length), or a node in it: its name, or coordinates, m, near it.
        key: what asks for the piece, for messages.

    Raises:
        InputError: there are several and none is asked for, or the node does not exist.
    """
    number = network.pieces()
    length = piece_lengths(network, number)
    order = np.argsort(-length, kind="stable")
    if piece is None:
        if len(length) > 1:
            raise InputError(_several(network, number, length, order))
        return network
    if piece == LARGEST:
        kept = int(order[0])
    else:
        nodes = np.arange(len(network.points))
        kept = int(number[find(network, piece, key, nodes)])
    if len(length) == 1:
        return network
    lost = length.sum() - length[kept]
    return select(network, number == kept).noted(
        f"kept the piece of {length[kept]:.4g} m and {np.sum(number == kept)} nodes; dropped "
        f"{len(length) - 1} others of {lost:.4g} m and {np.sum(number != kept)} nodes"
    )


def piece_lengths(
    network: Network, number: Int[np.ndarray, " nodes"]
) -> Float[np.ndarray, " pieces"]:
    """Total length of the segments of every piece, m."""
    return np.bincount(number[network.edges[:, 0]], network.length, minlength=int(number.max()) + 1)


def _several(
    network: Network,
    number: Int[np.ndarray, " nodes"],
    length: Float[np.ndarray, " pieces"],
    order: Int[np.ndarray, " pieces"],
) -> str:
    first = [network.called(int(np.flatnonzero(number == piece)[0])) for piece in order[:4]]
    listed = ", ".join(
        f"{length[piece]:.3g} m with {node}" for piece, node in zip(order[:4], first, strict=True)
    )
    return (
        f"{network.name}: holds {len(length)} separate pieces ({listed}"
        f"{', ...' if len(length) > 4 else ''}); a vessel tree is one: choose with "
        f"mesh.clean.piece={LARGEST}, or the name of a {network.word} in the piece wanted"
    )
