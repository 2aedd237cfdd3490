"""Walls: the analytic gain and lag of the first-order kernel, waves, bands and derivatives."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from meshes.errors import InputError
from solver.signal import Norepinephrine, Quiet, Recorded
from solver.wall import Band, Prescribed, Still, Vasomotion

PATH = jnp.array([0.0, 4e-4, 1e-3])
OMEGA = 2 * np.pi * 0.02


def ratios(response, times, path=PATH):
    return jax.vmap(lambda time: response.radius_ratio(path, time))(jnp.asarray(times))


@pytest.mark.parametrize(("tau", "gain", "lag"), [(3.0, 0.936, 2.87), (5.0, 0.847, 4.46)])
def test_the_kernel_has_the_gain_and_lag_of_a_first_order_filter(tau, gain, lag):
    wall = Vasomotion(gain=1.0, delay=0.0, time_constant=tau, spacing=0.1)
    response = wall.response(Norepinephrine(amplitude=0.5), until=300.0)
    times = np.arange(200.0, 300.0, 0.37)  # not on the grid; the start has faded by e^-40
    muscle = 1.0 - np.asarray(ratios(response, times))[:, 0]
    basis = np.stack([np.sin(OMEGA * times), np.cos(OMEGA * times)], axis=1)
    (sine, cosine), *_ = np.linalg.lstsq(basis, muscle, rcond=None)
    measured_gain, measured_lag = np.hypot(sine, cosine) / 0.5, -np.arctan2(cosine, sine) / OMEGA
    np.testing.assert_allclose(measured_gain, 1 / np.sqrt(1 + (OMEGA * tau) ** 2), rtol=2e-5)
    np.testing.assert_allclose(measured_lag, np.arctan(OMEGA * tau) / OMEGA, rtol=2e-5)
    assert (round(measured_gain, 3), round(measured_lag, 2)) == (gain, lag)


def test_the_filter_is_exact_for_a_piecewise_linear_signal():
    tau = 4.0
    signal = Recorded(jnp.array([0.0, 10.0, 20.0]), jnp.array([0.0, 0.5, 0.0]), onset=0.0)
    wall = Vasomotion(gain=1.0, delay=0.0, time_constant=tau, spacing=2.0)  # coarse on purpose
    response = wall.response(signal, until=40.0)

    def ramp(time):  # answer to a unit slope that begins at 0
        return np.where(time > 0, time - tau * (1 - np.exp(-time / tau)), 0.0)

    times = np.arange(0.0, 40.1, 2.0)
    expected = 0.05 * (ramp(times) - 2 * ramp(times - 10) + ramp(times - 20))
    np.testing.assert_allclose(1 - ratios(response, times)[:, 0], expected, atol=1e-13)


def test_nothing_moves_before_the_signal_and_the_artery_narrows_first():
    response = Vasomotion().response(Norepinephrine(), until=50.0)
    early = np.asarray(ratios(response, [-10.0, 0.0, 1.9, 2.0]))
    np.testing.assert_array_equal(early, 1.0)
    assert float(ratios(response, [15.0])[0, 0]) < 0.95


def test_the_delay_shifts_in_time_and_a_wave_arrives_later_inside():
    signal, speed = Norepinephrine(), 1e-4
    here = Vasomotion(delay=0.0).response(signal, until=200.0)
    there = Vasomotion(delay=3.0, speed=speed).response(signal, until=200.0)
    for column, path in enumerate(np.asarray(PATH)):
        shift = 3.0 + path / speed
        np.testing.assert_allclose(
            ratios(there, [120.0])[0, column], ratios(here, [120.0 - shift])[0, 0], rtol=1e-12
        )


def test_bands_are_added():
    band = Band(amplitude=0.02, frequency=0.21, wave_number=500.0, phase=0.3)
    wall = Vasomotion(bands=(band, Band(amplitude=0.01, frequency=0.5)))
    moved = ratios(wall.response(Quiet(), until=10.0), [4.0])[0]
    expected = (
        1
        + 0.02 * np.sin(2 * np.pi * 0.21 * 4.0 - 500.0 * PATH + 0.3)
        + 0.01 * np.sin(2 * np.pi * 0.5 * 4.0)
    )
    np.testing.assert_allclose(moved, expected, rtol=1e-14)


@pytest.mark.parametrize("name", ["gain", "delay", "time_constant", "speed", "frequency"])
def test_derivatives_agree_with_central_differences_under_jit(name):
    at = {"gain": 0.1, "delay": 2.0, "time_constant": 4.0, "speed": 1e-4, "frequency": 0.02}

    def narrowing(value):
        numbers = at | {name: value}
        signal = Norepinephrine(frequency=numbers.pop("frequency"))
        response = Vasomotion(**numbers).response(signal, until=90.0)
        return jnp.sum(ratios(response, [31.03, 77.7]) ** 2)

    step = 1e-5 * at[name]
    expected = (narrowing(at[name] + step) - narrowing(at[name] - step)) / (2 * step)
    slope = jax.jit(jax.grad(narrowing))(at[name])
    assert abs(expected) > 1e-6
    np.testing.assert_allclose(slope, expected, rtol=1e-6)


def test_an_infinite_speed_has_a_finite_derivative():
    def narrowing(wall):
        return jnp.sum(wall.response(Norepinephrine(), until=60.0).radius_ratio(PATH, 40.0))

    slope = jax.grad(narrowing)(Vasomotion())
    assert all(np.isfinite(leaf) for leaf in jax.tree.leaves(slope))


def test_prescribed_motion_is_the_sine_it_says():
    wall = Prescribed(amplitude=-0.1, frequency=0.02)
    response = wall.response(Norepinephrine(), until=50.0)
    np.testing.assert_allclose(ratios(response, [12.5, 37.5]), [[0.9] * 3, [1.1] * 3], atol=1e-15)
    low, high = response.bounds()
    assert (float(low), float(high)) == (0.9, 1.1)


def test_a_still_wall_is_still():
    np.testing.assert_array_equal(
        ratios(Still().response(Norepinephrine(), until=9.0), [7.0]), np.ones((1, 3))
    )


def test_bounds_hold_the_motion():
    wall = Vasomotion(gain=0.2, bands=(Band(amplitude=0.03, frequency=0.21),))
    response = wall.response(Norepinephrine(), until=300.0)
    low, high = response.bounds()
    moved = np.asarray(ratios(response, np.linspace(0.0, 300.0, 2000)))
    assert float(low) <= moved.min() < float(low) + 1e-3
    assert float(high) - 1e-3 < moved.max() <= float(high)


@pytest.mark.parametrize("wall", [Vasomotion(gain=1.2), Prescribed(amplitude=-1.0)])
def test_a_motion_that_closes_the_lumen_is_refused(wall):
    with pytest.raises(InputError, match=r"narrow the lumen .* lower wall.gain"):
        wall.response(Norepinephrine(), until=60.0)


@pytest.mark.parametrize("bad", [{"time_constant": 0.0}, {"speed": -1.0}, {"delay": -1.0}])
def test_impossible_numbers_are_refused(bad):
    with pytest.raises(InputError, match=f"wall.{next(iter(bad))}"):
        Vasomotion(**bad)
