"""No motion: `R1 = R10` (ratio 1, dimensionless) whatever the signal says."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from solver.record import record
from solver.signal.onset import Signal


@record
class Still:
    """A wall that does not move: the diffusion-only control."""

    def response(self, signal: Signal, until: float) -> "Still":
        """Itself: it answers no signal."""
        del signal, until
        return self

    def check(self, until: float, step: float) -> None:
        """Any step shows it."""
        del until, step

    def radius_ratio(
        self, path: Float[Array, " points"], time: Float[Array, ""] | float
    ) -> Float[Array, " points"]:
        """Ones, in the shape of `path`."""
        del time
        return jnp.ones_like(path)

    def bounds(self) -> tuple[Float[Array, ""], Float[Array, ""]]:
        """The ratio is 1."""
        return jnp.ones(()), jnp.ones(())
