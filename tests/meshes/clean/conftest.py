"""Networks to clean."""

from collections.abc import Callable

import numpy as np
import pytest

from meshes.trees.network import Network


@pytest.fixture(scope="session")
def vessels() -> Callable[..., Network]:
    """Network from points, edges and radii, in metres; nodes are called by their numbers."""

    def build(points, edges, radius=1.0, mouths=()) -> Network:
        points = np.asarray(points, dtype=float)
        return Network(
            points,
            np.broadcast_to(np.asarray(radius, dtype=float), len(points)).copy(),
            np.asarray(edges, dtype=np.int64),
            np.arange(len(points)).astype(str),
            np.asarray(mouths, dtype=np.int64),
            units="m",
            name="vessels",
        )

    return build


@pytest.fixture(scope="session")
def chain(vessels) -> Callable[..., Network]:
    """One vessel through the points, its mouth at the first."""

    def build(points, radius=1.0) -> Network:
        along = np.arange(len(points))
        return vessels(points, np.stack([along[:-1], along[1:]], axis=1), radius, [0])

    return build


@pytest.fixture(scope="session")
def binary(vessels) -> Callable[[int], Network]:
    """A complete binary tree: a trunk and `depth` generations of daughters, two segments each."""

    def build(depth: int) -> Network:
        points, edges, radius = [[0.0, 0.0, 0.0]], [], [2.0]
        ends = [(0, 0.0)]
        for level in range(depth + 1):
            following = []
            for start, x in ends:
                for side in (-1.0, 1.0) if level else (0.0,):
                    tip = x + side * 64.0 / 2**level
                    for part in (0.5, 1.0):
                        edges.append([start if part == 0.5 else len(points) - 1, len(points)])
                        points.append([x + part * (tip - x), 0.0, 10.0 * (level + part)])
                        radius.append(2.0 * 0.8**level)
                    following.append((len(points) - 1, tip))
            ends = following
        return vessels(points, edges, radius, [0])

    return build
