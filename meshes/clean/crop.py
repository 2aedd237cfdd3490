"""Crop to a box: vessels are cut at its faces, one connected piece stays."""

from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.sparse.csgraph import dijkstra

from meshes.clean.find import Spot
from meshes.clean.piece import LARGEST, keep_piece
from meshes.clean.root import choose_root
from meshes.errors import InputError
from meshes.trees.network import Network, select

SHORTEST = 1e-6  # of a segment: what sticks out less ends at its node


def crop(network: Network, box: Float[np.ndarray, "3 2"], piece: Spot | None = None) -> Network:
    """The part of a network inside a box; a cut is a tip on the box's face.

    Kept is the piece asked for, else the one with the root, else the longest. Its mouth is the
    root if that lies inside, else the place nearest to it along the vessels.

    Args:
        network: in metres.
        box: lower and upper bound of x, y and z, m; infinite where the box is open.
        piece: as in `keep_piece`.

    Raises:
        InputError: no vessel is inside, or the node of the piece is not.
    """
    cut, inside = _cut(network, box)
    root = int(choose_root(cut).mouths[0])
    cropped = select(replace(cut, mouths=_nearest(cut, inside, root)), inside)
    if not len(cropped.edges):
        low, high = network.points.min(axis=0), network.points.max(axis=0)
        spans = ", ".join(f"[{a:.4g}, {b:.4g}]" for a, b in zip(low, high, strict=True))
        raise InputError(
            f"{network.name}: no vessel lies inside mesh.clean.crop; it spans [{spans}] m"
        )
    if piece is None:
        piece = cut.points[root].tolist() if inside[root] else LARGEST
    cuts = int(np.sum((cropped.labels == "") & (cropped.degree == 1)))
    return keep_piece(
        cropped.noted(
            f"cropped to a box: {cropped.length.sum():.4g} of {network.length.sum():.4g} m lie "
            f"inside, cut at {cuts} places"
        ),
        piece,
    )


def _cut(
    network: Network, box: Float[np.ndarray, "3 2"]
) -> tuple[Network, Bool[np.ndarray, " nodes"]]:
    """The network with a node wherever a segment crosses a face, and which nodes are inside.

    Slabs: Kay & Kajiya 1986.
    """
    points = network.points
    within = np.all((points >= box[:, 0]) & (points <= box[:, 1]), axis=1)
    a, b = network.edges.T
    step = points[b] - points[a]
    with np.errstate(divide="ignore", invalid="ignore"):
        faces = np.sort((box.T[:, None] - points[a]) / step, axis=0)
    beside = (step == 0) & ((points[a] < box[:, 0]) | (points[a] > box[:, 1]))
    entry = np.where(step == 0, -np.inf, faces[0]).max(axis=1).clip(0.0)
    leave = np.where(step == 0, np.inf, faces[1]).min(axis=1).clip(max=1.0)
    inside = ~beside.any(axis=1) & (leave - entry > SHORTEST)
    ends = np.stack([a, b], axis=1)
    middle, stubs, new_points, new_radius = ends.copy(), [], [], []
    count = len(points)
    for side, at in enumerate((entry, leave)):
        crossed = inside & ~within[ends[:, side]]
        t = at[crossed]
        new = count + np.arange(len(t))
        middle[crossed, side] = new
        stubs.append(np.stack([ends[crossed, side], new], axis=1))
        new_points.append(points[a[crossed]] + t[:, None] * step[crossed])
        radius = network.radius
        new_radius.append(radius[a[crossed]] * (1 - t) + radius[b[crossed]] * t)
        count += len(t)
    added = count - len(points)
    cut = replace(
        network,
        points=np.concatenate([points, *new_points]),
        radius=np.concatenate([network.radius, *new_radius]),
        edges=np.concatenate([middle, *stubs]),
        labels=np.concatenate([network.labels, np.full(added, "", dtype=network.labels.dtype)]),
        lines=np.append(network.lines, np.zeros(added, dtype=np.int64))
        if len(network.lines)
        else network.lines,
    )
    within = np.append(within, np.ones(added, dtype=bool))
    used = np.zeros(count, dtype=bool)
    used[cut.edges[within[cut.edges].all(axis=1)]] = True
    return cut, within & used


def _nearest(
    cut: Network, inside: Bool[np.ndarray, " nodes"], root: int
) -> Int[np.ndarray, " pieces"]:
    """Of every piece inside that the root leads to, the node nearest to it along the vessels."""
    distance = dijkstra(cut.graph(cut.length), indices=root)
    reached = np.flatnonzero(inside & np.isfinite(distance))
    nearest = reached[np.argsort(distance[reached], kind="stable")]
    apart = replace(cut, edges=cut.edges[inside[cut.edges].all(axis=1)])
    _, first = np.unique(apart.pieces()[nearest], return_index=True)
    return nearest[first]
