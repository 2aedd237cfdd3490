"""A recorded wall: `R1 / R10` from a trace of diameter or radius, linear between samples.

It answers no signal. The trace is the motion at `origin`; other places follow it later by their
path length from there over `speed`, in phase if that is infinite, and rest at its first value until
then. Units: seconds, metres; the ratio is dimensionless.
"""

import math
import warnings
from typing import Literal

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from meshes.errors import InputError
from solver.record import record, static
from solver.signal.onset import Signal
from solver.wall.response import check_open, check_positive

Extend = Literal["refuse", "hold"]

MISSED = 0.1  # share of the trace's range that steps may skip without a warning [choice]


@record
class Recorded:
    """A wall that moves as somebody measured.

    Attributes:
        times: s, strictly increasing; the run starts at 0.
        ratio: lumen radius (or diameter) over that at rest, at those times.
        speed: m/s, of the motion along the vessel; infinite means in phase.
        origin: m, path length at which it was recorded.
        extend: whether a run longer than the trace is refused, or the last value held.
    """

    times: Float[Array, " samples"]
    ratio: Float[Array, " samples"]
    speed: float | Float[Array, ""] = math.inf
    origin: float | Float[Array, ""] = 0.0
    extend: Extend = static(default="refuse")

    def __post_init__(self) -> None:
        """Check plain values as they are given; traced values pass."""
        check_positive(self, "wall", "speed")
        if self.extend not in ("refuse", "hold"):
            raise InputError(f"wall.extend is {self.extend!r}; give refuse or hold.")

    def response(self, signal: Signal, until: float) -> "Recorded":
        """Itself: it answers no signal. Raises `InputError` if the lumen would close."""
        del signal, until
        check_open(self)
        return self

    def check(self, until: float, step: float) -> None:
        """Refuse a run (s) longer than the trace; warn of what steps (s) skip.

        Raises:
            InputError: naming the end of the trace.
        """
        times, ratio = np.asarray(self.times), np.asarray(self.ratio)
        if until > times[-1] * (1 + 1e-9) and self.extend == "refuse":
            raise InputError(
                f"run.until is {until:g} s, and the recorded diameter ends at {times[-1]:.6g} s; "
                f"give run.until={times[-1]:.6g} or less, or wall.extend=hold to keep its last "
                "value."
            )
        seen = times <= until
        steps = step * np.arange(math.ceil(min(until, times[-1]) / step) + 1)
        shown = np.interp(times, steps, np.interp(steps, times, ratio))
        missed, size = np.abs(shown - ratio)[seen].max(), np.ptp(ratio[seen])
        if missed > MISSED * size:
            warnings.warn(
                f"run.step = {step:g} s skips up to {missed / size:.0%} of the range of the "
                f"recorded diameter, sampled every {np.median(np.diff(times)):.3g} s; shorten it, "
                f"or smooth the trace with wall.resample={1 / (4 * step):.2g}.",
                stacklevel=3,
            )

    def radius_ratio(
        self, path: Float[Array, " points"], time: Float[Array, ""] | float
    ) -> Float[Array, " points"]:
        """Lumen radius over lumen radius at rest, at path lengths (m) and one time (s)."""
        there = time - jnp.abs(path - self.origin) / self.speed
        return jnp.interp(there, self.times, self.ratio)

    def bounds(self) -> tuple[Float[Array, ""], Float[Array, ""]]:
        """The least and the greatest sample."""
        return jnp.min(self.ratio), jnp.max(self.ratio)
