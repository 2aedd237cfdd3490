"""Norepinephrine constricts the artery: the linear kernel of physics.md 1.1.

`R1(s,t) = R10(s) [1 + sum_b a_b sin(2 pi f_b t - k_b s + phi_b) - gain (h*n)(t - delay - s/speed)]`

with `n` the relative norepinephrine, `h(t) = exp(-t / tau) / tau` of unit area, `s` the path length
from the mouth. Units: seconds, metres, hertz, rad/m; gain and amplitudes are relative. At 0.02 Hz
`h` passes .936 with 2.87 s of lag for tau = 3 s, .847 with 4.46 s for tau = 5 s. The default
gain is a prior (5-20 % radius change); lags of 2-6 s are expected from norepinephrine to radius.

The state `m = h*n` obeys `tau dm/dt = n - m`. The signal is sampled on a uniform grid and taken as
linear in between, for which one step of the exponential is exact; between grid points `m` is the
cubic through its values and its slopes `(n - m) / tau`.
"""

import math

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from meshes.errors import InputError
from solver.record import record, static
from solver.wall.response import Signal, check_open


@record
class Band:
    """One band of vasomotion that norepinephrine does not drive (very low, low, breath, heart).

    Attributes:
        amplitude: relative to the radius at rest.
        frequency: Hz.
        wave_number: rad/m, of a wave that travels from the mouth inward.
        phase: rad, at t = 0; with 0 the band starts from rest at the mouth.
    """

    amplitude: float | Float[Array, ""]
    frequency: float | Float[Array, ""]
    wave_number: float | Float[Array, ""] = 0.0
    phase: float | Float[Array, ""] = 0.0


@record
class Vasomotion:
    """Norepinephrine-driven vasomotion with superposed bands.

    Attributes:
        gain: relative radius lost per unit of filtered relative norepinephrine.
        delay: s, from norepinephrine to the first answer of the muscle.
        time_constant: s, tau of the first-order kernel.
        speed: m/s, of the answer travelling from the mouth inward; infinite means in phase.
        bands: motions added to the answer, from t = 0 on and not faded in.
        spacing: s, of the grid on which the filtered signal is kept.
        history: s before t = 0 from which the filter is started, at equilibrium with the signal.
    """

    gain: float | Float[Array, ""] = 0.1
    delay: float | Float[Array, ""] = 2.0
    time_constant: float | Float[Array, ""] = 4.0
    speed: float | Float[Array, ""] = math.inf
    bands: tuple[Band, ...] = ()
    spacing: float = static(default=0.1)
    history: float = static(default=120.0)

    def __post_init__(self) -> None:
        """Check plain numbers as they are given; traced values pass."""
        for name in ("time_constant", "speed", "spacing"):
            value = getattr(self, name)
            if isinstance(value, float | int) and not value > 0:
                raise InputError(f"wall.{name} is {value}; give a positive number.")
        for name in ("delay", "history"):
            value = getattr(self, name)
            if isinstance(value, float | int) and not 0 <= value < math.inf:
                raise InputError(f"wall.{name} is {value}; give 0 or a positive number of seconds.")

    def response(self, signal: Signal, until: float) -> "VasomotionResponse":
        """Filter `signal` from `history` before the run to `until` (s, a plain number).

        Raises:
            InputError: if the motion would close the lumen.
        """
        steps = math.ceil((until + self.history) / self.spacing)
        times = -self.history + self.spacing * jnp.arange(steps + 1, dtype=float)
        sampled = signal(times)
        filtered = first_order(sampled, self.spacing, self.time_constant)
        answer = VasomotionResponse(
            wall=self, filtered=filtered, slopes=(sampled - filtered) / self.time_constant
        )
        check_open(answer)
        return answer


@record
class VasomotionResponse:
    """The filtered norepinephrine on its grid, ready to be read at any place and time.

    Attributes:
        wall: the law it came from.
        filtered: `h*n` on the grid (1).
        slopes: its time derivative there, 1/s.
    """

    wall: Vasomotion
    filtered: Float[Array, " grid"]
    slopes: Float[Array, " grid"]

    def radius_ratio(
        self, path: Float[Array, " points"], time: Float[Array, ""] | float
    ) -> Float[Array, " points"]:
        """Lumen radius over lumen radius at rest, at path lengths (m) and one time (s)."""
        wall = self.wall
        ratio = 1.0 - wall.gain * self.muscle(time - wall.delay - path / wall.speed)
        for band in wall.bands:
            angle = 2.0 * jnp.pi * band.frequency * time - band.wave_number * path + band.phase
            ratio = ratio + band.amplitude * jnp.sin(angle)
        return ratio

    def muscle(self, time: Float[Array, "*t"]) -> Float[Array, "*t"]:
        """The filtered signal `h*n` at `time` (s); held before the grid and after it."""
        spacing = self.wall.spacing
        last = self.filtered.shape[0] - 1
        place = jnp.clip((time + self.wall.history) / spacing, 0.0, float(last))
        floor = jnp.minimum(jnp.floor(place), last - 1.0)
        left, x = floor.astype(int), place - floor
        y0, y1 = self.filtered[left], self.filtered[left + 1]
        d0, d1 = spacing * self.slopes[left], spacing * self.slopes[left + 1]
        return (
            y0 * (1.0 + 2.0 * x) * (1.0 - x) ** 2
            + d0 * x * (1.0 - x) ** 2
            + y1 * x**2 * (3.0 - 2.0 * x)
            + d1 * x**2 * (x - 1.0)
        )

    def bounds(self) -> tuple[Float[Array, ""], Float[Array, ""]]:
        """Bounds on the ratio: extremes of the answer plus every band at its largest."""
        bands = sum(
            (jnp.abs(jnp.asarray(band.amplitude)) for band in self.wall.bands), jnp.zeros(())
        )
        answer = 1.0 - self.wall.gain * self.filtered
        return jnp.min(answer) - bands, jnp.max(answer) + bands


def first_order(
    sampled: Float[Array, " grid"], spacing: float, time_constant: float | Float[Array, ""]
) -> Float[Array, " grid"]:
    """Solve `tau dm/dt = n - m` exactly for `n` linear between samples `spacing` (s) apart.

    Starts at equilibrium with the first sample. One step is
    `m1 = e m0 + n1 - e n0 - (n1 - n0) (1 - e) tau / spacing`, `e = exp(-spacing / tau)`.
    """
    x = spacing / time_constant
    faded = -jnp.expm1(-x)  # 1 - e
    before, after = sampled[:-1], sampled[1:]
    gained = after - before * (1.0 - faded) - (after - before) * faded / x

    def step(filtered: Float[Array, ""], gain: Float[Array, ""]) -> tuple[Array, Array]:
        filtered = (1.0 - faded) * filtered + gain
        return filtered, filtered

    _, filtered = jax.lax.scan(step, sampled[0], gained)
    return jnp.concatenate([sampled[:1], filtered])
