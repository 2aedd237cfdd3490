"""V14: the geometric conservation law under 3D motion with swirl, storage and exchange."""

import jax.numpy as jnp
import numpy as np
import pytest

from meshes.annulus import annulus
from solver.flow import Sheath, StokesDarcy, Tissue
from solver.flow.boundary import boundary_of
from solver.flow.darcy import storage_volumes
from solver.flow.past import at_rest
from solver.flow.plan import plan
from solver.flow.solve import solve
from solver.flow.stokes import edge_divergence, mesh_fluxes, stokes_edges
from solver.geometry.metric import dot, sweep, swept_areas, vertex_areas_of
from solver.geometry.space import build_space
from solver.route.joins import join
from solver.route.kinds import Renewed
from solver.tracer import AdvectionDiffusion
from solver.tracer.carry import carry
from solver.tracer.mouth import joined, renewed
from solver.tracer.species import dissolving_volumes
from tests.exact.unoptimised import unoptimised

STEP = 2.0  # s
UM = 1e-6


@pytest.fixture(scope="module")
def space():
    mesh = annulus(6 * UM, 9 * UM, 60 * UM, tissue_outer=40 * UM, across=3, around=12, along=10)
    return build_space(mesh)


def swirled(space, size: float):
    """Rest positions with the wall pushed unevenly, the inside swirled and shifted along."""
    x = space.fluid_rest
    inside = 1.0 - space.fraction
    length = x[2].max()
    bump = jnp.sin(jnp.pi * x[2] / length) * (1.0 + 0.5 * x[0] / (6 * UM))
    swirl = jnp.stack([-x[1], x[0], 0.0 * x[2]]) * (inside * bump)
    axial = jnp.stack(
        [0.0 * x[2], 0.0 * x[2], 4 * UM * inside * jnp.sin(2 * jnp.pi * x[2] / length)]
    )
    out = space.radial * (inside * UM * (0.5 + bump))
    return x + size * (0.3 * swirl + axial + out)


def test_swept_volumes_are_the_change_of_every_cell(space):
    start, end = swirled(space, -0.4), swirled(space, 0.6)
    step = sweep(start, end, space.fluid)
    boundary = swept_areas(start, end, space.boundary)
    edges = stokes_edges(step, space.fluid, boundary, space.edge_facets, jnp.asarray(1e-3), 0.2)
    motion = (end - start) / STEP
    through = edge_divergence(mesh_fluxes(edges, space.fluid, motion), space.fluid)
    at_boundary = dot(motion, vertex_areas_of(space.boundary, boundary))
    change = step.end_volumes - step.start_volumes
    error = change - STEP * (through + at_boundary)
    assert float(jnp.abs(change).max()) > 0.05 * float(step.start_volumes.mean())
    assert float(jnp.abs(error).max()) < 1e-14 * float(step.start_volumes.max())


@unoptimised
def advance(flow, tracer, space, prepared, beyond, start, end, past, concentration):
    """A step of fluid and tracer: the flow, what the tissue stores before and after, the tracer."""
    step = sweep(start, end, space.fluid)
    data = boundary_of(flow, space, step, STEP)
    moved = solve(flow, prepared, space, step, data, past, STEP)
    storage = storage_volumes(flow.tissue, space)
    stored = (storage * past.tissue_pressure, storage * moved.tissue_pressure)
    carried = carry(tracer, space, beyond, step, moved, stored, concentration, STEP, STEP)
    return moved, stored, carried


def test_uniform_tracer_stays_uniform_and_its_mass_is_kept(space):
    flow = StokesDarcy(
        sheath=Sheath(conductance=3e-9), tissue=Tissue(permeability=1e-15, storage=5e-4)
    )
    prepared, beyond = plan(flow, space, STEP), renewed(join(Renewed(), space))
    tracer = AdvectionDiffusion(mouth=1.0, porosity=0.2)
    given = flow, tracer, space, prepared, beyond
    sizes = space.fluid.vertices, space.tissue.vertices, beyond.held.shape[0]
    concentration = tuple(jnp.ones(size) for size in sizes)
    past = at_rest(flow, space)
    for size in (0.6, -0.4, 0.3):
        start, end = swirled(space, 0.5 * (size - 0.1)), swirled(space, size)
        moved, _, carried = advance(*given, start, end, past, concentration)
        assert bool(moved.solve.converged) and bool(carried.converged)
        assert float(moved.solve.balance) < 1e-12
        assert float(jnp.abs(moved.exchange).sum()) > 1e-3 * float(jnp.abs(moved.end_fluxes.sum()))
        for part in carried.concentration:
            assert float(jnp.abs(part - 1.0).max()) < 1e-12
        past = moved.past


def test_tracer_budget_closes_for_an_uneven_tracer(space):
    flow = StokesDarcy(tissue=Tissue(permeability=1e-15, storage=5e-4))
    prepared, beyond = plan(flow, space, STEP), renewed(join(Renewed(), space))
    tracer = AdvectionDiffusion(uptake=1e-3, production=1e-3, reflection=0.3)
    start, end = swirled(space, 0.0), swirled(space, 0.5)
    step = sweep(start, end, space.fluid)
    random = np.random.default_rng(1)
    before = (
        jnp.where(
            joined(beyond.joins)[0] > 0, 1.0, jnp.asarray(random.random(space.fluid.vertices))
        ),
        jnp.asarray(random.random(space.tissue.vertices)),
        jnp.ones(1),
    )
    given = flow, tracer, space, prepared, beyond
    _, stored, after = advance(*given, start, end, at_rest(flow, space), before)
    dissolving = dissolving_volumes(tracer, space)

    def mass(volumes, part, c):
        return float((volumes * c[0]).sum() + ((dissolving + stored[part]) * c[1]).sum())

    change = mass(step.end_volumes, 1, after.concentration) - mass(step.start_volumes, 0, before)
    gained = STEP * float(after.produced - after.ends.sum() - after.outer - after.uptake)
    assert change == pytest.approx(gained, abs=1e-13 * mass(step.start_volumes, 0, before))
