"""A proxy of the electroencephalogram's sigma power, an observer of the signal and never a driver.

Sigma power (10-15 Hz) belongs to NREM sleep and is high where norepinephrine is low
(Osorio-Forero 2021, Kjaerby 2022 [R]). No spindle is simulated; the law is ours [choice]:

    P / P0 = (w_nrem + w_intermediate) exp(-sensitivity n(t - delay))

so that power in decibels falls linearly with the relative norepinephrine n, in antiphase with it
at delay 0. P0 is the power of NREM sleep at the baseline. Time in seconds.
"""

from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float

from solver.observe.instrument import Readings, Ready, on_device
from solver.record import record
from solver.signal.states import STATES
from solver.state import Model, Prepared, State

SPINDLING = tuple(STATES.index(name) for name in ("nrem", "intermediate"))


@record
class SigmaLook:
    """Sigma power of one signal."""

    signal: Any
    sensitivity: float | Float[Array, ""]
    delay: float | Float[Array, ""]

    def __call__(self, state: State, prepared: Prepared) -> Readings:
        """`power_1`, over that of NREM sleep at baseline norepinephrine."""
        time = state.index * prepared.step
        weights = self.signal.states(time)
        asleep = sum((weights[number] for number in SPINDLING), jnp.zeros(()))
        relative = self.signal(time - self.delay)
        return {"power_1": asleep * jnp.exp(-self.sensitivity * relative)}


@record
class Sigma:
    """An electrode that hears sigma power.

    Attributes:
        sensitivity: fall of the natural logarithm of power per unit of relative norepinephrine.
        delay: s, of power after norepinephrine.
    """

    sensitivity: float = 0.5
    delay: float = 0.0

    def prepare(self, name: str, model: Model, prepared: Prepared) -> Ready:
        """Take the model's signal."""
        del name, prepared
        look = SigmaLook(model.signal, self.sensitivity, self.delay)
        return Ready(on_device(look), "sigma power as a proxy: antiphase to norepinephrine in NREM")
