"""NREM norepinephrine whose cycles vary: `n = w(t) A(c) sin(2 pi c)`, c the count of cycles.

The count runs as `solver.signal.cycles` says, from `phase / 2 pi` at t = 0. `A` is drawn for each
peak, lognormal like the periods, and goes from one to the next by a smooth step, flat at the peaks:
peak j is exactly as high as drawn. Without variation this is the sine of
`solver.signal.norepinephrine`.

Micro-arousals, bouts of wakefulness shorter than 15 s, ride on peaks of norepinephrine (Hauglund
et al. 2025, Cell 188:606; Kjaerby et al. 2022, Nat. Neurosci. 25:1059): each peak carries one with
a probability, centred on it. They move weight from NREM to awakening and nothing else:
norepinephrine does not know of them, so that they can be taken away from an oscillation that
stays the same. Units: seconds, hertz, radians.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

from meshes.errors import InputError
from solver.record import record
from solver.signal.cycles import Clock, Cycles, clock, draw_cycles, lognormal
from solver.signal.onset import Signal, rise, smooth
from solver.signal.resolve import Number, check_frequency, check_number, check_resolved
from solver.signal.states import constantly, moved

LONGEST = 15.0  # s; what lasts longer is wakefulness, not a micro-arousal (Hauglund et al. 2025)


@record
class Arousals:
    """Micro-arousals on the peaks of an oscillation.

    Attributes:
        probability: that a peak carries one.
        shortest, longest: s, between which durations (at half height) are drawn evenly.
        edge: s, over which one begins and over which it ends.
    """

    probability: Number = 0.3
    shortest: Number = 3.0
    longest: Number = 12.0
    edge: Number = 1.0

    def __post_init__(self) -> None:
        """Check plain numbers as they are given; traced values pass."""
        check_number("signal.arousals.probability", self.probability, most=1.0)
        check_number("signal.arousals.shortest", self.shortest, unit="s")
        check_number("signal.arousals.edge", self.edge, least=1e-3, unit="s")
        plain = (self.shortest, self.longest, self.edge)
        if all(isinstance(value, float | int) for value in plain) and not (
            self.edge <= self.shortest <= self.longest < LONGEST
        ):
            raise InputError(
                f"signal.arousals: they last {self.shortest:g} to {self.longest:g} s with edges of "
                f"{self.edge:g} s; give edge <= shortest <= longest < {LONGEST:g} s, beyond which "
                "it is wakefulness: signal=sleep."
            )

    def __call__(
        self, time: Float[Array, "*t"], peaks: Float[Array, " cycles"], cycles: Cycles
    ) -> Float[Array, "*t"]:
        """How far one is under way at `time` (s), with the peaks at `peaks` (s)."""
        spread = jnp.asarray(self.longest) - self.shortest
        durations = self.shortest + spread * jnp.asarray(cycles.durations)
        carried = jnp.asarray(cycles.arousals) < self.probability
        after = jnp.searchsorted(peaks, time)
        under_way = jnp.zeros_like(time)
        for place in (after - 1, after):
            at = jnp.clip(place, 0, len(peaks) - 1)
            left = 0.5 * durations[at] - jnp.abs(time - peaks[at])
            weight = jnp.where(carried[at], smooth(left / self.edge + 0.5), 0.0)
            under_way = jnp.maximum(under_way, weight)
        return under_way


@record
class Infraslow(Signal):
    """The norepinephrine oscillation of NREM sleep with periods and amplitudes that vary.

    Attributes:
        frequency: Hz, of the mean period.
        amplitude: relative to the baseline, mean of the peaks.
        period_variation, amplitude_variation: coefficients of variation, from cycle to cycle.
        phase: rad, at t = 0.
        onset: s, see `Norepinephrine`.
        arousals: micro-arousals on the peaks.
        cycles: what chance says of each cycle, from a seed.
    """

    frequency: Number = 0.02
    amplitude: Number = 1.0
    period_variation: Number = 0.2
    amplitude_variation: Number = 0.2
    phase: Number = 0.0
    onset: Number = 5.0
    arousals: Arousals = Arousals()
    cycles: Cycles = draw_cycles()

    def __post_init__(self) -> None:
        """Check plain numbers as they are given; traced values pass."""
        check_number("signal.onset", self.onset, unit="s")
        check_number("signal.period_variation", self.period_variation, most=1.0)
        check_number("signal.amplitude_variation", self.amplitude_variation, most=1.0)
        check_frequency("signal.frequency", self.frequency)

    def clock(self) -> Clock:
        """The count of cycles since t = 0."""
        return clock(self.cycles.lengths, self.frequency, self.period_variation)

    def __call__(self, time: Float[Array, "*t"]) -> Float[Array, "*t"]:
        """The relative change of norepinephrine at `time` (s)."""
        count = self.clock().count(time) + self.phase / (2.0 * jnp.pi)
        since_peak = count - 0.25
        sizes = lognormal(self.cycles.sizes, self.amplitude_variation)
        at, last = jnp.floor(since_peak), len(sizes) - 1
        before, after = (sizes[jnp.clip(place, 0, last).astype(int)] for place in (at, at + 1.0))
        size = before + (after - before) * smooth(since_peak - at)
        return rise(time, self.onset) * self.amplitude * size * jnp.sin(2.0 * jnp.pi * count)

    def peaks(self) -> Float[Array, " cycles"]:
        """When norepinephrine peaks, one in each cycle of the clock, s."""
        return self.clock().moments((0.25 - self.phase / (2.0 * jnp.pi)) % 1.0)

    def arousal(self, time: Float[Array, "*t"]) -> Float[Array, "*t"]:
        """How far a micro-arousal is under way at `time` (s)."""
        return self.arousals(time, self.peaks(), self.cycles)

    def states(self, time: Float[Array, "*t"]) -> Float[Array, "states *t"]:
        """NREM, but for micro-arousals."""
        return moved(constantly("nrem", time), "nrem", "awakening", self.arousal(time))

    @property
    def sleeps(self) -> bool:
        """Micro-arousals come and go."""
        return True

    def check(self, until: float, step: float) -> None:
        """Refuse a run longer than the cycles drawn, or steps too long for the fastest of them."""
        clock = self.clock()
        last = float(clock.starts[-1])
        if until > last:
            raise InputError(
                f"run.until is {until:g} s, and the {len(clock.lengths)} cycles drawn end at "
                f"{last:.4g} s; raise signal.cycles.count."
            )
        shortest = float(jnp.min(jnp.where(clock.starts[:-1] < until, clock.lengths, jnp.inf)))
        check_resolved("the fastest cycle of norepinephrine", 1.0 / shortest, step)
