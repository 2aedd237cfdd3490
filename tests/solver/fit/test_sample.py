"""Sampled posteriors against ones that are known exactly, and against Laplace's."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from meshes.errors import InputError
from solver.fit.certainty import certainty
from solver.fit.free import free_number
from solver.fit.memory import Memory
from solver.fit.sample import log_prior, sample
from solver.fit.solve import fit
from tests.solver.fit.line import TIMES, problem

pytest.importorskip("emcee")
LINE = {
    "level": {"low": -20.0, "high": 20.0, "prior": {"mean": 0.0, "deviation": 3.0}},
    "slope": {"low": -20.0, "high": 20.0, "prior": {"mean": 0.0, "deviation": 3.0}},
}


def sampled(made, **how):
    found = fit(made)
    return sample(found, certainty(found), **how)


def exact(made, deviation):
    """Mean and covariance of a line through values of known noise, with the priors of `LINE`."""
    design = np.stack([np.ones_like(TIMES), TIMES], axis=1)
    precision = design.T @ design / deviation**2 + np.eye(2) / 9.0
    covariance = np.linalg.inv(precision)
    return covariance @ design.T @ np.asarray(made.observed[0].values) / deviation**2, covariance


def test_a_linear_model_with_normal_priors_has_the_posterior_of_the_textbook():
    made = problem(LINE, sigma=0.1, seed=1)
    found = sampled(made, steps=600)
    mean, covariance = exact(made, 0.1)
    deviations = np.sqrt(np.diag(covariance))
    assert found.long_enough and found.effective > 300.0
    error = 4.0 / np.sqrt(found.effective)  # four standard errors
    np.testing.assert_allclose((found.draws.mean(axis=0) - mean) / deviations, 0.0, atol=error)
    np.testing.assert_allclose(found.draws.std(axis=0) / deviations, 1.0, atol=error)
    assert np.corrcoef(found.draws.T)[0, 1] == pytest.approx(
        covariance[0, 1] / deviations.prod(), abs=error
    )


def test_an_unknown_noise_is_integrated_out_to_students_distribution():
    """Of six values, so that Student's tails show: the 95 % interval is a third wider."""
    made = problem({"level": {"low": -50.0, "high": 50.0}}, sees=("level",), seed=4)
    few = made.observed[0]
    few = type(few)(*("y", "level", False, False), few.times[:6], few.values[:6], few.sigma)
    made = type(made)(made.model, made.prepared, {}, made.free, (few,))
    found = sampled(made, steps=1200)
    values = np.asarray(few.values)
    low, high = stats.t.interval(0.95, 5, values.mean(), values.std(ddof=1) / np.sqrt(6))
    np.testing.assert_allclose(found.intervals[0], [low, high], atol=0.07 * (high - low))


def test_laplace_agrees_where_the_posterior_is_a_parabola():
    made = problem(LINE, seed=2)
    result = fit(made)
    known = certainty(result)
    found = sample(result, known, steps=600)
    for each, interval in zip(known.estimates, found.intervals, strict=True):
        np.testing.assert_allclose(
            interval, each.interval, atol=0.1 * (each.interval[1] - each.interval[0])
        )
    inside = (found.predicted[0][0] < made.observed[0].values) & (
        made.observed[0].values < found.predicted[0][2]
    )
    assert inside.mean() > 0.8


@pytest.mark.parametrize(
    ("given", "density"),
    [
        ({"low": 1.0, "high": 3.0}, stats.uniform(1.0, 2.0)),
        ({"low": 1e-3, "high": 1e3}, stats.loguniform(1e-3, 1e3)),
        ({"prior": {"median": 2.0, "factor": 1.5}}, stats.lognorm(np.log(1.5), scale=2.0)),
        (
            {"low": -50.0, "high": 50.0, "prior": {"mean": 2.0, "deviation": 0.5}},
            stats.norm(2, 0.5),
        ),
    ],
)
def test_priors_are_densities_of_values(given, density):
    """In coordinates p(z) = p(value) d value / dz: its integral by z is the distribution's."""
    each = free_number("x", 2.0, given)
    z = np.linspace(-12.0, 12.0, 40_001)
    heights = np.exp(jax.vmap(lambda x: log_prior(each, x))(jnp.asarray(z)))
    cumulated = (np.cumsum(heights) - 0.5 * heights) / heights.sum()
    for value in density.ppf([0.1, 0.5, 0.8]):
        at = float(each.coordinate(jnp.asarray(value)))
        assert np.interp(at, z, cumulated) == pytest.approx(density.cdf(value), abs=1e-3)


def test_sampling_goes_on_exactly_and_evaluates_nothing_twice(tmp_path):
    made = problem(LINE, sigma=0.1)
    path = tmp_path / "evaluations.npy"
    part = sampled(made, steps=20, memory=Memory(path))
    count = len(Memory(path))
    whole = sampled(made, steps=40, memory=Memory(path))
    assert 0 < count < len(Memory(path))
    again = sampled(made, steps=40)
    np.testing.assert_array_equal(whole.draws, again.draws)
    assert not part.long_enough


def test_a_chain_too_short_says_so_and_a_density_without_integral_is_refused():
    assert not sampled(problem(LINE), steps=20).long_enough
    with pytest.raises(InputError, match=r"bend cannot be sampled, for these data say nothing"):
        sampled(problem({"level": {}, "bend": {"start": 1.0}}, sees=("level",)), steps=20)
    with pytest.raises(InputError, match=r"sample\.steps = 1; give 10 or more"):
        sampled(problem(LINE), steps=1)


def test_without_the_library_the_remedy_is_told(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "emcee", None)
    with pytest.raises(InputError, match=r"pip install 'glymphax\[sample\]'"):
        sampled(problem(LINE), steps=20)
