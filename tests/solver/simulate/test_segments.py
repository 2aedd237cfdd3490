"""Segments of steps: the same numbers and derivatives as step by step, for less memory."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from solver.algebra.kept import keep
from solver.simulate.segments import in_segments

SIZE = 200


def marched(rate, steps, few):
    """Logistic growth of many, whose last state and readings hang on every step."""

    def once(state):
        after = state + rate * state * (1.0 - state)
        return after, after.mean()

    return in_segments(once, jnp.linspace(0.1, 0.2, SIZE), steps, few)


def loss(rate, steps, few):
    state, means = marched(rate, steps, few)
    return (state**2).sum() + (means * jnp.arange(steps)).sum()


@pytest.mark.parametrize("steps", [1, 9, 16, 17, 23])
def test_segments_change_neither_states_nor_derivatives(steps):
    for each, plain in zip(marched(0.3, steps, 0), marched(0.3, steps, 99), strict=True):
        assert each.shape == plain.shape
        np.testing.assert_array_equal(each, plain)
    slopes = [jax.grad(loss)(0.3, steps, few) for few in (0, 99)]
    forward = jax.jvp(lambda rate: loss(rate, steps, 0), (0.3,), (1.0,))[1]
    np.testing.assert_allclose([slopes[0], forward], slopes[1], rtol=1e-12)


def test_memory_grows_with_the_square_root_of_the_steps():
    def memory(steps):
        program = jax.jit(jax.grad(loss), static_argnums=(1, 2)).lower(0.3, steps, 0).compile()
        return program.memory_analysis().temp_size_in_bytes / (8 * SIZE)

    short, long = memory(400), memory(6400)
    assert long < 0.05 * 6400  # states; all of them without segments
    assert long / short == pytest.approx(4.0, rel=0.35)  # sqrt(6400 / 400)


def test_a_step_that_is_recomputed_solves_nothing_again():
    """Forward one solve, in reverse only that of the adjoint: segments of all steps add one."""

    def implicit(rate, few):
        def once(state):
            right = state + rate * jnp.sin(state)
            solved = jax.lax.custom_linear_solve(
                lambda x: (1.0 + rate) * x, right, lambda _, b: b / (1.0 + rate), symmetric=True
            )
            return solved, solved.mean()

        return in_segments(once, jnp.linspace(0.1, 0.2, SIZE), 9, few)[1].sum()

    for few, solves in ((9, 2), (0, 3)):
        program = str(jax.make_jaxpr(jax.grad(implicit), static_argnums=1)(0.3, few))
        assert program.count("custom_linear_solve[") == solves


def test_a_finding_is_not_looked_for_again():
    def sorted_by(state):
        return jnp.argsort(jax.lax.stop_gradient(state))

    def loss(rate, mark):
        def once(state):
            after = (state + rate * jnp.sin(state))[mark(sorted_by(state))]
            return after, after[0]

        return in_segments(once, jnp.linspace(0.1, 0.2, SIZE), 9, 9)[1].sum()

    for mark, searches in ((keep, 1), (lambda found: found, 2)):
        program = str(jax.make_jaxpr(jax.grad(loss), static_argnums=1)(0.3, mark))
        assert program.count(" sort[") == searches
