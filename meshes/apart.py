"""Two vessel trees beside each other: their sheaths share the room between them.

Where the sheaths of an artery and a vein would touch, both gaps shrink in proportion; where less
than a fifth of a gap is left the place is refused.
"""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float
from scipy.spatial import cKDTree

from meshes.errors import InputError
from meshes.shape import Shape
from meshes.sweep.build import Build
from meshes.sweep.room import LEAST, ROOM
from meshes.tree import VesselTree

FINE = 0.5  # distance of nodes over the lumen radius where gaps shrink
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
    arteries: Asked, veins: Asked, shape: Shape | None, widen: float
) -> tuple[Asked, Asked, tuple[str, ...]]:
    """Both trees with gaps that leave tissue between the sheaths, and what was changed.

    Trees whose sheaths are apart come back as they are, others with more nodes.

    Raises:
        InputError: an artery and a vein are so close that less than a fifth of a gap fits.
    """
    fine = (_refined(arteries), _refined(veins))
    inner = [widen * asked.tree.radius for asked in fine]
    far = [asked.far(shape, widen) for asked in fine]
    one, other = (cKDTree(asked.tree.points) for asked in fine)
    reach = (far[0].max() + far[1].max()) / ROOM
    pairs = one.sparse_distance_matrix(other, reach, output_type="ndarray")
    a, v, distance = pairs["i"], pairs["j"], pairs["v"]
    room = ROOM * distance - inner[0][a] - inner[1][v]
    need = far[0][a] - inner[0][a] + far[1][v] - inner[1][v]
    share = np.minimum(room / need, 1.0)
    if not len(share) or share.min() == 1.0:
        return arteries, veins, ()
    worst = int(np.argmin(share))
    where = _um(fine[0].tree.points[a[worst]])
    if share[worst] < LEAST:
        raise InputError(
            f"{arteries.tree.name}: the artery at {where} and a vein of {veins.tree.name} are "
            f"{distance[worst] * 1e6:.1f} um apart from axis to axis and leave less than a fifth "
            "of the gap; use a smaller gap, or prune one of them there"
        )
    shrunk = [
        _shrunk(asked, nodes, share, values)
        for asked, nodes, values in zip(fine, (a, v), far, strict=True)
    ]
    note = (
        f"gaps of arteries and veins shrunk where their sheaths would touch, to "
        f"{100.0 * share[worst]:.0f} % at {where}"
    )
    return shrunk[0], shrunk[1], (note,)


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


def _shrunk(asked: Asked, nodes: np.ndarray, share: np.ndarray, far: np.ndarray) -> Asked:
    """The tree with its gap times the smallest share found near each node."""
    own = np.ones(len(far))
    np.minimum.at(own, nodes, share)
    tight = np.flatnonzero(own < 1.0)
    near = cKDTree(asked.tree.points[tight])
    held = own.copy()
    for k, found in enumerate(near.query_ball_point(asked.tree.points, AROUND * far)):
        if found:
            held[k] = min(held[k], own[tight[found]].min())
    return replace(asked, gap=asked.gap * held)


def _um(point: np.ndarray) -> str:
    return "(" + ", ".join(f"{x * 1e6:.1f}" for x in point) + ") um"
