"""Missing radii are interpolated exactly along a line; smoothing removes steps, not tapers."""

import numpy as np
import pytest

from meshes.clean.radius import check_radius, fill_radius, smooth_radius
from meshes.errors import InputError


def along(*z):
    return [[0.0, 0.0, value] for value in z]


def test_missing_radii_lie_on_the_line_between_their_neighbours(chain):
    vessel = chain(along(0, 1, 4, 9, 10), [10, 0, np.nan, -1, 5])
    with pytest.raises(
        InputError, match=r"node 1 has radius 0.*3 without.*zero_radius=interpolate"
    ):
        check_radius(vessel)
    filled = fill_radius(vessel)
    np.testing.assert_allclose(filled.radius, [10, 9.5, 8, 5.5, 5], rtol=1e-13)
    assert any("3 missing radii" in note for note in filled.notes)
    check_radius(filled)


def test_missing_radii_at_a_tip_and_a_junction(vessels):
    tree = vessels([*along(0, 1, 2), [1, 0, 1]], [[0, 1], [1, 2], [1, 3]], [3, 0, 0, 6], [0])
    np.testing.assert_allclose(fill_radius(tree).radius, [3, 4.5, 4.5, 6], rtol=1e-13)


def test_a_piece_without_any_radius_is_refused(vessels):
    two = vessels(along(0, 1, 2, 3), [[0, 1], [2, 3]], [1, 1, 0, 0])
    with pytest.raises(InputError, match=r"the piece with node 2 has a positive"):
        fill_radius(two)


def test_tapers_and_ends_stay(binary, chain):
    z = np.sort(np.random.default_rng(2).uniform(0, 100, 50))
    vessel = chain(along(*z), 4.0 - 0.03 * z)
    np.testing.assert_allclose(smooth_radius(vessel, 3.0).radius, vessel.radius, rtol=1e-12)
    tree = binary(3)
    ends = tree.degree != 2
    np.testing.assert_array_equal(smooth_radius(tree, 2.0).radius[ends], tree.radius[ends])


def test_steps_of_a_voxel_are_taken_out(chain):
    z = np.linspace(0.0, 200.0, 401)
    true = 3.0 + 1.5 * np.cos(z / 30.0)
    vessel = chain(along(*z), np.round(true / 0.5) * 0.5)
    smooth = smooth_radius(vessel, 1.5)
    before, after = (np.sqrt(np.mean((r - true) ** 2)) for r in (vessel.radius, smooth.radius))
    assert after < before / 2.5
    assert any("root mean square" in note for note in smooth.notes)


def test_smoothing_filters_a_wave_as_a_gaussian_does(chain):
    """A sine of wavelength L shrinks by exp(-2 (pi sigma / L)^2)."""
    long, width = 20.0, 2.0
    z = np.linspace(0.0, 400.0, 4001)
    sine = np.sin(2 * np.pi * z / long)
    wave = smooth_radius(chain(along(*z), 1.0 + 0.1 * sine), width).radius - 1.0
    exact = 0.1 * np.exp(-2 * (np.pi * width / long) ** 2) * sine
    assert np.abs(wave - exact).max() < 1e-3 * 0.1
