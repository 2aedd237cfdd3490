"""Which velocities are free: a projector per PVS vertex, none on walls, some on ends and sheath."""

import numpy as np
from jaxtyping import Float

from solver.flow.ends import Closed, End
from solver.flow.outer_wall import Spring
from solver.flow.sheath import vertex_conductance
from solver.flow.stokes_darcy import StokesDarcy
from solver.geometry.space import Space
from solver.geometry.topology import Patch

AT_END = 0.4  # of the pressure at an open end is felt, by the next vertices inward
PARALLEL = 0.05  # directions whose squared sine is below this are one


def free_projector(
    flow: StokesDarcy, space: Space, ends: dict[str, End]
) -> Float[np.ndarray, "3 3 vertices"]:
    """Projector onto the free velocities of each PVS vertex. Host only, from rest geometry.

    None on the wall; the normal one on ends that are not closed, the tangential ones on closed
    ends; on the sheath all, less the tangential ones without slip and the normal one where it is
    sealed and does not give way. Where patches meet, what all of them leave free.
    """
    fixed = np.zeros((space.fluid.vertices, 3, 3))
    sheath = np.asarray(space.sheath.vertices)
    passing = np.zeros_like(fixed)  # what seeps through the sheath's rim at an end stays free
    outward = np.asarray(space.outward).T
    passing[sheath] = outward[:, :, None] * outward[:, None]
    for name, kind in ends.items():
        patch = space.end(name)
        across = _across(space, patch)
        rim = passing[np.asarray(patch.vertices)]
        fixed[np.asarray(patch.vertices)] += (
            across if isinstance(kind, Closed) else np.eye(3) - across - rim
        )
    across = _across(space, space.sheath)
    no_tissue = space.tissue.vertices == 0
    if no_tissue or np.isinf(float(flow.sheath.slip)):
        fixed[sheath] += np.eye(3) - across
    if not isinstance(flow.outer_wall, Spring):
        sealed = np.asarray(vertex_conductance(flow.sheath, space)) == 0.0
        fixed[sheath[sealed]] += across[sealed]
    values, vectors = np.linalg.eigh(fixed)
    kept = vectors * (values < PARALLEL)[:, None, :]
    free = np.einsum("nik,njk->ijn", kept, kept)
    free[:, :, np.asarray(space.wall.vertices)] = 0.0
    return np.ascontiguousarray(free)


def felt_pressure(space: Space, ends: dict[str, End]) -> Float[np.ndarray, " vertices"]:
    """Less than 1 at vertices of ends that hold velocity across the vessel. Host only.

    Pressures there push only the next vertices inward, on wall and sheath as well: there in full,
    pressures that change across the gap take more iterations the more layers there are.
    """
    felt = np.ones(space.fluid.vertices)
    for name, kind in ends.items():
        if not isinstance(kind, Closed):
            felt[np.asarray(space.end(name).vertices)] = AT_END
    return felt


def _across(space: Space, patch: Patch) -> Float[np.ndarray, "on_patch 3 3"]:
    """n n^T at each vertex of a patch."""
    corner = np.asarray(space.fluid_rest).T[np.asarray(patch.facets)]
    facets = np.cross(corner[1] - corner[0], corner[2] - corner[0])
    whose = np.asarray(patch.slot)[np.asarray(patch.facets)]
    areas = np.zeros((len(patch.vertices), 3))
    np.add.at(areas, whose, facets[None])
    normal = areas / np.linalg.norm(areas, axis=1, keepdims=True)
    return np.asarray(normal[:, :, None] * normal[:, None])
