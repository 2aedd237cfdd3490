"""How V8's exchange answers to its parameters, and the sheath from sealed to absent.

Derivatives against differences of the discrete flow and against the exact solution's; L_p from 0
to infinity.
"""

import math
from dataclasses import replace
from functools import cache

import jax.numpy as jnp
import numpy as np
import pytest

from tests.exact.coupled import Coupled
from tests.exact.problem import order
from tests.exact.sensitivity import NAMES, Numbers, discrete_exchange, exact_slopes

PROBLEMS = {
    "tabulated": Coupled(),
    "other": Coupled(permeability=0.3, conductance=0.5, slip=0.5, viscosity=2.0),
    "sealed": Coupled(conductance=0.0),
    "absent": Coupled(conductance=math.inf),
}
GRADIENTS = ("tabulated", "other")
STEP = 1e-3  # relative

prepared = cache(lambda problem, n: discrete_exchange(PROBLEMS[problem], n))


def numbers(problem: str, **other: float) -> Numbers:
    """A problem's parameters, some replaced."""
    own = {name: getattr(PROBLEMS[problem], name) for name in NAMES} | other
    return {name: jnp.asarray(float(value)) for name, value in own.items()}


def exchange(problem: str, n: int = 6, **other: float) -> float:
    """Exchange with the preparation of a problem and some parameters replaced."""
    return float(prepared(problem, n)(numbers(problem, **other))[0])


@cache
def slopes(problem: str, n: int = 6, **other: float) -> dict[str, float]:
    """Derivatives of the same."""
    found = prepared(problem, n)(numbers(problem, **other))[1]
    return {name: float(slope) for name, slope in found.items()}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("problem", GRADIENTS)
def test_gradient_agrees_with_differences(problem, name):
    value = getattr(PROBLEMS[problem], name)
    step = STEP * value
    at = {k: exchange(problem, **{name: value + k * step}) for k in (-2, -1, 1, 2)}
    difference = (8.0 * (at[1] - at[-1]) - (at[2] - at[-2])) / (12.0 * step)
    assert slopes(problem)[name] == pytest.approx(difference, rel=1e-7)


def test_derivatives_have_a_tolerance_of_their_own():
    """The flow stays as it is; its gradient is off by about what was allowed."""
    value, exact = prepared("tabulated", 6)(numbers("tabulated"))
    errors = []
    for allowed in (1e-3, 1e-6):
        rough, found = discrete_exchange(PROBLEMS["tabulated"], 6, allowed)(numbers("tabulated"))
        assert float(rough) == pytest.approx(float(value), rel=1e-11)
        errors.append(max(abs(float(found[name] / exact[name]) - 1.0) for name in NAMES))
    assert 1e-5 < errors[0] < 1e-2 and 1e-9 < errors[1] < 1e-5


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("problem", GRADIENTS)
def test_gradient_converges_to_the_exact_one(problem, name):
    exact = exact_slopes(PROBLEMS[problem])[name]
    coarse, fine = (slopes(problem, n)[name] for n in (6, 12))
    assert order(abs(coarse - exact), abs(fine - exact)) > 1.7
    assert (4.0 * fine - coarse) / 3.0 == pytest.approx(exact, rel=0.01)


def test_without_endfeet_is_the_limit_of_ever_leakier_ones():
    absent = exchange("absent")
    short = [absent - exchange("absent", conductance=value) for value in (1e2, 1e3, 1e4)]
    assert order(short[0], short[1], 10.0) == pytest.approx(1.0, abs=0.03)
    assert order(short[1], short[2], 10.0) == pytest.approx(1.0, abs=0.01)
    assert abs(short[2]) < 1e-3 * absent
    assert absent == pytest.approx(PROBLEMS["absent"].exchange, rel=0.03)


def test_sealed_is_the_limit_of_ever_tighter_ones():
    assert exchange("sealed") == 0.0
    first, second = (exchange("tabulated", conductance=x) / x for x in (1e-3, 1e-4))
    assert first == pytest.approx(second, rel=0.02)
    assert second == pytest.approx(replace(Coupled(), conductance=1e-4).exchange / 1e-4, rel=0.05)


@pytest.mark.parametrize(
    ("problem", "value"),
    [("sealed", 0.0), ("tabulated", 1e-4), ("tabulated", 1e4), ("absent", math.inf)],
)
def test_derivatives_stay_finite(problem, value):
    assert all(np.isfinite(slope) for slope in slopes(problem, conductance=value).values())


def test_the_derivative_for_a_tight_sheath_is_the_pressure_across():
    value = 1e-4
    exact = exact_slopes(replace(Coupled(), conductance=value))["conductance"]
    assert slopes("tabulated", conductance=value)["conductance"] == pytest.approx(exact, rel=0.05)
