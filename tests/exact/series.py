"""Steps of flow on a mesh at rest: pressures that change, ends that fill, inertia, pushed walls."""

from dataclasses import dataclass, replace

import jax.numpy as jnp
import numpy as np

from meshes.mesh import Mesh
from solver.flow.boundary import boundary_of
from solver.flow.past import at_rest
from solver.flow.plan import plan
from solver.flow.solve import Flow, solve
from solver.flow.stokes_darcy import StokesDarcy
from solver.geometry.metric import sweep
from solver.geometry.space import Space, build_space
from tests.exact.unoptimised import unoptimised


@dataclass(frozen=True, eq=False)
class Series:
    """What every step left, time on the first axis.

    Attributes:
        space: where it happened; `flow`: of the last step.
        middle: time at mid-step, s.
        ends: flow out of each end, m3/s, mean over the step.
        node_pressure: of lumped ends at the end of the step, Pa.
        converged: whether all solves did; `balance`: their worst balance.
    """

    space: Space
    flow: Flow
    middle: np.ndarray
    ends: dict[str, np.ndarray]
    node_pressure: np.ndarray
    converged: bool
    balance: float

    def out(self, name: str) -> float:
        """Flow out of an end in the last step, m3/s."""
        return float(self.ends[name][-1])

    def amplitude(self, name: str, frequency: float, steps: int) -> complex:
        """Phasor a of an end's flow, Im(a exp(i w t)), from its last steps: whole cycles."""
        turn = np.exp(-2j * np.pi * frequency * self.middle[-steps:])
        return complex(2j * (self.ends[name][-steps:] * turn).mean())


@unoptimised
def _advance(flow, prepared, space, pushed, past, duration, time):
    still = sweep(space.fluid_rest, space.fluid_rest, space.fluid)
    data = boundary_of(flow, space, still, duration, time)
    on_wall = space.wall.slot < space.wall.vertices.shape[0]
    data = replace(data, velocity=jnp.where(on_wall, pushed, data.velocity))
    return solve(flow, prepared, space, still, data, past, duration)


def still_steps(
    mesh: Mesh, parameters: StokesDarcy, *, duration: float = 1.0, count: int = 1, wall=None
) -> Series:
    """Step a flow from rest on a mesh that does not move.

    Args:
        wall: function of points (3, n): velocity with which the wall pushes, m/s.
    """
    space = build_space(mesh)
    prepared = plan(parameters, space, duration)
    middle = duration * (np.arange(count) + 0.5)
    rest = np.asarray(space.fluid_rest)
    pushed = jnp.asarray(np.zeros_like(rest) if wall is None else wall(rest))
    past, flows = at_rest(parameters, space), []
    for time in middle:
        flow = _advance(parameters, prepared, space, pushed, past, duration, time)
        past = flow.past
        flows.append((flow.end_fluxes, past.node_pressure, flow.solve))
    return Series(
        space=space,
        flow=flow,
        middle=middle,
        ends={
            name: np.array([float(ends[patch.vertices].sum()) for ends, _, _ in flows])
            for name, patch in zip(space.end_names, space.ends, strict=True)
        },
        node_pressure=np.array([np.asarray(pressure) for _, pressure, _ in flows]),
        converged=all(bool(told.converged) for _, _, told in flows),
        balance=max(float(told.balance) for _, _, told in flows),
    )


def outward(speed: float):
    """A wall that pushes straight out of the vessel, m/s."""

    def velocity(points):
        radius = np.hypot(points[0], points[1])
        return np.stack([points[0], points[1], 0.0 * radius]) / radius * speed

    return velocity
