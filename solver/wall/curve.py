"""From filtered norepinephrine `m` to constriction: straight, or saturating, of unit slope at rest.

Units: relative norepinephrine in, out the same scaled by nothing at `m = 0`, so that `wall.gain` is
the slope of the answer at rest whatever the curve. Saturation is what lets a halved oscillation of
norepinephrine keep more than half of its effect (docs/physics.md 1.10).
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

from solver.record import record
from solver.wall.response import check_positive


@record
class Proportional:
    """The answer follows: `y = m`."""

    def __call__(self, filtered: Float[Array, "*t"]) -> Float[Array, "*t"]:
        """What it is given."""
        return filtered


@record
class Tanh:
    """The answer saturates alike both ways: `y = limit tanh(m / limit)`.

    Attributes:
        limit: of relative norepinephrine, beyond which more does nothing.
    """

    limit: float | Float[Array, ""] = 1.0

    def __post_init__(self) -> None:
        """Check plain numbers as they are given; traced values pass."""
        check_positive(self, "wall.curve", "limit")

    def __call__(self, filtered: Float[Array, "*t"]) -> Float[Array, "*t"]:
        """Constriction per unit of gain."""
        return self.limit * jnp.tanh(filtered / self.limit)


@record
class Hill:
    """A dose-response curve: `y = (E(1 + m) - E(1)) / E'(1)`, `E(c) = c^k / (half^k + c^k)`.

    `c = 1 + m` is the concentration over its baseline; below none at all the answer is held.

    Attributes:
        half: concentration of half effect, over the baseline.
        exponent: k, 1 or more.
    """

    half: float | Float[Array, ""] = 1.0
    exponent: float | Float[Array, ""] = 2.0

    def __post_init__(self) -> None:
        """Check plain numbers as they are given; traced values pass."""
        check_positive(self, "wall.curve", "half", "exponent")

    def __call__(self, filtered: Float[Array, "*t"]) -> Float[Array, "*t"]:
        """Constriction per unit of gain."""
        threshold = self.half**self.exponent
        dose = jnp.maximum(1.0 + filtered, 0.0) ** self.exponent
        slope = self.exponent * threshold / (1.0 + threshold) ** 2
        return (dose / (threshold + dose) - 1.0 / (1.0 + threshold)) / slope


Curve = Proportional | Tanh | Hill
