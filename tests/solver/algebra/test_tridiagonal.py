"""Lines of 3 x 3 blocks against the dense matrix they stand for."""

import jax.numpy as jnp
import numpy as np
import pytest

from solver.algebra.tridiagonal import factorise, solve

TABLES = {
    "equal": np.array([[0, 5], [1, 3], [2, 4]]),
    "one_shorter": np.array([[4, 1], [0, 3], [2, 5]]),  # 5 is the padding
    "single": np.arange(5)[None],
}
PADDED = {"equal": 0, "one_shorter": 1, "single": 0}


def problem(name):
    """Blocks of random lines with a random projector at each vertex, and the dense matrix."""
    random, table = np.random.default_rng(3), TABLES[name]
    vertices = len(np.unique(table)) - PADDED[name]
    own = random.standard_normal((vertices, 3, 3))
    own = own @ np.swapaxes(own, 1, 2) + 8.0 * np.eye(3)
    between = random.standard_normal((table.shape[0] - 1, table.shape[1], 3, 3))
    between[(table[:-1] >= vertices) | (table[1:] >= vertices)] = 0.0
    axis = random.standard_normal((vertices, 3))
    axis /= np.linalg.norm(axis, axis=1, keepdims=True)
    free = np.eye(3) - axis[:, :, None] * axis[:, None]
    free[0] = 0.0
    free[1] = np.eye(3)
    dense = np.zeros((vertices, 3, vertices, 3))
    for vertex in range(vertices):
        dense[vertex, :, vertex] = own[vertex]
    for level, line in np.ndindex(between.shape[:2]):
        a, b = table[level, line], table[level + 1, line]
        if b < vertices:
            dense[a, :, b] = between[level, line]
            dense[b, :, a] = between[level, line].T
    return vertices, own, between, free, dense.reshape(3 * vertices, 3 * vertices)


@pytest.mark.parametrize("name", TABLES)
def test_solves_the_dense_system_on_free_components(name):
    table = TABLES[name]
    vertices, own, between, free, dense = problem(name)
    place = np.empty(vertices, dtype=int)
    flat = table.ravel()
    place[flat[flat < vertices]] = np.flatnonzero(flat < vertices)
    lines = factorise(
        jnp.asarray(table),
        jnp.asarray(place),
        jnp.asarray(np.moveaxis(own, 0, -1)),
        jnp.asarray(np.moveaxis(between, 1, -1)),
        jnp.asarray(np.moveaxis(free, 0, -1)),
    )
    right = np.random.default_rng(4).standard_normal((3, vertices))
    found = np.asarray(solve(lines, jnp.asarray(right))).T.ravel()
    projector = np.zeros_like(dense).reshape(vertices, 3, vertices, 3)
    projector[np.arange(vertices), :, np.arange(vertices)] = free
    projector = projector.reshape(dense.shape)
    kept = np.linalg.pinv(projector @ dense @ projector, rcond=1e-12)
    assert found == pytest.approx(kept @ right.T.ravel(), abs=1e-12)
    assert found == pytest.approx(projector @ found, abs=1e-15)
