"""No oscillation of norepinephrine: `n = 0` at all times (dimensionless)."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from solver.record import record


@record
class Quiet:
    """Norepinephrine at its baseline, as in wakefulness held flat or as the control of a run."""

    def __call__(self, time: Float[Array, "*t"]) -> Float[Array, "*t"]:
        """Zero, in the shape of `time`."""
        return jnp.zeros_like(time)
