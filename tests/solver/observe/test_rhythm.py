"""Rhythm: lags, amplitudes and exchange volumes of sinusoids are the analytic ones."""

import math

import numpy as np
import pytest

from solver.observe import rhythm

PERIOD = 50.0
TIMES = np.arange(0.0, 300.01, 0.5)


def sine(times, shift=0.0, period=PERIOD):
    return np.sin(2 * np.pi * (times - shift) / period)


def test_correlation_has_its_sign():
    assert rhythm.correlation(sine(TIMES), 3 - 2 * sine(TIMES)) == pytest.approx(-1.0)
    assert abs(rhythm.correlation(sine(TIMES), sine(TIMES, 12.5))) < 1e-12
    assert math.isnan(rhythm.correlation(sine(TIMES), np.ones_like(TIMES)))


@pytest.mark.parametrize("shift", [-9.13, -0.2, 0.0, 2.87, 4.46, 11.9])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_lag_is_found_between_samples_with_its_sign(shift, sign):
    found = rhythm.lag(TIMES, sine(TIMES), 5 + 0.1 * sign * sine(TIMES, shift))
    assert found.seconds == pytest.approx(shift, abs=2e-3)
    assert found.correlation == pytest.approx(sign, abs=1e-4)


def test_lag_of_an_uneven_record_and_a_given_period():
    times = np.sort(np.random.default_rng(1).uniform(0.0, 400.0, 4000))
    found = rhythm.lag(times, sine(times), -sine(times, 3.3), period=PERIOD)
    assert found.seconds == pytest.approx(3.3, abs=0.02)
    assert found.correlation == pytest.approx(-1.0, abs=1e-3)


def test_lag_of_what_cannot_be_compared_is_not_a_number():
    short = TIMES[:100]
    assert math.isnan(rhythm.lag(short, sine(short), sine(short), period=PERIOD).seconds)
    assert math.isnan(rhythm.lag(TIMES, sine(TIMES), np.ones_like(TIMES)).correlation)
    assert math.isnan(rhythm.lag(TIMES, np.ones_like(TIMES), sine(TIMES)).correlation)


@pytest.mark.parametrize("period", [28.6, 50.0, 66.7])
def test_dominant_period(period):
    drifting = sine(TIMES, period=period) + 0.02 * TIMES
    assert rhythm.dominant_period(TIMES, drifting) == pytest.approx(period, rel=0.02)


def test_exchange_volume_of_a_sinusoidal_flow_is_amplitude_times_period_over_pi():
    flow = 2e-15 * sine(TIMES, 1.7)
    volume = rhythm.exchange_volume_per_cycle(TIMES, flow, PERIOD)
    assert volume == pytest.approx(2e-15 * PERIOD / math.pi, rel=5e-4)


def test_exchange_volume_of_a_triangle_flow_is_exact():
    times = np.arange(0.0, 9.0)  # the sign changes between samples
    flow = np.array([1.0, -1.0] * 4 + [1.0])
    assert rhythm.exchange_volume_per_cycle(times, flow, 2.0) == pytest.approx(0.5)


def test_only_the_last_whole_cycles_count():
    values = np.where(TIMES < 50.0, 100.0, 0.3 + sine(TIMES))
    late = TIMES[TIMES <= 280.0]
    trimmed, _ = rhythm.last_cycles(late, values[: len(late)], PERIOD)
    assert (trimmed[0], trimmed[-1]) == (30.0, 280.0)
    kept = slice(200, None)
    assert rhythm.mean_over_cycles(TIMES[kept], values[kept], PERIOD) == pytest.approx(0.3)
    assert rhythm.amplitude(TIMES[kept], values[kept], PERIOD) == pytest.approx(1.0, rel=1e-3)


def test_amplitude_is_that_of_one_component():
    values = 7 + 0.2 * sine(TIMES, 4.0) + 0.5 * sine(TIMES, period=5.0)
    assert rhythm.amplitude(TIMES, values, PERIOD) == pytest.approx(0.2, rel=1e-3)


def test_less_than_a_cycle_is_not_a_number():
    short = TIMES[:50]
    for measure in (
        rhythm.mean_over_cycles,
        rhythm.amplitude,
        rhythm.exchange_volume_per_cycle,
    ):
        assert math.isnan(measure(short, sine(short), PERIOD))
