"""The assembled system: symmetric, and its mass rows are the edge fluxes' balance."""

import jax.numpy as jnp
import numpy as np
import pytest

from meshes.annulus import annulus
from solver.flow import Pvs, Sheath, Sink, Spring, StokesDarcy, Unsteady, Windkessel
from solver.flow.assemble import approximate, assemble, in_precision
from solver.flow.past import at_rest
from solver.flow.plan import plan
from solver.flow.stokes import edge_divergence, edge_fluxes
from solver.flow.system import masked_product, precondition, product
from solver.geometry.metric import dot, sweep, swept_areas, vertex_areas_of
from solver.geometry.motion import positions
from solver.geometry.space import build_space
from tests.exact.unoptimised import unoptimised

UM = 1e-6


@pytest.fixture(scope="module")
def assembled():
    mesh = annulus(6 * UM, 9 * UM, 30 * UM, tissue_outer=30 * UM, across=3, around=8, along=4)
    space = build_space(mesh)
    flow = StokesDarcy(
        sheath=Sheath(conductance=3e-10),
        distal=Windkessel(),
        outer=Sink(conductance=1e-9),
        outer_wall=Spring(modulus=150.0),
        pvs=Pvs(permeability=1e-12),
        inertia=Unsteady(),
    )
    prepared = plan(flow, space, 2.0)
    ratio = 1.0 + 0.1 * jnp.sin(4e5 * space.path)
    step = sweep(space.fluid_rest, positions(space, ratio), space.fluid)
    assembled = unoptimised(assemble)(flow, prepared.masks, space, step, at_rest(flow, space), 2.0)
    return (
        space,
        step,
        assembled.system,
        approximate(flow, prepared, space, assembled),
        assembled.edges,
    )


def vectors(space, seed):
    random = np.random.default_rng(seed)
    fluid = random.standard_normal((4, space.fluid.vertices))
    fluid[3] *= 1e2  # a pressure, Pa, next to velocities of 1 m/s
    tissue = jnp.asarray(1e2 * random.standard_normal(space.tissue.vertices))
    return jnp.asarray(fluid), tissue, jnp.asarray(1e2 * random.standard_normal(1))


def inner(x, y):
    return sum(float((a * b).sum()) for a, b in zip(x, y, strict=True))


def test_matrix_and_preconditioner_are_symmetric(assembled):
    space, _, system, preconditioner, _ = assembled
    x, y = vectors(space, 0), vectors(space, 1)
    for operator in (
        lambda v: masked_product(system, v),
        lambda v: precondition(preconditioner, v),
    ):
        forth, back = operator(x), operator(y)
        size = np.sqrt(inner(forth, forth) * inner(y, y))
        assert abs(inner(forth, y) - inner(x, back)) < 1e-13 * size


def test_preconditioner_is_positive(assembled):
    space, _, _, preconditioner, _ = assembled
    for seed in range(3):
        x = vectors(space, seed)
        assert inner(x, precondition(preconditioner, x)) > 0.0


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_what_only_the_tissue_feels_is_preconditioned_too(assembled, precision):
    space, _, _, preconditioner, _ = assembled
    fluid, tissue, node = vectors(space, 4)
    whole, alone = (
        precondition(in_precision(preconditioner, precision), (part, tissue, 0.0 * node))
        for part in (fluid, 0.0 * fluid)
    )
    rest = precondition(preconditioner, (fluid, 0.0 * tissue, 0.0 * node))
    expected = whole[1] - rest[1]
    np.testing.assert_allclose(alone[1], expected, atol=1e-4 * np.abs(expected).max())


def test_edge_fluxes_balance_as_the_mass_rows_do(assembled):
    space, step, system, _, edges = assembled
    fluid, tissue, node = vectors(space, 2)
    rows = product(system, (fluid, tissue, node))[0][3]
    areas = vertex_areas_of(space.boundary, swept_areas(step.start, step.end, space.boundary))
    fluxes = edge_fluxes(edges, space.fluid, fluid[:3], fluid[3])
    balance = edge_divergence(fluxes, space.fluid) + dot(areas, fluid[:3])
    np.testing.assert_allclose(balance, -rows, atol=1e-13 * float(jnp.abs(rows).max()))
