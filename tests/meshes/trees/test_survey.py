"""What a modeller is told of a centreline: long segments, radii in steps, short branches."""

import numpy as np
import pytest

from meshes.trees.network import Network
from meshes.trees.survey import survey


def vessel(z, radius, more=(), edges=()):
    """A vessel along z, with more nodes and segments."""
    points = np.array([*([0.0, 0.0, value] for value in z), *more])
    along = [[i, i + 1] for i in range(len(z) - 1)]
    return Network(
        points,
        np.broadcast_to(np.asarray(radius, dtype=float), len(points)).copy(),
        np.array([*along, *edges]),
        np.arange(len(points)).astype(str),
    )


def test_a_sound_vessel_says_nothing():
    z = np.linspace(0, 300, 301)
    assert survey(vessel(z, 5.0)) == ()
    assert survey(vessel(z, 5.0 - 0.01 * z)) == ()


def test_a_long_segment():
    (note,) = survey(vessel([0, 1, 2, 30, 31], 1.0))
    assert "1 segments" in note
    assert "28 m, goes from node 2 at (0, 0, 2) to node 3" in note
    assert survey(vessel([0, 1, 2, 21, 22], 1.0)) == ()


@pytest.mark.parametrize(("step", "told"), [(0.5, True), (1e-6, False)])
def test_radii_in_steps(step, told):
    z = np.linspace(0, 300, 301)
    radius = np.round((5.0 - 0.01 * z) / step) * step
    assert any("different radii" in note for note in survey(vessel(z, radius))) == told


def test_radii_at_a_floor():
    z = np.linspace(0, 300, 301)
    (note,) = survey(vessel(z, np.maximum(5.0 - 0.01 * z, 2.5)))
    assert "17% of the nodes have the smallest radius, 2.5 m" in note


def test_a_short_branch():
    tree = vessel(range(0, 40, 4), 2.0, [[1.5, 0, 16]], [[4, 10]])
    (note,) = survey(tree)
    assert "1 of 3 branches, the shortest, 0.38 diameters, from node 4" in note
    assert survey(vessel([0, 1], 2.0)) == ()
