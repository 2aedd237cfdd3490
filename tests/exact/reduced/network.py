"""A network: unknowns joined in pairs, and what leaves each of them."""

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu


def operator(
    first: np.ndarray,
    second: np.ndarray,
    forward: np.ndarray,
    backward: np.ndarray,
    own: np.ndarray,
) -> sparse.csc_array:
    """What leaves each unknown: every pair moves forward * x_first - backward * x_second."""
    rows = np.concatenate([first, first, second, second, np.arange(len(own))])
    columns = np.concatenate([first, second, first, second, np.arange(len(own))])
    entries = np.concatenate([forward, -backward, -forward, backward, own])
    return sparse.coo_array((entries, (rows, columns)), shape=(len(own),) * 2).tocsc()


def holding(matrix: sparse.csc_array, held: np.ndarray) -> sparse.csc_array:
    """The matrix with the rows of held unknowns replaced by those of the identity."""
    free = np.ones(matrix.shape[0])
    free[held] = 0.0
    return (sparse.diags_array(free) @ matrix + sparse.diags_array(1.0 - free)).tocsc()


def solve(
    first: np.ndarray,
    second: np.ndarray,
    conductance: np.ndarray,
    own: np.ndarray,
    load: np.ndarray,
    held: dict[int, float],
) -> np.ndarray:
    """Potentials of a network of conductances, some of them held."""
    matrix = operator(first, second, conductance, conductance, own)
    right = load.copy()
    right[list(held)] = list(held.values())
    return splu(holding(matrix, np.array(list(held), int))).solve(right)
