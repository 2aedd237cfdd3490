"""Warm starts: the combination of remembered solutions that leaves the smallest residual.

Vasomotion is nearly periodic, so what helps most is the solution at the same phase of the last
cycle, next to the last few steps. A ring of solutions covers both. A guess is never differentiated;
where solutions are, the tangent of their ring is a ring of tangents and its cotangent one of
adjoints, which a reverse pass fills from the last step to the first and looks `ahead` in.
"""

from collections.abc import Callable
from functools import reduce
from operator import add
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from solver.record import record

Vector = Any
RECENT = 3  # last steps
AROUND = 4  # steps of the last cycle, from one before the phase to two after it
TRUNCATION = 1e-13


@record
class Memory:
    """A ring of solutions, one per step.

    Attributes:
        solutions: tree of arrays whose first axis runs over the ring; zeros where unwritten.
        count: how many solutions have been written since the start.
    """

    solutions: Vector
    count: Int[Array, ""]


def empty(like: Vector, length: int) -> Memory:
    """An empty ring for solutions like the one given (arrays or their shapes)."""
    ring = jax.tree.map(lambda x: jnp.zeros((length, *x.shape), x.dtype), like)
    return Memory(solutions=ring, count=jnp.zeros((), jnp.int32))


def remember(memory: Memory, solution: Vector) -> Memory:
    """Write a solution over the oldest."""
    length = jax.tree.leaves(memory.solutions)[0].shape[0]
    place = memory.count % length
    ring = jax.tree.map(lambda kept, new: kept.at[place].set(new), memory.solutions, solution)
    return Memory(solutions=ring, count=memory.count + 1)


def recall(
    memory: Memory,
    operator: Callable[[Vector], Vector],
    right: Vector,
    weigh: Callable[[Vector], Vector],
    ahead: bool = False,
) -> Vector:
    """The guess of least residual in the span of the last few steps and of the last cycle's phase.

    Args:
        weigh: symmetric positive operator whose norm measures the residual.
        ahead: whether the ring was filled by the steps to come, not by those past.
    """
    length = jax.tree.leaves(memory.solutions)[0].shape[0]
    back = [*range(1, min(RECENT, length) + 1)]
    back += [age for age in range(length, length - AROUND, -1) if age > RECENT]
    places = (memory.count + (1 if ahead else -1) * jnp.asarray(back)) % length
    basis = jax.tree.map(lambda ring: ring[places], memory.solutions)
    images = jax.vmap(operator)(basis)  # matrices are read once for all of them
    weighed = jax.vmap(weigh)(images)
    gram, load = (
        _products(images, weighed),
        _products(jax.tree.map(lambda r: r[None], right), weighed),
    )
    size = jnp.sqrt(jnp.maximum(jnp.diagonal(gram), 0.0))
    inverse = jnp.where(size > 0, 1.0 / jnp.where(size > 0, size, 1.0), 0.0)
    values, vectors = jnp.linalg.eigh(gram * inverse[:, None] * inverse[None])
    keep = values > TRUNCATION * jnp.maximum(values[-1], 0.0)
    share = jnp.where(keep, (vectors.T @ (load[0] * inverse)) / jnp.where(keep, values, 1.0), 0.0)
    weights: Float[Array, " basis"] = (vectors @ share) * inverse
    return jax.tree.map(lambda x: jnp.tensordot(weights, x, axes=1), basis)


def _products(x: Vector, y: Vector) -> Float[Array, "a b"]:
    """Inner products of every member of one batch of vectors with every member of another."""
    flat = jax.tree.map(lambda a, b: a.reshape(a.shape[0], -1) @ b.reshape(b.shape[0], -1).T, x, y)
    return reduce(add, jax.tree.leaves(flat))
