"""A cycle as one batch is the cycle marched through, where steps do not know of each other."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest

from meshes.annulus import annulus
from meshes.errors import InputError
from solver.flow import Sheath, Spring, StokesDarcy, Tissue, plan
from solver.flow.boundary import boundary_of
from solver.flow.cycle import solve_cycle
from solver.flow.past import at_rest
from solver.flow.solve import solve
from solver.geometry.metric import sweep
from solver.geometry.motion import positions
from solver.geometry.space import build_space
from tests.exact.unoptimised import unoptimised

UM = 1e-6
STEP = 5.0  # s


@pytest.fixture(scope="module")
def case():
    space = build_space(
        annulus(6 * UM, 9 * UM, 60 * UM, tissue_outer=30 * UM, across=2, around=8, along=6)
    )
    flow = StokesDarcy(
        sheath=Sheath(conductance=1e-9), tissue=Tissue(storage=0.0), tolerance=1e-11, memory=1
    )
    ratios = 1.0 + 0.1 * np.sin(2.0 * np.pi * np.arange(7) / 6)
    points = jnp.stack([positions(space, r * jnp.ones(space.fluid.vertices)) for r in ratios])
    return space, flow, plan(flow, space, STEP), points


def test_a_batch_of_phases_is_the_march_through_them(case):
    space, flow, prepared, points = case
    together = solve_cycle(flow, prepared, space, points, STEP)
    assert bool(together.solve.converged.all())
    past = at_rest(flow, space)

    @unoptimised
    def once(start, end, past):
        step = sweep(start, end, space.fluid)
        return solve(flow, prepared, space, step, boundary_of(flow, space, step, STEP), past, STEP)

    scale = float(jnp.abs(together.velocity).max())
    for phase in range(6):
        alone = once(points[phase], points[phase + 1], past)
        past = alone.past
        np.testing.assert_allclose(together.velocity[phase], alone.velocity, atol=1e-7 * scale)
    assert float(jnp.abs(together.exchange).max()) > 0.0


@pytest.mark.parametrize(
    ("tie", "word"),
    [
        ({"tissue": Tissue(storage=1e-4)}, "flow.tissue.storage"),
        ({"outer_wall": Spring()}, "flow.outer_wall=spring"),
    ],
)
def test_steps_that_know_of_each_other_are_not_batched(case, tie, word):
    space, flow, prepared, points = case
    with pytest.raises(InputError, match=word):
        solve_cycle(replace(flow, **tie), prepared, space, points, STEP)
