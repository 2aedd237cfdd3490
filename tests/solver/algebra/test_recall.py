"""Warm starts: what the ring holds is found, behind the step or ahead of it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from solver.algebra.recall import empty, recall, remember

SIZE, LENGTH = 12, 26
RANDOM = np.random.default_rng(0)
HALF = RANDOM.normal(size=(SIZE, SIZE))
MATRIX = jnp.asarray(HALF @ HALF.T + SIZE * np.eye(SIZE))
SOLUTIONS = jnp.asarray(RANDOM.normal(size=(40, SIZE)))


def guess(memory, right, ahead=False):
    return recall(memory, lambda x: MATRIX @ x, right, lambda x: x, ahead)


def filled(steps):
    memory = empty(jnp.zeros(SIZE), LENGTH)
    for solution in SOLUTIONS[:steps]:
        memory = remember(memory, solution)
    return memory


@pytest.mark.parametrize("age", [1, 2, 3, LENGTH, LENGTH - 1, LENGTH - 3])
def test_the_last_steps_and_the_same_phase_are_found(age):
    wanted = SOLUTIONS[30 - age]
    np.testing.assert_allclose(guess(filled(30), MATRIX @ wanted), wanted, rtol=1e-9, atol=1e-9)


def test_what_is_between_is_not_looked_at():
    wanted = SOLUTIONS[30 - 10]
    assert jnp.abs(guess(filled(30), MATRIX @ wanted) - wanted).max() > 0.1


def test_the_guess_leaves_the_least_residual():
    right = jnp.asarray(RANDOM.normal(size=SIZE))
    left = right - MATRIX @ guess(filled(30), right)
    for age in (1, 2, 3, LENGTH):
        image = MATRIX @ SOLUTIONS[30 - age]
        assert abs(left @ image) < 1e-9 * jnp.linalg.norm(left) * jnp.linalg.norm(image)


@pytest.mark.parametrize("distance", [1, 3, LENGTH, LENGTH - 3])
def test_a_reverse_pass_finds_the_steps_to_come(distance):
    """Filled from the last step to the first, as the cotangents of a march are."""
    length = LENGTH
    ring = jnp.zeros((length, SIZE))
    for step in range(39, 9, -1):
        ring = ring.at[step % length].set(SOLUTIONS[step])
    memory = empty(jnp.zeros(SIZE), length)
    memory = type(memory)(solutions=ring, count=jnp.asarray(9))
    wanted = SOLUTIONS[9 + distance]
    found = guess(memory, MATRIX @ wanted, ahead=True)
    np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-9)


def test_tangents_of_the_ring_are_a_ring_of_tangents():
    ring = filled(3)
    tangent = jax.jvp(lambda x: remember(ring, x).solutions, (SOLUTIONS[3],), (SOLUTIONS[4],))[1]
    np.testing.assert_array_equal(tangent[3], SOLUTIONS[4])
    assert jnp.count_nonzero(tangent) == SIZE
