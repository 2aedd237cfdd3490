"""Algebraic multigrid: set up on the host by pyamg, applied in JAX as one symmetric V-cycle.

Vanek, Mandel & Brezina 1996 (smoothed aggregation), with the Chebyshev smoother of Adams, Brezina,
Hu & Tuminaro 2003: on the stretched networks of a perivascular space it takes the condition number
of the cycle from 10 with damped Jacobi to 3. The hierarchy is a tree of arrays, an argument of
whatever uses it. The coarsest level is a small dense inverse of bounded size.

What joins what is read from a skeleton, not from the matrix: matrices of one skeleton have
hierarchies of one shape, whatever their numbers, and one compiled program serves them all.

A matrix that changes in time is known in two states. Between them it is interpolated, on all levels
(`between`): transfers stay those of the first, so that what is linear on the finest level is so on
all, and a coarse matrix is again that of the fine one.
"""

from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
import pyamg
from jaxtyping import Array, Bool, Float
from pyamg.aggregation import standard_aggregation
from pyamg.strength import symmetric_strength_of_connection
from scipy.sparse import coo_array, csr_matrix, diags_array

from solver.algebra.chebyshev import chebyshev
from solver.algebra.draws import same_draws, spectral_radius
from solver.algebra.kept import keep
from solver.algebra.sparse import (
    Pattern,
    cheapest_width,
    fold,
    multiply_scalar,
    multiply_scalar_held,
    unfold,
)
from solver.record import record

COARSEST = 300  # unknowns of the last level
COARSEST_OF_TWO = 100  # where a step has to invert it again: a ninth of the numbers
MOST_LEVELS = 19
STRONG = 0.02  # couplings, over the geometric mean of their diagonals, through which unknowns join
SMOOTHING = 3  # degree of the smoother
SHARE = 1.0 / 12.0  # of the spectrum's upper end from which on it smooths


@record
class Table:
    """A sparse matrix by rows."""

    values: Float[Array, "slots rows"]
    pattern: Pattern


@record
class Change:
    """What a level's matrix would have to gain to be that of the second state.

    Attributes:
        values: in the places of the matrix.
        constant: what the matrix nearly sends to zero.
        keeping: 1 where what becomes of the constant is interpolated too, else 0.
        bound: of the spectrum of the matrix over its diagonal, in the first state (Gershgorin).
    """

    values: Float[Array, "slots rows"]
    constant: Float[Array, " rows"]
    keeping: Float[Array, " rows"]
    bound: Float[Array, ""]


@record
class Level:
    """One level but the coarsest: its matrix, what smooths on it, and transfer to the next."""

    matrix: Table
    inverse: Float[Array, " rows"]
    interval: Float[Array, " two"]
    prolong: Table
    restrict: Table
    change: Change | None


@record
class Coarsest:
    """The last level: its dense matrix, which is no table, and the inverse."""

    matrix: Float[Array, "coarse coarse"]
    inverse: Float[Array, "coarse coarse"]
    change: Change | None


@record
class Hierarchy:
    """Levels from fine to coarse."""

    levels: tuple[Level, ...]
    coarsest: Coarsest


@dataclass(frozen=True)
class Skeleton:
    """A matrix without its numbers.

    Attributes:
        places: positive wherever the matrix may have an entry.
        strength: of the couplings through which unknowns may join, the diagonal their sum.
    """

    places: csr_matrix
    strength: csr_matrix

    def joined(self, aggregates: csr_matrix) -> tuple["Skeleton", csr_matrix]:
        """The skeleton of the next level, and the places of the transfer to it."""
        transfer = csr_matrix(aggregates + self.places @ aggregates)
        beyond = csr_matrix(aggregates.T @ self.strength @ aggregates)
        return Skeleton(csr_matrix(transfer.T @ self.places @ transfer), coupling(beyond)), transfer


def coupling(weights: csr_matrix) -> csr_matrix:
    """Magnitudes off the diagonal, and their sums on it."""
    off = abs(csr_matrix(weights - diags_array(weights.diagonal())))
    return csr_matrix(off + diags_array(np.asarray(off.sum(axis=1)).ravel()))


