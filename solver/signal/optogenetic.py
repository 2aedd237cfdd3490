"""Light on the locus coeruleus: trains of pulses, saturating release, first-order removal.

A pulse of width `d` makes a neuron fire with probability `1 - exp(-d / d0)`, so that during a train
the evoked rate is `pulse_frequency (1 - exp(-d / d0))`; single pulses are not resolved, since
removal (5 s) is a hundred times slower. Release follows `solver.signal.kinetics` above the tonic
rate, and every train of length `pulses / pulse_frequency` adds the exact solution

    tau dn/dt = [H(r0 + r) - H(r0)] / H(r0) - n      while it lasts,  tau dn/dt = -n  after it

to the ongoing oscillation. The trains of Hauglund et al. 2025 (Cell 188:606) are not public; all
numbers here are choices. The dose grows with width, pulses and trains; with more pulses a second it
grows only if the train stays as long, so change `pulses` in proportion. Units: Hz, s.
"""

import warnings
from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float

from meshes.errors import InputError
from solver.record import record, static
from solver.signal.kinetics import Release
from solver.signal.quiet import Quiet
from solver.signal.resolve import Number, check_number, check_resolved
from solver.signal.through import Through


@record
class Optogenetic(Through):
    """Norepinephrine under trains of light pulses.

    Attributes:
        pulse_frequency: Hz, within a train.
        width: s, of a pulse; `width_constant`: s, that of 63 % success.
        pulses: in a train.
        spacing: s, from the beginning of one train to that of the next.
        trains: how many.
        first: s, when the first begins.
        tonic: Hz, the firing rate of the baseline.
        time_constant: s, of the removal of norepinephrine.
        release: how release saturates.
        oscillation: what goes on besides.
    """

    pulse_frequency: Number = 10.0
    width: Number = 0.01
    width_constant: Number = 0.005
    pulses: Number = 50.0
    spacing: Number = 50.0
    first: Number = 10.0
    tonic: Number = 1.0
    time_constant: Number = 5.0
    release: Release = Release()
    oscillation: Any = Quiet("nrem")
    trains: int = static(default=6)

    def __post_init__(self) -> None:
        """Check plain numbers as they are given; traced values pass."""
        for name, unit in (
            ("pulse_frequency", "Hz"),
            ("width_constant", "s"),
            ("spacing", "s"),
            ("tonic", "Hz"),
            ("time_constant", "s"),
        ):
            check_number(f"signal.{name}", getattr(self, name), least=1e-6, unit=unit)
        for name in ("width", "pulses", "first", "trains"):
            check_number(f"signal.{name}", getattr(self, name))
        given = (self.pulse_frequency, self.width, self.pulses, self.spacing)
        if not all(isinstance(value, float | int) for value in given):
            return
        if self.width * self.pulse_frequency > 1.0:
            raise InputError(
                f"signal.width is {self.width:g} s, longer than the {1 / self.pulse_frequency:g} s "
                "from pulse to pulse; shorten it, or lower signal.pulse_frequency."
            )
        if self.trains > 1 and self.length > self.spacing:
            raise InputError(
                f"a train of {self.pulses:g} pulses at {self.pulse_frequency:g} Hz lasts "
                f"{self.length:g} s, and the next begins after signal.spacing = {self.spacing:g} s;"
                " space the trains further apart."
            )

    @property
    def length(self) -> Number:
        """Of a train, s."""
        return self.pulses / self.pulse_frequency

    def evoked(self) -> Float[Array, ""]:
        """Firing rate that the light adds during a train, Hz."""
        return self.pulse_frequency * -jnp.expm1(-jnp.asarray(self.width) / self.width_constant)

    def __call__(self, time: Float[Array, "*t"]) -> Float[Array, "*t"]:
        """The relative change of norepinephrine at `time` (s)."""
        height = self.release.relative(self.tonic + self.evoked(), self.tonic)
        begun = self.first + self.spacing * jnp.arange(self.trains, dtype=float)
        since = jnp.asarray(time)[..., None] - begun.reshape((1,) * jnp.ndim(time) + (-1,))
        trains = self._risen(since) - self._risen(since - self.length)
        return self.oscillation(time) + height * trains.sum(axis=-1)

    def _risen(self, since: Float[Array, "*t"]) -> Float[Array, "*t"]:
        """The answer to a step of release at 0."""
        return -jnp.expm1(-jnp.maximum(since, 0.0) / self.time_constant)

    def check(self, until: float, step: float) -> None:
        """Refuse steps (s) that miss the trains; warn of a run (s) that ends before them."""
        self.oscillation.check(until, step)
        check_resolved("the rhythm of the trains", 1.0 / float(self.spacing), step)
        if self.trains and float(self.first) >= until:
            warnings.warn(
                f"the first train begins at signal.first = {float(self.first):g} s, after the run "
                f"has ended at {until:g} s; there is no stimulation.",
                stacklevel=3,
            )
