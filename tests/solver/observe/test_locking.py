"""Phase locking of series whose phases are known, and lags of series without a period."""

import math

import numpy as np
import pytest

from solver.observe import lag_within, phase_locking

TIMES = np.arange(0.0, 1000.0, 2.0)
FREQUENCY = 0.02


def wander(random, size):
    """An oscillation whose phase drifts like a random walk, rad per root second."""
    phase = np.cumsum(random.normal(scale=size * np.sqrt(2.0), size=len(TIMES)))
    return np.sin(2 * np.pi * FREQUENCY * TIMES + phase), phase


@pytest.mark.parametrize("shift", [-8.0, 0.0, 5.7])
def test_a_fixed_lag_locks(shift):
    random = np.random.default_rng(2)
    a, phase = wander(random, 0.05)
    b = np.sin(2 * np.pi * FREQUENCY * (TIMES - shift) + phase)
    b = b + 0.05 * random.normal(size=len(TIMES))
    found = phase_locking(TIMES, a, b, FREQUENCY, surrogates=99)
    assert found.value > 0.98 and found.cycles == 17
    assert found.lag == pytest.approx(shift, abs=0.5)
    assert found.chance == pytest.approx(0.01)  # the least that 99 can tell
    assert phase_locking(TIMES, a, b, FREQUENCY, test="rayleigh").chance < 1e-4


def test_independent_oscillators_seldom_seem_locked():
    random = np.random.default_rng(8)
    pairs = [(wander(random, 0.15)[0], wander(random, 0.15)[0]) for _ in range(60)]
    found = [phase_locking(TIMES, a, b, FREQUENCY, surrogates=19) for a, b in pairs]
    chances = np.array([each.chance for each in found])
    assert (chances <= 0.05).sum() <= 9  # three expected
    assert chances.mean() == pytest.approx(0.5, abs=0.15)


def test_rayleigh_is_right_for_noise():
    random = np.random.default_rng(8)
    pairs = random.normal(size=(300, 2, len(TIMES)))
    chances = [phase_locking(TIMES, *pair, FREQUENCY, test="rayleigh").chance for pair in pairs]
    assert np.mean(np.array(chances) < 0.05) == pytest.approx(0.05, abs=0.04)


def test_pure_lines_lock_with_any_surrogate():
    a = np.sin(2 * np.pi * FREQUENCY * TIMES)
    found = phase_locking(TIMES, a, np.roll(a, 3), FREQUENCY, surrogates=19)
    assert found.value == pytest.approx(1.0, abs=1e-3)
    assert found.chance > 0.2


def test_what_phases_cannot_say():
    short = TIMES[:60]
    assert "whole cycles" in phase_locking(short, short, short, FREQUENCY).reason
    assert "do not hold the band" in phase_locking(TIMES, TIMES, TIMES, 0.2).reason
    assert "constant" in phase_locking(TIMES, 0 * TIMES, TIMES, FREQUENCY).reason
    assert math.isnan(phase_locking(TIMES, 0 * TIMES, TIMES, FREQUENCY).value)


def test_a_lag_without_a_period():
    random = np.random.default_rng(4)
    a = np.convolve(random.normal(size=len(TIMES) + 40), np.hanning(9), "same")
    b = -a[: len(TIMES)] + 0.1 * random.normal(size=len(TIMES))  # 10 samples later than a[10:]
    found = lag_within(TIMES, a[10 : 10 + len(TIMES)], b, 60.0)
    assert found.seconds == pytest.approx(20.0, abs=0.5)
    assert found.correlation < -0.9
    positive = lag_within(TIMES, a[10 : 10 + len(TIMES)], b, 60.0, sign=1)
    assert positive.correlation < 0.5
    assert math.isnan(lag_within(TIMES, a[10 : 10 + len(TIMES)], b, 16.0).seconds)
    assert math.isnan(lag_within(TIMES, TIMES, b, 500.0).seconds)
