"""The motion of a wall put together: an answer that travels along the vessel, and bands.

    R1/R10 = 1 + profile(s) answer(t - delay - |s - origin| / speed) + sum of bands

of a path length `s` from the mouth. Units: seconds, metres; the ratio is dimensionless. A wave goes
inward from an origin at the mouth, outward from one at the far end, both ways from one between.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

from solver.record import record, static
from solver.signal.onset import Signal
from solver.wall.band import Band, Bands, StateBand
from solver.wall.profile import Profile
from solver.wall.sampled import Sampled

Number = float | Float[Array, ""]


@record
class Motion:
    """The answer of a wall to a signal, ready to be read at any place and time.

    Attributes:
        answer: relative change of radius where the wave starts (1).
        signal: whose vigilance states weight the bands.
        bands: what is added, by name.
        profile: of the active motion along the vessel.
        delay: s, before the answer.
        speed: m/s, of the answer along the vessel; `origin`: path length at which it starts, m.
        active: factor on active bands; `passive`: on the stiffness that resists passive ones.
        averaged: bands left out of the motion, whose effects are averaged (`solver.rates`).
    """

    answer: Sampled
    signal: Signal
    bands: Bands
    profile: Profile
    delay: Number
    speed: Number
    origin: Number
    active: Number
    passive: Number
    averaged: tuple[str, ...] = static(default=())

    def radius_ratio(
        self, path: Float[Array, " points"], time: Float[Array, ""] | float
    ) -> Float[Array, " points"]:
        """Lumen radius over lumen radius at rest, at path lengths (m) and one time (s)."""
        travelled = jnp.abs(path - self.origin) / self.speed
        ratio = 1.0 + self.profile(path) * self.answer(time - self.delay - travelled)
        for name, band in self.bands.items():
            if name not in self.averaged:
                ratio = ratio + self._share(band, path) * band.motion(path, time, self.signal)
        return ratio

    def phasor(
        self, name: str, path: Float[Array, " points"], time: Float[Array, ""] | float
    ) -> tuple[Float[Array, "two points"], Float[Array, ""]]:
        """Amplitudes of sin and cos of what a band adds to the ratio, and its frequency, Hz."""
        parts, frequency = self.bands[name].phasor(path, time, self.signal)
        return self._share(self.bands[name], path) * parts, frequency

    def _share(
        self, band: Band | StateBand, path: Float[Array, " points"]
    ) -> Float[Array, " points"]:
        """Factor on a band."""
        if band.drive == "active":
            return self.active * self.profile(path)
        return jnp.ones_like(path) / self.passive

    def bounds(self) -> tuple[Float[Array, ""], Float[Array, ""]]:
        """Bounds on the ratio: extremes of the answer plus every band at its largest."""
        weakest, strongest = self.profile.bounds()
        answers = jnp.outer(jnp.stack([weakest, strongest]), jnp.stack(self.answer.bounds()))
        most = jnp.maximum(jnp.abs(weakest), jnp.abs(strongest))
        active, passive = (
            sum((band.size() for band in self.bands.values() if band.drive == drive), jnp.zeros(()))
            for drive in ("active", "passive")
        )
        swing = jnp.abs(self.active * most) * active + passive / jnp.abs(self.passive)
        return 1.0 + answers.min() - swing, 1.0 + answers.max() + swing
