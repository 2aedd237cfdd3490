"""What oscillating flow does to a tracer, against the gap resolved and the tide resolved."""

import numpy as np
import pytest

from solver.rates.mixing import PLANAR, dispersion_factor, renewed_share
from tests.exact.dispersion import dispersion
from tests.exact.tide import renewed


@pytest.mark.parametrize(
    ("beta", "aris"), [(1.0001, 1 / 210), (1.5, 0.005030407), (2.0, 0.005517358)]
)
def test_steady_dispersion_is_that_of_aris(beta, aris):
    assert dispersion(beta)[0] == pytest.approx(aris, rel=1e-4)
    assert float(dispersion_factor(beta)) == pytest.approx(aris, rel=2e-3)


@pytest.mark.parametrize(("beta", "within"), [(1.5, 0.01), (2.3, 0.04)])
@pytest.mark.parametrize("speed", [0.0, 3.6, 40.0, 300.0])
def test_oscillating_dispersion_is_that_of_the_resolved_gap(beta, within, speed):
    exact, _ = dispersion(beta, speed)
    assert float(dispersion_factor(beta, speed)) == pytest.approx(exact, rel=within)


@pytest.mark.parametrize("beta", [1.5, 2.3])
def test_mean_square_of_the_profile_is_nearly_planar(beta):
    assert dispersion(beta)[1] * PLANAR == pytest.approx(1.0, abs=5e-3)


def test_oscillation_in_a_narrow_gap_is_exactly_planar():
    for speed in (1.0, 40.0, 400.0):
        exact = 210.0 * dispersion(1.0001, speed)[0]
        assert 210.0 * float(dispersion_factor(1.0001, speed)) == pytest.approx(exact, rel=2e-4)


@pytest.mark.parametrize("speed", [10.0, 50.0])
def test_tide_renews_as_far_as_one_that_is_resolved(speed):
    assert float(renewed_share(speed)) == pytest.approx(renewed(speed), rel=0.01)


def test_a_tide_renews_nothing_where_tracer_is_faster_and_all_where_it_is_slow():
    assert float(renewed_share(0.0)) == 0.0
    np.testing.assert_allclose(renewed_share(np.array([1e-4, 1e8])), [0, 1], atol=2e-3)