def table(matrix: csr_matrix, places: csr_matrix | None = None) -> Table:
    """Rows of a scipy matrix, padded with zeros that point to column 0. Host only.

    Args:
        places: positive where the table has to have an entry; by default where the matrix has.
    """
    matrix = csr_matrix(matrix)
    if places is not None:
        matrix = _in_places(matrix, places)
    rows = matrix.shape[0]
    degree = np.diff(matrix.indptr)
    width = cheapest_width(degree)
    longer = np.flatnonzero(degree > width)
    continued = np.full(rows, len(longer), dtype=np.int32)
    continued[longer] = np.arange(len(longer))
    row = np.repeat(np.arange(rows), degree)
    slot = np.arange(matrix.nnz) - matrix.indptr[row]
    row = np.where(slot < width, row, rows + continued[row])
    values = np.zeros((width, rows + len(longer)))
    columns = np.zeros(values.shape, dtype=np.int32)
    values[slot % width, row] = matrix.data
    columns[slot % width, row] = matrix.indices
    pattern = Pattern(*map(jnp.asarray, (columns, continued, longer.astype(np.int32))))
    return Table(jnp.asarray(values), pattern)


def _in_places(matrix: csr_matrix, places: csr_matrix) -> csr_matrix:
    """A matrix with zeros in those of its places that it leaves empty."""
    here, there = matrix.tocoo(), places.tocoo()
    row, column = np.concatenate([here.row, there.row]), np.concatenate([here.col, there.col])
    values = np.concatenate([here.data, np.zeros(there.nnz)])
    whole = csr_matrix(coo_array((values, (row, column)), shape=matrix.shape))
    if whole.nnz > places.nnz:
        raise ValueError("a matrix has entries that its skeleton has no place for")
    return whole


def apply(matrix: Table, x: Float[Array, " columns"]) -> Float[Array, " rows"]:
    """Product with a vector."""
    return multiply_scalar_held(matrix.values, matrix.pattern, x)


@dataclass(frozen=True)
class Second:
    """A matrix in its second state, with entries in the same places.

    Attributes:
        keeping: unknowns at which what becomes of the constant is interpolated too.
    """

    matrix: csr_matrix
    keeping: Bool[np.ndarray, " rows"]


@same_draws
def build_hierarchy(
    matrix: csr_matrix,
    constant: Float[np.ndarray, " rows"] | None = None,
    skeleton: Skeleton | None = None,
    second: Second | None = None,
) -> Hierarchy:
    """Smoothed-aggregation hierarchy of a symmetric positive definite matrix. Host only.

    Args:
        constant: what the matrix nearly sends to zero; ones by default.
        skeleton: places and strength of its entries; by default what the matrix tells of them.
        second: the matrix in a second state, if it changes.
    """
    here = skeleton or Skeleton(csr_matrix(abs(matrix)), coupling(csr_matrix(matrix)))
    strong: list[tuple[str, dict[str, csr_matrix]]] = []
    joins: list[tuple[str, dict[str, csr_matrix]]] = []
    places, transfers = [here.places], []
    most = COARSEST if second is None else COARSEST_OF_TWO
    while here.places.shape[0] > most and len(joins) < MOST_LEVELS:
        strong.append(
            ("predefined", {"C": symmetric_strength_of_connection(here.strength, STRONG)})
        )
        aggregates = csr_matrix(standard_aggregation(strong[-1][1]["C"])[0]).astype(float)
        joins.append(("predefined", {"AggOp": aggregates}))
        here, transfer = here.joined(aggregates)
        places.append(here.places)
        transfers.append(transfer)
    solver = pyamg.smoothed_aggregation_solver(
        csr_matrix(matrix),
        B=None if constant is None else constant[:, None],
        strength=strong or None,
        aggregate=joins or "standard",
        max_levels=len(joins) + 1,
    )
    changes = _changes(solver.levels, places, joins, constant, second)
    levels = []
    for level, place, transfer, change in zip(
        solver.levels, places, transfers, changes, strict=False
    ):
        inverse = 1.0 / level.A.diagonal()
        radius = spectral_radius(diags_array(inverse) @ level.A)
        levels.append(
            Level(
                matrix=table(level.A, place),
                inverse=jnp.asarray(inverse),
                interval=jnp.asarray([SHARE * radius, 1.1 * radius]),
                prolong=table(level.P, transfer),
                restrict=table(level.P.T.tocsr(), csr_matrix(transfer.T)),
                change=change,
            )
        )
    last = solver.levels[-1].A.toarray()
    inverse = np.linalg.pinv(last, hermitian=True)
    coarsest = Coarsest(jnp.asarray(last), jnp.asarray(inverse), changes[-1])
    return Hierarchy(levels=tuple(levels), coarsest=coarsest)


