"""Many steps, of whose states a reverse pass holds about twice the square root of their number.

Steps are checkpointed in segments of sqrt(n): the reverse pass keeps the state at the start of each
segment, then of each step of one segment, and recomputes a step twice (Chen et al. 2016, arXiv
1604.06174). Runs of few steps keep every state and recompute a step once.
"""

import math
from collections.abc import Callable
from typing import TypeVar

import jax
import jax.numpy as jnp

T = TypeVar("T")
S = TypeVar("S")
FEW = 64  # steps, up to which every state is kept [choice]


def in_segments(
    once: Callable[[T], tuple[T, S]], state: T, steps: int, few: int = FEW
) -> tuple[T, S]:
    """The state after some steps, and what each gave, stacked."""

    @jax.checkpoint
    def one(state: T, index: jax.Array) -> tuple[T, S]:
        return once(state)

    if steps <= few:
        return jax.lax.scan(one, state, jnp.arange(steps))

    length = math.isqrt(steps)
    count = math.ceil(steps / length)
    if count * length > steps:  # the last segment is filled up with idle steps
        one = _until(steps, one)

    @jax.checkpoint
    def segment(state: T, indices: jax.Array) -> tuple[T, S]:
        return jax.lax.scan(one, state, indices)

    indices = jnp.arange(count * length).reshape(count, length)
    state, found = jax.lax.scan(segment, state, indices)
    return state, jax.tree.map(lambda x: x.reshape(-1, *x.shape[2:])[:steps], found)


def _until(steps: int, one: Callable[[T, jax.Array], tuple[T, S]]) -> Callable:
    """A step that does nothing from a number of them on."""

    def maybe(state: T, index: jax.Array) -> tuple[T, S]:
        shapes = jax.eval_shape(one, state, index)[1]

        def idle(state: T, _: jax.Array) -> tuple[T, S]:
            return state, jax.tree.map(lambda x: jnp.zeros(x.shape, x.dtype), shapes)

        return jax.lax.cond(index < steps, one, idle, state, index)

    return maybe
