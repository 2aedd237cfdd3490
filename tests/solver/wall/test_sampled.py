"""Functions kept on a grid: cubics through values and slopes, made longer without a change."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from solver.signal import Norepinephrine
from solver.wall.sampled import FEWEST, Sampled, grid, longer
from solver.wall.still import Still


@pytest.fixture
def sine():
    times = grid(7.3, 0.1, 2.0)
    return Sampled(jnp.sin(times), jnp.cos(times), start=-2.0, spacing=0.1)


def test_a_grid_reaches_the_end(sine):
    times = grid(7.3, 0.1, 2.0)
    assert times[0] == -2.0 and 7.3 <= times[-1] < 7.3 + 0.1 + 1e-9
    assert sine.values.shape == times.shape


def test_the_cubic_is_of_fourth_order():
    errors = []
    for spacing in (0.4, 0.2):
        times = grid(6.0, spacing, 0.0)
        read = jnp.linspace(0.0, 6.0, 400)
        sampled = Sampled(jnp.sin(times), jnp.cos(times), start=0.0, spacing=spacing)
        errors.append(float(jnp.abs(sampled(read) - jnp.sin(read)).max()))
    assert np.log2(errors[0] / errors[1]) > 3.7


def test_longer_is_the_same_until_the_end(sine):
    more = longer({"answer": sine, "gain": 0.3})
    assert more["gain"] == 0.3 and more["answer"].values.shape == (FEWEST,)
    read = jnp.linspace(-3.0, 7.3, 777)
    np.testing.assert_array_equal(more["answer"](read), sine(read))
    assert float(more["answer"](20.0)) == float(sine.values[-1])


def test_few_lengths_are_in_use(sine):
    lengths = set()
    for count in (10, FEWEST, FEWEST + 1, 3 * FEWEST):
        values = jnp.zeros(count)
        lengths.add(replace(sine, values=values, slopes=values).longer().values.shape[0])
    assert lengths == {FEWEST, 2 * FEWEST, 4 * FEWEST}


def test_a_response_without_samples_stays():
    still = Still().response(Norepinephrine(), 8.0)
    assert jax.tree.structure(longer(still)) == jax.tree.structure(still)
