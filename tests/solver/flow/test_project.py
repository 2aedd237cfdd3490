"""The projection closes every balance, and its derivatives hang on no unit."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from meshes.annulus import annulus
from solver.flow import Sheath, StokesDarcy, Tissue, plan
from solver.flow.assemble import assemble
from solver.flow.past import at_rest
from solver.flow.project import Coefficients, project
from solver.geometry.metric import sweep
from solver.geometry.space import build_space

UM = 1e-6
STEP = 2.0  # s
SCALE = 1e-15  # m3/s
FLOW = StokesDarcy(sheath=Sheath(), tissue=Tissue())


@pytest.fixture(scope="module")
def projected():
    """Pressures that the projection finds for a residual, and how the solve went."""
    tube = annulus(6 * UM, 9 * UM, 60 * UM, tissue_outer=30 * UM, across=3, around=8, along=8)
    space = build_space(tube)
    prepared = plan(FLOW, space, STEP)
    still = sweep(space.fluid_rest, space.fluid_rest, space.fluid)
    assembled = assemble(FLOW, prepared.masks, space, still, at_rest(FLOW, space), STEP)
    system = assembled.system
    coefficients = Coefficients(
        system.tissue_rows, assembled.store + assembled.sink, system.tissue_free
    )
    random = np.random.default_rng(5)
    shapes = space.fluid.vertices, space.tissue.vertices
    residual = tuple(jnp.asarray(1e-6 * SCALE * random.normal(size=count)) for count in shapes)

    def of(residual):
        scale, nodes = jnp.asarray(SCALE), system.node_own.shape[0]
        return project(prepared.network, space, coefficients, residual, scale, nodes)

    return of, residual


def test_the_projection_converges_to_round_off(projected):
    of, residual = projected
    (fluid, _), status = jax.jit(of)(residual)
    assert bool(status.converged) and int(status.iterations) > 3
    assert float(jnp.abs(fluid).max()) > 0


@pytest.mark.parametrize("unit", [1e-25, 1.0, 1e25])
def test_derivatives_hang_on_no_unit(projected, unit):
    """Pressures are linear in the residual: slopes are those of a run of another size."""
    of, residual = projected
    fluid, tissue = residual
    direction = fluid[::-1], tissue[::-1]

    @jax.jit
    def change(size):
        tangent = jax.tree.map(lambda x: size * x, direction)
        return jax.jvp(lambda r: of(r)[0], (residual,), (tangent,))[1]

    (whole, _), _ = jax.jit(of)(direction)
    np.testing.assert_allclose(change(unit)[0], unit * whole, atol=1e-5 * unit * abs(whole).max())

    @jax.jit
    def pulled(size):
        return jax.grad(lambda r: size * (of(r)[0][0] * direction[0]).sum())(residual)

    once = sum(jnp.vdot(a, b) for a, b in zip(pulled(unit), direction, strict=True))
    ahead = unit * jnp.vdot(whole, direction[0])
    np.testing.assert_allclose(once, ahead, rtol=1e-5)
