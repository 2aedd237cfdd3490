"""Bands: the sinusoids they say, by vigilance state, and the steps that can show them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from meshes.errors import InputError
from solver.record import record
from solver.signal import Norepinephrine, Quiet
from solver.signal.states import STATES
from solver.wall import Band, Prescribed, StateBand, Still, Vasomotion

PATH = jnp.array([0.0, 4e-4, 1e-3])


def by_state(*values):
    return dict(zip(STATES, values, strict=True))


VERY_LOW = StateBand(  # Bojarskaite 2023 statistics, um and s (docs/physics.md 2)
    lumen=by_state(5.77, 5.94, 6.37, 7.67, 5.64),
    peak_to_peak=by_state(0.200, 0.460, 0.398, 0.189, 0.145),
    period=by_state(4.23, 4.75, 4.73, 5.28, 5.04),
)
HEART = StateBand(
    lumen=VERY_LOW.lumen,
    peak_to_peak=by_state(0.0720, 0.0755, 0.0695, 0.0612, 0.0754),
    period=by_state(0.110, 0.113, 0.112, 0.093, 0.093),
    speed=1e-2,
    drive="passive",
)


@record
class Falling(Quiet):
    """A brain that falls asleep over 10 s."""

    def states(self, time):
        asleep = jnp.clip(jnp.asarray(time) / 10.0, 0.0, 1.0)
        rest = jnp.zeros_like(asleep)
        return jnp.stack([1 - asleep, asleep, rest, rest, rest])


def test_bands_are_added():
    bands = {
        "very_low": Band(amplitude=0.02, frequency=0.21, wave_number=500.0, phase=0.3),
        "low": Band(amplitude=0.01, frequency=0.5, speed=-2e-3),
    }
    moved = Vasomotion(bands=bands).response(Quiet(), until=10.0).radius_ratio(PATH, 4.0)
    expected = (
        1
        + 0.02 * np.sin(2 * np.pi * 0.21 * 4.0 - 500.0 * PATH + 0.3)
        + 0.01 * np.sin(2 * np.pi * 0.5 * (4.0 + PATH / 2e-3))
    )
    np.testing.assert_allclose(moved, expected, rtol=1e-14)


def test_a_speed_is_a_wave_number():
    told = {"amplitude": 0.01, "frequency": 9.0}
    by_speed = Band(**told, speed=0.05).motion(PATH, 0.3, Quiet())
    by_number = Band(**told, wave_number=2 * np.pi * 9.0 / 0.05).motion(PATH, 0.3, Quiet())
    np.testing.assert_allclose(by_speed, by_number, atol=1e-15)


def test_sleep_has_the_band_of_sleep():
    wall = Vasomotion(gain=0.0, bands={"very_low": VERY_LOW, "heart": HEART})
    moved = wall.response(Norepinephrine(), until=10.0).radius_ratio(PATH, 3.3)
    slow = 0.230 / 5.94 * np.sin(2 * np.pi * 3.3 / 4.75)
    fast = 0.03775 / 5.94 * np.sin(2 * np.pi * (3.3 - PATH / 1e-2) / 0.113)
    np.testing.assert_allclose(moved, 1 + slow + fast, rtol=1e-14)


def test_the_very_low_band_of_sleep_is_the_default_of_physics():
    np.testing.assert_allclose(VERY_LOW.amplitudes()[1], 0.039, atol=5e-4)  # 3.9 % at .21 Hz
    np.testing.assert_allclose(1.0 / VERY_LOW.period["nrem"], 0.21, atol=5e-3)


def test_between_states_both_bands_are_there_by_weight():
    response = Vasomotion(bands={"very_low": VERY_LOW}).response(Falling(), until=20.0)
    wake = 0.100 / 5.77 * np.sin(2 * np.pi * 2.5 / 4.23)
    sleep = 0.230 / 5.94 * np.sin(2 * np.pi * 2.5 / 4.75)
    expected = np.full(3, 1 + 0.75 * wake + 0.25 * sleep)
    np.testing.assert_allclose(response.radius_ratio(PATH, 2.5), expected, rtol=1e-14)


def test_bounds_hold_every_state():
    response = Vasomotion(bands={"very_low": VERY_LOW}).response(Falling(), until=20.0)
    low, high = response.bounds()
    times = jnp.linspace(0.0, 20.0, 4001)
    moved = jax.vmap(lambda time: response.radius_ratio(PATH, time))(times)
    assert float(low) <= float(moved.min()) < float(low) + 1e-4
    assert float(high) - 1e-4 < float(moved.max()) <= float(high)


@pytest.mark.parametrize("key", ["peak_to_peak", "period", "lumen"])
def test_derivatives_by_state_agree_with_central_differences(key):
    at = getattr(VERY_LOW, key)["nrem"]

    def widening(value):
        told = {name: getattr(VERY_LOW, name) for name in ("lumen", "peak_to_peak", "period")}
        band = StateBand(**told | {key: told[key] | {"nrem": value}})
        return Vasomotion(bands={"b": band}).response(Falling(), 20.0).radius_ratio(PATH, 7.1)[0]

    step = 1e-5 * at
    expected = (widening(at + step) - widening(at - step)) / (2 * step)
    np.testing.assert_allclose(jax.jit(jax.grad(widening))(at), expected, rtol=1e-7)


@pytest.mark.parametrize(
    ("wall", "step", "remedy"),
    [
        (Vasomotion(bands={"very_low": VERY_LOW}), 2.0, r"very_low .* 4\.23 s.*run\.step=0\.52 or"),
        (
            Vasomotion(bands={"slow": VERY_LOW, "heart": HEART}),
            0.1,
            r"bands\.heart .*step=0\.011 or",
        ),
        (Vasomotion(bands={"low": Band(0.02, 0.5)}), 0.6, r"run\.step = 0\.6 s does not resolve"),
        (Prescribed(frequency=0.2), 2.0, r"wall has a cycle of 5 s.* run\.step=0\.6"),
    ],
)
def test_a_step_that_skips_over_a_band_is_refused(wall, step, remedy):
    with pytest.raises(InputError, match=remedy):
        wall.check(60.0, step)


def test_a_step_that_cuts_extremes_is_warned_of():
    wall = Vasomotion(bands={"low": Band(0.02, 0.5)})
    with pytest.warns(UserWarning, match=r"missed by 19%; run\.step=0\.25 shows them"):
        wall.check(60.0, 0.4)
    wall.check(60.0, 0.25)
    Still().check(60.0, 1e3)


@pytest.mark.parametrize(
    ("make", "key"),
    [
        (lambda: Band(0.1, 0.0), "frequency is 0"),
        (lambda: Band(0.1, 0.2, speed=0.0), "speed is 0"),
        (lambda: Band(0.1, 0.2, drive="pulse"), "drive is 'pulse'; give active or passive"),
        (lambda: StateBand({"nrem": 6.0}, {}, {}), "lumen has nrem; give a number for each of"),
        (lambda: StateBand(VERY_LOW.lumen, HEART.lumen, by_state(1, 1, 0, 1, 1)), "period"),
    ],
)
def test_impossible_bands_are_refused(make, key):
    with pytest.raises(InputError, match=key):
        make()
