"""Norepinephrine through sleep and wakefulness: `n = sum_s w_s(t) level_s + w_nrem(t) o(t)`.

`w_s` are the weights of the states in the hypnogram, `o` the oscillation that belongs to NREM
alone; it runs on unheard in other states. Norepinephrine is high and flat in wakefulness and low in
REM (Hauglund et al. 2025, Cell 188:606). Micro-arousals of the oscillation move weight from NREM
to awakening and leave norepinephrine as it is. Units: seconds; levels are relative to the NREM
mean.
"""

from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float

from meshes.errors import InputError
from solver.record import record
from solver.signal.chance import draw_bouts
from solver.signal.hypnogram import Hypnogram
from solver.signal.infraslow import Infraslow
from solver.signal.onset import Signal
from solver.signal.resolve import Number
from solver.signal.states import STATES

NREM = STATES.index("nrem")


@record
class Levels:
    """Mean relative norepinephrine of each state, where the NREM oscillation has peaks of 1."""

    wake: Number = 1.0
    nrem: Number = 0.0
    intermediate: Number = -0.7
    rem: Number = -1.0
    awakening: Number = 1.0


@record
class Sleep(Signal):
    """Norepinephrine that follows a sequence of vigilance states.

    Attributes:
        hypnogram: when which state is.
        levels: of norepinephrine in each.
        oscillation: that of NREM, any signal.
    """

    hypnogram: Hypnogram = draw_bouts()
    levels: Levels = Levels()
    oscillation: Any = Infraslow()

    def __call__(self, time: Float[Array, "*t"]) -> Float[Array, "*t"]:
        """The relative change of norepinephrine at `time` (s)."""
        weights = self.hypnogram(time)
        level = sum(
            (weights[at] * getattr(self.levels, state) for at, state in enumerate(STATES)),
            start=jnp.zeros_like(time),
        )
        return level + weights[NREM] * self.oscillation(time)

    def states(self, time: Float[Array, "*t"]) -> Float[Array, "states *t"]:
        """Weights of the hypnogram; NREM is divided as the oscillation says."""
        weights = self.hypnogram(time)
        asleep = weights[NREM]
        return weights.at[NREM].set(0.0) + asleep[None] * self.oscillation.states(time)

    def arousal(self, time: Float[Array, "*t"]) -> Float[Array, "*t"]:
        """How far a micro-arousal is under way at `time` (s); there are none out of NREM."""
        return self.hypnogram(time)[NREM] * self.oscillation.arousal(time)

    @property
    def sleeps(self) -> bool:
        """States come and go."""
        return True

    def check(self, until: float, step: float) -> None:
        """Refuse a run (s) longer than the hypnogram, and what the oscillation refuses."""
        end = float(self.hypnogram.end)
        if until > end * (1 + 1e-9):
            raise InputError(
                f"run.until is {until:g} s, and the hypnogram ends at {end:.5g} s; shorten the "
                "run or lengthen the hypnogram (signal.hypnogram)."
            )
        self.oscillation.check(until, step)
