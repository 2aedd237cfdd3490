"""Sequences of vigilance states: listed, or scored by somebody.

A bout begins at its start and replaces the one before it by the quintic step over `transition`, or
over its whole length if that is shorter, so that the weights are smooth in time, lie between 0 and
1 and add up to 1. Units: seconds.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from meshes.errors import InputError
from solver.columns import read_labels
from solver.record import record
from solver.signal.onset import smooth
from solver.signal.resolve import Number, check_number
from solver.signal.states import STATES, check_state

Table = Float[np.ndarray, "bouts states"] | Float[Array, "bouts states"]
Times = Float[np.ndarray, " bouts"] | Float[Array, " bouts"]

SCORES = {  # what hypnograms call the states, in small letters
    "wake": ("wake", "w", "wakefulness", "quiet wake", "awake"),
    "nrem": ("nrem", "n", "nr", "sws", "nremsleep", "nrem sleep"),
    "intermediate": ("intermediate", "is", "i", "tr"),
    "rem": ("rem", "r", "ps", "rem sleep"),
    "awakening": ("awakening", "a", "ma", "micro-arousal", "microarousal", "arousal"),
}
END = ("end", "")  # the label of a last row that closes the last bout
EVEN = 1e-3  # of an epoch, by which epochs may differ


@record
class Hypnogram:
    """A sequence of bouts.

    Attributes:
        starts: of the bouts, s, the first at 0; the first state holds before.
        weights: of the states in each bout, a 1 in each row.
        end: of the last bout, s.
        transition: s, over which a bout replaces the one before it.
    """

    starts: Times
    weights: Table
    end: Number
    transition: Number = 10.0

    def __call__(self, time: Float[Array, "*t"]) -> Float[Array, "states *t"]:
        """Weights of the states at `time` (s)."""
        starts, table = jnp.asarray(self.starts), jnp.asarray(self.weights)
        ends = jnp.concatenate([starts[1:], jnp.asarray(self.end, dtype=float)[None]])
        edges = jnp.minimum(ends - starts, self.transition)
        at = jnp.clip(jnp.searchsorted(starts, time, side="right") - 1, 0, len(starts) - 1)
        come = smooth((time - starts[at]) / edges[at])
        before, now = (jnp.moveaxis(table[place], -1, 0) for place in (jnp.maximum(at - 1, 0), at))
        return before + (now - before) * come[None]


def list_bouts(
    bouts: Sequence[Sequence[Any]], transition: float = 10.0, key: str = "signal.hypnogram"
) -> Hypnogram:
    """A hypnogram from (state, seconds) in their order.

    Raises:
        InputError: for no bouts, a state that is none, or a length that is not positive.
    """
    check_number(f"{key}.transition", transition, least=1e-3, unit="s")
    if not bouts:
        raise InputError(f"{key}: no bouts; give pairs as in '[[wake, 60], [nrem, 240]]'.")
    for place, bout in enumerate(bouts):
        if len(bout) != 2 or isinstance(bout[1], str) or not 0 < bout[1] < float("inf"):
            raise InputError(
                f"{key}: bout {place + 1} is {list(bout)}; give a state and a positive number of "
                "seconds, as in [nrem, 240]."
            )
        check_state(f"{key}: bout {place + 1}", bout[0])
    lengths = np.array([float(length) for _, length in bouts])
    ends = np.cumsum(lengths)
    rows = np.eye(len(STATES))[[STATES.index(state) for state, _ in bouts]]
    return Hypnogram(ends - lengths, rows, float(ends[-1]), transition)


def read_hypnogram(
    path: str | Path,
    time_column: str | None = None,
    state_column: str | None = None,
    transition: float = 10.0,
) -> Hypnogram:
    """A hypnogram from a CSV file of times and states, each from its row to the next.

    Args:
        path: the file, with a header line.
        time_column: header of the time; otherwise found by its name. Its unit is read.
        state_column: header of the state; otherwise found by its name (state, stage, score).
        transition: s, over which a bout replaces the one before it.

    The last row closes the last bout if its state is `end` or empty; rows at even times are epochs,
    and the last lasts as long as the others.

    Raises:
        InputError: for a state that is none, or uneven rows without an end.
    """
    path = Path(path)
    times, labels, lines = read_labels(
        path, ("state", "stage", "score", "label"), time_column, state_column
    )
    epochs = np.diff(times)
    if labels[-1].strip().lower() in END:
        labels = labels[:-1]
    elif len(epochs) > 1 and np.ptp(epochs) <= EVEN * epochs[0]:
        times = np.append(times, times[-1] + epochs[0])
    else:
        raise InputError(
            f"{path}: the rows do not say when the last bout ends; add a last row <time>,end."
        )
    known = {score: state for state, scores in SCORES.items() for score in scores}
    bouts: list[tuple[str, float]] = []
    for place, label in enumerate(labels):
        state, length = known.get(label.strip().lower()), float(times[place + 1] - times[place])
        if state is None:
            raise InputError(
                f"{path}, line {lines[place]}: {label!r} is no state; write one of "
                f"{', '.join(STATES)} (or W, N, IS, R, MA)."
            )
        if bouts and bouts[-1][0] == state:
            bouts[-1] = (state, bouts[-1][1] + length)
        else:
            bouts.append((state, length))
    return list_bouts(bouts, transition)
