"""Sparse sums and products by gathering, in structure-of-arrays layout.

The last axis of every array runs over vertices (or edges, cells), so that each slot of a padded row
is one contiguous vector: on a CPU this form is vectorised and fused, on a GPU its loads coalesce.
Nothing scatters, nor does what a reverse pass makes of it where tables are told both ways: an
`Incidence`, members and slots, a `Pattern`. Padded entries point one past the end, where a zero
stands.

    y[:, i] = sum_k blocks[k, :, :, i] @ x[:, neighbours[k, i]]
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.custom_batching import custom_vmap
from jaxtyping import Array, Float, Int

from solver.algebra.linear import with_transpose
from solver.record import record


@record
class Incidence:
    """Which items belong to which targets, told both ways.

    Attributes:
        items: those of each target; padded with the number of items.
        targets: those of each item; padded with the number of targets. Where items stand in rows
            (the corners of cells), a one and the rows come before an axis over those of a row.
    """

    items: Int[Array, "width targets"]
    targets: Int[Array, "depth items"] | Int[Array, "one rows of_row"]


def members_of(targets: Int[np.ndarray, " items"], count: int) -> Int[np.ndarray, "width count"]:
    """List, for each of `count` targets, the items that name it; padded with `len(targets)`.

    Host only. The inverse of a many-to-one map: `gather_sum(values, members_of(targets, count))`
    is what a scatter-add of `values` to `targets` would give. Targets of `count` are nobody's.
    """
    targets = np.where(targets < count, targets, count)
    items = len(targets)
    order = np.argsort(targets, kind="stable")
    ordered = targets[order]
    order, ordered = order[ordered < count], ordered[ordered < count]
    degree = np.bincount(ordered, minlength=count)
    start = np.concatenate([[0], np.cumsum(degree)[:-1]])
    table = np.full((max(int(degree.max(initial=0)), 1), count), items, dtype=np.int32)
    table[np.arange(len(order)) - start[ordered], ordered] = order
    return table


def pad(values: Float[Array, "*axes items"]) -> Float[Array, "*axes padded"]:
    """Append the zero that padded entries point to."""
    return jnp.concatenate([values, jnp.zeros((*values.shape[:-1], 1), values.dtype)], axis=-1)


def take(values: Float[Array, "*axes items"], index: Int[Array, " n"]) -> Float[Array, "*axes n"]:
    """Values at an index that may point to the padding zero."""
    return pad(values)[..., index]


def materialise(x: Array) -> Array:
    """Compute once, here: keeps XLA from fusing a producer into a gather and repeating it.

    What is constant stays so to derivatives, which a barrier alone would give a tangent of zeros.
    """
    return _materialise(x)


_materialise = with_transpose(lax.optimization_barrier, lax.optimization_barrier)


def gather_sum(
    values: Float[Array, "*axes items"],
    table: Int[Array, "width n"] | Int[Array, "one rows of_row"],
) -> Float[Array, "*axes n"]:
    """Sum, for each target, the values of the items that a table lists for it.

    Of a table in rows one row is gathered after the other: what a loop gathers from is computed
    before it, where a gather alone, of every value several times, would compute it as often.
    """
    padded = materialise(pad(values))
    if table.ndim == 3:
        found = lax.scan(lambda _, row: (None, padded[..., row]), None, table[0])[1]
        return materialise(jnp.moveaxis(found, 0, -2).reshape(*values.shape[:-1], -1))
    if table.shape[0] == 1:
        return padded[..., table[0]]

    def add(total: Array, row: Array) -> tuple[Array, None]:
        return total + padded[..., row], None

    return _accumulate(add, padded[..., table[0]], table[1:])


_gather = with_transpose(
    lambda values, items, targets: gather_sum(values, items),
    lambda sums, items, targets: gather_sum(sums, targets),
)


def _of_members(values: Array, members: Array, _: Array) -> Array:
    return values[..., members]


def _at_members(values: Array, _: Array, slot: Array) -> Array:
    return take(values, slot)


_pick = with_transpose(_of_members, _at_members)
_put = with_transpose(_at_members, _of_members)


def gather(
    values: Float[Array, "*axes items"], incidence: Incidence
) -> Float[Array, "*axes targets"]:
    """Sum, for each target, the values of its items; the transpose gathers them back."""
    return _gather(values, incidence.items, incidence.targets)


def pick(
    values: Float[Array, "*axes items"], members: Int[Array, " n"], slot: Int[Array, " items"]
) -> Float[Array, "*axes n"]:
    """Values of some members.

    Args:
        slot: position of each item among the members; padded with their number.
    """
    return _pick(values, members, slot)


def put(
    values: Float[Array, "*axes n"], members: Int[Array, " n"], slot: Int[Array, " items"]
) -> Float[Array, "*axes items"]:
    """Values of some members at their places among all, zero elsewhere; arguments as in `pick`."""
    return _put(values, members, slot)


@record
class Pattern:
    """Where the entries of a sparse matrix's rows stand.

    Few rows are much longer than the rest (the poles of a junction); rather than pad all rows to
    their length, their entries continue in further rows below the last.

    Attributes:
        columns: column of each entry; padded entries name any column and hold zero.
        continued: for each row, which of the further rows continues it; padded with their number.
        owners: the row that each further row continues.
    """

    columns: Int[Array, "slots rows"]
    continued: Int[Array, " n"]
    owners: Int[Array, " further"]


def cheapest_width(degree: Int[np.ndarray, " rows"]) -> int:
    """Slots of a padded table whose longer rows continue below the last. Host only.

    Args:
        degree: entries of each row; none may need more than two.
    """
    longest = max(int(degree.max(initial=0)), 1)
    widths = np.arange((longest + 1) // 2, longest + 1)
    return int(widths[np.argmin([w * (len(degree) + (degree > w).sum()) for w in widths])])


def fold(rows: Float[Array, "*axes rows"], pattern: Pattern) -> Float[Array, "*axes n"]:
    """Add what stands in further rows to the rows they continue."""
    return _fold(rows, pattern.continued, pattern.owners)


def _folded(rows: Array, continued: Array, _: Array) -> Array:
    count = continued.shape[0]
    return rows[..., :count] + take(rows[..., count:], continued)


def _unfolded(sums: Array, _: Array, owners: Array) -> Array:
    return jnp.concatenate([sums, sums[..., owners]], axis=-1)


def unfold(sums: Float[Array, "*axes n"], pattern: Pattern) -> Float[Array, "*axes rows"]:
    """The transpose of `fold`: what rows have, further rows below the last have as well."""
    return _unfold(sums, pattern.continued, pattern.owners)


_fold = with_transpose(_folded, _unfolded)
_unfold = with_transpose(_unfolded, _folded)


def with_diagonal(
    rows: Float[Array, "slots *axes rows"], diagonal: Float[Array, "*axes n"]
) -> Float[Array, "more *axes rows"]:
    """Append the diagonal as a last slot; its columns are those of `including_diagonal`."""
    width = [(0, 0)] * (diagonal.ndim - 1) + [(0, rows.shape[-1] - diagonal.shape[-1])]
    return jnp.concatenate([rows, jnp.pad(diagonal, width)[None]])


def including_diagonal(pattern: Pattern) -> Pattern:
    """The pattern with each row's own column in a last slot."""
    count, rows = pattern.continued.shape[0], pattern.columns.shape[1]
    own = jnp.where(jnp.arange(rows) < count, jnp.arange(rows), 0).astype(pattern.columns.dtype)
    return replace(pattern, columns=jnp.concatenate([pattern.columns, own[None]]))


