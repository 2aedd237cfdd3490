"""Signals: at rest until t = 0, exact where exact, in one state where there is one."""

import warnings

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from meshes.errors import InputError
from solver.signal import STATES, Infraslow, Norepinephrine, Quiet, Recorded, read_signal


def test_norepinephrine_is_at_rest_before_the_run_and_whole_after_its_onset():
    signal = Norepinephrine(frequency=0.02, amplitude=0.7)
    before = jnp.linspace(-100.0, 0.0, 11)
    after = jnp.linspace(5.0, 300.0, 400)
    np.testing.assert_array_equal(signal(before), 0.0)
    np.testing.assert_allclose(signal(after), 0.7 * np.sin(0.04 * np.pi * after), atol=1e-14)


def test_six_cycles_keep_their_six_peaks_and_troughs():
    values = np.asarray(Norepinephrine()(jnp.linspace(0.0, 300.0, 3001)))
    inner = values[1:-1]
    peaks = inner[(inner > values[:-2]) & (inner > values[2:])]
    troughs = inner[(inner < values[:-2]) & (inner < values[2:])]
    np.testing.assert_allclose(peaks, np.ones(6), atol=1e-12)
    np.testing.assert_allclose(troughs, -np.ones(6), atol=1e-12)


@pytest.mark.parametrize("phase", [0.0, 1.2])
def test_motion_starts_from_rest(phase):
    signal = Norepinephrine(phase=phase)
    slope = jax.grad(signal)
    assert abs(float(slope(0.0))) < 1e-14
    assert abs(float(slope(1e-4))) < 1e-7


def test_without_an_onset_it_has_always_oscillated():
    signal = Norepinephrine(onset=0.0)
    np.testing.assert_allclose(signal(jnp.array([-12.5, 12.5])), [-1.0, 1.0], atol=1e-14)
    assert np.isfinite(float(jax.grad(lambda t: signal(t))(-3.0)))


def test_derivative_with_respect_to_frequency_is_the_analytic_one():
    time = 130.0
    slope = jax.jit(jax.grad(lambda f: Norepinephrine(frequency=f)(time)))(0.021)
    expected = 2 * np.pi * time * np.cos(2 * np.pi * 0.021 * time)
    np.testing.assert_allclose(slope, expected, rtol=1e-12)


def test_the_misprint_is_named():
    with pytest.warns(UserWarning, match="0.2 Hz, a misprint"):
        Norepinephrine(frequency=0.2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Norepinephrine(frequency=0.035)


@pytest.mark.parametrize("bad", [{"frequency": 0.0}, {"frequency": -0.02}, {"onset": -1.0}])
def test_impossible_numbers_are_refused(bad):
    with pytest.raises(InputError, match=f"signal.{next(iter(bad))}"):
        Norepinephrine(**bad)


def test_quiet_is_zero():
    np.testing.assert_array_equal(Quiet()(jnp.array([-1.0, 0.0, 77.0])), np.zeros(3))


def test_recorded_is_linear_between_samples_and_held_at_the_ends():
    signal = Recorded(jnp.array([0.0, 10.0, 20.0]), jnp.array([0.0, 1.0, -1.0]), onset=5.0)
    np.testing.assert_allclose(
        signal(jnp.array([-5.0, 0.0, 7.5, 15.0, 20.0, 99.0])), [0.0, 0.0, 0.75, 0.0, -1.0, -1.0]
    )
    slope = jax.grad(lambda values: Recorded(signal.times, values)(jnp.array(12.5)))(signal.values)
    np.testing.assert_allclose(slope, [0.0, 0.75, 0.25])


@pytest.mark.parametrize(
    ("signal", "state"),
    [
        (Norepinephrine(), "nrem"),
        (Quiet(), "wake"),
        (Quiet("rem"), "rem"),
        (Recorded(jnp.array([0.0, 1.0]), jnp.zeros(2), state="awakening"), "awakening"),
    ],
)
@pytest.mark.parametrize("time", [jnp.array(3.0), jnp.linspace(-1.0, 5.0, 6).reshape(2, 3)])
def test_a_signal_of_one_state_stays_in_it(signal, state, time):
    weights = signal.states(time)
    assert weights.shape == (len(STATES), *time.shape)
    np.testing.assert_array_equal(weights.sum(axis=0), 1.0)
    np.testing.assert_array_equal(weights[STATES.index(state)], 1.0)
    np.testing.assert_array_equal(signal.arousal(time), jnp.zeros(time.shape))


def test_a_state_that_is_none_is_refused():
    with pytest.raises(InputError, match=r"signal\.state is 'asleep'; give one of wake, nrem"):
        Quiet("asleep")


def test_steps_that_do_not_resolve_the_oscillation_are_told():
    Norepinephrine().check(300.0, 6.25)  # eight a cycle
    with pytest.warns(UserWarning, match=r"peaks may be missed by 19%; run\.step=6\.2 shows"):
        Norepinephrine().check(300.0, 10.0)
    with pytest.raises(InputError, match=r"cycle of 50 s, which run\.step = 20 s does not resolve"):
        Norepinephrine().check(300.0, 20.0)


def test_a_run_writes_down_states_where_they_change():
    time = jnp.array(70.0)
    assert set(read_signal(Norepinephrine(), time)) == {"norepinephrine_relative"}
    columns = read_signal(Infraslow(), time)
    states = [f"state_{name}" for name in STATES]
    assert set(columns) == {"norepinephrine_relative", "arousal", *states}
    assert float(sum(columns[name] for name in states)) == pytest.approx(1.0)
    assert columns["state_awakening"] == columns["arousal"]
