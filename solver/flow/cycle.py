"""All phases of a cycle solved as one batch, where no phase needs to know of another.

Without storage in the tissue, springs, inertia or compliant ends the flow at every moment depends
on the geometry and motion of that moment alone: the steps of a cycle are so many independent
systems of one shape, solved together. What a small mesh leaves idle on a GPU, the batch fills;
several GPUs share it.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from meshes.errors import InputError
from solver.flow.assemble import Plan
from solver.flow.boundary import boundary_of
from solver.flow.ends import Windkessel
from solver.flow.inertia import Quasisteady
from solver.flow.outer_wall import Spring
from solver.flow.past import at_rest
from solver.flow.solve import Flow, solve
from solver.flow.stokes_darcy import StokesDarcy, end_kinds
from solver.geometry.material import scalar_on_cells
from solver.geometry.metric import sweep
from solver.geometry.space import Space
from solver.spread import spread


def what_remembers(flow: StokesDarcy, space: Space) -> list[str]:
    """What ties a step to the one before it, in the words of the configuration. Host only."""
    storage = scalar_on_cells(flow.tissue.storage, space.tissue_material)
    found = ["flow.tissue.storage"] if space.tissue.vertices and np.any(storage) else []
    if isinstance(flow.outer_wall, Spring):
        found.append("flow.outer_wall=spring")
    if not isinstance(flow.inertia, Quasisteady):
        found.append("flow.inertia=unsteady")
    ends = end_kinds(flow, space).items()
    found += [f"the windkessel at {name}" for name, kind in ends if isinstance(kind, Windkessel)]
    return found


def solve_cycle(
    flow: StokesDarcy,
    prepared: Plan,
    space: Space,
    points: Float[Array, "phases_and_one 3 vertices"],
    duration: float,
    begin: float = 0.0,
) -> Flow:
    """The flow of every step between successive positions, phases on the first axis.

    Args:
        points: PVS vertices at the ends of steps, m.
        duration: of each step, s; the first begins at the time `begin`.

    Raises:
        InputError: steps depend on each other (`what_remembers`); march through them instead.
    """
    tied = what_remembers(flow, space)
    if tied:
        raise InputError(
            f"phases cannot be solved as one batch: {', '.join(tied)} ties each step to the one "
            "before; set the storage to zero and take the others away, or march with simulate"
        )
    middle = begin + duration * (jnp.arange(points.shape[0] - 1) + 0.5)
    return _batch(flow, prepared, space, points, duration, middle, at_rest(flow, space))


@jax.jit
def _batch(flow, prepared, space, points, duration, middle, past):  # type: ignore[no-untyped-def]
    """One compiled batch of independent steps."""

    def once(start: Array, end: Array, time: Array) -> Flow:
        step = sweep(start, end, space.fluid)
        data = boundary_of(flow, space, step, duration, time)
        return solve(flow, prepared, space, step, data, past, duration)

    return spread(once)(points[:-1], points[1:], middle)
