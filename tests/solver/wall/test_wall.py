"""Walls: waves along the vessel, factors of health, bounds, derivatives, motions refused."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from meshes.errors import InputError
from solver.signal import Norepinephrine, Quiet
from solver.wall import (
    Band,
    FirstOrder,
    Gamma,
    Hill,
    Prescribed,
    Proportional,
    Ramp,
    Still,
    Table,
    Tanh,
    Uniform,
    Vasomotion,
)

PATH = jnp.array([0.0, 4e-4, 1e-3])
OMEGA = 2 * np.pi * 0.02
UNTIL = 130.0  # s, of every run here: one shape, compiled once


@jax.jit
def at(response, times):
    return jax.vmap(lambda time: response.radius_ratio(PATH, time))(times)


def ratios(response, times):
    return at(response, jnp.asarray(times))


def built(numbers):
    """A wall with every part, and its signal, from numbers by dotted name."""
    part = {
        room: {key.partition(".")[2]: number for key, number in numbers.items() if room in key}
        for room in ("kernel", "curve", "profile", "bands")
    }
    wall = Vasomotion(
        **{key: number for key, number in numbers.items() if key != "frequency" and "." not in key},
        kernel=Gamma(**part["kernel"]),
        curve=Hill(**part["curve"]),
        profile=Ramp(**part["profile"]),
        bands={"pulse": Band(**part["bands"], drive="passive")},
    )
    return wall, Norepinephrine(frequency=numbers["frequency"])


def test_nothing_moves_before_the_signal_and_the_artery_narrows_first():
    response = Vasomotion().response(Norepinephrine(), until=UNTIL)
    early = np.asarray(ratios(response, [-10.0, 0.0, 1.9, 2.0]))
    np.testing.assert_array_equal(early, 1.0)
    assert float(ratios(response, [15.0])[0, 0]) < 0.95


def test_the_delay_shifts_in_time_and_a_wave_arrives_later_inside():
    signal, speed = Norepinephrine(), 1e-4
    here = Vasomotion(delay=0.0).response(signal, until=UNTIL)
    there = Vasomotion(delay=3.0, speed=speed).response(signal, until=UNTIL)
    for column, path in enumerate(np.asarray(PATH)):
        shift = 3.0 + path / speed
        np.testing.assert_allclose(
            ratios(there, [120.0])[0, column], ratios(here, [120.0 - shift])[0, 0], rtol=1e-12
        )


AT = {
    "gain": 0.1,
    "delay": 2.0,
    "speed": 1e-4,
    "origin": 5e-4,
    "active": 0.7,
    "passive": 1.3,
    "frequency": 0.02,
    "kernel.time_constant": 1.9,
    "curve.half": 1.1,
    "curve.exponent": 2.3,
    "profile.deep": 0.6,
    "profile.length": 7e-4,
    "bands.amplitude": 0.02,
    "bands.frequency": 0.21,
    "bands.speed": 2e-3,
}


@pytest.fixture(scope="module")
def narrowing():
    """A number that every number of a wall moves, and all its derivatives, compiled once."""

    @jax.jit
    @jax.value_and_grad
    def both(numbers):
        wall, signal = built(numbers)
        return jnp.sum(ratios(wall.response(signal, UNTIL), [31.03, 77.7]) ** 2)

    return both, both(AT)[1]


@pytest.mark.parametrize("name", AT)
def test_derivatives_agree_with_central_differences(name, narrowing):
    both, slopes = narrowing
    step = 1e-5 * AT[name]
    above, below = (both(AT | {name: AT[name] + sign * step})[0] for sign in (1, -1))
    expected = (above - below) / (2 * step)
    assert abs(expected) > 1e-6
    np.testing.assert_allclose(slopes[name], expected, rtol=1e-6)


def test_an_infinite_speed_has_a_finite_derivative():
    def narrowing(wall):
        return jnp.sum(wall.response(Norepinephrine(), until=UNTIL).radius_ratio(PATH, 40.0))

    slope = jax.jit(jax.grad(narrowing))(Vasomotion())
    assert all(np.isfinite(leaf) for leaf in jax.tree.leaves(slope))


@pytest.mark.parametrize(("origin", "leads"), [(0.0, 0), (1e-3, 2), (4e-4, 1)])
def test_a_wave_starts_at_its_origin_and_goes_both_ways(origin, leads):
    speed = 1e-4
    wall = Vasomotion(delay=0.0, speed=speed, origin=origin)
    response = wall.response(Norepinephrine(), until=UNTIL)
    for column, path in enumerate(np.asarray(PATH)):
        late = 60.0 + abs(path - origin) / speed
        np.testing.assert_allclose(
            ratios(response, [late])[0, column], ratios(response, [60.0])[0, leads], rtol=1e-12
        )


def test_muscle_and_passive_wall_are_told_apart():
    bands = {
        "slow": Band(amplitude=0.02, frequency=0.21),
        "pulse": Band(amplitude=0.01, frequency=0.5, drive="passive"),
    }
    time, ill = [31.3], {"active": 0.5, "passive": 2.0}
    answer, slow, pulse = (
        float(ratios(Vasomotion(**only).response(signal, UNTIL), time)[0, 0]) - 1.0
        for only, signal in (
            ({}, Norepinephrine()),
            ({"bands": {"slow": bands["slow"]}}, Quiet()),
            ({"bands": {"pulse": bands["pulse"]}}, Quiet()),
        )
    )
    both = ratios(Vasomotion(bands=bands, **ill).response(Norepinephrine(), UNTIL), time)[0, 0]
    np.testing.assert_allclose(both, 1 + 0.5 * (answer + slow) + pulse / 2.0, rtol=1e-14)


@pytest.mark.parametrize(
    ("profile", "factors"),
    [
        (Uniform(), [1.0, 1.0, 1.0]),
        (Ramp(mouth=1.0, deep=0.5, length=8e-4), [1.0, 0.75, 0.5]),
        (Table(path=[2e-4, 6e-4], factor=[0.2, 1.0]), [0.2, 0.6, 1.0]),
    ],
)
def test_a_profile_scales_what_muscle_does(profile, factors):
    slow = {"slow": Band(amplitude=0.02, frequency=0.21)}
    plain = Vasomotion(bands=slow).response(Norepinephrine(), UNTIL)
    scaled = Vasomotion(bands=slow, profile=profile).response(Norepinephrine(), UNTIL)
    expected = 1 + np.asarray(factors) * (ratios(plain, [31.3]) - 1)
    np.testing.assert_allclose(ratios(scaled, [31.3]), expected, rtol=1e-14)


@pytest.mark.parametrize(
    ("curve", "limits"),
    [(Proportional(), (-100.0, 100.0)), (Tanh(limit=0.8), (-0.8, 0.8)), (Hill(), (-1.0, 1.0))],
)
def test_a_curve_has_unit_slope_at_rest_and_its_limits(curve, limits):
    np.testing.assert_allclose(jax.grad(curve)(0.0), 1.0, rtol=1e-14)
    np.testing.assert_allclose(
        curve(jnp.array([-100.0, 0.0, 100.0])), [limits[0], 0, limits[1]], atol=3e-4
    )


def test_halved_norepinephrine_keeps_more_than_half_of_a_saturating_answer():
    def swing(curve, amplitude):
        response = Vasomotion(curve=curve).response(Norepinephrine(amplitude=amplitude), UNTIL)
        moved = ratios(response, np.linspace(30.0, UNTIL, 1000))[:, 0]
        return float(moved.max() - moved.min())

    kept = {type(c): swing(c, 0.5) / swing(c, 1.0) for c in (Proportional(), Tanh(0.5), Hill())}
    np.testing.assert_allclose(kept[Proportional], 0.5, rtol=1e-12)
    assert kept[Tanh] > 0.7
    assert kept[Hill] > 0.55


def test_prescribed_motion_is_the_sine_it_says():
    wall = Prescribed(amplitude=-0.1, frequency=0.02)
    response = wall.response(Norepinephrine(), until=UNTIL)
    np.testing.assert_allclose(ratios(response, [12.5, 37.5]), [[0.9] * 3, [1.1] * 3], atol=1e-15)
    low, high = response.bounds()
    assert (float(low), float(high)) == (0.9, 1.1)


@pytest.mark.parametrize("speed", [1e-4, -1e-4])
def test_a_prescribed_wave_goes_inward_or_outward(speed):
    response = Prescribed(speed=speed).response(Quiet(), until=UNTIL)
    expected = 1 + 0.1 * np.sin(OMEGA * (10.0 - np.asarray(PATH) / speed))
    np.testing.assert_allclose(ratios(response, [10.0])[0], expected, rtol=1e-14)


def test_a_still_wall_is_still():
    np.testing.assert_array_equal(
        ratios(Still().response(Norepinephrine(), until=UNTIL), [7.0]), np.ones((1, 3))
    )


def test_bounds_hold_the_motion_closely():
    wall = Vasomotion(gain=0.2, bands={"low": Band(amplitude=0.03, frequency=0.21)})
    response = wall.response(Norepinephrine(), until=UNTIL)
    low, high = response.bounds()
    moved = np.asarray(ratios(response, np.linspace(0.0, UNTIL, 1000)))
    assert float(low) <= moved.min() < float(low) + 1e-3
    assert float(high) - 1e-3 < moved.max() <= float(high)


def test_bounds_hold_between_the_points_of_a_coarse_grid():
    wall = Vasomotion(gain=0.3, spacing=8.0, profile=Ramp(mouth=0.5, deep=1.2))
    response = wall.response(Norepinephrine(), until=UNTIL)
    low, high = response.bounds()
    moved = np.asarray(ratios(response, np.linspace(0.0, UNTIL, 1000)))
    assert moved.min() < 1.0 + 1.2 * float(response.answer.values.min())  # the grid misses it
    assert float(low) <= moved.min()
    assert moved.max() <= float(high)


@pytest.mark.parametrize("wall", [Vasomotion(gain=1.2), Prescribed(amplitude=-1.0)])
def test_a_motion_that_closes_the_lumen_is_refused(wall):
    with pytest.raises(InputError, match=r"narrow the lumen .* lower wall.gain"):
        wall.response(Norepinephrine(), until=UNTIL)


@pytest.mark.parametrize("bad", [{"speed": -1.0}, {"delay": -1.0}, {"passive": 0.0}])
def test_impossible_numbers_are_refused(bad):
    with pytest.raises(InputError, match=f"wall.{next(iter(bad))}"):
        Vasomotion(**bad)


@pytest.mark.parametrize(
    ("make", "key"),
    [
        (lambda: FirstOrder(0.0), r"wall\.kernel\.time_constant is 0"),
        (lambda: Gamma(shape=0), r"wall\.kernel\.shape is 0; give a whole number"),
        (lambda: Tanh(-1.0), r"wall\.curve\.limit is -1"),
        (lambda: Hill(exponent=0.0), r"wall\.curve\.exponent is 0"),
        (lambda: Ramp(length=0.0), r"wall\.profile\.length is 0"),
        (lambda: Table([0.0, 1e-3, 5e-4], [1.0, 1.0, 1.0]), r"give path lengths that increase"),
        (lambda: Table([0.0, 1e-3], [1.0]), r"2 path lengths and 1 factors"),
        (lambda: Table([0.0, float("nan")], [1.0, 1.0]), r"not finite"),
        (lambda: Prescribed(speed=0.0), r"wall\.speed is 0"),
    ],
)
def test_impossible_parts_are_refused(make, key):
    with pytest.raises(InputError, match=key):
        make()
