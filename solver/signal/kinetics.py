"""From firing of the locus coeruleus (LC) to norepinephrine: saturating release, slow removal.

With `NE` released at a rate that follows a Hill curve of the firing rate and removed in first
order, `dNE/dt = G H(r) - NE / tau`, `H(r) = r^m / (r^m + r_half^m)`. At the tonic rate `r0`
norepinephrine stands at its baseline `NE0 = G tau H(r0)`, so that `n = (NE - NE0) / NE0` obeys

    tau dn/dt = H(r) / H(r0) - 1 - n

which lies between -1 (a silent LC) and `1 / H(r0) - 1` (a saturated one). For `r` far below
`r_half` and m = 1 it is the linear `dNE/dt = gamma r - NE / tau`. tau is about 5 s. Units: Hz, s.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from solver.record import record
from solver.signal.infraslow import Infraslow
from solver.signal.resolve import Number, check_number
from solver.signal.through import Through

MEMORY, PANELS, NODES = 16.0, 128, 2  # time constants kept (1e-7 is left), and their quadrature


@record
class Release:
    """How release saturates with the firing rate.

    Attributes:
        half_rate: Hz, at which release is half its largest.
        exponent: of Hill; 1 saturates gently, larger ones have a threshold.
    """

    half_rate: Number = 3.0
    exponent: Number = 1.0

    def __post_init__(self) -> None:
        """Check plain numbers as they are given; traced values pass."""
        check_number("signal.release.half_rate", self.half_rate, least=1e-6, unit="Hz")
        check_number("signal.release.exponent", self.exponent, least=1e-3)

    def __call__(self, rate: Float[Array, "*t"]) -> Float[Array, "*t"]:
        """Release at a firing rate (Hz), relative to the largest."""
        some = rate > 0
        power = jnp.where(some, rate, 1.0) ** self.exponent
        half = jnp.asarray(self.half_rate, dtype=float) ** self.exponent
        return jnp.where(some, power / (power + half), 0.0)

    def relative(self, rate: Float[Array, "*t"], tonic: Number) -> Float[Array, "*t"]:
        """Relative norepinephrine that a firing rate (Hz) would reach if it stayed."""
        return self(rate) / self(jnp.asarray(tonic, dtype=float)) - 1.0


@record
class Firing(Through):
    """Norepinephrine released by an LC that fires about a tonic rate, as an oscillation says.

    `r = tonic max(0, 1 + modulation o(t))`, `o` the oscillation.

    Attributes:
        tonic: Hz, the firing rate of the baseline.
        modulation: relative change of the rate per unit of the oscillation.
        time_constant: s, of the removal of norepinephrine.
        release: how release saturates.
        oscillation: of the firing rate, relative to the tonic; any signal.
    """

    tonic: Number = 1.0
    modulation: Number = 1.0
    time_constant: Number = 5.0
    release: Release = Release()
    oscillation: Any = Infraslow()

    def __post_init__(self) -> None:
        """Check plain numbers as they are given; traced values pass."""
        check_number("signal.tonic", self.tonic, least=1e-6, unit="Hz")
        check_number("signal.time_constant", self.time_constant, least=1e-6, unit="s")

    def rate(self, time: Float[Array, "*t"]) -> Float[Array, "*t"]:
        """Firing rate at `time` (s), Hz."""
        return self.tonic * jnp.maximum(0.0, 1.0 + self.modulation * self.oscillation(time))

    def __call__(self, time: Float[Array, "*t"]) -> Float[Array, "*t"]:
        """The relative change of norepinephrine at `time` (s)."""
        return remembered(
            lambda moments: self.release.relative(self.rate(moments), self.tonic),
            time,
            self.time_constant,
        )


def remembered(
    source: Callable[[Float[Array, "*t nodes"]], Float[Array, "*t nodes"]],
    time: Float[Array, "*t"],
    time_constant: Number,
) -> Float[Array, "*t"]:
    """`int_0^inf source(time - s) exp(-s / tau) ds / tau`, which solves `tau dn/dt = source - n`.

    By Gauss's rule on panels of an eighth of tau. Constants pass exactly, 0.02 Hz to 1e-7 for
    tau = 5 s; of a jagged trace (white, a sample a second) the error is 2 % of what passes.
    """
    ages, weights = _memory()
    shape = (1,) * jnp.ndim(time) + (len(ages),)
    past = jnp.asarray(time)[..., None] - time_constant * jnp.asarray(ages).reshape(shape)
    return jnp.tensordot(source(past), jnp.asarray(weights), axes=1)


@cache
def _memory() -> tuple[np.ndarray, np.ndarray]:
    """Ages in time constants, and the weight of each."""
    places, weights = np.polynomial.legendre.leggauss(NODES)
    width = MEMORY / PANELS
    ages = (width * (np.arange(PANELS)[:, None] + 0.5 * (places + 1.0))).ravel()
    kept = np.tile(weights, PANELS) * np.exp(-ages)
    return ages, kept / kept.sum()
