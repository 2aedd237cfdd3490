"""Gradients through the whole run, and fits with them: known numbers come back from made data, and
what data cannot tell is said. One file, so that the run is compiled once."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest

from meshes.errors import InputError
from solver.fit.certainty import certainty
from solver.fit.compare import criteria
from solver.fit.design import design, measures
from solver.fit.memory import Memory, digest
from solver.fit.parameters import freeable
from solver.fit.profile import chosen, profile
from solver.fit.residuals import misfit
from solver.fit.simulated import columns, tangents
from solver.fit.solve import fit
from solver.simulate import prepare

NAMES = (
    *("signal.frequency", "signal.amplitude", "signal.phase", "signal.onset"),
    *("wall.gain", "wall.delay", "wall.kernel.time_constant", "wall.speed", "wall.origin"),
    *("wall.active", "wall.passive"),
    *("flow.viscosity", "flow.sheath.conductance", "flow.sheath.slip"),
    *("flow.tissue.permeability", "flow.tissue.storage"),
    *("flow.inlet.pressure", "flow.venous_outlet.pressure", "flow.gradient"),
    *("tracer.diffusivity", "tracer.tortuosity", "tracer.porosity", "tracer.uptake"),
    *("tracer.production", "tracer.sheath_permeability", "tracer.reflection", "tracer.mouth"),
    *("tracer.initial_pvs", "tracer.initial_tissue"),
)
WITHOUT_PART = {
    "flow.gradient": "the far end, whose pressure it would lower, is closed",
    "wall.passive": "no band stretches the passive wall",
    "flow.venous_outlet.pressure": "the mesh has no venous space",
}
MANY = ("pvs_volume_m3", "flow_inlet_m3_per_s", "flow_sheath_m3_per_s", "pressure_min_pa")
MANY += ("tracer_pvs_m3", "tracer_tissue_m3", "tracer_influx_m3_per_s")
# Steps of differences of sixth order, of each number: small where the answer of the wall is
# sampled in time, and so smooth in pieces; wider where all is smooth; widest for the faintest.
SIZES = {"signal": 3e-3, "wall": 3e-3, "flow": 1e-2, "tracer": 1e-2, "flow.sheath.slip": 3e-2}


@pytest.fixture(scope="module")
def numbers(model):
    return np.array([float(x) for x in freeable(model).values()])


@pytest.fixture(scope="module")
def everything(problem):
    """A problem that sees much, whose loss is far from its least."""
    made = problem({"wall.gain": {}}, *MANY, noise=0.3)
    return made.observed, *made.run


@pytest.fixture(scope="module")
def reverse(numbers, everything):
    (_, converged), slopes = misfit(jnp.asarray(numbers), *everything)
    assert converged
    return np.asarray(slopes)


@pytest.fixture(scope="module")
def loss(everything):
    """The same loss by runs alone, written anew."""
    series, *run = everything

    def at(numbers):
        whole, _ = columns(jnp.asarray(numbers), *run)
        seen = [np.interp(s.times, whole["time_s"], whole[s.sees]) for s in series]
        rows = [(s.values - each) / s.sigma for s, each in zip(series, seen, strict=True)]
        return 0.5 * float(jnp.concatenate(rows) @ jnp.concatenate(rows))

    return at


def test_the_names_are_those_of_the_records(model):
    assert tuple(freeable(model)) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_the_derivative_agrees_with_differences(name, numbers, reverse, loss):
    at = NAMES.index(name)
    step = SIZES.get(name, SIZES[name.split(".")[0]]) * (abs(numbers[at]) or 1.0)

    def moved(by):
        return loss(numbers + by * step * np.eye(len(NAMES))[at])

    if name in WITHOUT_PART:
        assert reverse[at] == 0.0 == moved(1) - moved(-1), WITHOUT_PART[name]
        return
    weights = {1: 45.0, 2: -9.0, 3: 1.0}
    difference = sum(w * (moved(k) - moved(-k)) for k, w in weights.items()) / (60 * step)
    assert reverse[at] == pytest.approx(difference, rel=1e-6)


def test_both_modes_agree(numbers, everything, reverse):
    """Two directions at a time, as a fit of two numbers has them."""
    series, *run = everything
    found = []
    scale = np.abs(numbers) + (numbers == 0.0)
    for at in range(0, len(NAMES), 2):
        directions = np.zeros((2, len(NAMES)))
        for row, column in enumerate(range(at, min(at + 2, len(NAMES)))):
            directions[row, column] = scale[column]
        whole, changes, _ = tangents(
            ("time_s", *MANY), jnp.asarray(numbers), jnp.asarray(directions), *run
        )
        found.append(
            sum(
                -((s.values - jnp.interp(s.times, whole["time_s"], whole[s.sees])) / s.sigma**2)
                @ np.array([np.interp(s.times, whole["time_s"], c) for c in changes[s.sees]]).T
                for s in series
            )
        )
    forward = np.concatenate(found)[: len(NAMES)]
    np.testing.assert_allclose(
        forward, scale * reverse, rtol=1e-10, atol=1e-10 * np.abs(scale * reverse).max()
    )


def test_the_taylor_remainder_is_of_second_order(numbers, reverse, loss):
    drawn = np.random.default_rng(1).standard_normal(len(NAMES)) * np.abs(numbers)
    base = loss(numbers)
    left = [
        abs(loss(numbers + size * drawn) - base - size * drawn @ reverse)
        for size in (4e-3, 2e-3, 1e-3)
    ]
    orders = np.log2(np.divide(left[:-1], left[1:]))
    np.testing.assert_allclose(orders, 2.0, atol=0.1)


GAIN, DELAY = "wall.gain", "wall.delay"
TWO = {GAIN: {"start": 0.12, "low": 0.02, "high": 0.3}, DELAY: {"start": 3.5}}
SEEN = "mean_radius_m"


@pytest.fixture(scope="module")
def fitted(problem):
    steps = []
    return fit(problem(TWO, SEEN, noise=0.03), on_iteration=steps.append), steps


def test_two_numbers_come_back_within_their_intervals(fitted, model):
    found, steps = fitted
    assert found.converged, found.words
    for each, exact in zip(certainty(found).estimates, (0.08, 2.03), strict=True):
        low, high = each.interval
        assert low < exact < high and not each.words
        assert high - low < 0.5 * exact
    assert model.wall.delay == 2.03
    assert steps[-1].loss < steps[0].loss and steps[0].step == 0.0
    assert steps[-1].values.keys() == TWO.keys()


def test_the_noise_is_found(fitted, truth):
    noise = certainty(fitted[0]).noise["data"]
    assert noise == pytest.approx(0.03 * np.ptp(truth[SEEN]), rel=0.35)  # 3 sd of 40 samples


def test_without_noise_they_come_back_exactly(problem, truth):
    exact = problem(TWO, SEEN, sigma=1e-3 * np.ptp(truth[SEEN]))
    found = fit(exact)
    assert found.converged
    np.testing.assert_allclose([*found.values.values()], [0.08, 2.03], rtol=1e-5)


def test_intervals_cover_the_truth_about_as_often_as_they_say(problem):
    """Of 2 x 20 intervals of 95 %, fewer than 34 or all but none would be one in a thousand."""
    inside = 0
    for seed in range(20):
        known = certainty(fit(problem(TWO, SEEN, noise=0.05, seed=seed)))
        for each, exact in zip(known.estimates, (0.08, 2.03), strict=True):
            inside += each.interval[0] < exact < each.interval[1]
    assert inside >= 34


def test_an_unknown_scale_and_offset_cost_the_gain(problem):
    """Of fluorescence alone the delay comes back; the gain hides in the scale, and that is said."""
    made = problem(TWO, SEEN, noise=0.002, scaled=True)
    found = fit(made)
    gain, delay = certainty(found).estimates
    assert gain.interval is None and gain.words
    assert delay.interval[0] < 2.03 < delay.interval[1]


def test_two_that_cannot_be_told_apart_are_named(problem):
    both = {GAIN: {"start": 0.1}, "signal.amplitude": {}}
    known = certainty(fit(problem(both, SEEN, noise=0.03)))
    assert [each.interval for each in known.estimates] == [None, None]
    assert known.open == (
        "wall.gain and signal.amplitude cannot be told apart by these data; fix one, or give it a "
        "prior",
    )
    assert known.spectrum[1] < 1e-8 * known.spectrum[0]
    assert np.isnan(known.correlation).all()


def test_a_prior_tells_them_apart(problem):
    both = {
        GAIN: {"start": 0.1},
        "signal.amplitude": {"prior": {"median": 1.0, "factor": 1.2}},
    }
    gain, amplitude = certainty(fit(problem(both, SEEN, noise=0.03))).estimates
    assert gain.interval[0] < 0.08 < gain.interval[1]
    assert amplitude.interval is None and "say nothing about signal.amplitude" in amplitude.words


def test_a_number_that_data_do_not_see_gets_no_interval(problem):
    unseen = {GAIN: {"start": 0.1}, "tracer.diffusivity": {}}
    gain, diffusivity = certainty(fit(problem(unseen, SEEN, noise=0.03))).estimates
    assert gain.interval[0] < 0.08 < gain.interval[1]
    assert diffusivity.interval is None
    assert diffusivity.words == "these data say nothing about tracer.diffusivity"


@pytest.mark.parametrize(("method", "limit"), [("lbfgs", 60), ("adam", 300)])
def test_reverse_mode_finds_the_same(problem, method, limit):
    made = problem(TWO, *MANY, noise=0.3)
    best, found = fit(made), fit(made, method=method, limit=limit)
    assert found.converged, found.words
    for name, value in best.values.items():
        assert found.values[name] == pytest.approx(value, rel=5e-3)


def test_a_search_that_may_not_go_on_says_so(problem):
    found = fit(problem(TWO, SEEN, noise=0.03), limit=1)
    assert not found.converged and "maximum number" in found.words


def test_further_starts_are_the_same_of_the_same_seed(problem):
    made = problem(TWO, SEEN, noise=0.03)
    once, again = (fit(made, starts=2, seed=3) for _ in range(2))
    assert len(once.losses) == 2 and once.losses == again.losses
    assert once.loss == min(once.losses)


def test_a_search_stopped_by_hand_keeps_its_last_numbers(problem):
    seen = []

    def stop(step):
        seen.append(step)
        if step.number == 2:
            raise KeyboardInterrupt

    found = fit(problem(TWO, SEEN, noise=0.03), on_iteration=stop)
    assert found.interrupted and not found.converged
    assert found.values == seen[-1].values


def test_a_search_stopped_by_hand_goes_on_exactly(problem, tmp_path, fitted):
    path, made = tmp_path / "evaluations.npy", problem(TWO, SEEN, noise=0.03)

    def stop(step):
        if step.number == 2:
            raise KeyboardInterrupt

    fit(made, memory=Memory(path), on_iteration=stop)
    before, again = len(Memory(path)), []
    found = fit(made, memory=Memory(path), on_iteration=again.append)
    whole, steps = fitted
    np.testing.assert_array_equal(found.z, whole.z)
    assert found.loss == whole.loss
    assert [step.values for step in again] == [step.values for step in steps]
    assert 0 < before < len(Memory(path))


def test_a_problem_prepared_anew_is_the_same_to_the_last_digit(problem):
    made = problem(TWO, SEEN, noise=0.03)
    anew = replace(made, prepared=prepare(made.model, until=32.0, step=4.0))
    assert digest(anew) == digest(made)
    assert digest(problem(TWO, SEEN, noise=0.03, seed=1)) != digest(made)


def test_a_profile_is_the_laplace_interval_where_the_loss_is_a_parabola(fitted):
    found, known = fitted[0], certainty(fitted[0])
    gain = known.estimates[0]
    profiled = profile(found, known, GAIN)
    wide = gain.interval[1] - gain.interval[0]
    np.testing.assert_allclose(profiled.interval, gain.interval, atol=0.1 * wide)
    assert profiled.deviance.min() == 0.0 == profiled.deviance[profiled.values == gain.value]


def test_a_number_that_is_not_free_has_no_profile(fitted):
    with pytest.raises(InputError, match=r"wall\.speed is not free; choose from wall\.gain"):
        chosen(["wall.speed"], fitted[0].problem.free)


def test_a_number_that_explains_nothing_costs_what_the_criteria_say(fitted, problem):
    more = fit(problem(TWO | {"tracer.uptake": {}}, SEEN, noise=0.03))
    plain, richer = criteria(fitted[0]), criteria(more)
    assert richer.akaike - plain.akaike == pytest.approx(2.0, abs=1e-3)
    assert richer.bayes - plain.bayes == pytest.approx(np.log(40), abs=1e-3)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [({"method": "magic"}, "least_squares, lbfgs, adam"), ({"limit": 0}, "1 or more")],
)
def test_ways_that_there_are_not_are_refused(problem, wrong, message):
    with pytest.raises(InputError, match=message):
        fit(problem(TWO, SEEN), **wrong)


WAVE = {GAIN: {"low": 0.02, "high": 0.3}, "signal.frequency": {"low": 0.019, "high": 0.04}}


def test_a_design_finds_the_best_at_the_same_effort(problem, numbers, everything):
    """The radius answers in proportion to the gain, its effort to the gain squared, so that every
    frequency has one gain at the effort of the start: the best of many is the design's."""
    run = everything[1:]
    found = design(problem(WAVE, SEEN), SEEN)

    def at_equal_effort(frequency):
        moved = numbers.copy()
        moved[NAMES.index("signal.frequency")] = frequency
        change, effort = measures(columns(jnp.asarray(moved), *run)[0], SEEN)
        return abs(float(change)) * (found.effort[0] / float(effort)) ** 0.5

    frequencies = np.linspace(0.0195, 0.039, 40)
    reached = [at_equal_effort(frequency) for frequency in frequencies]
    assert found.converged, found.words
    assert found.effort[1] == pytest.approx(found.effort[0], rel=1e-3)
    assert found.goal[1] == pytest.approx(max(reached), rel=2e-3)
    assert found.goal[1] > 1.05 * found.goal[0]
    best = frequencies[np.argmax(reached)]
    assert found.values["signal.frequency"] == pytest.approx(best, abs=0.0005)
    assert found.brings[GAIN] == pytest.approx((1.0, 2.0), rel=1e-9)


def test_a_design_for_nothing_is_refused(problem):
    with pytest.raises(InputError, match=r"no column 'tracer_influx'; did you mean tracer_influx_"):
        design(problem(WAVE, SEEN), "tracer_influx")