def multiply(
    blocks: Float[Array, "slots i j rows"], pattern: Pattern, x: Float[Array, "j m"]
) -> Float[Array, "i n"]:
    """Product of a block-sparse matrix with a vector, slot by slot."""
    _, height, width, rows = blocks.shape
    x = materialise(x)

    def add(total: Array, slot: tuple[Array, Array]) -> tuple[Array, None]:
        block, column = slot
        gathered = x[:, column]
        # column by column: row by row, put together again, takes twice as long
        for j in range(width):
            total = total + block[:, j] * gathered[j]
        return total, None

    start = jnp.zeros((height, rows), x.dtype)
    return materialise(fold(_accumulate(add, start, (blocks, pattern.columns)), pattern))


def multiply_scalar(
    values: Float[Array, "slots rows"], pattern: Pattern, x: Float[Array, " m"]
) -> Float[Array, " n"]:
    """Product of a scalar sparse matrix with a vector; the matrix need not be square."""
    x = materialise(x)

    def add(total: Array, slot: tuple[Array, Array]) -> tuple[Array, None]:
        value, column = slot
        return total + value * x[column], None

    start = jnp.zeros(values.shape[1], x.dtype)
    return materialise(fold(_accumulate(add, start, (values, pattern.columns)), pattern))


@custom_vmap
def multiply_held(
    blocks: Float[Array, "slots i j rows"], pattern: Pattern, x: Float[Array, "j m"]
) -> Float[Array, "i n"]:
    """`multiply` where nobody differentiates it, as inside a solve: a batch of vectors (tangents)
    reads the matrix once, at 0.4 of the time of one after the other on a CPU.
    """
    return multiply(blocks, pattern, x)


