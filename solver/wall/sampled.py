"""A smooth function of time kept on a uniform grid: the cubic through its values and slopes.

Units: seconds; values of any unit, slopes of that unit per second.
"""

import math
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from solver.record import record, static

FEWEST = 4096  # samples of a response that was made longer: an hour, at one a second


def grid(until: float, spacing: float, history: float) -> Float[Array, " grid"]:
    """Times `spacing` (s) apart from `-history` to `until` (s) or just after it."""
    steps = math.ceil((until + history) / spacing)
    return -history + spacing * jnp.arange(steps + 1, dtype=float)


@record
class Sampled:
    """Values and slopes on a grid, to be read at any time.

    Attributes:
        values: on the grid; `slopes`: their derivative there, per second.
        start: s, of the grid's first time; `spacing`: s, between its times.
    """

    values: Float[Array, " grid"]
    slopes: Float[Array, " grid"]
    start: float = static()
    spacing: float = static()

    def __call__(self, time: Float[Array, "*t"]) -> Float[Array, "*t"]:
        """The value at `time` (s); held before the grid and after it."""
        last = self.values.shape[0] - 1
        place = jnp.clip((time - self.start) / self.spacing, 0.0, float(last))
        floor = jnp.minimum(jnp.floor(place), last - 1.0)
        left, x = floor.astype(int), place - floor
        y0, y1 = self.values[left], self.values[left + 1]
        d0, d1 = self.spacing * self.slopes[left], self.spacing * self.slopes[left + 1]
        return (
            y0 * (1.0 + 2.0 * x) * (1.0 - x) ** 2
            + d0 * x * (1.0 - x) ** 2
            + y1 * x**2 * (3.0 - 2.0 * x)
            + d1 * x**2 * (x - 1.0)
        )

    def bounds(self) -> tuple[Float[Array, ""], Float[Array, ""]]:
        """Two numbers that hold every value: the cubics stay among their control points."""
        third = self.spacing / 3.0
        after = self.values[:-1] + third * self.slopes[:-1]
        before = self.values[1:] - third * self.slopes[1:]
        points = jnp.concatenate([self.values, after, before])
        return jnp.min(points), jnp.max(points)

    def longer(self) -> "Sampled":
        """The same with its last value held until their number is a power of two."""
        count = self.values.shape[0]
        more = max(FEWEST, 1 << (count - 1).bit_length()) - count
        return replace(
            self,
            values=jnp.pad(self.values, (0, more), mode="edge"),
            slopes=jnp.pad(self.slopes, (0, more)),
        )


def longer(response: Any) -> Any:
    """A response that is the same until the end of its run, in arrays of a few lengths only.

    Programs are compiled for the lengths of arrays: so runs of many lengths share one.
    """
    sampled = lambda part: isinstance(part, Sampled)  # noqa: E731
    return jax.tree.map(
        lambda part: part.longer() if sampled(part) else part, response, is_leaf=sampled
    )
