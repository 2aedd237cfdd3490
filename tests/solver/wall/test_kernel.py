"""Kernels: gain and lag of the analytic transfer function, and exactness for linear pieces."""

from itertools import pairwise

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp

from solver.signal import Norepinephrine, Recorded
from solver.wall import FirstOrder, Gamma, Vasomotion

KERNELS = {  # gain and lag at 0.02 Hz in docs/physics.md 1.1
    "first order, 3 s": (FirstOrder(3.0), 0.936, 2.87),
    "first order, 5 s": (FirstOrder(5.0), 0.847, 4.46),
    "gamma of 3, 2 s": (Gamma(3, 2.0), 0.912, 5.88),
}


def transfer(kernel, frequency):
    """Gain and lag (s) of the kernel's transfer function `(1 + i w tau)^-n`."""
    omega = 2 * np.pi * frequency
    stages = getattr(kernel, "shape", 1)
    angle = omega * kernel.time_constant
    return (1 + angle**2) ** (-stages / 2), stages * np.arctan(angle) / omega


def measured(kernel, frequency):
    """Gain and lag (s) of a wall with this kernel, from six cycles of its motion."""
    wall = Vasomotion(gain=1.0, delay=0.0, kernel=kernel, spacing=0.004 / frequency, history=0.0)
    signal = Norepinephrine(frequency=frequency, amplitude=0.5, onset=0.1 / frequency)
    response = wall.response(signal, until=8.0 / frequency)
    times = np.linspace(2.0, 8.0, 601)[:-1] / frequency + 1e-3  # not on the grid
    muscle = -np.asarray(response.answer(jnp.asarray(times)))
    omega = 2 * np.pi * frequency
    basis = np.stack([np.sin(omega * times), np.cos(omega * times)], axis=1)
    (sine, cosine), *_ = np.linalg.lstsq(basis, muscle, rcond=None)
    lag = np.mod(-np.arctan2(cosine, sine), 2 * np.pi) / omega
    return np.hypot(sine, cosine) / 0.5, lag


@pytest.mark.parametrize("name", KERNELS)
def test_gain_and_lag_at_the_frequency_of_sleep(name):
    kernel, gain, lag = KERNELS[name]
    found = measured(kernel, 0.02)
    assert (round(found[0], 3), round(found[1], 2)) == (gain, lag)


@pytest.mark.parametrize("kernel", [FirstOrder(4.0), Gamma(2, 3.0), Gamma(3, 2.0), Gamma(5, 1.0)])
@pytest.mark.parametrize("frequency", [0.01, 0.02, 0.035])
def test_gain_and_lag_are_those_of_the_transfer_function(kernel, frequency):
    gain, lag = measured(kernel, frequency)
    expected = transfer(kernel, frequency)
    # the signal is linear over 1/250 of a cycle, which loses (w h)^2 / 12 = 5e-5 of it
    np.testing.assert_allclose(gain, expected[0], rtol=1e-4)
    np.testing.assert_allclose(lag, expected[1], rtol=1e-3)


def test_the_first_order_filter_is_exact_for_a_piecewise_linear_signal():
    tau, times = 4.0, np.arange(0.0, 40.1, 2.0)
    signal = Recorded(jnp.array([0.0, 10.0, 20.0]), jnp.array([0.0, 0.5, 0.0]), onset=0.0)
    wall = Vasomotion(gain=1.0, delay=0.0, kernel=FirstOrder(tau), spacing=2.0)  # coarse
    response = wall.response(signal, until=40.0)

    def ramp(time):  # answer to a unit slope that begins at 0
        return np.where(time > 0, time - tau * (1 - np.exp(-time / tau)), 0.0)

    expected = 0.05 * (ramp(times) - 2 * ramp(times - 10) + ramp(times - 20))
    np.testing.assert_allclose(-response.answer(jnp.asarray(times)), expected, atol=1e-13)


def test_the_gamma_filter_is_exact_for_a_piecewise_linear_signal():
    sampled = np.array([0.0, 0.0, 1.0, -0.4, 0.3, 0.3, 0.0])
    spacing, tau, stages = 2.0, 1.5, 4
    filtered, slopes = Gamma(stages, tau).filter(jnp.asarray(sampled), spacing)
    times = spacing * np.arange(len(sampled))

    def rates(time, stage):
        driven = np.concatenate([[np.interp(time, times, sampled)], stage[:-1]])
        return (driven - stage) / tau

    levels = [np.zeros(stages)]
    for begin, end in pairwise(times):
        levels.append(solve_ivp(rates, (begin, end), levels[-1], rtol=1e-12, atol=1e-14).y[:, -1])
    np.testing.assert_allclose(filtered, np.array(levels)[:, -1], atol=1e-11)
    expected = (np.array(levels)[:, -2] - np.array(levels)[:, -1]) / tau
    np.testing.assert_allclose(slopes, expected, atol=1e-11)


def test_one_stage_of_gamma_is_the_first_order_kernel():
    sampled = jnp.sin(jnp.arange(50.0))
    for one, other in zip(
        Gamma(1, 3.0).filter(sampled, 0.7), FirstOrder(3.0).filter(sampled, 0.7), strict=True
    ):
        np.testing.assert_array_equal(one, other)
