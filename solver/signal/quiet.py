"""No oscillation of norepinephrine: `n = 0` at all times (dimensionless)."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from solver.record import record, static
from solver.signal.onset import Signal
from solver.signal.states import check_state, constantly


@record
class Quiet(Signal):
    """Norepinephrine at its baseline, as in wakefulness held flat or as the control of a run.

    Attributes:
        state: the vigilance state, throughout.
    """

    state: str = static(default="wake")

    def __post_init__(self) -> None:
        """Check the state."""
        check_state("signal.state", self.state)

    def __call__(self, time: Float[Array, "*t"]) -> Float[Array, "*t"]:
        """Zero, in the shape of `time`."""
        return jnp.zeros_like(time)

    def states(self, time: Float[Array, "*t"]) -> Float[Array, "states *t"]:
        """The same state at every `time`."""
        return constantly(self.state, time)
