"""Resampled centrelines: spacing by radius, ends kept, the line moved to second order."""

import numpy as np
import pytest

from meshes.clean.spacing import resample


def test_spacing_follows_the_radius(chain):
    vessel = chain([[0, 0, 0], [0, 0, 100], [0, 0, 300]], [10, 10, 2])
    part = resample(vessel, 0.5)
    order = np.argsort(part.points[:, 2])
    z, radius = part.points[order, 2], part.radius[order]
    np.testing.assert_allclose(radius, np.interp(z, [0, 100, 300], [10, 10, 2]), rtol=1e-13)
    measured = np.where(z < 100, z / 10, 10 - 25 * np.log(radius / 10))
    np.testing.assert_allclose(np.diff(measured), measured[-1] / (len(z) - 1), rtol=1e-11)
    assert len(z) == np.ceil(measured[-1] / 0.5) + 1
    assert any("moved by at most" in note for note in part.notes)
    assert z[[0, -1]].tolist() == [0, 300]
    assert part.mouths.tolist() == [0]
    assert part.length.sum() == pytest.approx(300, rel=1e-13)


def test_topology_and_ends_stay(binary):
    tree = binary(3)
    part = resample(tree, 0.3)
    for degree in (1, 3):
        np.testing.assert_array_equal(
            part.points[part.degree == degree], tree.points[tree.degree == degree]
        )
    assert part.length.sum() == pytest.approx(tree.length.sum(), rel=1e-12)
    assert part.labels[part.mouths[0]] == "0"


def test_a_circle_is_followed_to_second_order(chain):
    t = np.linspace(0.0, np.pi, 2001)
    arc = chain(np.stack([np.cos(t), np.sin(t), 0 * t], axis=1), 0.1)
    lost = [arc.length.sum() - resample(arc, spacing).length.sum() for spacing in (4, 2, 1)]
    order = np.log2(np.array(lost[:-1]) / np.array(lost[1:]))
    assert np.all(order > 1.9)
    assert order[-1] < 2.1


def test_dense_points_are_thinned_and_told(chain):
    vessel = chain(np.stack([np.linspace(0, 10, 1001)] * 3, axis=1), 1.0)
    part = resample(vessel, 1.0)
    assert len(part.points) == 1 + np.ceil(10 * np.sqrt(3))
    assert any("instead of 1001" in note for note in part.notes)
