"""Cycles that differ in length: a smooth clock that counts them, and what is drawn for each.

Cycle k lasts `T_k = exp(s z_k - s^2 / 2) / frequency`, lognormal with mean `1 / frequency` and a
coefficient of variation `v`, `s^2 = log(1 + v^2)`, `z_k` standard normal. The count `c(t)` runs
through whole numbers at the beginnings of cycles and is a monotone cubic between them, with slope
`2 / (T_(k-1) + T_k)` there (Fritsch & Butland 1984), so it is smooth; with v = 0 it is
`frequency t`. Before the first cycle and after the last it goes on at the rate it has there.
"""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from meshes.errors import InputError
from solver.record import record

Number = float | Float[Array, ""]
Draws = Float[np.ndarray, " cycles"] | Float[Array, " cycles"]


@record
class Cycles:
    """What chance says of each cycle; drawn once, so that a run can be repeated.

    Attributes:
        lengths, sizes: standard normal, of period and amplitude.
        arousals, durations: uniform in 0..1, of micro-arousals.
    """

    lengths: Draws
    sizes: Draws
    arousals: Draws
    durations: Draws


def draw_cycles(seed: int = 0, count: int = 500) -> Cycles:
    """Draw `count` cycles; a larger count begins with the same ones.

    Raises:
        InputError: for a negative seed or no cycles.
    """
    if seed < 0 or count < 1:
        raise InputError(
            f"signal.cycles: seed is {seed} and count {count}; give a seed of 0 or more and a "
            "count of at least 1."
        )
    streams = [np.random.default_rng([seed, place]) for place in range(4)]
    return Cycles(
        lengths=streams[0].standard_normal(count),
        sizes=streams[1].standard_normal(count),
        arousals=streams[2].random(count),
        durations=streams[3].random(count),
    )


def lognormal(draws: Draws, variation: Number) -> Float[Array, " cycles"]:
    """Factors of mean 1 with a coefficient of variation, from standard normal draws."""
    square = jnp.asarray(variation, dtype=float) ** 2
    some = square > 0
    ratio = jnp.where(some, jnp.log1p(square) / jnp.where(some, square, 1.0), 1.0)  # 1 at 0
    spread = variation * jnp.sqrt(ratio)
    return jnp.exp(spread * jnp.asarray(draws) - 0.5 * spread**2)


@record
class Clock:
    """A count of cycles against time.

    Attributes:
        lengths: of the cycles, s.
        starts: of the cycles and the end of the last, s.
        rates: of the count there, Hz.
    """

    lengths: Float[Array, " cycles"]
    starts: Float[Array, " knots"]
    rates: Float[Array, " knots"]

    def count(self, time: Float[Array, "*t"]) -> Float[Array, "*t"]:
        """Cycles since t = 0 at `time` (s)."""
        last = len(self.lengths) - 1
        at = jnp.clip(jnp.searchsorted(self.starts, time, side="right") - 1, 0, last)
        inside = at + self._cubic(at, (time - self.starts[at]) / self.lengths[at])
        late = last + 1 + self.rates[-1] * (time - self.starts[-1])
        early = self.rates[0] * time
        return jnp.where(time < 0, early, jnp.where(time > self.starts[-1], late, inside))

    def moments(self, part: Number) -> Float[Array, " cycles"]:
        """When every cycle has passed a `part` of itself, 0 to 1, s; by Newton's method."""
        at = jnp.arange(len(self.lengths))
        x = jnp.full_like(self.lengths, part)
        for _ in range(6):
            x = jnp.clip(x - (self._cubic(at, x) - part) / self._slope(at, x), 0.0, 1.0)
        return self.starts[:-1] + x * self.lengths

    def _ends(self, at: Array) -> tuple[Array, Array]:
        """Slopes at both ends of cycles, per cycle length."""
        return self.lengths[at] * self.rates[at], self.lengths[at] * self.rates[at + 1]

    def _cubic(self, at: Array, x: Array) -> Array:
        first, second = self._ends(at)
        return x * (first * (1.0 - x) ** 2 + x * (3.0 - 2.0 * x) - second * x * (1.0 - x))

    def _slope(self, at: Array, x: Array) -> Array:
        first, second = self._ends(at)
        return (
            first * (1.0 - x) * (1.0 - 3.0 * x) + 6.0 * x * (1.0 - x) + second * x * (3.0 * x - 2.0)
        )


def clock(draws: Draws, frequency: Number, variation: Number) -> Clock:
    """The count of cycles of mean `frequency` (Hz) whose lengths vary by `variation`."""
    mean = 1.0 / jnp.asarray(frequency, dtype=float)
    lengths = mean * lognormal(draws, variation)
    around = jnp.concatenate([mean[None], lengths, mean[None]])
    starts = jnp.concatenate([jnp.zeros(1), jnp.cumsum(lengths)])
    rates = 2.0 / (around[:-1] + around[1:])
    return Clock(lengths, starts, rates)