@custom_vmap
def multiply_scalar_held(
    values: Float[Array, "slots rows"], pattern: Pattern, x: Float[Array, " m"]
) -> Float[Array, " n"]:
    """`multiply_scalar` where nobody differentiates it; batches as in `multiply_held`."""
    return multiply_scalar(values, pattern, x)


@multiply_held.def_vmap
def _multiply_batch(_: int, batched: Any, blocks: Array, pattern: Pattern, x: Array) -> tuple:
    if any(jax.tree.leaves(batched[:2])):
        axes = jax.tree.map(lambda one: 0 if one else None, tuple(batched))
        return jax.vmap(multiply, in_axes=axes)(blocks, pattern, x), True
    x = materialise(jnp.moveaxis(x, 0, -1))

    def add(total: Array, slot: tuple[Array, Array]) -> tuple[Array, None]:
        block, column = slot
        gathered = x[:, column]
        for j in range(blocks.shape[2]):
            total = total + block[:, j, :, None] * gathered[j]
        return total, None

    start = jnp.zeros((blocks.shape[1], blocks.shape[3], x.shape[-1]), x.dtype)
    rows = _accumulate(add, start, (blocks, pattern.columns))
    return materialise(fold(jnp.moveaxis(rows, -1, 0), pattern)), True


@multiply_scalar_held.def_vmap
def _scalar_batch(_: int, batched: Any, values: Array, pattern: Pattern, x: Array) -> tuple:
    if any(jax.tree.leaves(batched[:2])):
        axes = jax.tree.map(lambda one: 0 if one else None, tuple(batched))
        return jax.vmap(multiply_scalar, in_axes=axes)(values, pattern, x), True
    x = materialise(x.T)

    def add(total: Array, slot: tuple[Array, Array]) -> tuple[Array, None]:
        value, column = slot
        return total + value[:, None] * x[column], None

    start = jnp.zeros((values.shape[1], x.shape[1]), x.dtype)
    rows = _accumulate(add, start, (values, pattern.columns))
    return materialise(fold(rows.T, pattern)), True


def _accumulate(add: Callable, start: Array, slots: Any) -> Array:
    """Sum over slots in a loop: as fast as unrolled on a CPU and ten times quicker to compile."""
    return materialise(lax.scan(add, start, slots)[0])
