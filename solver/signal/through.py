"""Signals that change what another signal says of norepinephrine, and leave the rest to it."""

from typing import Any

from jaxtyping import Array, Float

from solver.signal.onset import Signal


class Through(Signal):
    """A signal made from another, its `oscillation`, whose states and arousals it shares."""

    oscillation: Any

    def states(self, time: Float[Array, "*t"]) -> Float[Array, "states *t"]:
        """Weights of the states at `time` (s), those of the oscillation."""
        return self.oscillation.states(time)

    def arousal(self, time: Float[Array, "*t"]) -> Float[Array, "*t"]:
        """How far a micro-arousal of the oscillation is under way at `time` (s)."""
        return self.oscillation.arousal(time)

    @property
    def sleeps(self) -> bool:
        """Whether the oscillation does."""
        return self.oscillation.sleeps

    def check(self, until: float, step: float) -> None:
        """Refuse what the oscillation refuses."""
        self.oscillation.check(until, step)
