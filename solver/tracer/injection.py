"""What is given into the subarachnoid space: the concentration at the mouth in time.

    bolus      c = peak 2^(-(t - start) / half_life)                     from start on
    infusion   dc/dt = ([infused] plateau - c) ln 2 / half_life          a well-mixed space

Concentrations are relative to one that the user chooses; 1 by default.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

from solver.record import record

Number = float | Float[Array, ""]


@record
class Bolus:
    """Tracer given at once, cleared from the subarachnoid space with a half-life.

    Attributes:
        peak: concentration right after; start: s; half_life: s, infinity for a lasting one.
    """

    peak: Number = 1.0
    start: Number = 0.0
    half_life: Number = float("inf")

    def __call__(self, time: Number) -> Float[Array, ""]:
        """Concentration at a time, s."""
        since = jnp.asarray(time - self.start)
        decay = jnp.exp2(-jnp.maximum(since, 0.0) / self.half_life)
        return jnp.where(since >= 0.0, self.peak * decay, 0.0)


@record
class Infusion:
    """Tracer infused at a constant rate into a well-mixed space that clears it.

    Attributes:
        plateau: concentration that a lasting infusion reaches; start, duration: s; half_life: s.
    """

    plateau: Number = 1.0
    start: Number = 0.0
    duration: Number = 600.0
    half_life: Number = 300.0

    def __call__(self, time: Number) -> Float[Array, ""]:
        """Concentration at a time, s."""
        since = jnp.maximum(jnp.asarray(time - self.start), 0.0)
        infused = jnp.minimum(since, self.duration)
        reached = self.plateau * (1.0 - jnp.exp2(-infused / self.half_life))
        return reached * jnp.exp2(-(since - infused) / self.half_life)
