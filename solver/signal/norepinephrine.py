"""Synthetic NREM norepinephrine: `n(t) = w(t) amplitude sin(2 pi frequency t + phase)`.

Units: hertz, radians; `n` and the amplitude are relative to the baseline. `w` is the onset of
`solver.signal.onset`. The period of about 50 s is that of Hauglund et al. 2025 (Cell 188:606);
the sine is a stand-in, not a recording, and everything drawn from it is labelled synthetic.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

from solver.record import record
from solver.signal.onset import Signal, rise
from solver.signal.resolve import check_frequency, check_number, check_resolved


@record
class Norepinephrine(Signal):
    """The infraslow norepinephrine oscillation of NREM sleep, synthetic.

    Attributes:
        frequency: Hz; 0.02 (every 50 s), seen between 0.015 and 0.035.
        amplitude: relative to the baseline; 1 lets `wall.gain` alone carry the size of the motion.
        phase: rad, at t = 0; with 0 norepinephrine first rises and the artery first narrows.
        onset: s; nothing moves at t <= 0 and the oscillation is whole from here on. The default
            ends before the first peak at any frequency in range, so that all six cycles of a
            five-minute run keep their peaks and troughs. 0 means that it has always oscillated.
    """

    frequency: float | Float[Array, ""] = 0.02
    amplitude: float | Float[Array, ""] = 1.0
    phase: float | Float[Array, ""] = 0.0
    onset: float | Float[Array, ""] = 5.0

    def __post_init__(self) -> None:
        """Check plain numbers as they are given; traced values pass."""
        check_number("signal.onset", self.onset, unit="s")
        check_frequency("signal.frequency", self.frequency)

    def __call__(self, time: Float[Array, "*t"]) -> Float[Array, "*t"]:
        """The relative change of norepinephrine at `time` (s)."""
        angle = 2.0 * jnp.pi * self.frequency * time + self.phase
        return rise(time, self.onset) * self.amplitude * jnp.sin(angle)

    def check(self, until: float, step: float) -> None:
        """Refuse steps (s) that do not resolve the oscillation."""
        del until
        check_resolved("norepinephrine", float(self.frequency), step)
