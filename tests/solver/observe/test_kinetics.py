"""Rates and half-lives of exponentials that are known, with noise and cut short."""

import math

import numpy as np
import pytest

from solver.observe import approach, efflux, half_life, influx

TIMES = np.arange(0.0, 301.0, 2.0)


@pytest.mark.parametrize("rate", [0.005, 0.02, 0.1])
@pytest.mark.parametrize(("start", "end"), [(2e-15, 0.0), (0.0, 3e-15)])
def test_an_exponential_gives_its_rate(rate, start, end):
    values = end + (start - end) * np.exp(-rate * TIMES)
    found = approach(TIMES, values)
    assert found.rate.value == pytest.approx(rate, rel=1e-6)
    assert found.half_life.value == pytest.approx(math.log(2) / rate, rel=1e-6)
    assert found.plateau.value == pytest.approx(end, abs=1e-6 * max(start, end))
    told = approach(TIMES, values, plateau=end)
    assert told.rate.value == pytest.approx(rate, rel=1e-6)
    assert told.plateau == (end, 0.0, "")


@pytest.mark.parametrize("memory", [0.0, 0.8])
def test_the_error_is_that_of_repeated_records(memory):
    """White noise, and noise whose neighbours agree."""
    random = np.random.default_rng(6)
    found = []
    for _ in range(100):
        noise = random.normal(scale=0.02, size=len(TIMES))
        for at in range(1, len(TIMES)):
            noise[at] += memory * noise[at - 1]
        found.append(approach(TIMES, 1.0 - np.exp(-0.02 * TIMES) + noise).rate)
    values = np.array([answer.value for answer in found])
    errors = np.array([answer.error for answer in found])
    assert np.mean(values) == pytest.approx(0.02, rel=0.05)
    assert np.median(errors) == pytest.approx(values.std(), rel=0.4)


def test_a_record_that_leaves_the_rate_open_gives_none():
    early = TIMES < 30
    values = np.exp(-0.01 * TIMES)
    found = approach(TIMES[early], values[early])
    assert math.isnan(found.rate.value) and "of a time constant" in found.reason
    assert approach(TIMES[early], values[early], plateau=0.0).rate.value == pytest.approx(0.01)
    noise = np.random.default_rng(1).normal(size=len(TIMES))
    assert math.isnan(approach(TIMES, noise).half_life.value)
    assert "too few" in approach(TIMES[:5], values[:5]).reason
    assert "constant" in approach(TIMES, 0 * TIMES).reason
    line = approach(TIMES, TIMES)
    assert math.isnan(line.rate.value) and line.reason


def test_half_life_without_a_model():
    assert half_life(TIMES, np.exp(-0.02 * TIMES)).value == pytest.approx(34.66, abs=0.05)
    assert half_life(TIMES, 100.0 - TIMES).value == pytest.approx(50.0)
    assert half_life(TIMES, 5.0 + np.exp(-0.1 * TIMES), floor=5.0).value == pytest.approx(
        6.9, abs=0.1
    )
    assert "falls to 74% of its start" in half_life(TIMES[:16], np.exp(-0.01 * TIMES[:16])).reason
    assert math.isnan(half_life(TIMES, 0 * TIMES).value)


def test_efflux_is_what_leaves_of_what_is_there():
    held = 4e-15 * np.exp(-0.03 * TIMES)
    assert efflux(TIMES, 0.03 * held, held).value == pytest.approx(0.03)
    assert "nothing is there" in efflux(TIMES, held, 0 * held).reason


def test_influx_is_the_first_slope():
    random = np.random.default_rng(7)
    held = 1.0 - np.exp(-0.001 * TIMES)
    found = influx(TIMES, held + 1e-4 * random.normal(size=len(TIMES)), 40.0)
    assert found.value == pytest.approx(0.001 * np.exp(-0.02), abs=3 * found.error)
    assert found.error < 3e-5
    assert "samples in 10 s" in influx(TIMES, held, 10.0).reason
