"""Short tip branches are pruned, the shortest of a junction first."""

import numpy as np
from jaxtyping import Int

from meshes.trees.network import Network, branches, select


def prune(network: Network, length: float = 0.0, ratio: float = 0.0) -> Network:
    """A tree without tip branches shorter than a length or than a multiple of their radius.

    A branch that has lost its neighbour runs on to the next junction, and is judged again. The
    branch of the mouth stays, and so does the last.

    Args:
        network: one tree with its mouth, in metres.
        length: m.
        ratio: branch length over its mean radius, the junction left out.
    """
    pruned, gone = network, 0
    while short := _short(pruned, length, ratio):
        keep = np.ones(len(pruned.points), dtype=bool)
        keep[np.concatenate(short)] = False
        gone += len(short)
        pruned = select(pruned, keep)
    if not gone:
        return network
    lost = network.length.sum() - pruned.length.sum()
    return pruned.noted(f"{gone} short tip branches pruned ({lost:.3g} m)")


def _short(network: Network, length: float, ratio: float) -> list[Int[np.ndarray, " nodes"]]:
    """Of every junction the shortest tip branch, if it is too short; without the junction."""
    degree = network.degree
    shortest: dict[int, tuple[float, Int[np.ndarray, " nodes"]]] = {}
    for run in branches(network):
        run = run[::-1] if degree[run[0]] == 1 else run
        junction, tip = int(run[0]), int(run[-1])
        if degree[tip] != 1 or degree[junction] < 3 or tip in network.mouths:
            continue
        steps = np.linalg.norm(np.diff(network.points[run], axis=0), axis=1)
        own = float(steps.sum())
        short = own < max(length, ratio * float(network.radius[run[1:]].mean()))
        if short and (junction not in shortest or own < shortest[junction][0]):
            shortest[junction] = (own, run[1:])
    return [run for _, run in shortest.values()]
