"""An exact problem: a mesh at a resolution, data on its boundary, and the solution everywhere."""

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np

from meshes.mesh import Mesh
from solver.flow.boundary import Boundary, boundary_of
from solver.flow.past import at_rest
from solver.flow.plan import plan
from solver.flow.solve import Flow, solve
from solver.flow.stokes_darcy import StokesDarcy
from solver.geometry.metric import dual_volumes, sweep
from solver.geometry.space import Space, build_space
from tests.exact.unoptimised import unoptimised

_solve = unoptimised(solve)


@dataclass(frozen=True)
class Solved:
    """A solved problem on one mesh, with points and volumes to compare on."""

    space: Space
    flow: Flow
    fluid: np.ndarray  # (3, vertices), m
    fluid_volumes: np.ndarray
    tissue: np.ndarray
    tissue_volumes: np.ndarray

    def end_flow(self, name: str) -> float:
        """Flow out of the PVS through an end, m3/s."""
        return float(self.flow.end_fluxes[self.space.end(name).vertices].sum())


def solve_once(
    mesh: Mesh,
    parameters: StokesDarcy,
    *,
    start=None,
    end=None,
    boundary=None,
    duration: float = 1.0,
) -> Solved:
    """One step from `start` to `end` (functions of rest points (3, n)); at rest if not given.

    Args:
        boundary: function (space, default Boundary) -> Boundary for data that ends do not cover.
    """
    space = build_space(mesh)
    prepared = plan(parameters, space, duration)
    first = space.fluid_rest if start is None else jnp.asarray(start(space.fluid_rest))
    last = space.fluid_rest if end is None else jnp.asarray(end(space.fluid_rest))
    step = sweep(first, last, space.fluid)
    data: Boundary = boundary_of(parameters, space, step, duration)
    if boundary is not None:
        data = boundary(space, data)
    past = at_rest(parameters, space)
    flow = _solve(parameters, prepared, space, step, data, past, duration)
    return Solved(
        space=space,
        flow=flow,
        fluid=np.asarray(0.5 * (step.start + step.end)),
        fluid_volumes=np.asarray(0.5 * (step.start_volumes + step.end_volumes)),
        tissue=np.asarray(space.tissue_rest),
        tissue_volumes=np.asarray(dual_volumes(space.tissue_rest, space.tissue)),
    )


def relative_error(found, exact, volumes) -> float:
    """Volume-weighted L2 error relative to the exact field's norm; vectors on the last axis."""
    found, exact = np.atleast_2d(np.asarray(found)), np.atleast_2d(np.asarray(exact))
    return float(np.sqrt((volumes * (found - exact) ** 2).sum() / (volumes * exact**2).sum()))


def order(coarse: float, fine: float, refinement: float = 2.0) -> float:
    """Observed order of convergence between two errors."""
    return float(np.log(coarse / fine) / np.log(refinement))
