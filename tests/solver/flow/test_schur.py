"""Lines hold the flow of a thin gap: velocity, Schur complement and iterations, at any layers."""

from dataclasses import replace
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from meshes.annulus import annulus
from solver.flow import Resistance, Sheath, StokesDarcy, Tissue
from solver.flow.assemble import along_lines, assemble
from solver.flow.boundary import boundary_of
from solver.flow.past import at_rest
from solver.flow.plan import plan
from solver.flow.schur import line_inverse, line_schur
from solver.flow.solve import solve
from solver.flow.system import masked_product
from solver.geometry.metric import sweep
from solver.geometry.motion import positions
from solver.geometry.space import build_space
from tests.exact.unoptimised import unoptimised

UM = 1e-6
SOLVE = unoptimised(solve)
FLOW = StokesDarcy(tolerance=1e-8, memory=1, distal=Resistance(resistance=1e15))


@cache
def problem(layers):
    mesh = annulus(6 * UM, 9 * UM, 18 * UM, tissue_outer=20 * UM, across=layers, around=8, along=3)
    space = build_space(mesh)
    return space, plan(FLOW, space, 2.0)


@cache
def at_layers(layers):
    """Lines and system of the problem at rest."""
    space, prepared = problem(layers)
    still = sweep(space.fluid_rest, space.fluid_rest, space.fluid)
    assembled = unoptimised(assemble)(FLOW, prepared.masks, space, still, at_rest(FLOW, space), 2.0)
    system = assembled.system
    between = np.asarray(along_lines(assembled.edges, space.lines))
    diagonal = np.asarray(system.blocks)[-1, :3, :3, : space.fluid.vertices]
    lines = line_inverse(space.lines, diagonal, between, np.asarray(system.free))
    schur = line_schur(system, lines, np.asarray(space.column))
    return space, system, lines.toarray(), schur.toarray()


def dense(space, system):
    """The masked matrix as blocks: velocity A, what couples it to the rest B, and the rest."""
    vertices, tissue = space.fluid.vertices, space.tissue.vertices
    nodes = system.node_own.shape[0]

    def image(x):
        parts = (x[: 4 * vertices].reshape(4, vertices), x[4 * vertices :][:tissue], x[-nodes:])
        fluid, seep, node = masked_product(system, parts)
        return jnp.concatenate([fluid.ravel(), seep, node])

    unit = jnp.eye(4 * vertices + tissue + nodes)
    matrix = np.asarray(jax.jit(lambda unit: jax.lax.map(image, unit))(unit))
    first = 3 * vertices
    return matrix[:first, :first], matrix[first:, :first], matrix[first:, first:]


@pytest.mark.parametrize("layers", [3, 9])
def test_spectra_stay_put_with_layers(layers):
    space, system, lines, _ = at_layers(layers)
    velocity, coupling, rest = dense(space, system)
    values = np.linalg.eigvals(lines @ velocity).real
    values = values[values > 1e-9]
    assert len(values) == round(float(jnp.trace(system.free).sum()))
    assert values.max() / values.min() < 2.0
    true = coupling @ np.linalg.pinv(velocity, rcond=1e-12, hermitian=True) @ coupling.T - rest
    by_lines = coupling @ lines @ coupling.T - rest
    ratio = np.linalg.eigvals(np.linalg.solve(by_lines, true)).real
    assert ratio.min() > 0.6
    assert ratio.max() < 1.5


def test_reduced_schur_complement_is_galerkin():
    space, system, lines, found = at_layers(3)
    _, coupling, rest = dense(space, system)
    column = np.asarray(space.column)
    whole = coupling @ lines @ coupling.T - rest
    beyond = len(whole) - len(column)
    gather = np.zeros((column.max() + 1 + beyond, len(whole)))
    gather[column, np.arange(len(column))] = 1.0
    gather[column.max() + 1 + np.arange(beyond), len(column) + np.arange(beyond)] = 1.0
    size = np.sqrt(np.diag(found))
    assert np.abs((found - gather @ whole @ gather.T) / np.outer(size, size)).max() < 1e-12


