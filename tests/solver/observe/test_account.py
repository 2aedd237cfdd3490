"""What an instrument saw, in numbers, on columns whose answers are known."""

import math

import numpy as np
import pytest

from solver.observe.account import account, in_words
from solver.observe.rhythm import without_trend

PERIOD = 50.0
TIMES = np.arange(0.0, 301.0, 2.0)
PHASE = 2 * np.pi * TIMES / PERIOD


def signals(values):
    return {"time_s": TIMES, "norepinephrine_relative": np.sin(PHASE), "tip_glow_1": values}


def test_a_drift_hides_no_oscillation():
    drifting = 0.5 + 0.01 * TIMES + 0.03 * np.sin(PHASE - 2 * np.pi * 4.0 / PERIOD)
    found = account(signals(drifting), ["tip_glow_1"], PERIOD)
    assert found["tip_glow_mean_1"] == pytest.approx(0.5 + 0.01 * 150.0, rel=1e-3)
    assert found["tip_glow_amplitude_1"] == pytest.approx(0.03, rel=5e-3)
    assert found["tip_glow_lag_to_norepinephrine_s"] == pytest.approx(4.0, abs=0.05)
    assert found["tip_glow_correlation_with_norepinephrine_1"] == pytest.approx(1.0, abs=1e-3)
    assert in_words(found, ["tip_glow_1"]) == "glow 2 +- 0.03 (+4 s, with norepinephrine)"


def test_an_opposite_column_is_told_as_such():
    found = account(signals(-np.sin(PHASE)), ["tip_glow_1"], PERIOD)
    assert found["tip_glow_correlation_with_norepinephrine_1"] == pytest.approx(-1.0)
    assert "(at once, against norepinephrine)" in in_words(found, ["tip_glow_1"])


@pytest.mark.parametrize("period", [math.nan, 200.0])
def test_what_is_not_known_is_not_a_number(period):
    found = account(signals(3.0 + np.sin(PHASE)), ["tip_glow_1"], period)
    assert found["tip_glow_mean_1"] == pytest.approx(3.0, abs=0.05)
    assert math.isnan(found["tip_glow_amplitude_1"])
    assert math.isnan(found["tip_glow_lag_to_norepinephrine_s"])
    assert "nan" not in in_words(found, ["tip_glow_1"])


def test_a_column_without_unit_is_an_error():
    with pytest.raises(ValueError, match="does not end in a unit"):
        account(signals(TIMES) | {"tip": TIMES}, ["tip"], PERIOD)


def test_a_running_mean_takes_a_line_away():
    late, left = without_trend(TIMES, 7.0 - 0.2 * TIMES, PERIOD)
    assert late[0] >= 25.0 and late[-1] <= 275.0
    np.testing.assert_allclose(left, 0.0, atol=1e-2 * PERIOD * 0.2 / 8)
    assert not len(without_trend(TIMES[:20], TIMES[:20], PERIOD)[0])
