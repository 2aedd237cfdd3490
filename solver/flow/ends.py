"""What happens at the ends of the PVS and on the tissue's outer faces.

An open end feels a pressure and lets fluid pass straight; a closed end lets none pass and slides.
Each becomes, per vertex, a projector onto the velocities left free.
"""

import numpy as np
from jaxtyping import Array, Float

from solver.geometry.metric import facet_areas, vertex_areas
from solver.geometry.space import Space
from solver.record import record


@record
class Open:
    """An end held at a pressure, Pa (traction -p n, no tangential velocity)."""

    pressure: float | Float[Array, ""] = 0.0


@record
class Closed:
    """An end through which nothing flows (free slip along it)."""


End = Open | Closed


def free_projector(space: Space, ends: dict[str, End]) -> Float[np.ndarray, "3 3 vertices"]:
    """Projector onto the free velocities of each PVS vertex: none on the wall, the normal one on
    open ends, the tangential ones on closed ends, all elsewhere. Host only, from rest geometry.
    """
    free = np.tile(np.eye(3)[:, :, None], (1, 1, space.fluid.vertices))
    for name, kind in ends.items():
        patch = space.end(name)
        areas = np.asarray(vertex_areas(facet_areas(space.fluid_rest, patch), patch))
        normal = areas / np.linalg.norm(areas, axis=0)
        along_normal = normal[:, None] * normal[None]
        free[:, :, patch.vertices] = (
            along_normal if isinstance(kind, Open) else np.eye(3)[:, :, None] - along_normal
        )
    free[:, :, np.asarray(space.wall.vertices)] = 0.0
    return free
