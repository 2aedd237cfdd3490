"""Experiments compared before they are made: textbook deviations, and what fits then find."""

import numpy as np
import pytest

from meshes.errors import InputError
from solver.fit.certainty import certainty
from solver.fit.experiment import experiment
from solver.fit.parameters import start
from solver.fit.solve import fit
from tests.solver.fit.line import TIMES, problem

BOTH = {"level": {"low": -20.0, "high": 20.0}, "slope": {"low": -20.0, "high": 20.0}}
HOW = {"every": 0.5, "noise": 0.02}


def by_columns(found):
    return {each.columns: each for each in found}


def test_the_deviation_of_a_slope_is_that_of_the_textbook():
    """sigma / sqrt(sum (t - mean t)^2), over how fast the slope moves with its coordinate."""
    made = problem(BOTH)
    (found,) = experiment(made, "slope", ["y"], **HOW)
    sigma = 0.02 * 5.0
    exact = sigma / np.sqrt(((TIMES - TIMES.mean()) ** 2).sum())
    each, z = made.free[1], float(start(made.free)[1])
    rate = float(each.value(z + 1e-6) - each.value(z - 1e-6)) / 2e-6
    assert found.deviation * rate == pytest.approx(exact, rel=1e-4)  # bounds tell a little, too
    assert (found.high - found.low) / (2 * 1.96) == pytest.approx(exact, rel=1e-3)


def test_recording_longer_pins_a_slope_as_the_power_of_three_halves():
    found = experiment(problem(BOTH), "slope", ["y"], (2.5, 10.0), every=0.01, noise=0.02)
    assert found[0].deviation / found[1].deviation == pytest.approx(4.0**1.5, rel=0.01)


def test_the_deviation_is_what_a_fit_of_such_data_finds():
    made = problem(BOTH, sigma=0.1)
    known = certainty(fit(made))
    (found,) = experiment(made, "slope", ["y"], **HOW)
    assert found.deviation == pytest.approx(known.deviations[1], rel=0.02)


def test_places_that_say_nothing_come_last_and_get_no_interval():
    found = experiment(problem(BOTH), "slope", [], **HOW)
    assert found[0].columns in (("y",), ("twice",))
    last = by_columns(found)["level",]
    assert last.low is None and last.deviation > 1e3 * found[0].deviation


def test_two_together_pin_better_than_the_best_alone():
    found = experiment(problem(BOTH), "slope", [], **HOW)
    pair = next(each for each in found if len(each.columns) == 2)
    assert pair.deviation < found[0].deviation


def test_an_unknown_scale_hides_a_slope():
    (found,) = experiment(problem(BOTH), "slope", ["y"], scaled=True, **HOW)
    assert found.low is None


@pytest.mark.parametrize(
    ("pins", "candidates", "durations", "how", "message"),
    [
        ("bend", ["y"], (), HOW, r"choose from what is free, level, slope"),
        ("slope", ["yy"], (), HOW, r"no column 'yy'; use y"),
        ("slope", ["y"], (90.0,), HOW, r"90 s; give durations from 0\.5 s .* to 10 s"),
        ("slope", ["y"], (), {"every": 0.0, "noise": 1.0}, r"give positive numbers"),
    ],
)
def test_experiments_that_cannot_be_are_refused(pins, candidates, durations, how, message):
    with pytest.raises(InputError, match=message):
        experiment(problem(BOTH), pins, candidates, durations, **how)
