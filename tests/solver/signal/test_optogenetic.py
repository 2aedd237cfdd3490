"""Light: the exact answer to trains, a dose that grows, release that saturates."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from meshes.errors import InputError
from solver.signal import Norepinephrine, Optogenetic, Suppressed

LIGHT = Optogenetic()
TIME = jnp.linspace(-10.0, 300.0, 621)  # 0.5 s, on the edges of the trains
call = jax.jit(lambda signal, time: signal(time))


def dose(**changes):
    """Time integral of norepinephrine, s."""
    return float(call(dataclasses.replace(LIGHT, **changes), TIME).mean()) * 310.0


def test_every_train_adds_the_exact_answer():
    height = float(LIGHT.release.relative(LIGHT.tonic + LIGHT.evoked(), LIGHT.tonic))
    fade, n, expected = np.exp(-0.5 / 5.0), 0.0, []
    for time in np.asarray(TIME):
        expected.append(n)
        lit = time >= 10.0 and (time - 10.0) % 50.0 < 5.0
        n = n * fade + height * (1 - fade) * lit
    np.testing.assert_allclose(call(LIGHT, TIME), expected, atol=1e-12)
    assert max(expected) == pytest.approx(height * (1 - np.exp(-1.0)), rel=1e-4)


def test_the_dose_grows_with_everything_that_is_given():
    for name, values in {
        "width": (0.0, 0.002, 0.005, 0.02, 0.1),
        "pulses": (0.0, 10.0, 50.0, 200.0),
        "trains": (0, 1, 3, 6),
    }.items():
        assert np.all(np.diff([dose(**{name: value}) for value in values]) > 0), name
    rates = [dose(pulse_frequency=rate, pulses=5 * rate) for rate in (1.0, 5.0, 20.0, 90.0)]
    assert np.all(np.diff(rates) > 0)


def test_release_saturates():
    def height(rate):
        light = Optogenetic(pulse_frequency=rate, width=1e-4, width_constant=1e-6, pulses=rate)
        assert float(light.evoked()) == pytest.approx(rate)  # no pulse fails
        return float(light.release.relative(light.tonic + light.evoked(), light.tonic))

    assert height(1e4) == pytest.approx(3.0, rel=2e-3)  # 1 / H(1 Hz) - 1
    assert height(2.0) == pytest.approx(0.5 / 0.25 - 1.0)  # 3 Hz together: half of all
    assert height(200.0) - height(100.0) < 0.1 * (height(100.0) - height(0.01))


def test_without_light_the_oscillation_goes_on():
    ongoing = Norepinephrine()
    for dark in ({"trains": 0}, {"width": 0.0}, {"pulses": 0.0}):
        signal = dataclasses.replace(LIGHT, oscillation=ongoing, **dark)
        np.testing.assert_array_equal(call(signal, TIME), call(ongoing, TIME))
    both = dataclasses.replace(LIGHT, oscillation=ongoing)
    np.testing.assert_allclose(
        call(both, TIME), call(ongoing, TIME) + call(LIGHT, TIME), atol=1e-14
    )


def test_the_dose_can_be_differentiated():
    def at(width):
        return call(dataclasses.replace(LIGHT, width=width), jnp.asarray(17.0))

    slope = (at(0.01 + 1e-7) - at(0.01 - 1e-7)) / 2e-7
    np.testing.assert_allclose(jax.grad(at)(0.01), slope, rtol=1e-6)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"width": 0.2}, r"longer than the 0.1 s from pulse to pulse"),
        ({"pulses": 800.0}, r"lasts 80 s, and the next begins after signal.spacing = 50 s"),
        ({"pulse_frequency": 0.0}, "signal.pulse_frequency is 0.0 Hz"),
        ({"first": -1.0}, "signal.first is -1.0"),
    ],
)
def test_impossible_trains_are_refused(changes, told):
    with pytest.raises(InputError, match=told):
        Optogenetic(**changes)


def test_steps_must_see_the_trains():
    LIGHT.check(300.0, 2.0)
    with pytest.raises(InputError, match=r"the rhythm of the trains .* give run\.step=6"):
        LIGHT.check(300.0, 20.0)
    with pytest.warns(UserWarning, match=r"after the run has ended at 8 s"):
        LIGHT.check(8.0, 2.0)


def test_a_drug_scales_what_it_acts_on():
    time = jnp.linspace(-10.0, 300.0, 311)
    night = Norepinephrine(0.03)
    drugged = Suppressed(factor=0.4, start=100.0, transition=20.0, oscillation=night)
    ratio = np.asarray(call(drugged, time))[12:] / np.asarray(call(night, time))[12:]
    when = np.asarray(time)[12:]
    np.testing.assert_allclose(ratio[when <= 100], 1.0, rtol=1e-14)
    np.testing.assert_allclose(ratio[when >= 120], 0.4, rtol=1e-14)
    assert np.all(np.diff(ratio) <= 1e-14)
    with pytest.raises(InputError, match=r"signal\.factor is -1"):
        Suppressed(factor=-1.0)
