"""Gathering sums and products agree with dense ones; multigrid is symmetric and contracts."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.sparse import csr_matrix, diags_array

from solver.algebra.multigrid import (
    Second,
    Skeleton,
    apply,
    between,
    build_hierarchy,
    coupling,
    table,
    v_cycle,
)
from solver.algebra.recall import empty, recall, remember
from solver.algebra.sparse import (
    Pattern,
    gather_sum,
    members_of,
    multiply,
    multiply_held,
    multiply_scalar,
    multiply_scalar_held,
    take,
)


def test_gather_sum_is_scatter_add():
    random = np.random.default_rng(0)
    targets = random.integers(0, 7, 50)
    values = random.standard_normal((3, 50))
    expected = np.zeros((3, 9))
    np.add.at(expected, (slice(None), targets), values)
    found = gather_sum(jnp.asarray(values), jnp.asarray(members_of(targets, 9)))
    np.testing.assert_allclose(found, expected, atol=1e-14)


def test_take_gives_zero_past_the_end():
    assert take(jnp.array([1.0, 2.0]), jnp.array([1, 2, 0])).tolist() == [2.0, 0.0, 1.0]


def test_block_product_with_a_row_that_continues_below():
    random = np.random.default_rng(1)
    blocks = random.standard_normal((6, 2, 3, 6))
    columns = random.integers(0, 5, (6, 6))
    x = random.standard_normal((3, 5))
    rows = np.einsum("krcn,ckn->rn", blocks, x[:, columns])
    expected = rows[:, :5].copy()
    expected[:, 2] += rows[:, 5]
    continued = np.array([1, 1, 0, 1, 1])
    pattern = Pattern(jnp.asarray(columns), jnp.asarray(continued), jnp.array([2]))
    found = multiply(jnp.asarray(blocks), pattern, jnp.asarray(x))
    np.testing.assert_allclose(found, expected, atol=1e-13)


def test_a_batch_of_vectors_is_multiplied_as_each_alone():
    random = np.random.default_rng(4)
    blocks = jnp.asarray(random.standard_normal((4, 3, 3, 6)))
    columns, continued = random.integers(0, 5, (4, 6)), np.array([1, 1, 0, 1, 1])
    pattern = Pattern(jnp.asarray(columns), jnp.asarray(continued), jnp.array([2]))
    batch = jnp.asarray(random.standard_normal((8, 3, 5)))
    together = jax.vmap(lambda x: multiply_held(blocks, pattern, x))(batch)
    alone = jnp.stack([multiply(blocks, pattern, x) for x in batch])
    np.testing.assert_allclose(together, alone, atol=1e-14)
    scaled = jnp.stack([blocks, 2.0 * blocks])
    of_each = jax.vmap(lambda b: multiply_held(b, pattern, batch[0]))(scaled)
    np.testing.assert_allclose(of_each[1], 2.0 * of_each[0], atol=1e-14)
    values = blocks[:, 0, 0]
    together = jax.vmap(lambda x: multiply_scalar_held(values, pattern, x))(batch[:, 0])
    alone = jnp.stack([multiply_scalar(values, pattern, x) for x in batch[:, 0]])
    np.testing.assert_allclose(together, alone, atol=1e-14)


def grid_laplacian(n: int) -> csr_matrix:
    line = diags_array([-1.0, 2.0, -1.0], offsets=[-1, 0, 1], shape=(n, n)).toarray()
    return csr_matrix(np.kron(line, np.eye(n)) + np.kron(np.eye(n), line))


def test_v_cycle_is_symmetric_and_contracts():
    matrix = grid_laplacian(32)
    hierarchy = build_hierarchy(matrix)
    assert len(hierarchy.levels) >= 1
    random = np.random.default_rng(2)
    a, b = (jnp.asarray(random.standard_normal(1024)) for _ in range(2))
    forth, back = float(a @ v_cycle(hierarchy, b)), float(b @ v_cycle(hierarchy, a))
    assert abs(forth - back) < 1e-12 * abs(forth)
    error = a
    for _ in range(8):
        error = error - v_cycle(hierarchy, apply(table(matrix), error))
    assert float(jnp.linalg.norm(error)) < 0.02 * float(jnp.linalg.norm(a))


def in_two_states(weak: float):
    """A grid whose half loses its couplings; a constant is lost at one corner."""
    grid, at_corner = grid_laplacian(20), np.zeros(400)
    grid = grid - diags_array(grid @ np.ones(400))  # sealed
    at_corner[0] = 1.0
    left = np.arange(400) % 20 < 10
    scale = diags_array(np.where(left, weak**0.5, 1.0))
    second = csr_matrix(scale @ (grid - diags_array(grid.diagonal())) @ scale)
    second = second - diags_array(second @ np.ones(400))
    ground = diags_array(at_corner)
    return csr_matrix(grid + ground), csr_matrix(second + weak * ground), left


def test_between_two_states_coarse_matrices_are_those_of_the_fine_one():
    first, second, left = in_two_states(0.05)
    everyone = np.ones(400, bool)
    hierarchy = build_hierarchy(first, second=Second(second, everyone))
    unit = jnp.eye(hierarchy.coarsest.matrix.shape[0])
    prolong = jax.vmap(lambda x: apply(hierarchy.levels[0].prolong, x), 1, 1)(unit)
    assert len(hierarchy.levels) == 1
    for share in (0.0, 0.3, 1.0):
        found = between(hierarchy, jnp.full(400, share))
        fine = first + share * (second - first)
        there = jax.vmap(lambda x, t=found.levels[0].matrix: apply(t, x), 1, 1)(prolong)
        np.testing.assert_allclose(there, fine @ prolong, atol=1e-13)
        np.testing.assert_allclose(found.levels[0].inverse, 1.0 / fine.diagonal(), rtol=1e-12)
        coarse = np.asarray(prolong.T @ there)
        np.testing.assert_allclose(found.coarsest.matrix, coarse, atol=1e-13)
        np.testing.assert_allclose(found.coarsest.inverse @ coarse, unit, atol=1e-8)
    # where the share varies a constant loses at each unknown what it loses in both states
    share = jnp.asarray(np.where(left, 1.0, 0.2))
    varied = between(hierarchy, share).levels[0]
    ones = jnp.ones(400)
    lost = (1 - share) * (first @ ones) + share * (second @ ones)
    np.testing.assert_allclose(apply(varied.matrix, ones), lost, atol=1e-13)
    assert between(build_hierarchy(first), share).levels[0].change is None


def test_a_v_cycle_between_two_states_contracts_as_one_of_its_own():
    first, second, _ = in_two_states(0.05)
    hierarchy = build_hierarchy(first, second=Second(second, np.ones(400, bool)))
    start = jnp.asarray(np.random.default_rng(2).standard_normal(400))

    def left_over(hierarchy, matrix):
        error = start
        for _ in range(8):
            error = error - v_cycle(hierarchy, apply(table(matrix), error))
        return float(error @ (matrix @ error))

    halfway = csr_matrix(0.5 * (first + second))
    own = left_over(build_hierarchy(halfway, second=Second(halfway, np.ones(400, bool))), halfway)
    assert left_over(between(hierarchy, jnp.full(400, 0.5)), halfway) < 10 * own
    assert left_over(hierarchy, halfway) > 100 * own  # the rest's does not do


def test_matrices_of_one_skeleton_have_hierarchies_of_one_shape():
    places = grid_laplacian(24)
    skeleton = Skeleton(abs(places), coupling(places))
    weak = diags_array(np.where(np.arange(576) % 24 < 12, 1e-4, 1.0))
    matrices = [places, csr_matrix(weak @ places @ weak), csr_matrix(diags_array(np.ones(576)))]
    found = [build_hierarchy(matrix, None, skeleton) for matrix in matrices]
    shapes = [[x.shape for x in jax.tree.leaves(hierarchy)] for hierarchy in found]
    assert shapes[0] == shapes[1] == shapes[2]
    assert len(found[0].levels) == 1
    x = jnp.asarray(np.random.default_rng(4).standard_normal(576))
    for hierarchy, matrix in zip(found, matrices, strict=True):
        np.testing.assert_allclose(apply(hierarchy.levels[0].matrix, x), matrix @ x, atol=1e-12)
    full = csr_matrix(np.ones((576, 576)))
    with pytest.raises(ValueError, match="no place"):
        table(full, skeleton.places)


def test_recall_finds_a_solution_in_the_span_of_the_past():
    matrix = jnp.asarray(grid_laplacian(6).toarray())
    random = np.random.default_rng(3)
    past = [jnp.asarray(random.standard_normal(36)) for _ in range(3)]
    memory = empty(past[0], 10)
    for solution in past:
        memory = remember(memory, solution)
    wanted = 0.3 * past[0] - 2.0 * past[2]
    found = recall(memory, lambda x: matrix @ x, matrix @ wanted, lambda r: r)
    np.testing.assert_allclose(found, wanted, atol=1e-8)
