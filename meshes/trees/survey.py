"""What in a centreline a modeller should know before meshing it; nothing is changed here."""

from collections.abc import Iterator

import numpy as np

from meshes.trees.network import Network, branches

LONG = 20.0  # radii; a segment this long hides the course of its vessel [choice]
FLOORED = (
    0.05  # share of nodes at the smallest radius [choice]; 32 % of a segmented human artery [C]
)
OTHERS = 5.0  # and how much more often than any other radius [choice]
STEPS = 0.05  # distinct radii to nodes [choice]; 1 % of a traced penetrating artery [C]
MANY = 100  # nodes from which shares mean something [choice]


def survey(network: Network) -> tuple[str, ...]:
    """Words on long segments, radii in steps or at a floor, and short branches, if there are any.

    Args:
        network: one tree, in metres.
    """
    return (*_long_segments(network), *_radii(network), *_short_branches(network))


def _long_segments(network: Network) -> Iterator[str]:
    ratio = 2.0 * network.length / network.radius[network.edges].sum(axis=1)
    many, worst = int(np.sum(ratio > LONG)), int(np.argmax(ratio))
    if many:
        a, b = network.edges[worst]
        yield (
            f"longer than {LONG:g} radii: {many} segments, whose course in between is unknown; the "
            f"worst, {network.length[worst]:.3g} m, goes from {network.place(a)} to "
            f"{network.place(b)} m"
        )


def _radii(network: Network) -> Iterator[str]:
    values, count = np.unique(network.radius, return_counts=True)
    nodes = len(network.radius)
    if nodes < MANY or len(values) == 1:
        return
    remedy = "mesh.clean.smooth_radius smooths the steps"
    if len(values) < STEPS * nodes:
        yield f"the {nodes} nodes share {len(values)} different radii: {remedy}"
    elif count[0] > max(FLOORED * nodes, OTHERS * count[1:].max()):
        yield (
            f"{count[0] / nodes:.0%} of the nodes have the smallest radius, {values[0]:.3g} m, as "
            f"if nothing narrower had been seen: {remedy}, not the floor"
        )


def _short_branches(network: Network) -> Iterator[str]:
    runs = [run for run in branches(network) if network.degree[run[[0, -1]]].max() > 1]
    if not runs:
        return
    steps = (np.linalg.norm(np.diff(network.points[run], axis=0), axis=1).sum() for run in runs)
    width = np.array([2.0 * network.radius[run].mean() for run in runs])
    ratio = np.fromiter(steps, dtype=float, count=len(runs)) / width
    many, worst = int(np.sum(ratio < 1)), int(np.argmin(ratio))
    if many:
        start, end = runs[worst][[0, -1]]
        yield (
            f"shorter than their diameter: {many} of {len(runs)} branches, the shortest, "
            f"{ratio[worst]:.2g} diameters, from {network.place(start)} to {network.place(end)} m: "
            "mesh.clean.prune_ratio takes out those that end in a tip"
        )
