"""Random vessel trees that obey Murray's law, for tests and benchmarks of the mesher.

Radii: parent^3 = sum of daughters^3 (Murray 1926 [R]); daughters' ratio uniform in .4-1. Branching
angles: least work at those radii (Murray 1926 [R]) times a uniform factor .6-1.4. Branch lengths:
3 to 20 of their radii, evenly in the logarithm. Branches wind sideways by about 1.5 % of their
length and keep .1 of their radii between their walls and those of vessels that are no neighbours.
"""

import numpy as np

from meshes.sweep.graph import children_of
from meshes.tree import VesselTree

UM = 1e-6
TRUNK = 10.0  # lumen radius at the mouth, um
SPACING = 0.8  # of nodes over the radius
TRIES = 12  # courses tried for a branch before it is left out


class Growth:
    """A tree while it grows, in micrometres."""

    def __init__(self, seed, smallest=5, largest=50):
        self.random = np.random.default_rng(seed)
        self.wanted = int(self.random.integers(smallest, largest + 1))
        self.points, self.radius = [np.zeros(3)], [TRUNK]
        self.parent, self.branch = [-1], [-1]

    def grow(self, start, direction, radius, number):
        """A branch; its last node and direction, or None where there is no room."""
        near = [self.branch[start], number - 1, number, number + 1]
        for _ in range(TRIES):
            length = radius * float(np.exp(self.random.uniform(np.log(3.0), np.log(20.0))))
            count = max(3, int(length / (SPACING * radius)))
            s = np.linspace(0.0, length, count + 1)[1:]
            sides = np.linalg.svd(direction[None])[2][1:]
            path = self.points[start] + s[:, None] * direction
            for wave in (1, 2):
                size = 0.015 * length * self.random.normal(size=2)
                path = path + np.sin(wave * np.pi * s / length)[:, None] * (size @ sides)
            if self.clear(path[2:], radius, near):
                break
        else:
            return None
        for point in path:
            self.parent.append(start)
            self.points.append(point)
            self.radius.append(radius)
            self.branch.append(number)
            start = len(self.points) - 1
        step = path[-1] - path[-2]
        return start, step / np.linalg.norm(step)

    def clear(self, path, radius, near):
        far = ~np.isin(self.branch, near)
        others, sizes = np.array(self.points)[far], np.array(self.radius)[far]
        away = np.linalg.norm(path[:, None] - others, axis=2)
        return bool(np.all(away > 1.1 * (radius + sizes)))


def murray_tree(seed, smallest=5, largest=50):
    """A tree of about `smallest` to `largest` branches; the same one for the same seed."""
    growth = Growth(seed, smallest, largest)
    random = growth.random
    tips = [(*growth.grow(0, np.array([0.0, 0.0, 1.0]), TRUNK, 0), TRUNK)]
    count = 1
    while tips and count + 2 <= growth.wanted:
        node, direction, radius = tips.pop(int(random.integers(len(tips))))
        ratio = random.uniform(0.4, 1.0)
        first = radius / np.cbrt(1.0 + ratio**3)
        factor, turn = random.uniform(0.6, 1.4), random.uniform(0.0, 2.0 * np.pi)
        sides = np.linalg.svd(direction[None])[2][1:]
        across = np.cos(turn) * sides[0] + np.sin(turn) * sides[1]
        for own, other, sign in ((first, ratio * first, 1.0), (ratio * first, first, -1.0)):
            cosine = (radius**4 + own**4 - other**4) / (2.0 * radius**2 * own**2)
            tilt = sign * factor * np.arccos(cosine)
            grown = growth.grow(node, np.cos(tilt) * direction + np.sin(tilt) * across, own, count)
            if grown is not None:
                tips.append((*grown, own))
                count += 1
    points = np.array(growth.points) * UM
    return VesselTree(
        points, np.array(growth.radius) * UM, np.array(growth.parent), f"murray {seed}"
    )


def first_bifurcations(tree, count):
    """The part of a tree before its bifurcations beyond the `count` nearest to the mouth."""
    children = children_of(tree)
    path = np.zeros(len(tree.parent))
    order = [int(np.flatnonzero(tree.parent < 0)[0])]
    for node in order:
        for child in children[node]:
            path[child] = path[node] + np.linalg.norm(tree.points[child] - tree.points[node])
            order.append(child)
    ends = set(sorted((n for n in order if len(children[n]) > 1), key=path.__getitem__)[count:])
    keep = np.zeros(len(tree.parent), dtype=bool)
    for node in order:
        above = tree.parent[node]
        keep[node] = above < 0 or (keep[above] and above not in ends)
    number = np.cumsum(keep) - 1
    parent = tree.parent[keep]
    return VesselTree(
        tree.points[keep], tree.radius[keep], np.where(parent >= 0, number[parent], -1), tree.name
    )
