"""Womersley flow along an annulus: amplitude and phase, order in time, quasi-steady limit."""

from dataclasses import replace

import numpy as np
import pytest

from solver.flow import Quasisteady
from tests.exact.filled_annulus import FilledAnnulus
from tests.exact.problem import order
from tests.exact.series import still_steps

HUMAN = FilledAnnulus(inner=1e-3, outer=2e-3, length=2e-3, gradient=1.0, frequency=1.0)
SLOW = replace(HUMAN, frequency=0.1114)


def phasor(exact: FilledAnnulus, n: int, steps: int, cycles: int = 3, parameters=None) -> complex:
    result = still_steps(
        exact.mesh(n),
        exact.parameters() if parameters is None else parameters,
        duration=1.0 / exact.frequency / steps,
        count=cycles * steps,
    )
    assert result.converged and result.balance < 1e-10
    return result.amplitude("distal_1", exact.frequency, steps)


@pytest.mark.parametrize(("exact", "alpha"), [(HUMAN, 9.0), (SLOW, 1.0)], ids=["heart", "slow"])
def test_amplitude_phase_and_order(exact, alpha):
    assert exact.womersley == pytest.approx(alpha, rel=0.01)
    coarse, middle, fine = (phasor(exact, 4, steps) for steps in (20, 40, 80))
    assert order(abs(coarse - middle), abs(middle - fine)) > 1.9
    ratio = phasor(exact, 8, 40) / exact.flow
    assert abs(abs(ratio) - 1.0) < 0.015
    assert abs(np.angle(ratio)) < 0.015


def test_low_frequency_is_quasisteady():
    exact = replace(HUMAN, frequency=1e-3)  # alpha^2 = .009
    flow = exact.parameters()
    found = phasor(exact, 4, 20, 1)
    still = phasor(exact, 4, 20, 1, replace(flow, inertia=Quasisteady()))
    lag = np.angle(exact.flow)
    assert abs(found) == pytest.approx(abs(still), rel=1e-3)
    assert np.angle(found / still) == pytest.approx(lag, rel=0.1)
    assert np.angle(still) == pytest.approx(0.0, abs=1e-9)
