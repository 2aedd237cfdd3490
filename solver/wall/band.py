"""Motion that 0.02 Hz norepinephrine does not drive: very low, low, respiratory, cardiac bands.

    a sin(2 pi f (t - s/speed) - k s + phi)

of a path length `s` from the mouth. Bands are added to the answer of the muscle and to each other,
never merged. A band of the vigilance states is one such sinusoid for each state, weighted by
`signal.states(t)`. Units: hertz, seconds, metres, radians; amplitudes relative to the rest radius.

The driver of a band says what weakens it: an `active` one is made by smooth muscle and follows
`wall.active` and `wall.profile`; a `passive` one is pressure stretching the wall and follows its
compliance, `1 / wall.passive`.
"""

import math
from collections.abc import Mapping

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from meshes.errors import InputError
from solver.record import record, static
from solver.signal.onset import Signal
from solver.signal.resolve import check_resolved
from solver.signal.states import STATES

Number = float | Float[Array, ""]

DRIVES = ("active", "passive")


@record
class Band:
    """One sinusoid, the same in every state.

    Attributes:
        amplitude: relative to the radius at rest.
        frequency: Hz.
        wave_number: rad/m, of a wave that travels from the mouth inward; negative outward.
        speed: m/s, the same said by speed; negative outward; infinite adds nothing.
        phase: rad, at t = 0; with 0 the band starts from rest at the mouth.
        drive: `active` or `passive`.
    """

    amplitude: Number
    frequency: Number
    wave_number: Number = 0.0
    phase: Number = 0.0
    speed: Number = math.inf
    drive: str = static(default="active")

    def __post_init__(self) -> None:
        """Check plain values as they are given; traced values pass."""
        _check_wave(self.drive, self.speed)
        _check_rate(self.frequency, "frequency", "Hz")

    def motion(
        self, path: Float[Array, " points"], time: Number, signal: Signal
    ) -> Float[Array, " points"]:
        """The relative change of radius it adds at path lengths (m) and one time (s)."""
        del signal
        angle = 2.0 * jnp.pi * self.frequency * (time - path / self.speed)
        return self.amplitude * jnp.sin(angle - self.wave_number * path + self.phase)

    def phasor(
        self, path: Float[Array, " points"], time: Number, signal: Signal
    ) -> tuple[Float[Array, "two points"], Float[Array, ""]]:
        """Amplitudes of sin and cos of 2 pi f t at path lengths (m), and f, Hz."""
        del time, signal
        lag = (2.0 * jnp.pi * self.frequency / self.speed + self.wave_number) * path
        angle = jnp.asarray(self.phase) - lag
        parts = self.amplitude * jnp.stack([jnp.cos(angle), jnp.sin(angle)])
        return parts, jnp.asarray(self.frequency, dtype=path.dtype)

    def size(self) -> Float[Array, ""]:
        """The largest change it makes, either way."""
        return jnp.abs(jnp.asarray(self.amplitude))

    def shortest(self) -> Float[Array, ""]:
        """Its shortest period, s."""
        return 1.0 / jnp.abs(jnp.asarray(self.frequency))


@record
class StateBand:
    """One sinusoid for each vigilance state, as measured: lumen, excursion and period.

    Whether lumen and excursion are radii or diameters does not matter if both are the same.

    Attributes:
        lumen: mean size of the lumen by state, in any unit of length.
        peak_to_peak: its excursion by state, in the same unit.
        period: s, by state.
        phase: rad, at t = 0; with 0 the band starts from rest at the mouth.
        speed: m/s, of a wave that travels from the mouth inward; negative outward.
        drive: `active` or `passive`.
    """

    lumen: Mapping[str, Number]
    peak_to_peak: Mapping[str, Number]
    period: Mapping[str, Number]
    phase: Number = 0.0
    speed: Number = math.inf
    drive: str = static(default="active")

    def __post_init__(self) -> None:
        """Check plain values as they are given; traced values pass."""
        _check_wave(self.drive, self.speed)
        for name in ("lumen", "peak_to_peak", "period"):
            values = getattr(self, name)
            if not isinstance(values, Mapping):
                continue
            if set(values) != set(STATES):
                raise InputError(
                    f"wall.bands: {name} has {', '.join(values)}; give a number for each of "
                    f"{', '.join(STATES)}."
                )
            for state, value in values.items():
                if name != "peak_to_peak":
                    _check_rate(value, f"{name}.{state}", "um" if name == "lumen" else "s")

    def amplitudes(self) -> Float[Array, " states"]:
        """Half the excursion over the lumen, in the order of `STATES`."""
        return 0.5 * _stacked(self.peak_to_peak) / _stacked(self.lumen)

    def motion(
        self, path: Float[Array, " points"], time: Number, signal: Signal
    ) -> Float[Array, " points"]:
        """The relative change of radius it adds at path lengths (m) and one time (s)."""
        weights = signal.states(jnp.asarray(time, dtype=path.dtype))
        turns = (time - path / self.speed) / _stacked(self.period)[:, None]
        return (weights * self.amplitudes()) @ jnp.sin(2.0 * jnp.pi * turns + self.phase)

    def phasor(
        self, path: Float[Array, " points"], time: Number, signal: Signal
    ) -> tuple[Float[Array, "two points"], Float[Array, ""]]:
        """Amplitudes of sin and cos of 2 pi f t at path lengths (m), and f, Hz, at one time (s).

        In a state they are its own; where states mix, all turn at the mean frequency.
        """
        weights = signal.states(jnp.asarray(time, dtype=path.dtype))
        angle = (
            jnp.asarray(self.phase)
            - 2.0 * jnp.pi * path / self.speed / (_stacked(self.period)[:, None])
        )
        sizes = weights * self.amplitudes()
        parts = jnp.stack([sizes @ jnp.cos(angle), sizes @ jnp.sin(angle)])
        return parts, weights @ (1.0 / _stacked(self.period))

    def size(self) -> Float[Array, ""]:
        """The largest change it makes, either way: weights of states add up to 1."""
        return jnp.abs(self.amplitudes()).max()

    def shortest(self) -> Float[Array, ""]:
        """Its shortest period, s."""
        return _stacked(self.period).min()


Bands = Mapping[str, Band | StateBand]


def check_bands(bands: Bands, step: float) -> None:
    """Refuse a run's step (s) that skips over the fastest band; warn if it cuts its extremes.

    Raises:
        InputError: naming the band and a step that shows it, and so all others.
    """
    if any(isinstance(band.shortest(), jax.core.Tracer) for band in bands.values()):
        return
    periods = {name: float(band.shortest()) for name, band in bands.items()}
    if periods:
        fastest = min(periods, key=periods.__getitem__)
        check_resolved(f"wall.bands.{fastest}", 1.0 / periods[fastest], step)


def _stacked(by_state: Mapping[str, Number]) -> Float[Array, " states"]:
    return jnp.stack([jnp.asarray(by_state[state], dtype=float) for state in STATES])


def _check_rate(value: object, name: str, unit: str) -> None:
    if isinstance(value, float | int) and not 0 < value < math.inf:
        raise InputError(f"wall.bands: {name} is {value} {unit}; give a positive number.")


def _check_wave(drive: str, speed: object) -> None:
    if drive not in DRIVES:
        raise InputError(f"wall.bands: drive is {drive!r}; give {' or '.join(DRIVES)}.")
    if isinstance(speed, float | int) and (speed == 0 or math.isnan(speed)):
        raise InputError(
            f"wall.bands: speed is {speed} m/s; give a number other than 0, inf for all at once."
        )
