"""Norepinephrine constricts the artery: the linear kernel of docs/physics.md 1.1, and more.

`R1(s,t) = R10(s) [1 - active gain profile(s) curve(h*n)(t - delay - |s - origin|/speed) + bands]`

with `n` the relative norepinephrine, `h` a kernel of unit area (`solver.wall.kernel`), `s` the path
length from the mouth. Units: seconds, metres, hertz; gain and amplitudes are relative. The default
gain is a prior (5-20 % radius change); lags of 2-6 s are expected from norepinephrine to radius.

Stiffening and cerebral amyloid angiopathy come as two factors, kept apart: `active` on what muscle
does (the answer and the active bands), `passive` on the stiffness that the pulse has to stretch. In
angiopathy evoked reactivity falls while cardiac pulsation may rise (van Veluw 2020, Kim 2020). In
this law the two do not meet; in `solver.wall.myogenic` they do.
"""

import math
from dataclasses import field

import jax
from jaxtyping import Array, Float

from solver.record import record, static
from solver.signal.onset import Signal
from solver.wall.band import Bands, check_bands
from solver.wall.curve import Curve, Proportional
from solver.wall.kernel import FirstOrder, Kernel
from solver.wall.motion import Motion
from solver.wall.profile import Profile, Uniform
from solver.wall.response import check_open, check_positive, check_seconds
from solver.wall.sampled import Sampled, grid


@record
class Vasomotion:
    """Norepinephrine-driven vasomotion with superposed bands.

    Attributes:
        gain: relative radius lost per unit of filtered relative norepinephrine.
        delay: s, from norepinephrine to the first answer of the muscle.
        kernel: how the muscle filters; `curve`: how its answer saturates.
        profile: factor on what muscle does along the vessel.
        speed: m/s, of the answer travelling along the vessel; infinite means in phase.
        origin: m, path length at which it starts: 0 and it travels from the mouth inward.
        active: factor on what muscle does, 1 in health.
        passive: factor on the stiffness of the passive wall, 1 in health.
        bands: motions added to the answer by name, from t = 0 on and not faded in.
        spacing: s, of the grid on which the filtered signal is kept.
        history: s before t = 0 from which the filter is started, at equilibrium with the signal;
            longer than the delay and the way of a wave, since the answer is held before.
    """

    gain: float | Float[Array, ""] = 0.1
    delay: float | Float[Array, ""] = 2.0
    kernel: Kernel = FirstOrder()
    curve: Curve = Proportional()
    profile: Profile = Uniform()
    speed: float | Float[Array, ""] = math.inf
    origin: float | Float[Array, ""] = 0.0
    active: float | Float[Array, ""] = 1.0
    passive: float | Float[Array, ""] = 1.0
    bands: Bands = field(default_factory=dict)
    spacing: float = static(default=0.1)
    history: float = static(default=120.0)

    def __post_init__(self) -> None:
        """Check plain numbers as they are given; traced values pass."""
        check_positive(self, "wall", "speed", "passive", "spacing")
        check_seconds(self, "delay", "history")

    def response(self, signal: Signal, until: float) -> Motion:
        """Filter `signal` from `history` before the run to `until` (s, a plain number).

        Raises:
            InputError: if the motion would close the lumen.
        """
        sampled = signal(grid(until, self.spacing, self.history))
        filtered, slopes = self.kernel.filter(sampled, self.spacing)

        def narrowed(muscle: Float[Array, " grid"]) -> Float[Array, " grid"]:
            return -self.active * self.gain * self.curve(muscle)

        values, slopes = jax.jvp(narrowed, (filtered,), (slopes,))
        motion = Motion(
            answer=Sampled(values, slopes, -self.history, self.spacing),
            signal=signal,
            bands=self.bands,
            profile=self.profile,
            delay=self.delay,
            speed=self.speed,
            origin=self.origin,
            active=self.active,
            passive=self.passive,
        )
        check_open(motion)
        return motion

    def check(self, until: float, step: float) -> None:
        """Refuse a step (s) that skips over a band.

        Raises:
            InputError: naming the band and a step that shows it.
        """
        del until
        check_bands(self.bands, step)
