"""Sparse sums and products by gathering, in structure-of-arrays layout.

The last axis of every array runs over vertices (or edges, cells), so that each slot of a padded row
is one contiguous vector: on a CPU this form is vectorised and fused, on a GPU its loads coalesce.
Nothing scatters. Padded entries point one past the end, where a zero stands.

    y[:, i] = sum_k blocks[k, :, :, i] @ x[:, neighbours[k, i]]
"""

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float, Int

UNROLL = 5


def incidence(targets: Int[np.ndarray, " items"], count: int) -> Int[np.ndarray, "width count"]:
    """List, for each of `count` targets, the items that name it; padded with `len(targets)`.

    Host only. The inverse of a many-to-one map: `gather_sum(values, incidence(targets, count))`
    is what a scatter-add of `values` to `targets` would give.
    """
    items = len(targets)
    order = np.argsort(targets, kind="stable")
    ordered = targets[order]
    degree = np.bincount(targets, minlength=count)
    start = np.concatenate([[0], np.cumsum(degree)[:-1]])
    table = np.full((max(int(degree.max(initial=0)), 1), count), items, dtype=np.int32)
    table[np.arange(items) - start[ordered], ordered] = order
    return table


def pad(values: Float[Array, "*axes items"]) -> Float[Array, "*axes padded"]:
    """Append the zero that padded entries point to."""
    return jnp.concatenate([values, jnp.zeros((*values.shape[:-1], 1), values.dtype)], axis=-1)


def take(values: Float[Array, "*axes items"], index: Int[Array, " n"]) -> Float[Array, "*axes n"]:
    """Values at an index that may point to the padding zero."""
    return pad(values)[..., index]


def materialise(x: Array) -> Array:
    """Compute once, here: keeps XLA from fusing a producer into a gather and repeating it."""
    return lax.optimization_barrier(x)


def gather_sum(
    values: Float[Array, "*axes items"], table: Int[Array, "width n"]
) -> Float[Array, "*axes n"]:
    """Sum, for each target, the values of the items that `incidence` lists for it."""
    padded = materialise(pad(values))

    def add(total: Array, row: Array) -> tuple[Array, None]:
        return total + padded[..., row], None

    return _accumulate(add, padded[..., table[0]], table[1:])


def multiply(
    blocks: Float[Array, "slots rows columns n"],
    neighbours: Int[Array, "slots n"],
    x: Float[Array, "columns n"],
) -> Float[Array, "rows n"]:
    """Product of a block-sparse matrix with a vector, slot by slot."""
    _, rows, columns, n = blocks.shape
    x = materialise(x)

    def add(total: Array, slot: tuple[Array, Array]) -> tuple[Array, None]:
        block, neighbour = slot
        gathered = x[:, neighbour]
        image = [
            sum(block[row, column] * gathered[column] for column in range(columns))
            for row in range(rows)
        ]
        return total + jnp.stack(image), None

    return _accumulate(add, jnp.zeros((rows, n), x.dtype), (blocks, neighbours))


def multiply_scalar(
    values: Float[Array, "slots n"], neighbours: Int[Array, "slots n"], x: Float[Array, " m"]
) -> Float[Array, " n"]:
    """Product of a scalar sparse matrix with a vector; the matrix need not be square."""
    x = materialise(x)

    def add(total: Array, slot: tuple[Array, Array]) -> tuple[Array, None]:
        value, neighbour = slot
        return total + value * x[neighbour], None

    return _accumulate(add, jnp.zeros(values.shape[1], x.dtype), (values, neighbours))


def _accumulate(add: Callable, start: Array, slots: Any) -> Array:
    """Sum over slots in a loop unrolled a little: as fast as unrolled whole, quick to compile."""
    return materialise(lax.scan(add, start, slots, unroll=UNROLL)[0])
