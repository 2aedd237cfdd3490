"""Pressures in time: a number, an oscillation, or a recorded trace.

p(t) = mean + amplitude sin(2 pi f t + phase)            (Pa, Hz, s)
"""

from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float

from solver.record import record

Number = float | Float[Array, ""]


@record
class Oscillation:
    """A pressure that oscillates: breathing (0.3 Hz), the heart (1 Hz), slow waves.

    Attributes:
        mean, amplitude: Pa; frequency: Hz; phase: rad at t = 0.
    """

    mean: Number = 0.0
    amplitude: Number = 0.0
    frequency: Number = 1.0
    phase: Number = 0.0

    def __call__(self, time: Number) -> Float[Array, ""]:
        """Pressure at a time, Pa."""
        turn = 2.0 * jnp.pi * self.frequency * time + self.phase
        return self.mean + self.amplitude * jnp.sin(turn)


@record
class Trace:
    """A pressure known at some times, linear between them and constant beyond."""

    times: Float[Array, " samples"]
    values: Float[Array, " samples"]

    def __call__(self, time: Number) -> Float[Array, ""]:
        """Pressure at a time, Pa."""
        return jnp.interp(time, jnp.asarray(self.times), jnp.asarray(self.values))


Pressure = Number | Oscillation | Trace


def at(pressure: Any, time: Number) -> Float[Array, ""]:
    """A pressure at a time, Pa."""
    return jnp.asarray(pressure(time) if callable(pressure) else pressure)
