"""Prescribed motion: `R1 = R10 [1 + amplitude sin(2 pi frequency t + phase)]`, whatever NE does.

Units: hertz, radians, relative amplitude. The motion of the verification cases: the whole wall in
phase. A negative amplitude narrows first, as in `R1 = R10 (1 - a sin(w t))`.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

from solver.record import record
from solver.wall.response import Signal, check_open


@record
class Prescribed:
    """A wall that moves as told, in phase along the vessel.

    Attributes:
        amplitude: relative to the radius at rest, of either sign, smaller than 1 in size.
        frequency: Hz.
        phase: rad, at t = 0.
    """

    amplitude: float | Float[Array, ""] = 0.1
    frequency: float | Float[Array, ""] = 0.02
    phase: float | Float[Array, ""] = 0.0

    def response(self, signal: Signal, until: float) -> "Prescribed":
        """Itself: it answers no signal. Raises `InputError` if the lumen would close."""
        del signal, until
        check_open(self)
        return self

    def radius_ratio(
        self, path: Float[Array, " points"], time: Float[Array, ""] | float
    ) -> Float[Array, " points"]:
        """Lumen radius over lumen radius at rest at one time (s)."""
        angle = 2.0 * jnp.pi * self.frequency * time + self.phase
        return jnp.ones_like(path) + self.amplitude * jnp.sin(angle)

    def bounds(self) -> tuple[Float[Array, ""], Float[Array, ""]]:
        """1 minus and plus the amplitude."""
        size = jnp.abs(jnp.asarray(self.amplitude))
        return 1.0 - size, 1.0 + size
