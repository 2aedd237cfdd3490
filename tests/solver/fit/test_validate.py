"""Series left out: the right model predicts them, one that lacks a term does not."""

import numpy as np
import pytest

from meshes.errors import InputError
from solver.fit.solve import fit
from solver.fit.validate import cross_validate
from tests.solver.fit.line import TIMES, Line, problem

RIGHT = {name: {"low": -20.0, "high": 20.0} for name in ("level", "slope", "bend")}
WRONG = {name: RIGHT[name] for name in ("level", "slope")}


def left_out(given):
    made = problem(given, sees=("y", "twice"), truth=Line(bend=0.05))
    return cross_validate(fit(made))


@pytest.fixture(scope="module")
def right():
    return left_out(RIGHT)


def test_the_right_model_predicts_a_series_to_the_noise(right):
    one, other = right
    assert (one.sees, other.sees) == ("y", "twice")
    assert one.converged and one.error == pytest.approx(0.1, rel=0.4)
    assert one.explained == pytest.approx(1.0 - (one.error / np.ptp(TIMES) / 0.3) ** 2, abs=0.01)
    assert one.values["bend"] == pytest.approx(0.05, abs=0.005)


def test_cross_validation_prefers_the_right_model(right):
    wrong = left_out(WRONG)
    assert sum(each.log_density for each in right) > 5.0 + sum(each.log_density for each in wrong)
    assert all(a.explained > b.explained for a, b in zip(right, wrong, strict=True))


def test_one_series_cannot_be_left_out():
    with pytest.raises(InputError, match="one series cannot be left out of one"):
        cross_validate(fit(problem(WRONG)))
