"""Centrelines resampled: nodes along every vessel at a spacing that follows its radius."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float, Int

from meshes.errors import InputError
from meshes.trees.network import Network, branches

MOST_NODES = 5e6


def resample(network: Network, spacing: float) -> Network:
    """Tips and junctions stay; between them nodes are placed anew on the straight segments.

    Args:
        network: one tree, in metres.
        spacing: largest distance between neighbours over the local radius.

    Raises:
        InputError: that would be very many nodes.
    """
    wanted = 2.0 * np.sum(network.length / network.radius[network.edges].sum(axis=1)) / spacing
    if wanted > MOST_NODES:
        raise InputError(
            f"{network.name}: mesh.clean.spacing={spacing:g} asks for about {wanted:.2g} nodes; "
            f"choose it wider ({MOST_NODES:.0g} at most)"
        )
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
    """Points and radii at even steps of m, the integral of ds / r, and how far the line moved.

    On a straight segment r = r0 + k s, so that s = r0 (exp(k m) - 1) / k.
    """
    length = np.linalg.norm(np.diff(points, axis=0), axis=1)
    taper = np.diff(radius) / length
    across = np.where(taper == 0, length / radius[:-1], np.log1p(np.diff(radius) / radius[:-1]))
    across = np.divide(across, taper, out=across, where=taper != 0)
    measured = np.append(0.0, np.cumsum(across))
    even = np.linspace(0.0, measured[-1], max(1, int(np.ceil(measured[-1] / spacing))) + 1)
    on = np.clip(np.searchsorted(measured, even, side="right") - 1, 0, len(length) - 1)
    m, k = even - measured[on], taper[on]
    s = radius[on] * np.divide(np.expm1(k * m), k, out=m.copy(), where=k != 0)
    placed = points[on] + (s / length[on])[:, None] * (points[on + 1] - points[on])
    placed[[0, -1]] = points[[0, -1]]
    return placed, radius[on] + k * s, _shift(points, placed, np.searchsorted(even, measured))


def _shift(
    old: Float[np.ndarray, "old 3"],
    new: Float[np.ndarray, "new 3"],
    after: Int[np.ndarray, " old"],
) -> float:
    """Largest distance of an old node from the new segment that ends at the node `after` it."""
    end = np.clip(after, 1, len(new) - 1)
    start, step = new[end - 1], new[end] - new[end - 1]
    t = np.einsum("ij,ij->i", old - start, step) / np.einsum("ij,ij->i", step, step)
    nearest = start + np.clip(t, 0.0, 1.0)[:, None] * step
    return float(np.linalg.norm(old - nearest, axis=1).max())
