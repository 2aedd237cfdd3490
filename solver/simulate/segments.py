"""Many steps, of whose states a reverse pass holds about twice the square root of their number.

A step that is recomputed takes the solutions of its systems as they were kept, and assembles anew:
it solves nothing again, and what took a search is not looked for again (`solver.algebra.kept`).
Steps are checkpointed in segments of sqrt(n): the reverse pass keeps the state at the start of each
segment, then state and solutions of each step of one segment, so that a run of many steps is solved
twice before its adjoints (Chen et al. 2016, arXiv 1604.06174). Runs of few steps keep state and
solutions of all, and are solved once.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import jax
import jax.numpy as jnp

from solver.algebra.kept import kept

T = TypeVar("T")
S = TypeVar("S")
FEW = 256  # steps that are kept: as much as the rings of solutions at the starts of 16 segments


def divided(steps: int, few: int = FEW) -> tuple[int, int]:
    """How many segments some steps make, and steps of each."""
    length = steps if steps <= few else math.isqrt(steps)
    return math.ceil(steps / max(length, 1)), length


def in_segments(
    once: Callable[[T], tuple[T, S]], state: T, steps: int, few: int = FEW
) -> tuple[T, S]:
    """The state after some steps, and what each gave, stacked."""

    @partial(jax.checkpoint, policy=kept)
    def one(state: T, index: jax.Array) -> tuple[T, S]:
        return once(state)

    count, length = divided(steps, few)
    if count == 1:
        return jax.lax.scan(one, state, jnp.arange(steps))

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
