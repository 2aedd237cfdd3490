"""A recorded norepinephrine trace: `n = (NE - NE0) / NE0`, linear between samples.

Units: seconds; `n` is dimensionless. The onset of `solver.signal.onset` multiplies the trace so
that the motion starts from rest.
"""

import warnings
from typing import Literal

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from meshes.errors import InputError
from solver.record import record, static
from solver.signal.onset import Signal, rise
from solver.signal.resolve import ENOUGH, check_number
from solver.signal.states import check_state, constantly

UNHEARD = 0.1  # share of the variance that steps may miss without a warning [choice]


@record
class Recorded(Signal):
    """A norepinephrine trace given by samples.

    Attributes:
        times: s, strictly increasing; the run starts at 0.
        values: the relative change `n` at those times (1).
        onset: s over which the trace fades in after t = 0; 0 uses it as it is, its first value
            also before t = 0.
        state: the vigilance state in which it was recorded, throughout.
        extend: whether a run longer than the trace is refused, or the last value held.
    """

    times: Float[Array, " samples"]
    values: Float[Array, " samples"]
    onset: float | Float[Array, ""] = 5.0
    state: str = static(default="nrem")
    extend: Literal["refuse", "hold"] = static(default="refuse")

    def __post_init__(self) -> None:
        """Check plain choices and numbers; traced values pass."""
        check_number("signal.onset", self.onset, unit="s")
        check_state("signal.state", self.state)
        if self.extend not in ("refuse", "hold"):
            raise InputError(f"signal.extend is {self.extend!r}; give refuse or hold.")

    def __call__(self, time: Float[Array, "*t"]) -> Float[Array, "*t"]:
        """The relative change of norepinephrine at `time` (s)."""
        return rise(time, self.onset) * jnp.interp(time, self.times, self.values)

    def states(self, time: Float[Array, "*t"]) -> Float[Array, "states *t"]:
        """The state of the recording at every `time`."""
        return constantly(self.state, time)

    def check(self, until: float, step: float) -> None:
        """Refuse a run (s) longer than the trace; warn of what steps (s) do not resolve."""
        times, values = np.asarray(self.times), np.asarray(self.values)
        if until > times[-1] * (1 + 1e-9) and self.extend == "refuse":
            raise InputError(
                f"run.until is {until:g} s, and the recorded trace ends at {times[-1]:.6g} s; give "
                f"run.until={times[-1]:.6g} or less, or signal.extend=hold to keep its last value."
            )
        missed = _share_above(times, values, 1.0 / (ENOUGH * step))
        if missed > UNHEARD:
            warnings.warn(
                f"{missed:.0%} of the variance of the recorded trace lies above "
                f"{1 / (ENOUGH * step):.2g} Hz, which run.step = {step:g} s resolves poorly; "
                f"shorten it, or smooth the trace with signal.resample={1 / (4 * step):.2g}.",
                stacklevel=3,
            )


def _share_above(
    times: Float[np.ndarray, " samples"], values: Float[np.ndarray, " samples"], frequency: float
) -> float:
    """Share of the variance of a trace above a frequency (Hz)."""
    grid = np.linspace(times[0], times[-1], len(times))
    even = np.interp(grid, times, values)
    power = np.abs(np.fft.rfft(even - even.mean())) ** 2
    fast = np.fft.rfftfreq(len(grid), grid[1] - grid[0]) > frequency
    return float(power[fast].sum() / power.sum()) if power.sum() > 0 else 0.0
