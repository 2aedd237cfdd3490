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


def crop(
    network: Network,
    box: Float[np.ndarray, "3 2"],
    piece: Spot | None = None,
    key: str = "mesh.clean.piece",
) -> Network:
    """The part of a network inside a box; a cut is a tip on the box's face.

    Kept is the piece asked for, else the one with the root, else the longest. Its mouth is the
    root if that lies inside, else the place nearest to it along the vessels.

    Args:
        network: in metres.
        box: lower and upper bound of x, y and z, m; infinite where the box is open.
        piece, key: as in `keep_piece`.

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
        key,
    )


def _cut(
    network: Network, box: Float[np.ndarray, "3 2"]
) -> tuple[Network, Bool[np.ndarray, " nodes"]]:
    """The network with a node wherever a segment crosses a face, and which nodes are inside."""
    points, radius = network.points, network.radius
    within = np.all((points >= box[:, 0]) & (points <= box[:, 1]), axis=1)
    a, b = network.edges.T
    enter, leave = _span(points[a], points[b] - points[a], box)
    inside = leave - enter > SHORTEST
    edges, middle = [], network.edges.copy()
    for end, t in ((0, enter), (1, leave)):
        crossed = inside & ~within[network.edges[:, end]]
        new = len(points) + np.arange(crossed.sum())
        first, share = a[crossed], t[crossed]
        places = points[first] + share[:, None] * (points[b[crossed]] - points[first])
        points = np.append(points, np.clip(places, box[:, 0], box[:, 1]), axis=0)
        widths = radius[first] + share * (radius[b[crossed]] - radius[first])
        radius = np.append(radius, widths)
        middle[crossed, end] = new
        edges.append(np.stack([network.edges[crossed, end], new], axis=1))
    added = np.zeros(len(points) - len(within), dtype=np.int64)
    cut = replace(
        network,
        points=points,
        radius=radius,
        edges=np.concatenate([middle, *edges]),
        labels=np.append(network.labels, np.full(len(added), "", dtype=network.labels.dtype)),
        lines=np.append(network.lines, added) if len(network.lines) else network.lines,
    )
    within = np.append(within, added == 0)
    used = np.zeros(len(points), dtype=bool)
    used[cut.edges[within[cut.edges].all(axis=1)]] = True
    return cut, within & used


def _span(
    start: Float[np.ndarray, "edges 3"],
    step: Float[np.ndarray, "edges 3"],
    box: Float[np.ndarray, "3 2"],
) -> tuple[Float[np.ndarray, " edges"], Float[np.ndarray, " edges"]]:
    """Where each segment enters the box and leaves it, as a share of its length.

    Slabs: Kay & Kajiya 1986 [R]. A segment that misses the box leaves before it enters.
    """
    still = step == 0
    with np.errstate(divide="ignore", invalid="ignore"):
        faces = np.sort((box.T[:, None] - start) / step, axis=0)
    beside = still & ((start < box[:, 0]) | (start > box[:, 1]))
    enter = np.where(still, np.where(beside, np.inf, -np.inf), faces[0]).max(axis=1)
    leave = np.where(still, np.inf, faces[1]).min(axis=1)
    return np.clip(enter, 0.0, 1.0), np.clip(leave, 0.0, 1.0)


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
