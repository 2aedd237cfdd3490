"""A preconditioner in float32 leaves the answer where the tolerance puts it."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np

from solver.flow.assemble import in_precision
from tests.exact.coupled import Coupled
from tests.exact.problem import solve_once
from tests.exact.slab import exact_data

MICRO = Coupled(
    inner=6e-6,
    outer=9e-6,
    tissue=20e-6,
    length=6e-6,
    speed=1e-7,
    viscosity=0.7e-3,
    permeability=1e-15,
    conductance=1e-9,
)


def test_float32_preconditioner_leaves_the_answer_in_float64():
    wide, narrow = (
        solve_once(
            MICRO.mesh(6),
            replace(MICRO.parameters(), tolerance=1e-9, precision=precision),
            boundary=exact_data(MICRO),
        ).flow
        for precision in ("float64", "float32")
    )
    assert bool(wide.solve.converged) and bool(narrow.solve.converged)
    assert int(narrow.solve.iterations) <= 1.3 * int(wide.solve.iterations)
    for name in ("velocity", "pressure", "tissue_pressure", "exchange"):
        one, other = np.asarray(getattr(wide, name)), np.asarray(getattr(narrow, name))
        assert other.dtype == np.float64
        np.testing.assert_allclose(other, one, atol=1e-6 * np.abs(one).max())


def test_only_the_numbers_change_precision():
    tree = {"values": jnp.ones(2), "columns": jnp.arange(2, dtype=jnp.int32)}
    narrow = in_precision(tree, "float32")
    assert narrow["values"].dtype == jnp.float32 and narrow["columns"].dtype == jnp.int32
    assert in_precision(tree, "float64")["values"].dtype == jnp.float64
