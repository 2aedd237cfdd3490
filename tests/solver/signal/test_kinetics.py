"""From firing to norepinephrine: gain and lag, the limits of release, the equation itself."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from meshes.errors import InputError
from solver.signal import Firing, Infraslow, Norepinephrine, Release
from solver.signal.kinetics import remembered

SINE = Norepinephrine(onset=0.0)
call = jax.jit(lambda signal, time: signal(time))


@pytest.mark.parametrize(("tau", "gain", "lag"), [(3.0, 0.936, 2.87), (5.0, 0.847, 4.46)])
def test_gain_and_lag_are_those_of_first_order(tau, gain, lag):
    omega, small = 2 * np.pi * 0.02, 1e-5
    signal = Firing(modulation=small, time_constant=tau, oscillation=SINE)
    time = np.linspace(0.0, 50.0, 400, endpoint=False)
    n = np.asarray(call(signal, jnp.asarray(time)))
    wave = 2 * np.mean(n * np.exp(-1j * omega * time)) * 1j  # n = |wave| sin(wt + angle)
    slope = 3.0 / 4.0  # d log H / d log r at 1 Hz, half rate 3 Hz
    np.testing.assert_allclose(np.abs(wave) / (small * slope), 1 / np.hypot(1, omega * tau), 1e-6)
    np.testing.assert_allclose(-np.angle(wave), np.arctan(omega * tau), rtol=1e-6)
    assert np.abs(wave) / (small * slope) == pytest.approx(gain, abs=5e-4)
    assert -np.angle(wave) / omega == pytest.approx(lag, abs=5e-3)


def test_constants_pass_exactly_and_a_ramp_lags_by_the_time_constant():
    time = jnp.array([-3.0, 0.0, 40.0])
    np.testing.assert_allclose(remembered(jnp.ones_like, time, 5.0), 1.0, rtol=1e-14)
    np.testing.assert_allclose(remembered(lambda t: t, time, 5.0), time - 5.0, atol=2e-5)


def test_a_jagged_trace_is_filtered_too():
    chance = np.random.default_rng(0)
    times, values = jnp.arange(300.0), jnp.asarray(chance.standard_normal(300))
    found = remembered(lambda t: jnp.interp(t, times, values), times[100:], 5.0)
    fade = np.exp(-0.2)  # exact for what is linear over a second
    exact = [float(values[0])]
    for n0, n1 in zip(np.asarray(values)[:-1], np.asarray(values)[1:], strict=True):
        exact.append(fade * exact[-1] + n1 - fade * n0 - (n1 - n0) * (1 - fade) * 5.0)
    error = np.asarray(found) - exact[100:]
    assert error.std() < 0.02 * np.std(exact[100:])


def test_it_solves_its_equation():
    signal = Firing(modulation=0.8, oscillation=Norepinephrine())

    @jax.jit
    def sides(time):
        n, slope = jax.value_and_grad(lambda t: signal(t))(time)
        return 5.0 * slope, signal.release.relative(signal.rate(time), signal.tonic) - n

    left, right = jax.vmap(sides)(jnp.linspace(20.0, 400.0, 50))
    np.testing.assert_allclose(left, right, atol=1e-6)


def test_release_has_the_limits_of_hill():
    release = Release(half_rate=3.0, exponent=2.0)
    rates = jnp.array([0.0, 1e-4, 3.0, 1e7])
    np.testing.assert_allclose(release(rates), [0.0, 1e-8 / 9, 0.5, 1.0], rtol=1e-8)
    assert np.all(np.diff(release(jnp.linspace(0.0, 50.0, 200))) > 0)
    gentle = Release(half_rate=3.0)
    assert float(gentle(jnp.asarray(1e-6))) == pytest.approx(1e-6 / 3, rel=1e-6)
    assert np.isfinite(jax.grad(lambda m: Release(3.0, m)(jnp.zeros(())))(1.0))


def test_norepinephrine_lies_between_silence_and_saturation():
    time = jnp.linspace(0.0, 500.0, 501)
    n = np.asarray(call(Firing(modulation=50.0, oscillation=SINE, time_constant=0.01), time))
    assert n.min() == pytest.approx(-1.0, abs=1e-6)
    assert 2.7 < n.max() < 3.0  # 1 / H(1 Hz) - 1 = 3


def test_a_run_begins_at_rest():
    signal = Firing(oscillation=Norepinephrine())
    np.testing.assert_allclose(call(signal, jnp.array([-50.0, 0.0])), 0.0, atol=1e-15)


def test_states_and_arousals_are_those_of_the_oscillation():
    night, time = Infraslow(), jnp.linspace(0.0, 500.0, 101)
    signal = Firing(oscillation=night)
    look = jax.jit(lambda signal, time: (signal.states(time), signal.arousal(time)))
    for mine, its in zip(look(signal, time), look(night, time), strict=True):
        np.testing.assert_array_equal(mine, its)
    assert signal.sleeps and not Firing(oscillation=SINE).sleeps
    with pytest.raises(InputError, match="cycles drawn"):
        signal.check(1e6, 2.0)


def test_gradients_of_every_number_are_those_of_differences():
    signal = Firing(oscillation=SINE)
    leaves, tree = jax.tree.flatten(signal)
    numbers = jnp.array(leaves)

    @jax.jit
    def at(numbers):
        return jax.tree.unflatten(tree, list(numbers))(jnp.asarray(37.0))

    exact = jax.jit(jax.grad(at))(numbers)
    for place in range(len(leaves) - 1):  # the onset of an oscillation without one apart
        step = jnp.zeros_like(numbers).at[place].set(1e-6)
        np.testing.assert_allclose(
            exact[place], (at(numbers + step) - at(numbers - step)) / 2e-6, rtol=1e-5, atol=1e-8
        )


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (lambda: Firing(tonic=0.0), "signal.tonic is 0.0 Hz"),
        (lambda: Firing(time_constant=-1.0), "signal.time_constant is -1.0 s"),
        (lambda: Release(half_rate=0.0), "signal.release.half_rate"),
        (lambda: Release(exponent=float("inf")), "signal.release.exponent is inf"),
    ],
)
def test_impossible_numbers_are_refused(made, told):
    with pytest.raises(InputError, match=told):
        made()
