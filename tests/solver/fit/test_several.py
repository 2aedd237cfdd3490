"""Several animals at once: what all share and what each has of its own, by the smallest model there
is, whose answers are known, and by the whole one."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest

from meshes.errors import InputError
from solver.fit import simulated
from solver.fit.certainty import certainty
from solver.fit.observed import observed
from solver.fit.parameters import free, freeable, put
from solver.fit.problem import Problem
from solver.fit.profile import profile
from solver.fit.residuals import gradient, jacobian, predict, residuals
from solver.fit.sample import sample
from solver.fit.several import Several
from solver.fit.slab import Window
from solver.fit.solve import fit
from solver.fit.validate import cross_validate
from tests.solver.fit.line import TIMES, Line

TRUTH = {"a": Line(1.0, 0.5), "b": Line(2.0, 0.5), "c": Line(4.0, 0.5)}  # one slope for all
LINES = {"slope": {"low": 0.0, "high": 2.0}, "level": {"low": 0.0, "high": 9.0, "each": True}}


def of_lines(given, *, noise=0.1, animals="abc", **how):
    """Lines of 10 s, that of b recorded half as long."""
    drawn = np.random.default_rng(1)
    windows = {name: Window(0.5, 10 if name == "b" else 20) for name in animals}
    series = []
    for name in animals:
        times = TIMES[windows[name].until >= TIMES]
        exact = np.asarray(TRUTH[name].columns(windows[name])["y"])
        values = exact + noise * drawn.standard_normal(times.size)
        series.append(observed(f"{name}: y", f"{name}.y", times, values, **how))
    several = Several(dict.fromkeys(animals, Line()))
    return Problem(several, windows, {}, free(several, given), tuple(series))


@pytest.fixture(scope="module")
def lines():
    problem = of_lines(LINES)
    return problem, fit(problem)


def test_what_is_shared_is_one_number_and_what_is_not_is_each_animals_own(lines):
    problem, found = lines
    assert [each.name for each in problem.free] == ["slope", "a.level", "b.level", "c.level"]
    assert problem.free[0].leaves == ("a.slope", "b.slope", "c.slope")
    assert found.converged
    for each, exact in zip(certainty(found).estimates, (0.5, 1.0, 2.0, 4.0), strict=True):
        assert each.interval[0] < exact < each.interval[1]
    of_b = {"slope": found.values["slope"], "level": found.values["b.level"]}
    assert found.values_of("b") == of_b
    alone = Line(of_b["level"], of_b["slope"]).columns(problem.prepared["b"])["y"]
    np.testing.assert_allclose(predict(jnp.asarray(found.z), problem)[1], alone, rtol=1e-12)


def test_it_is_the_least_squares_of_one_slope_and_three_levels(lines):
    problem, found = lines
    rows = [
        [t, *(float(name == each) for each in "abc")]
        for name, series in zip("abc", problem.observed, strict=True)
        for t in np.asarray(series.times)
    ]
    weights = np.concatenate(
        [np.full(s.values.size, 1.0 / s.sigma) for s in found.problem.observed]
    )
    values = np.concatenate([np.asarray(series.values) for series in problem.observed])
    best, *_ = np.linalg.lstsq(np.array(rows) * weights[:, None], values * weights)
    np.testing.assert_allclose([*found.values.values()], best, rtol=1e-5)


def test_both_modes_agree_with_differences(lines):
    problem, found = lines
    z = jnp.asarray(found.z + 0.3)
    rows, slopes, _ = jacobian(z, problem)
    _, slope, _ = gradient(z, problem)
    steps = 1e-5 * jnp.eye(z.size)
    across = [residuals(z + d, problem)[0] - residuals(z - d, problem)[0] for d in steps]
    np.testing.assert_allclose(slopes, np.stack(across, axis=1) / 2e-5, atol=1e-6)
    np.testing.assert_allclose(slope, rows @ slopes, rtol=1e-10)


def test_a_profile_and_a_posterior_are_those_of_all_animals_together(lines):
    pytest.importorskip("emcee")
    _, found = lines
    known = certainty(found)
    slope = known.estimates[0]
    wide = slope.interval[1] - slope.interval[0]
    profiled = profile(found, known, "slope")
    np.testing.assert_allclose(profiled.interval, slope.interval, atol=0.1 * wide)
    drawn = sample(found, known, steps=100)
    assert drawn.names == ("slope", "a.level", "b.level", "c.level")
    assert drawn.median[0] == pytest.approx(slope.value, abs=0.25 * wide)


def test_an_animal_that_nobody_saw_is_like_the_mean_of_the_others(lines):
    problem, found = lines
    first, *_ = cross_validate(found)
    levels = [free.coordinate(first.values[free.name]) for free in problem.free[1:]]
    assert first.name == "a: y"
    assert float(levels[0]) == pytest.approx(float(levels[1] + levels[2]) / 2, rel=1e-6)
    assert first.error == pytest.approx(abs(first.values["a.level"] - 1.0), rel=0.1)


def test_an_animal_that_nobody_saw_has_its_prior_if_there_is_one():
    given = {"slope": {}, "level": {"each": True, "prior": {"mean": 3.0, "deviation": 1.0}}}
    first, *_ = cross_validate(fit(of_lines(given)))
    assert first.values["a.level"] == pytest.approx(3.0, rel=1e-3)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"slop": {}}, r"no number is called 'slop'; did you mean slope"),
        ({"b.slop": {}}, r"no number is called 'slop'; did you mean slope"),
        ({"slope": {"each": "yes"}}, r"free\.slope\.each is 'yes'; give true or false"),
        ({"b.slope": {"each": True}}, r"for several animals, and b\.slope is that of one"),
        ({"slope": {}, "b.slope": {}}, r"b\.slope is freed twice"),
    ],
)
def test_names_that_cannot_be_are_refused(given, message):
    with pytest.raises(InputError, match=message):
        of_lines(given)


def test_each_needs_animals():
    with pytest.raises(InputError, match=r"slope\.each is for several animals, and there are none"):
        free(Line(), {"slope": {"each": True}})


def test_one_number_for_all_begins_at_one_value():
    different = Several({"a": Line(), "b": Line(slope=0.7)})
    with pytest.raises(
        InputError, match=r"a\.slope = 0\.5, b\.slope = 0\.7; give free\.slope\.star"
    ):
        free(different, {"slope": {}})
    assert free(different, {"slope": {"start": 0.6}})[0].start == 0.6


def test_a_series_of_no_animal_is_refused():
    problem = of_lines(LINES)
    lost = replace(problem.observed[0], sees="y")
    with pytest.raises(InputError, match="sees 'y', the column of no animal"):
        fit(replace(problem, observed=(lost,)))


@pytest.fixture(scope="module")
def mice(model, prepared):
    """Two whole models on one mesh, of other gains and rhythms, the noise of their radius 1 %."""
    truth = {
        "m1": put(model, {"wall.gain": 0.08}),
        "m2": put(model, {"wall.gain": 0.12, "signal.frequency": 0.03}),
    }
    drawn = np.random.default_rng(3)
    series = []
    for name, each in truth.items():
        numbers = jnp.asarray([float(x) for x in freeable(each).values()])
        whole = simulated.columns(numbers, model, prepared, {})[0]
        values = np.asarray(whole["mean_radius_m"])
        values = values + 0.01 * np.ptp(values) * drawn.standard_normal(values.size)
        series.append(observed(f"{name}: r", f"{name}.mean_radius_m", whole["time_s"], values))
    begun = {"wall.gain": 0.1, "wall.delay": 1.5}
    several = Several({name: put(each, begun) for name, each in truth.items()})
    given = {
        "wall.gain": {"low": 0.02, "high": 0.3, "each": True},
        "wall.delay": {"low": 0.0, "high": 10.0},
    }
    both = dict.fromkeys(truth, prepared)
    return Problem(several, both, {}, free(several, given), tuple(series))


def test_two_gains_and_one_delay_come_back(mice):
    before = simulated._tangents._cache_size()
    found = fit(mice)
    assert found.converged, found.words
    assert simulated._tangents._cache_size() <= before + 1  # one program for both animals
    for each, exact in zip(certainty(found).estimates, (0.08, 0.12, 2.03), strict=True):
        assert each.interval[0] < exact < each.interval[1]
        assert each.interval[1] - each.interval[0] < 0.3 * exact


def test_derivatives_by_shared_and_own_numbers_agree_with_differences(mice):
    z = jnp.asarray([0.1, -0.2, -1.0])
    _, slopes, _ = jacobian(z, mice)
    steps = 1e-4 * jnp.eye(z.size)
    across = [residuals(z + d, mice)[0] - residuals(z - d, mice)[0] for d in steps]
    difference = np.stack(across, axis=1) / 2e-4
    np.testing.assert_allclose(slopes, difference, atol=1e-5 * np.abs(difference).max())
    first = mice.observed[0].values.size
    assert not slopes[:first, 1].any() and not slopes[first:, 0].any()
