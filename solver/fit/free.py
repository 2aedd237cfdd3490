"""A number that a fit frees: where it starts, between which bounds, and what was known before.

The fit moves a coordinate z without bounds; the value in SI is

    above      low + exp(z)                      of a number with a lower bound alone
    between    low + (high - low) s(z)           s(z) = 1 / (1 + exp(-z))
    decades    low (high / low)^s(z)             bounds ten times apart, or more
    anywhere   unit z
"""

import math
from typing import Any, Literal

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from meshes.errors import InputError
from solver.record import record, static

Scale = Literal["above", "between", "decades", "anywhere"]
Number = float | Float[Array, ""]
WIDE = 10.0  # ratio of bounds from which the scale is logarithmic [choice]


@record
class Normal:
    """Known before as `mean` with standard `deviation`, SI."""

    mean: float
    deviation: float

    def residual(self, value: Number) -> Float[Array, ""]:
        """How far a value lies from what was known, in standard deviations."""
        return jnp.asarray((value - self.mean) / self.deviation)


@record
class Lognormal:
    """Known before as `median`, SI, to a `factor`: 68 % lie between it over and times that."""

    median: float
    factor: float

    def residual(self, value: Number) -> Float[Array, ""]:
        """How far a value lies from what was known, in standard deviations."""
        return jnp.log(value / self.median) / jnp.log(self.factor)


Prior = Normal | Lognormal


@record
class Free:
    """A freed number.

    Attributes:
        name: as `wall.gain`.
        start: where the fit begins; `low`, `high`: bounds; SI.
        prior: what was known before, if anything.
        unit: of the coordinate on the scale `anywhere`, SI.
        scale: of the coordinate.
        leaves: of the model that it sets: the one of its name, or one of each animal.
    """

    name: str = static()
    start: float
    low: float
    high: float
    prior: Prior | None
    unit: float
    scale: Scale = static()
    leaves: tuple[str, ...] = static()

    def value(self, z: Number) -> Float[Array, ""]:
        """The number at a coordinate, SI."""
        if self.scale == "anywhere":
            return jnp.asarray(self.unit * z)
        if self.scale == "above":
            return self.low + jnp.exp(z)
        share = jax.nn.sigmoid(jnp.asarray(z))
        if self.scale == "between":
            return self.low + (self.high - self.low) * share
        return jnp.asarray(self.low * (self.high / self.low) ** share)

    def coordinate(self, value: Number) -> Float[Array, ""]:
        """The coordinate of a number between the bounds."""
        if self.scale == "anywhere":
            return jnp.asarray(value / self.unit)
        if self.scale == "above":
            return jnp.log(value - self.low)
        if self.scale == "between":
            return jax.scipy.special.logit((value - self.low) / (self.high - self.low))
        ratio = jnp.log(value / self.low) / jnp.log(self.high / self.low)
        return jax.scipy.special.logit(ratio)


def free_number(name: str, found: float, given: Any = None, leaves: tuple[str, ...] = ()) -> Free:
    """A freed number from what a user gives: start, low, high, prior; all may be left out.

    Without bounds a positive number stays positive.

    Args:
        name: of the number.
        found: its value in the model, where the fit starts unless told otherwise.
        given: `start`, `low`, `high` in SI, and `prior`: {mean, deviation} or {median, factor}.
        leaves: that it sets; none: the one of its name.

    Raises:
        InputError: a key or number that cannot be, a start or prior outside the bounds.
    """
    if not isinstance(given, dict | None):
        shown = "{low: 0.02, high: 0.3}"
        raise InputError(f"free.{name} is {given!r}; give bounds, as in {shown}, or {{}}")
    given = dict(given or {})
    prior = _prior(name, given.pop("prior", None))
    unknown = set(given) - {"start", "low", "high"}
    if unknown:
        raise InputError(
            f"free.{name}: no key {sorted(unknown)[0]!r}; give start, low, high or prior"
        )
    for key, number in given.items():
        if isinstance(number, bool) or not isinstance(number, int | float) or math.isnan(number):
            raise InputError(f"free.{name}.{key} is {number!r}; give a number")
    start = float(given.get("start", found))
    if not math.isfinite(start):
        raise InputError(f"{name} is {start}; give free.{name}.start, a finite number")
    low = float(given.get("low", 0.0 if start > 0 else -math.inf))
    high = float(given.get("high", math.inf))
    if math.isinf(low) and math.isfinite(high):
        raise InputError(f"free.{name} has high = {high:g} alone; give low too")
    if not low < start < high:
        raise InputError(
            f"{name} would start at {start:g}, not between its bounds {low:g} and {high:g}; give "
            f"free.{name}.start or other bounds"
        )
    centre = None if prior is None else prior.mean if isinstance(prior, Normal) else prior.median
    if centre is not None and not low <= centre <= high:
        raise InputError(
            f"free.{name}.prior lies at {centre:g}, outside the bounds {low:g} to {high:g}; "
            "change one of them"
        )
    unit, scale = abs(start) or 1.0, _scale(low, high)
    return Free(name, start, low, high, prior, unit, scale, leaves or (name,))


def _scale(low: float, high: float) -> Scale:
    if math.isinf(low):
        return "anywhere"
    if math.isinf(high):
        return "above"
    return "decades" if low > 0 and high >= WIDE * low else "between"


def _prior(name: str, given: Any) -> Prior | None:
    """The prior that two numbers describe."""
    if given is None:
        return None
    shown = f"free.{name}.prior is {given!r}; give {{mean, deviation}} or {{median, factor}}"
    if not isinstance(given, dict):
        raise InputError(shown)
    numbers = {key: value for key, value in given.items() if isinstance(value, int | float)}
    if numbers.keys() == {"mean", "deviation"} and numbers["deviation"] > 0:
        return Normal(float(numbers["mean"]), float(numbers["deviation"]))
    if numbers.keys() == {"median", "factor"} and numbers["median"] > 0 and numbers["factor"] > 1:
        return Lognormal(float(numbers["median"]), float(numbers["factor"]))
    raise InputError(f"{shown}, with deviation > 0, or median > 0 and factor > 1")
