"""What every signal is: `n = (NE - NE0) / NE0` at any time, at rest until a run begins.

Units: seconds in, a dimensionless relative change of norepinephrine (NE) out.

The onset is this model's own: `w(t) = x^3 (10 - 15 x + 6 x^2)`, `x = clip(t / onset, 0, 1)`, the
quintic step whose first and second derivatives vanish at both ends. It multiplies a signal so that
`n = 0` for t <= 0 and the motion it causes starts from rest.
"""

from typing import Protocol

import jax.numpy as jnp
from jaxtyping import Array, Float


class Signal(Protocol):
    """A norepinephrine signal, called with times (s), returning the relative change `n` (1)."""

    def __call__(self, time: Float[Array, "*t"]) -> Float[Array, "*t"]:
        """The relative change of norepinephrine at `time` (s), any sign of time."""
        ...


def rise(time: Float[Array, "*t"], onset: Float[Array, ""] | float) -> Float[Array, "*t"]:
    """The weight `w(t)`: 0 until t = 0, 1 from t = `onset` (s) on; 1 throughout if `onset` is 0."""
    ramped = jnp.asarray(onset) > 0
    x = jnp.clip(time / jnp.where(ramped, onset, 1.0), 0.0, 1.0)
    return jnp.where(ramped, x**3 * (10.0 - 15.0 * x + 6.0 * x**2), 1.0)