def iterations(space, prepared, flow=FLOW, widened=1.0):
    ratio = jnp.full(space.fluid.vertices, widened)
    step = sweep(positions(space, ratio), positions(space, ratio + 0.01), space.fluid)
    data, past = boundary_of(flow, space, step, 2.0), at_rest(flow, space)
    found = SOLVE(flow, prepared, space, step, data, past, 2.0)
    assert bool(found.solve.converged)
    return int(found.solve.iterations), found


def test_iterations_hardly_grow_with_layers_or_motion():
    reference, _ = iterations(*problem(3))
    assert iterations(*problem(9))[0] < 1.7 * reference
    for widened in (0.8, 1.2):
        assert iterations(*problem(3), widened=widened)[0] < 1.5 * reference


def test_a_gap_that_narrows_unevenly_needs_no_plan_of_its_own():
    tube = {"across": 3, "around": 8, "along": 12, "tissue_outer": 20 * UM}
    space = build_space(annulus(6 * UM, 9 * UM, 72 * UM, **tube))
    ratio = jnp.where(space.path < 0.5 * space.path.max(), 1.0, 1.35)  # 3 um and .9

    def needed(prepared):
        step = sweep(positions(space, ratio), positions(space, ratio + 0.01), space.fluid)
        data, past = boundary_of(FLOW, space, step, 2.0), at_rest(FLOW, space)
        found = SOLVE(FLOW, prepared, space, step, data, past, 2.0)
        assert bool(found.solve.converged)
        return int(found.solve.iterations)

    there = replace(space, fluid_rest=positions(space, ratio))
    assert needed(plan(FLOW, space, 2.0)) < 1.3 * needed(plan(FLOW, there, 2.0))


def test_open_sheath_costs_little_more():
    space, prepared = problem(3)
    reference, _ = iterations(space, prepared)
    flow = replace(FLOW, sheath=Sheath(conductance=float("inf")))
    assert iterations(space, plan(flow, space, 2.0), flow)[0] < 1.5 * reference


def test_exchange_is_linear_in_a_faint_conductance():
    space, _ = problem(3)

    def exchange(conductance):
        flow = replace(FLOW, sheath=Sheath(conductance=conductance))
        _, found = iterations(space, plan(flow, space, 2.0), flow)
        return np.asarray(found.exchange)

    per_conductance = exchange(1e-12) / 1e-12
    assert np.abs(exchange(0.0)).max() < 1e-18 * np.abs(per_conductance).max()
    error = exchange(1e-14) / 1e-14 - per_conductance
    assert np.abs(error).max() < 1e-2 * np.abs(per_conductance).max()


@pytest.mark.parametrize("coarse", ["columns", "vertices", "centreline"])
def test_plans_of_one_mesh_have_one_shape(coarse):
    space, _ = problem(3)

    def shapes(permeability, conductance):
        flow = replace(FLOW, coarse=coarse, sheath=Sheath(conductance), tissue=Tissue(permeability))
        return [x.shape for x in jax.tree.leaves(plan(flow, space, 2.0))]

    usual = shapes(1e-16, 1e-10)
    assert all(usual == shapes(*case) for case in ((1e-18, 1e-7), (1e-13, 2e-11), (1e-16, 0.0)))


@pytest.mark.parametrize("coarse", ["vertices", "centreline"])
def test_every_coarse_space_gives_the_same_flow(coarse):
    space, prepared = problem(3)
    _, expected = iterations(space, prepared)
    flow = replace(FLOW, coarse=coarse)
    _, found = iterations(space, plan(flow, space, 2.0), flow)
    speed = float(jnp.abs(expected.velocity).max())
    assert float(jnp.abs(found.velocity - expected.velocity).max()) < 1e-5 * speed
