"""Algebraic multigrid: set up on the host by pyamg, applied in JAX as one symmetric V-cycle.

Vanek, Mandel & Brezina 1996 (smoothed aggregation), with the Chebyshev smoother of Adams, Brezina,
Hu & Tuminaro 2003: on the stretched networks of a perivascular space it takes the condition number
of the cycle from 10 with damped Jacobi to 3. The hierarchy is a tree of arrays, an argument of
whatever uses it. The coarsest level is a small dense inverse of bounded size.
"""

import jax.numpy as jnp
import numpy as np
import pyamg
from jaxtyping import Array, Float
from scipy.sparse import csr_matrix, diags_array

from solver.algebra.chebyshev import chebyshev
from solver.algebra.draws import same_draws, spectral_radius
from solver.algebra.sparse import Pattern, cheapest_width, multiply_scalar_held
from solver.record import record

COARSEST = 300
SMOOTHING = 4  # degree of the smoother
SHARE = 1.0 / 20.0  # of the spectrum's upper end from which on it smooths


@record
class Table:
    """A sparse matrix by rows."""

    values: Float[Array, "slots rows"]
    pattern: Pattern


@record
class Level:
    """One level but the coarsest: its matrix, what smooths on it, and transfer to the next."""

    matrix: Table
    inverse: Float[Array, " rows"]
    interval: Float[Array, " two"]
    prolong: Table
    restrict: Table


@record
class Hierarchy:
    """Levels from fine to coarse and the dense inverse of the coarsest."""

    levels: tuple[Level, ...]
    coarsest: Float[Array, "coarse coarse"]


def table(matrix: csr_matrix) -> Table:
    """Rows of a scipy matrix, padded with zeros that point to column 0. Host only."""
    matrix = csr_matrix(matrix)
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
    return Table(jnp.asarray(values), Pattern(jnp.asarray(columns), jnp.asarray(continued)))


def apply(matrix: Table, x: Float[Array, " columns"]) -> Float[Array, " rows"]:
    """Product with a vector."""
    return multiply_scalar_held(matrix.values, matrix.pattern, x)


@same_draws
def build_hierarchy(
    matrix: csr_matrix, constant: Float[np.ndarray, " rows"] | None = None
) -> Hierarchy:
    """Smoothed-aggregation hierarchy of a symmetric positive definite matrix. Host only.

    Args:
        constant: what the matrix nearly sends to zero; ones by default.
    """
    solver = pyamg.smoothed_aggregation_solver(
        csr_matrix(matrix),
        B=None if constant is None else constant[:, None],
        strength=("symmetric", {"theta": 0.02}),
        max_coarse=COARSEST,
        max_levels=20,
    )
    levels = []
    for level in solver.levels[:-1]:
        inverse = 1.0 / level.A.diagonal()
        radius = spectral_radius(diags_array(inverse) @ level.A)
        levels.append(
            Level(
                matrix=table(level.A),
                inverse=jnp.asarray(inverse),
                interval=jnp.asarray([SHARE * radius, 1.1 * radius]),
                prolong=table(level.P),
                restrict=table(level.P.T.tocsr()),
            )
        )
    coarsest = np.linalg.pinv(solver.levels[-1].A.toarray(), hermitian=True)
    return Hierarchy(levels=tuple(levels), coarsest=jnp.asarray(coarsest))


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
    correction = hierarchy.coarsest @ residual
    for level, x, right in zip(
        reversed(hierarchy.levels), reversed(smoothed), reversed(residuals), strict=True
    ):
        x = x + apply(level.prolong, correction)
        correction = x + smooth(level, right - apply(level.matrix, x))
    return correction