def _changes(
    levels: list,
    places: list[csr_matrix],
    joins: list[tuple[str, dict[str, csr_matrix]]],
    constant: Float[np.ndarray, " rows"] | None,
    second: Second | None,
) -> list[Change | None]:
    """What each level's matrix gains from the first state to the second."""
    if second is None:
        return [None] * len(levels)
    difference, keeping = csr_matrix(second.matrix - levels[0].A), second.keeping
    # pyamg relaxes the finest constant, which lowers it next to ends
    constants = [np.ones(len(keeping)) if constant is None else constant]
    constants += [level.B[:, 0] for level in levels[1:]]
    found: list[Change | None] = []
    for number, level in enumerate(levels):
        last = number == len(levels) - 1
        values = difference.toarray() if last else table(difference, places[number]).values
        bound = (abs(level.A).sum(axis=1).ravel() / level.A.diagonal()).max()
        parts = values, constants[number], keeping.astype(float), bound
        found.append(Change(*map(jnp.asarray, parts)))
        if not last:
            difference = csr_matrix(level.P.T @ difference @ level.P)
            keeping = joins[number][1]["AggOp"].T @ keeping > 0
    return found


def between(hierarchy: Hierarchy, share: Float[Array, " rows"]) -> Hierarchy:
    """The hierarchy of a matrix between its two states.

    Args:
        share: of the second state, unknown by unknown; an entry has the mean of its two. Diagonals
            of unknowns that keep the constant make up for what varies.
    """
    levels = []
    for level in hierarchy.levels:
        if level.change is None:
            return hierarchy
        matrix = _between(level.matrix, level.change, share)
        inverse = 1.0 / _diagonal(matrix)
        rows = fold(jnp.abs(matrix.values).sum(axis=0), matrix.pattern)
        # a smoother that misses the upper end of the spectrum would not be positive
        wider = jnp.maximum(1.0, jnp.max(rows * inverse) / level.change.bound)
        interval = wider * level.interval
        levels.append(replace(level, matrix=matrix, inverse=inverse, interval=interval))
        weight = apply(level.restrict, level.change.constant)
        drawn = apply(level.restrict, share * level.change.constant)
        share = jnp.clip(drawn / weight, share.min(), share.max())
    last = hierarchy.coarsest
    if last.change is None:
        return hierarchy
    constant, values = last.change.constant, last.change.values
    scaled = 0.5 * (share[:, None] + share) * values
    missing = share * (values @ constant) - scaled @ constant
    dense = last.matrix + scaled + jnp.diag(last.change.keeping * missing / constant)
    root = jnp.linalg.cholesky(dense)
    half = jax.scipy.linalg.solve_triangular(root, jnp.eye(share.shape[0]), lower=True)
    coarsest = replace(last, matrix=dense, inverse=keep(half.T @ half))
    return Hierarchy(tuple(levels), coarsest)


def _between(matrix: Table, change: Change, share: Float[Array, " rows"]) -> Table:
    """The matrix of a level between its two states."""
    pattern, constant = matrix.pattern, change.constant
    scaled = 0.5 * (unfold(share, pattern) + share[pattern.columns]) * change.values
    missing = share * multiply_scalar(change.values, pattern, constant)
    missing = missing - multiply_scalar(scaled, pattern, constant)
    missing = unfold(change.keeping * missing / constant, pattern)
    return replace(matrix, values=matrix.values + scaled + _on_diagonal(matrix) * missing)


def _on_diagonal(matrix: Table) -> Float[Array, "slots rows"]:
    """1 in the place of each row's own column, else 0."""
    own = unfold(jnp.arange(matrix.pattern.continued.shape[0]), matrix.pattern)
    return jnp.where((matrix.pattern.columns == own) & (matrix.values != 0), 1.0, 0.0)


def _diagonal(matrix: Table) -> Float[Array, " rows"]:
    """The diagonal."""
    return fold((_on_diagonal(matrix) * matrix.values).sum(axis=0), matrix.pattern)


def smooth(level: Level, residual: Float[Array, " rows"]) -> Float[Array, " rows"]:
    """Correction that takes the upper end of the spectrum out of a residual."""
    return chebyshev(
        lambda x: apply(level.matrix, x),
        lambda x: level.inverse * x,
        level.interval,
        residual,
        SMOOTHING,
    )


def v_cycle(hierarchy: Hierarchy, residual: Float[Array, " rows"]) -> Float[Array, " rows"]:
    """One symmetric V-cycle from a zero guess, smoothed before and after."""
    smoothed, residuals = [], []
    for level in hierarchy.levels:
        x = smooth(level, residual)
        smoothed.append(x)
        residuals.append(residual)
        residual = apply(level.restrict, residual - apply(level.matrix, x))
    correction = hierarchy.coarsest.inverse @ residual
    for level, x, right in zip(
        reversed(hierarchy.levels), reversed(smoothed), reversed(residuals), strict=True
    ):
        x = x + apply(level.prolong, correction)
        correction = x + smooth(level, right - apply(level.matrix, x))
    return correction
