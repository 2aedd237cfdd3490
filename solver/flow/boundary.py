"""Data on the boundary of one step: moving walls, pressures at ends and outer faces.

u = dx/dt on the wall,   sigma n = -p n on open ends                              (m/s, Pa)
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

from solver.flow.ends import Open, Sink
from solver.flow.lumped import lumped_ends, pressure_beyond
from solver.flow.stokes_darcy import StokesDarcy, end_kinds
from solver.flow.waveform import at
from solver.geometry.metric import (
    Sweep,
    swept_areas,
    vertex_areas_of,
)
from solver.geometry.space import Space
from solver.record import record


@record
class Boundary:
    """Data on the boundary of one step.

    Attributes:
        velocity: what masked velocities are fixed to, m/s.
        force: on free velocities, N.
        tissue_pressure: at which outer tissue vertices are held, or to which they drain, Pa.
        node_pressure: beyond lumped ends, Pa.
    """

    velocity: Float[Array, "3 vertices"]
    force: Float[Array, "3 vertices"]
    tissue_pressure: Float[Array, " tissue_vertices"]
    node_pressure: Float[Array, " nodes"]


def boundary_of(
    flow: StokesDarcy,
    space: Space,
    step: Sweep,
    duration: float,
    time: float | Float[Array, ""] = 0.0,
) -> Boundary:
    """No slip on the moving wall, pressures at ends and on the tissue's outer faces.

    Args:
        time: middle of the step, s, for pressures that change.
    """
    motion = (step.end - step.start) / duration
    moving = (space.wall.slot < space.wall.vertices.shape[0]) | (
        space.sheath.slot < space.sheath.vertices.shape[0]
    )
    outer = at(flow.outer.pressure, time) if isinstance(flow.outer, Open | Sink) else 0.0
    kinds = end_kinds(flow, space)
    fall = [_fall(flow, space, name) for name in lumped_ends(kinds)]
    return Boundary(
        velocity=jnp.where(moving, motion, 0.0),
        force=end_force(flow, space, step, time),
        tissue_pressure=outer * space.tissue_outer,
        node_pressure=pressure_beyond(kinds, time) + (jnp.stack(fall) if fall else 0.0),
    )


def end_force(
    flow: StokesDarcy, space: Space, step: Sweep, time: float | Float[Array, ""] = 0.0
) -> Float[Array, "3 vertices"]:
    """Force of the pressures at open ends, -p a, N."""
    force = jnp.zeros_like(step.start)
    for (name, kind), patch in zip(end_kinds(flow, space).items(), space.ends, strict=True):
        if isinstance(kind, Open):
            areas = vertex_areas_of(patch, swept_areas(step.start, step.end, patch))
            force = force - (at(kind.pressure, time) + _fall(flow, space, name)) * areas
    return force


def _fall(flow: StokesDarcy, space: Space, name: str) -> Float[Array, ""]:
    """What the static gradient adds to the pressure at an end of an artery's space, Pa."""
    along = space.path[space.end(name).vertices].mean()
    return jnp.asarray(0.0 if name.startswith("venous") else -flow.gradient * along)


def end_areas(space: Space, step: Sweep) -> Float[Array, "3 vertices"]:
    """Area vectors of all ends together, m2."""
    areas = [
        vertex_areas_of(patch, swept_areas(step.start, step.end, patch)) for patch in space.ends
    ]
    return sum(areas, start=jnp.zeros_like(step.start))
