"""What every signal is: `n = (NE - NE0) / NE0` at any time, at rest until a run begins.

Units: seconds in, a dimensionless relative change of norepinephrine (NE) out.

The onset is this model's own: `w(t) = x^3 (10 - 15 x + 6 x^2)`, `x = clip(t / onset, 0, 1)`, the
quintic step whose first and second derivatives vanish at both ends. It multiplies a signal so that
`n = 0` for t <= 0 and the motion it causes starts from rest.
"""

from typing import Protocol

import jax.numpy as jnp
from jaxtyping import Array, Float

from solver.signal.states import STATES, constantly


class Signal(Protocol):
    """A norepinephrine signal, called with times (s), returning the relative change `n` (1).

    A signal that says nothing else is NREM sleep throughout, without micro-arousals.
    """

    def __call__(self, time: Float[Array, "*t"]) -> Float[Array, "*t"]:
        """The relative change of norepinephrine at `time` (s), any sign of time."""
        ...

    def states(self, time: Float[Array, "*t"]) -> Float[Array, "states *t"]:
        """Weights of `solver.signal.states.STATES` at `time` (s), adding up to 1."""
        return constantly("nrem", time)

    def arousal(self, time: Float[Array, "*t"]) -> Float[Array, "*t"]:
        """How far a micro-arousal is under way at `time` (s), 0 to 1."""
        return jnp.zeros_like(time)

    @property
    def sleeps(self) -> bool:
        """Whether states or arousals change in time, so that a run writes them down."""
        return False

    def check(self, until: float, step: float) -> None:
        """Refuse, at the door, a run to `until` (s) in steps of `step` (s) that it cannot serve.

        Raises:
            InputError: if the signal does not reach so far, or changes faster than the steps.
        """
        del until, step


def read_signal(signal: Signal, time: Float[Array, ""]) -> dict[str, Float[Array, ""]]:
    """What a run writes down of its signal at one time (s), by the name of the column."""
    readings = {"norepinephrine_relative": jnp.asarray(signal(time))}
    if signal.sleeps:
        weights = signal.states(time)
        readings |= {f"state_{name}": weights[at] for at, name in enumerate(STATES)}
        readings |= {"arousal": signal.arousal(time)}
    return readings


def rise(time: Float[Array, "*t"], onset: Float[Array, ""] | float) -> Float[Array, "*t"]:
    """The weight `w(t)`: 0 until t = 0, 1 from t = `onset` (s) on; 1 throughout if `onset` is 0."""
    ramped = jnp.asarray(onset) > 0
    return jnp.where(ramped, smooth(time / jnp.where(ramped, onset, 1.0)), 1.0)


def smooth(x: Float[Array, "*t"]) -> Float[Array, "*t"]:
    """The quintic step: 0 for x <= 0, 1 for x >= 1, twice differentiable."""
    x = jnp.clip(x, 0.0, 1.0)
    return x**3 * (10.0 - 15.0 * x + 6.0 * x**2)
