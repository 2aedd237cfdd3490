"""Centrelines resampled: nodes along every vessel at a spacing that follows its radius."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float

from meshes.trees.network import Network, branches


def resample(network: Network, spacing: float) -> Network:
    """Tips and junctions stay; between them nodes are placed anew on the straight segments.

    Args:
        network: one tree, in metres.
        spacing: largest distance between neighbours over the local radius.
    """
    ends = np.flatnonzero(network.degree != 2)
    number = np.full(len(network.points), -1)
    number[ends] = np.arange(len(ends))
    points, radius, edges = [network.points[ends]], [network.radius[ends]], []
    count, largest = len(ends), 0.0
    for run in branches(network):
        new, width, shift = _placed(network.points[run], network.radius[run], spacing)
        chain = np.arange(count - 1, count + len(new) - 1)
        chain[[0, -1]] = number[run[[0, -1]]]
        points.append(new[1:-1])
        radius.append(width[1:-1])
        edges.append(np.stack([chain[:-1], chain[1:]], axis=1))
        count += len(new) - 2
        largest = max(largest, shift)
    made = np.full(count - len(ends), "", dtype=network.labels.dtype)
    return replace(
        network,
        points=np.concatenate(points),
        radius=np.concatenate(radius),
        edges=np.concatenate(edges),
        labels=np.append(network.labels[ends], made),
        mouths=number[network.mouths],
        lines=np.append(network.lines[ends], np.zeros(len(made), dtype=np.int64))
        if len(network.lines)
        else network.lines,
    ).noted(
        f"resampled to {spacing:g} radii: {count} nodes instead of {len(network.points)}, the "
        f"centreline moved by at most {largest:.3g} m"
    )


def _placed(
    points: Float[np.ndarray, "nodes 3"], radius: Float[np.ndarray, " nodes"], spacing: float
) -> tuple[Float[np.ndarray, "placed 3"], Float[np.ndarray, " placed"], float]:
    """Points and radii at even steps of the length in local radii, and how far the line moved."""
    step = np.linalg.norm(np.diff(points, axis=0), axis=1)
    measured = np.append(0.0, np.cumsum(2.0 * step / (radius[:-1] + radius[1:])))
    even = np.linspace(0.0, measured[-1], max(1, int(np.ceil(measured[-1] / spacing))) + 1)
    placed = np.stack([np.interp(even, measured, column) for column in points.T], axis=1)
    again = np.stack([np.interp(measured, even, column) for column in placed.T], axis=1)
    shift = float(np.linalg.norm(again - points, axis=1).max())
    return placed, np.interp(even, measured, radius), shift
