"""Two vessel trees beside each other: their sheaths share the room between them.

Where the sheaths of an artery and a vein would touch, both gaps shrink in proportion; where less
than a fifth of a gap is left the place is refused.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float
from scipy.spatial import cKDTree

from meshes.errors import InputError
from meshes.shape import Shape
from meshes.sweep.build import Build
from meshes.sweep.room import LEAST, ROOM
from meshes.tree import VesselTree

FINE = 0.5  # distance of nodes over the lumen radius where gaps shrink
Overlap = Literal["refuse", "prune"]

AROUND = 2.0  # the smallest gap holds this many sheath radii about, so that smoothing keeps it


@dataclass(frozen=True, eq=False)
class Asked:
    """A tree with the gap at every node, m."""

    tree: VesselTree
    gap: Float[np.ndarray, " nodes"]

    def far(self, shape: Shape | None, widen: float) -> Float[np.ndarray, " nodes"]:
        """Largest distance from the axis to a corner of the sheath, m."""
        inner, outer = self.tree.radius, self.tree.radius + self.gap
        return widen * (outer if shape is None else shape.farthest(inner, outer))


def share_room(
    arteries: Asked, veins: Asked, shape: Shape | None, widen: float, overlap: Overlap
) -> tuple[Asked, Asked, tuple[str, ...]]:
    """Both trees with gaps that leave tissue between the sheaths, and what was changed.

    Trees whose sheaths are apart come back as they are, others with more nodes.

    Args:
        arteries: m.
        veins: m.
        shape: of the sheaths.
        widen: factor on both radii.
        overlap: what to do where less than a fifth of a gap fits: refuse the place, or prune the
            veins there and keep the longest piece.

    Raises:
        InputError: such a place is refused, or no vein is left.
    """
    fine = _refined(arteries), _refined(veins)
    share = [_share(*fine, shape, widen), _share(*fine[::-1], shape, widen)]
    notes: tuple[str, ...] = ()
    worst = int(np.argmin(share[0]))
    where = _um(fine[0].tree.points[worst])
    if share[0][worst] < LEAST:
        if overlap == "refuse":
            raise InputError(
                f"{arteries.tree.name}: the artery at {where} and a vein of {veins.tree.name} "
                "leave less than a fifth of the gap between them; use a smaller gap, prune one of "
                "them there, or let overlap=prune do it"
            )
        kept, told = _pruned(fine[1], share[1] >= LEAST, arteries.tree.name)
        notes = (f"{told}, overlapping arteries at {where} and elsewhere",)
        fine = fine[0], kept
        share = [_share(*fine, shape, widen), _share(*fine[::-1], shape, widen)]
        worst = int(np.argmin(share[0]))
        where = _um(fine[0].tree.points[worst])
        veins = kept
    if share[0][worst] == 1.0:
        return arteries, veins, notes
    shrunk = [
        _shrunk(asked, own, asked.far(shape, widen)) for asked, own in zip(fine, share, strict=True)
    ]
    note = (
        f"gaps of arteries and veins shrunk where their sheaths would touch, to "
        f"{100.0 * share[0][worst]:.0f} % at {where}"
    )
    return shrunk[0], shrunk[1], (*notes, note)


def _share(
    one: Asked, other: Asked, shape: Shape | None, widen: float
) -> Float[np.ndarray, " nodes"]:
    """Share of its gap that fits beside the other tree, at every node of the first; at most 1."""
    far, beyond = one.far(shape, widen), other.far(shape, widen)
    trees = cKDTree(one.tree.points), cKDTree(other.tree.points)
    reach = (far.max() + beyond.max()) / ROOM
    pairs = trees[0].sparse_distance_matrix(trees[1], reach, output_type="ndarray")
    i, j = pairs["i"], pairs["j"]
    inner, within = widen * one.tree.radius[i], widen * other.tree.radius[j]
    room = ROOM * pairs["v"] - inner - within
    share = np.ones(len(far))
    np.minimum.at(share, i, room / (far[i] - inner + beyond[j] - within))
    return share


def _pruned(veins: Asked, keep: Bool[np.ndarray, " nodes"], name: str) -> tuple[Asked, str]:
    """The longest piece left of the veins, rooted where it is nearest to the old root."""
    tree = veins.tree
    child = np.flatnonzero(tree.parent >= 0)
    length = np.zeros(len(keep))
    length[child] = np.linalg.norm(tree.points[child] - tree.points[tree.parent[child]], axis=1)
    linked = keep & (tree.parent >= 0) & keep[tree.parent]
    for root in np.flatnonzero(keep & ~linked):  # a mouth is the end of one vessel
        below = np.flatnonzero(linked & (tree.parent == root))
        linked[below[1:]] = False
    up = np.where(linked, tree.parent, np.arange(len(keep)))
    while (up != up[up]).any():
        up = up[up]
    total = np.bincount(up, np.where(linked, length, 0.0), minlength=len(keep))
    best = int(np.argmax(total))
    if total[best] == 0.0:
        raise InputError(f"{tree.name}: no vein is left clear of the arteries of {name}")
    chosen = up == best
    number = np.cumsum(chosen) - 1
    parent = np.where(linked[chosen], number[tree.parent[chosen]], -1)
    labels = tuple(label for label, stays in zip(tree.labels, chosen, strict=False) if stays)
    piece = VesselTree(
        tree.points[chosen], tree.radius[chosen], parent, tree.name, tree.notes, labels
    )
    told = (
        f"{1e3 * (length.sum() - total[best]):.3g} of {1e3 * length.sum():.3g} mm of veins pruned"
    )
    return Asked(piece, veins.gap[chosen]), told


def refuse_contact(arteries: Build, veins: Build, widen: float, name: str) -> None:
    """Refuse sheaths that touch after the centrelines were smoothed, by the first place.

    Raises:
        InputError: they touch.
    """
    points, far = [], []
    for build in (arteries, veins):
        points.append(np.concatenate([line.points for line in build.lines]) * build.scale)
        far.append(np.concatenate([line.farthest for line in build.lines]) * build.scale * widen)
    trees = [cKDTree(own) for own in points]
    pairs = trees[0].sparse_distance_matrix(
        trees[1], far[0].max() + far[1].max(), output_type="ndarray"
    )
    clear = pairs["v"] - far[0][pairs["i"]] - far[1][pairs["j"]]
    if len(clear) and clear.min() <= 0.0:
        where = _um(points[0][pairs["i"][np.argmin(clear)]])
        raise InputError(
            f"{name}: the sheaths of an artery and a vein touch at {where}; use a smaller gap or "
            "less smoothing, or prune one of them there"
        )


def _refined(asked: Asked) -> Asked:
    """The tree with nodes on its segments no farther apart than `FINE` radii."""
    tree = asked.tree
    child = np.flatnonzero(tree.parent >= 0)
    parent = tree.parent[child]
    length = np.linalg.norm(tree.points[child] - tree.points[parent], axis=1)
    size = FINE * np.minimum(tree.radius[child], tree.radius[parent])
    steps = np.maximum(np.ceil(length / size).astype(int), 1)
    owner = np.repeat(np.arange(len(child)), steps - 1)
    first = np.cumsum(steps - 1) - (steps - 1)
    share = (np.arange(len(owner)) - first[owner] + 1) / steps[owner]
    count = len(tree.radius)

    def between(values: np.ndarray) -> np.ndarray:
        weight = share.reshape(-1, *[1] * (values.ndim - 1))
        new = (1.0 - weight) * values[parent][owner] + weight * values[child][owner]
        return np.concatenate([values, new])

    chain = count + np.arange(len(owner)) - 1
    before = np.where(share * steps[owner] < 1.5, parent[owner], chain)
    parents = np.concatenate([tree.parent, before])
    last = steps > 1
    parents[child[last]] = count + first[last] + steps[last] - 2
    finer = replace(tree, points=between(tree.points), radius=between(tree.radius), parent=parents)
    return Asked(finer, between(asked.gap))


def _shrunk(asked: Asked, share: np.ndarray, far: np.ndarray) -> Asked:
    """The tree with its gap times the smallest share found near each node."""
    tight = np.flatnonzero(share < 1.0)
    held = share.copy()
    near = cKDTree(asked.tree.points[tight])
    for node, found in enumerate(near.query_ball_point(asked.tree.points, AROUND * far)):
        if found:
            held[node] = share[tight[found]].min()
    return replace(asked, gap=asked.gap * held)


def _um(point: np.ndarray) -> str:
    return "(" + ", ".join(f"{x * 1e6:.1f}" for x in point) + ") um"
