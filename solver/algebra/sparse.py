"""Sparse sums and products by gathering, in structure-of-arrays layout.

The last axis of every array runs over vertices (or edges, cells), so that each slot of a padded row
is one contiguous vector: on a CPU this form is vectorised and fused, on a GPU its loads coalesce.
Nothing scatters. Padded entries point one past the end, where a zero stands.

    y[:, i] = sum_k blocks[k, :, :, i] @ x[:, neighbours[k, i]]
"""

import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float, Int


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
    total = padded[..., table[0]]
    for row in table[1:]:
        total = total + padded[..., row]
    return total


def multiply(
    blocks: Float[Array, "slots rows columns n"],
    neighbours: Int[Array, "slots n"],
    x: Float[Array, "columns n"],
) -> Float[Array, "rows n"]:
    """Product of a block-sparse matrix with a vector; unrolled over slots and block entries."""
    slots, rows, columns, _ = blocks.shape
    gathered = materialise(x)[:, neighbours]
    product = jnp.stack(
        [
            sum(
                blocks[slot, row, column] * gathered[column, slot]
                for slot in range(slots)
                for column in range(columns)
            )
            for row in range(rows)
        ]
    )
    return materialise(product)


def multiply_scalar(
    values: Float[Array, "slots n"], neighbours: Int[Array, "slots n"], x: Float[Array, " m"]
) -> Float[Array, " n"]:
    """Product of a scalar sparse matrix with a vector; the matrix need not be square."""
    gathered = materialise(x)[neighbours]
    total = values[0] * gathered[0]
    for slot in range(1, values.shape[0]):
        total = total + values[slot] * gathered[slot]
    return materialise(total)
