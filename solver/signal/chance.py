"""Sequences of vigilance states drawn by chance.

Drawn sequences are semi-Markov: the length of a bout is gamma distributed about the mean of its
state, and the next state is drawn by its probability. The means and probabilities are those of the
configuration; a mouse sleeps in short cycles, and every animal and hour differs.
"""

from collections.abc import Mapping

import numpy as np

from meshes.errors import InputError
from solver.signal.hypnogram import Hypnogram, list_bouts
from solver.signal.resolve import check_number
from solver.signal.states import STATES, check_state

MEANS = {"wake": 120.0, "nrem": 180.0, "intermediate": 15.0, "rem": 60.0, "awakening": 20.0}
TURNS = {
    "wake": {"nrem": 1.0},
    "nrem": {"intermediate": 0.35, "awakening": 0.65},
    "intermediate": {"rem": 0.7, "awakening": 0.3},
    "rem": {"awakening": 1.0},
    "awakening": {"nrem": 0.6, "wake": 0.4},
}


def draw_bouts(
    seed: int = 0,
    count: int = 200,
    first: str = "nrem",
    shape: float = 2.0,
    transition: float = 10.0,
    means: Mapping[str, float] | None = None,
    turns: Mapping[str, Mapping[str, float]] | None = None,
) -> Hypnogram:
    """A hypnogram drawn by chance; the same seed draws the same one.

    Args:
        seed: 0 or more.
        count: of bouts.
        first: state of the first bout.
        shape: of the gamma distribution of lengths; 1 is exponential, more is more regular.
        transition: s, over which a bout replaces the one before it.
        means: mean length of the bouts of each state, s.
        turns: for each state, the states that may follow with their probabilities.

    Raises:
        InputError: for means that are not positive, or probabilities that do not add up to 1.
    """
    means, follow = means or MEANS, turns or TURNS
    key = "signal.hypnogram"
    check_state(f"{key}.first", first)
    check_number(f"{key}.shape", shape, least=1e-2)
    if seed < 0 or count < 1:
        raise InputError(f"{key}: seed is {seed} and count {count}; give seed >= 0, count >= 1.")
    for state in STATES:
        check_number(f"{key}.means.{state}", means.get(state, 0.0), least=1e-3, unit="s")
        chances = follow.get(state, {})
        for after, chance in chances.items():
            check_state(f"{key}.turns.{state}", after)
            check_number(f"{key}.turns.{state}.{after}", chance, most=1.0)
        if abs(sum(chances.values()) - 1.0) > 1e-6 or chances.get(state, 0.0) > 0.0:
            raise InputError(
                f"{key}.turns.{state} is {dict(chances)}; give probabilities of other states that "
                "add up to 1."
            )
    draws = np.random.default_rng(seed)
    bouts, state = [], first
    for _ in range(count):
        bouts.append((state, float(draws.gamma(shape, means[state] / shape))))
        names = list(follow[state])
        state = names[int(draws.choice(len(names), p=[follow[state][name] for name in names]))]
    return list_bouts(bouts, transition, key)
