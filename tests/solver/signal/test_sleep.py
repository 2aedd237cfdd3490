"""Sleep in turns: weights that add up, what chance draws, what somebody scored, levels by state."""

import dataclasses
import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from meshes.errors import InputError
from solver.signal import (
    STATES,
    Arousals,
    Infraslow,
    Norepinephrine,
    Sleep,
    draw_bouts,
    list_bouts,
    read_hypnogram,
)
from solver.signal.chance import MEANS, TURNS

BOUTS = [["wake", 60.0], ["nrem", 240.0], ["intermediate", 4.0], ["rem", 60.0], ["awakening", 20.0]]
TIME = jnp.linspace(-20.0, 384.0, 809)  # 0.5 s
NIGHT = Sleep(list_bouts(BOUTS), oscillation=Infraslow(arousals=Arousals(probability=1.0)))


@jax.jit
def look(signal, time):
    return signal(time), signal.states(time), signal.arousal(time)


def bouts_of(hypnogram):
    """States and lengths again."""
    starts = np.append(hypnogram.starts, hypnogram.end)
    states = [STATES[at] for at in np.argmax(hypnogram.weights, axis=1)]
    return list(zip(states, np.diff(starts), strict=True))


def test_weights_add_up_and_change_smoothly():
    weights = np.asarray(look(NIGHT, TIME)[1])
    np.testing.assert_allclose(weights.sum(axis=0), 1.0, atol=1e-14)
    assert weights.min() >= 0.0 and weights.max() <= 1.0
    hypnogram = np.asarray(jax.jit(NIGHT.hypnogram)(TIME))
    assert np.abs(np.diff(hypnogram, axis=1)).max() < 1.9 * 0.5 / 4.0  # the steepest: over 4 s
    middle = {"wake": 30.0, "nrem": 150.0, "rem": 340.0, "awakening": 380.0}
    for state, time in middle.items():
        at = int(np.argmin(np.abs(TIME - time)))
        assert hypnogram[STATES.index(state), at] == 1.0
    np.testing.assert_array_equal(hypnogram[STATES.index("wake"), :160], 1.0)  # also before t = 0


def test_levels_hold_and_the_oscillation_is_of_nrem():
    n, _, arousal = (np.asarray(part) for part in look(NIGHT, TIME))
    time = np.asarray(TIME)
    np.testing.assert_allclose(n[time < 60], 1.0)
    np.testing.assert_allclose(n[(time > 315) & (time < 364)], -1.0)
    asleep = (time >= 70) & (time < 300)
    own, _, its = (np.asarray(part) for part in look(NIGHT.oscillation, TIME))
    np.testing.assert_allclose(n[asleep], own[asleep], atol=1e-14)
    np.testing.assert_allclose(arousal[asleep], its[asleep], atol=1e-14)
    assert its[~asleep].max() == 1.0
    assert arousal[(time < 60) | (time > 304)].max() == 0.0


def test_without_arousals_norepinephrine_is_exactly_the_same():
    none = dataclasses.replace(NIGHT.oscillation, arousals=Arousals(probability=0.0))
    calm, weights, arousal = look(dataclasses.replace(NIGHT, oscillation=none), TIME)
    np.testing.assert_array_equal(calm, look(NIGHT, TIME)[0])
    np.testing.assert_array_equal(arousal, 0.0)
    np.testing.assert_allclose(weights, jax.jit(NIGHT.hypnogram)(TIME), atol=1e-15)


def test_chance_draws_lengths_and_turns_as_told():
    count = 20_000
    bouts = bouts_of(draw_bouts(seed=5, count=count))
    for state in STATES:
        lengths = np.array([length for name, length in bouts if name == state])
        spread = MEANS[state] / np.sqrt(2.0)  # gamma of shape 2
        assert lengths.mean() == pytest.approx(MEANS[state], abs=4 * spread / len(lengths) ** 0.5)
        assert lengths.std() == pytest.approx(spread, rel=0.1)
        after = [b for (a, _), (b, _) in itertools.pairwise(bouts) if a == state]
        for name in STATES:
            chance = TURNS[state].get(name, 0.0)
            error = 4 * np.sqrt(chance * (1 - chance) / len(after))
            assert after.count(name) / len(after) == pytest.approx(chance, abs=error)


def test_the_same_seed_draws_the_same():
    assert bouts_of(draw_bouts(2, 30)) == bouts_of(draw_bouts(2, 60))[:30]
    assert bouts_of(draw_bouts(2, 30)) != bouts_of(draw_bouts(3, 30))


def test_a_listed_hypnogram_is_as_listed():
    assert bouts_of(NIGHT.hypnogram) == [tuple(bout) for bout in BOUTS]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("time (min),stage\n3,W\n4,NREM\n7,end\n", [("wake", 60.0), ("nrem", 180.0)]),
        ("t;state\n0;N\n4;N\n8;R\n12;MA\n", [("nrem", 8.0), ("rem", 4.0), ("awakening", 4.0)]),
    ],
)
def test_a_scored_hypnogram_is_read(tmp_path, text, expected):
    path = tmp_path / "sleep.csv"
    path.write_text(text)
    assert bouts_of(read_hypnogram(path)) == expected


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("t,state\n0,W\n5,N\n7,R\n", "add a last row <time>,end"),
        ("t,state\n0,W\n5,dozing\n9,end\n", "line 3: 'dozing' is no state; write one of wake"),
        ("t,state\n0,W\n5,N\n5,end\n", "line 4: time 5 does not come after 5"),
        ("t,depth\n0,W\n5,N\n", "say which one to use with state_column"),
    ],
)
def test_a_bad_hypnogram_is_refused_with_file_and_place(tmp_path, text, told):
    path = tmp_path / "sleep.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=told) as caught:
        read_hypnogram(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (lambda: list_bouts([]), "no bouts"),
        (lambda: list_bouts([["asleep", 3.0]]), "bout 1 is 'asleep'; give one of wake"),
        (lambda: list_bouts([["wake", 3.0], ["rem", 0.0]]), "bout 2 is .*positive number"),
        (lambda: draw_bouts(means={"wake": 1.0}), "means.nrem is 0.0 s"),
        (lambda: draw_bouts(turns=TURNS | {"rem": {"wake": 0.5}}), "turns.rem is .*add up to 1"),
        (lambda: draw_bouts(turns=TURNS | {"rem": {"rem": 1.0}}), "of other states"),
        (lambda: draw_bouts(seed=-2), "seed is -2"),
    ],
)
def test_impossible_sequences_are_refused(made, told):
    with pytest.raises(InputError, match=told):
        made()


def test_nothing_is_said_after_the_hypnogram():
    NIGHT.check(384.0, 2.0)
    with pytest.raises(InputError, match=r"the hypnogram ends at 384 s; shorten the run"):
        NIGHT.check(400.0, 2.0)
    with pytest.raises(InputError, match=r"norepinephrine has a cycle of 50 s"):
        dataclasses.replace(NIGHT, oscillation=Norepinephrine()).check(300.0, 20.0)
