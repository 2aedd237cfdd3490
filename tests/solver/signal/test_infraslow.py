"""Cycles that vary: the sine without variation, what was drawn with it, arousals on the peaks."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from meshes.errors import InputError
from solver.signal import STATES, Arousals, Infraslow, Norepinephrine, draw_cycles
from solver.signal.cycles import clock, lognormal

NIGHT = Infraslow(cycles=draw_cycles(seed=3, count=300))
TIME = jnp.linspace(-120.0, 3000.0, 999)


@jax.jit
def look(signal, time):
    return signal(time), signal.states(time), signal.arousal(time)


@jax.jit
def at_333(values):
    names = ("frequency", "amplitude", "period_variation", "amplitude_variation", "phase")
    return dataclasses.replace(NIGHT, **dict(zip(names, values, strict=True)))(jnp.array(333.0))


VALUES = jnp.array([0.02, 1.0, 0.2, 0.2, 0.0])


@pytest.mark.parametrize(("phase", "onset"), [(0.0, 5.0), (1.2, 0.0)])
def test_without_variation_it_is_the_sine(phase, onset):
    still = dataclasses.replace(
        NIGHT,
        frequency=0.021,
        phase=phase,
        onset=onset,
        period_variation=0.0,
        amplitude_variation=0.0,
    )
    sine = Norepinephrine(0.021, phase=phase, onset=onset)
    np.testing.assert_allclose(look(still, TIME)[0], sine(TIME), atol=1e-11)


def test_periods_and_amplitudes_vary_as_asked():
    cycles = draw_cycles(seed=1, count=20_000)
    for draws in (cycles.lengths, cycles.sizes):
        factors = np.asarray(lognormal(draws, 0.25))
        assert factors.mean() == pytest.approx(1.0, abs=4 * 0.25 / np.sqrt(20_000))
        assert factors.std() == pytest.approx(0.25, rel=0.04)
    assert abs(np.corrcoef(cycles.lengths, cycles.sizes)[0, 1]) < 0.03


def test_the_count_is_smooth_and_grows():
    counted = clock(NIGHT.cycles.lengths, 0.02, 1.0)
    starts = np.asarray(counted.starts)
    count = jax.jit(jax.vmap(counted.count))
    rate = jax.jit(jax.vmap(jax.grad(counted.count)))
    np.testing.assert_allclose(count(starts), np.arange(len(starts)), atol=1e-9)
    np.testing.assert_allclose(rate(starts - 1e-9), rate(starts + 1e-9), rtol=1e-6)
    np.testing.assert_allclose(
        count(counted.moments(0.25)), np.arange(len(starts) - 1) + 0.25, atol=1e-9
    )
    assert np.asarray(rate(jnp.linspace(-50.0, starts[-1] + 50.0, len(starts)))).min() > 0.0


def test_every_peak_is_as_high_as_drawn():
    peaks, drawn = NIGHT.peaks(), lognormal(NIGHT.cycles.sizes, 0.2)
    value, slope = jax.jit(jax.vmap(jax.value_and_grad(lambda time: NIGHT(time))))(peaks)
    np.testing.assert_allclose(value, drawn, rtol=1e-12)
    np.testing.assert_allclose(slope, 0.0, atol=1e-12)


def test_the_same_seed_draws_the_same_and_more_cycles_begin_alike():
    same, more, other = draw_cycles(3, 40), draw_cycles(3, 90), draw_cycles(4, 40)
    for name in ("lengths", "sizes", "arousals", "durations"):
        drawn = getattr(same, name)
        np.testing.assert_array_equal(drawn, getattr(more, name)[:40])
        assert np.abs(drawn - getattr(other, name)).max() > 0.1


def test_gradients_are_those_of_differences():
    exact = jax.jit(jax.grad(at_333))(VALUES)
    for place in range(len(VALUES)):
        step = jnp.zeros(len(VALUES)).at[place].set(1e-6)
        difference = (at_333(VALUES + step) - at_333(VALUES - step)) / 2e-6
        np.testing.assert_allclose(exact[place], difference, rtol=1e-5)
    free = VALUES.at[2].set(0.0)  # variation can be freed from zero
    step = jnp.zeros(len(VALUES)).at[2].set(1e-6)
    difference = (at_333(free + step) - at_333(free)) / 1e-6
    np.testing.assert_allclose(jax.jit(jax.grad(at_333))(free)[2], difference, rtol=1e-4)


def test_arousals_ride_on_peaks():
    time = jnp.linspace(0.0, 300 * 40.0, 120_001)  # 0.1 s
    under_way = np.asarray(look(NIGHT, time)[2]) > 0.5
    edges = np.flatnonzero(np.diff(under_way.astype(int)))
    begun, ended = np.asarray(time)[edges][: len(edges) // 2 * 2].reshape(-1, 2).T
    lengths, middles = ended - begun, 0.5 * (begun + ended)
    assert len(lengths) > 40
    assert lengths.min() > 2.8 and lengths.max() < 12.2
    peaks = np.asarray(NIGHT.peaks())
    nearest = np.abs(peaks[:, None] - middles).argmin(axis=0)
    np.testing.assert_allclose(middles, peaks[nearest], atol=0.11)
    within = peaks < float(time[-1])
    carried = np.asarray(NIGHT.cycles.arousals)[within] < 0.3
    assert len(lengths) == carried.sum()
    assert carried.mean() == pytest.approx(0.3, abs=4 * np.sqrt(0.21 / within.sum()))


def test_arousals_can_be_taken_away_from_an_oscillation_that_stays():
    calm = dataclasses.replace(NIGHT, arousals=Arousals(probability=0.0))
    n, weights, arousal = look(NIGHT, TIME)
    np.testing.assert_array_equal(look(calm, TIME)[0], n)
    np.testing.assert_array_equal(look(calm, TIME)[2], 0.0)
    assert float(arousal.max()) == 1.0
    np.testing.assert_allclose(weights.sum(axis=0), 1.0, atol=1e-15)
    np.testing.assert_array_equal(weights[STATES.index("awakening")], arousal)


def test_a_run_longer_than_its_cycles_is_refused():
    short = Infraslow(cycles=draw_cycles(count=10))
    short.check(300.0, 2.0)
    with pytest.raises(InputError, match=r"10 cycles drawn end at .* raise signal\.cycles\.count"):
        short.check(900.0, 2.0)


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (lambda: Infraslow(period_variation=-0.1), "signal.period_variation is -0.1"),
        (lambda: Infraslow(amplitude_variation=2.0), "between 0 and 1"),
        (lambda: Infraslow(frequency=0.0), "signal.frequency is 0.0 Hz"),
        (lambda: Arousals(probability=1.5), "signal.arousals.probability is 1.5"),
        (lambda: Arousals(longest=20.0), "beyond which it is wakefulness"),
        (lambda: draw_cycles(seed=-1), "seed is -1"),
    ],
)
def test_impossible_numbers_are_refused(made, told):
    with pytest.raises(InputError, match=told):
        made()


def test_the_misprint_is_named():
    with pytest.warns(UserWarning, match="0.2 Hz, a misprint"):
        Infraslow(frequency=0.2)
