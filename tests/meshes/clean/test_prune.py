"""Short tip branches go, the shortest of a junction first; the mouth's stays."""

import numpy as np

from meshes.clean.prune import prune


def comb(vessels, teeth, step=100.0, radius=5.0):
    """A straight vessel along x with a side branch of each length, and nothing else."""
    count = len(teeth)
    points = [[step * i, 0, 0] for i in range(count + 2)]
    points += [[step * (i + 1), long, 0] for i, long in enumerate(teeth)]
    edges = [[i, i + 1] for i in range(count + 1)]
    edges += [[i + 1, count + 2 + i] for i in range(count)]
    return vessels(points, edges, radius, [0])


def test_shorter_than_a_length(vessels):
    tree = comb(vessels, [10, 30, 50])
    part = prune(tree, length=31)
    assert sorted(part.points[part.points[:, 1] > 0, 1].tolist()) == [50]
    assert any("2 short tip branches pruned (40 m)" in note for note in part.notes)
    assert prune(tree, length=10) is tree


def test_shorter_than_a_ratio(vessels):
    tree = comb(vessels, [10, 30, 50])
    assert len(prune(tree, ratio=2.5).points) == len(tree.points) - 1
    assert len(prune(tree, ratio=10.1).points) == len(tree.points) - 3


def test_of_two_short_daughters_the_longer_runs_on(vessels):
    tree = vessels(
        [[0, 0, 0], [100, 0, 0], [105, 5, 0], [108, -8, 0], [100, 500, 0], [0, 500, 0]],
        [[0, 1], [1, 2], [1, 3], [1, 4], [0, 5]],
        mouths=[5],
    )
    part = prune(tree, length=12)
    assert part.labels.tolist() == ["0", "1", "4", "5"]
    fork = vessels(
        [[0, 0, 0], [100, 0, 0], [105, 5, 0], [108, -8, 0]], [[0, 1], [1, 2], [1, 3]], mouths=[0]
    )
    assert prune(fork, length=12).labels.tolist() == ["0", "1", "3"]


def test_the_branch_of_the_mouth_stays(vessels):
    fork = vessels(
        [[0, 0, 0], [1, 0, 0], [99, 50, 0], [99, -50, 0]], [[0, 1], [1, 2], [1, 3]], mouths=[0]
    )
    assert prune(fork, length=2) is fork


def test_one_round_may_open_the_next(binary):
    tree = binary(3)
    part = prune(tree, length=1e9)
    assert np.sum(part.degree == 1) == 2
