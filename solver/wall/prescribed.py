"""Prescribed motion: `R1 = R10 [1 + amplitude sin(2 pi frequency (t - s / speed) + phase)]`.

Whatever norepinephrine does; the motion of the verification cases. Units: hertz, radians, metres,
relative amplitude. A negative amplitude narrows first, as in `R1 = R10 (1 - a sin(w t))`.
"""

import math

import jax.numpy as jnp
from jaxtyping import Array, Float

from meshes.errors import InputError
from solver.record import record
from solver.signal.onset import Signal
from solver.signal.resolve import check_resolved
from solver.wall.response import check_open


@record
class Prescribed:
    """A wall that moves as told.

    Attributes:
        amplitude: relative to the radius at rest, of either sign, smaller than 1 in size.
        frequency: Hz.
        phase: rad, at t = 0 at the mouth.
        speed: m/s, of a wave from the mouth inward; negative outward; infinite means in phase.
    """

    amplitude: float | Float[Array, ""] = 0.1
    frequency: float | Float[Array, ""] = 0.02
    phase: float | Float[Array, ""] = 0.0
    speed: float | Float[Array, ""] = math.inf

    def __post_init__(self) -> None:
        """Check plain numbers as they are given; traced values pass."""
        if isinstance(self.speed, float | int) and not abs(self.speed) > 0:
            raise InputError(f"wall.speed is {self.speed}; give a number other than 0.")

    def response(self, signal: Signal, until: float) -> "Prescribed":
        """Itself: it answers no signal. Raises `InputError` if the lumen would close."""
        del signal, until
        check_open(self)
        return self

    def check(self, until: float, step: float) -> None:
        """Refuse a step (s) that skips over the motion.

        Raises:
            InputError: naming a step that shows it.
        """
        del until
        if not isinstance(self.frequency, float | int):
            return
        check_resolved("the prescribed wall", abs(self.frequency), step)

    def radius_ratio(
        self, path: Float[Array, " points"], time: Float[Array, ""] | float
    ) -> Float[Array, " points"]:
        """Lumen radius over lumen radius at rest, at path lengths (m) and one time (s)."""
        angle = 2.0 * jnp.pi * self.frequency * (time - path / self.speed) + self.phase
        return 1.0 + self.amplitude * jnp.sin(angle)

    def bounds(self) -> tuple[Float[Array, ""], Float[Array, ""]]:
        """1 minus and plus the amplitude."""
        size = jnp.abs(jnp.asarray(self.amplitude))
        return 1.0 - size, 1.0 + size
