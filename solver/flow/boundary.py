"""Data on the boundary of one step: the moving wall, pressures at open ends and outer faces.

u = dx/dt on the wall,   sigma n = -p n on open ends                              (m/s, Pa)
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

from solver.flow.ends import Open
from solver.flow.stokes_darcy import StokesDarcy, end_kinds
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
        tissue_pressure: what masked tissue pressures are held at, Pa.
    """

    velocity: Float[Array, "3 vertices"]
    force: Float[Array, "3 vertices"]
    tissue_pressure: Float[Array, " tissue_vertices"]


def boundary_of(flow: StokesDarcy, space: Space, step: Sweep, duration: float) -> Boundary:
    """No slip on the moving wall, pressures at open ends, the outer pressure of the tissue."""
    motion = (step.end - step.start) / duration
    on_wall = space.wall.slot < space.wall.vertices.shape[0]
    outer = flow.outer.pressure if isinstance(flow.outer, Open) else 0.0
    return Boundary(
        velocity=jnp.where(on_wall, motion, 0.0),
        force=end_force(flow, space, step),
        tissue_pressure=outer * space.tissue_outer,
    )


def end_force(flow: StokesDarcy, space: Space, step: Sweep) -> Float[Array, "3 vertices"]:
    """Force of the pressures at open ends, -p a, N."""
    force = jnp.zeros_like(step.start)
    for (_, kind), patch in zip(end_kinds(flow, space).items(), space.ends, strict=True):
        if isinstance(kind, Open):
            areas = vertex_areas_of(patch, swept_areas(step.start, step.end, patch))
            force = force - kind.pressure * areas
    return force


def end_areas(space: Space, step: Sweep) -> Float[Array, "3 vertices"]:
    """Area vectors of all ends together, m2."""
    areas = [
        vertex_areas_of(patch, swept_areas(step.start, step.end, patch)) for patch in space.ends
    ]
    return sum(areas, start=jnp.zeros_like(step.start))
