"""Krylov methods against dense solves, and what they say of themselves."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from solver.algebra.krylov import bicgstab, conjugate_gradients, minres

SIZE = 40


@pytest.fixture(scope="module")
def spectrum():
    random = np.random.default_rng(0)
    basis, _ = np.linalg.qr(random.standard_normal((SIZE, SIZE)))
    return basis, np.linspace(1.0, 30.0, SIZE), random.standard_normal(SIZE)


def split(x):
    return x[:10], x[10:]


def joined(matrix):
    return lambda x: split(matrix @ jnp.concatenate(x))


def test_minres_solves_an_indefinite_system_on_trees(spectrum):
    basis, values, right = spectrum
    signs = np.where(np.arange(SIZE) % 3 == 0, -1.0, 1.0)
    matrix = jnp.asarray(basis * (signs * values) @ basis.T)
    weight = jnp.asarray(1.0 + np.arange(SIZE) / SIZE)
    b = split(jnp.asarray(right))
    x, status = minres(
        joined(matrix),
        b,
        split(jnp.zeros(SIZE)),
        lambda r: split(weight * jnp.concatenate(r)),
        1e-11,
        300,
    )
    assert bool(status.converged)
    np.testing.assert_allclose(jnp.concatenate(x), np.linalg.solve(matrix, right), atol=1e-8)


def test_minres_starts_from_its_guess_and_tells_when_it_fails(spectrum):
    basis, values, right = spectrum
    matrix = jnp.asarray(basis * values @ basis.T)
    b = jnp.asarray(right)
    exact = jnp.asarray(np.linalg.solve(matrix, right))
    _, status = minres(lambda x: matrix @ x, b, exact, lambda r: r, 1e-10, 100)
    assert bool(status.converged) and int(status.iterations) == 0
    _, status = minres(lambda x: matrix @ x, b, 0 * b, lambda r: r, 1e-10, 3)
    assert not bool(status.converged) and int(status.iterations) == 3
    assert float(status.residual) > 1e-10


@pytest.mark.parametrize("negative", [0, 3, SIZE - 1])
def test_minres_with_a_preconditioner_that_is_not_positive_has_not_converged(spectrum, negative):
    basis, values, right = spectrum
    matrix = jnp.asarray(basis * values @ basis.T)
    weight = np.ones(SIZE)
    weight[negative] = -50.0
    wrong = jnp.asarray(basis * weight @ basis.T)
    b = jnp.asarray(right)
    x, status = minres(lambda x: matrix @ x, b, 0 * b, lambda r: wrong @ r, 1e-10, 300)
    assert not bool(status.converged)
    assert float(jnp.linalg.norm(b - matrix @ x)) > 1e-6


def test_conjugate_gradients_reach_an_absolute_target(spectrum):
    basis, values, right = spectrum
    matrix = jnp.asarray(basis * values @ basis.T)
    b = jnp.asarray(right)
    x, status = conjugate_gradients(lambda x: matrix @ x, b, lambda r: r, jnp.asarray(1e-10), 200)
    assert bool(status.converged)
    assert float(jnp.linalg.norm(b - matrix @ x)) < 1e-9


def test_bicgstab_solves_a_nonsymmetric_system(spectrum):
    basis, values, right = spectrum
    matrix = jnp.asarray(basis * values @ basis.T + np.triu(np.full((SIZE, SIZE), 0.2), 1))
    b = jnp.asarray(right)
    x, status = bicgstab(lambda x: matrix @ x, b, 0 * b, 1e-12, 400)
    assert bool(status.converged)
    np.testing.assert_allclose(x, np.linalg.solve(matrix, right), atol=1e-9)


def test_bicgstab_starts_afresh_where_it_breaks_down():
    # A rotation: the first residual after a step is orthogonal to the shadow.
    matrix = jnp.array([[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 2.0]]) + 1e-3 * jnp.eye(3)
    b = jnp.array([1.0, 0.0, 1.0])
    x, status = bicgstab(lambda x: matrix @ x, b, 0 * b, 1e-12, 200)
    assert bool(status.converged)
    np.testing.assert_allclose(x, np.linalg.solve(matrix, b), atol=1e-9)


def test_a_zero_right_hand_side_is_solved_at_once(spectrum):
    basis, values, _ = spectrum
    matrix = jnp.asarray(basis * values @ basis.T)
    zero = jnp.zeros(SIZE)
    x, status = minres(lambda x: matrix @ x, zero, zero, lambda r: r, 1e-10, 50)
    assert bool(status.converged) and float(jnp.abs(x).max()) == 0.0
    x, status = bicgstab(lambda x: matrix @ x, zero, zero, 1e-10, 50)
    assert bool(status.converged) and float(jnp.abs(x).max()) == 0.0


@pytest.mark.parametrize("method", [minres, conjugate_gradients])
def test_systems_of_a_batch_end_together_and_count_alone(spectrum, method):
    basis, values, right = spectrum
    matrix = jnp.asarray(basis * values @ basis.T)
    batch = jnp.stack([jnp.asarray(right), jnp.asarray(basis[:, 3]), jnp.zeros(SIZE)])

    def solve(b):
        guess = (0.0 * b,) if method is minres else ()
        return method(lambda x: matrix @ x, b, *guess, lambda r: r, 1e-9, 200)

    together, status = jax.jit(jax.vmap(solve))(batch)
    alone = [solve(b) for b in batch]
    assert status.iterations.tolist() == [int(each.iterations) for _, each in alone]
    assert status.iterations[0] > 20 and status.iterations[2] == 0
    assert bool(status.converged.all())
    np.testing.assert_allclose(together, jnp.linalg.solve(matrix, batch.T).T, atol=1e-8)
