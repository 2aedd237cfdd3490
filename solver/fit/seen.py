"""What a series saw of a run: a column, linear between steps, in a scale that may be unknown.

An unknown scale b and offset a are those of least squares (variable projection, Golub & Pereyra
1973): f becomes a + b f.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

from solver.fit.observed import Observed
from solver.fit.several import of_animal, owner
from solver.observe.instrument import Readings

Rows = Float[Array, " rows"]


def seen_in(whole: Readings, each: Observed) -> Rows:
    """A column at the times of a series; in the scale and offset nearest to it, if unknown."""
    seen = _at(each, whole[times_of(each.sees)], whole[each.sees])
    if not each.scaled:
        return seen
    middle, values = seen - seen.mean(), each.values - each.values.mean()
    return each.values.mean() + middle * ((middle * values).sum() / (middle**2).sum())


def times_of(column: str) -> str:
    """The column of its times, that of the same animal."""
    return of_animal(owner(column)[0], "time_s")


def _at(each: Observed, times: Float[Array, " times"], seen: Float[Array, "times ..."]) -> Rows:
    """A column, or places of an array, at the times of a series, linear between steps."""
    if each.places is None:
        return jnp.interp(each.times, times, seen)
    after = jnp.clip(jnp.searchsorted(times, each.times), 1, len(times) - 1)
    share = (each.times - times[after - 1]) / (times[after] - times[after - 1])
    share = jnp.clip(share, 0.0, 1.0)
    return (1.0 - share) * seen[after - 1, each.places] + share * seen[after, each.places]
