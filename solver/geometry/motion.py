"""Where the vertices are when the artery has another radius and the sheath has moved.

    x = X + e (1 - f) R10 (R1/R10 - 1) + d f eta

with X the rest position, e the radial direction, f the fraction of the gap (0 on the wall, 1 on the
sheath), d and eta direction and displacement of the nearest sheath vertex. The wall moves with the
artery, the sheath as its outer wall lets it, the space between follows; tissue and veins stay.
"""

import numpy as np
from jaxtyping import Array, Float

from solver.algebra.sparse import gather
from solver.geometry.metric import Points, cell_volumes, dot, facet_areas, vertex_areas
from solver.geometry.space import Space


def positions(
    space: Space,
    radius_ratio: Float[Array, " vertices"],
    displacement: Float[Array, " on_sheath"] | None = None,
) -> Points:
    """Positions of the PVS vertices, m.

    Args:
        radius_ratio: R1/R10 at each vertex.
        displacement: of each sheath vertex, outward, m; None for a sheath at rest.
    """
    stretch = space.arterial * (1.0 - space.fraction) * space.reach * (radius_ratio - 1.0)
    moved = space.fluid_rest + space.radial * stretch
    return moved if displacement is None else moved + sheath_shift(space, displacement)


def sheath_shift(
    space: Space, displacement: Float[Array, " on_sheath"]
) -> Float[Array, "3 vertices"]:
    """How far a displacement of the sheath carries each PVS vertex, m."""
    return gather(space.outward * displacement, space.feet) * space.fraction


def flattest_cell(space: Space, points: Points) -> tuple[float, Float[np.ndarray, "3"]]:
    """The smallest volume of a PVS cell over its own at rest, and where that cell is, m. Host only.

    Below zero the cell is inside out.
    """
    now, rest = (np.asarray(cell_volumes(x, space.fluid)) for x in (points, space.fluid_rest))
    cell = int(np.argmin(now / rest))
    corners = np.asarray(space.fluid.cells)[:, cell]
    return float(now[cell] / rest[cell]), np.asarray(points)[:, corners].mean(axis=1)


def blood_volume(
    space: Space, points: Points, radius_ratio: Float[Array, " vertices"]
) -> Float[Array, ""]:
    """Volume of the arteries' lumen, m3: half the wall's area vector times its reach, summed."""
    wall = space.wall
    areas = vertex_areas(facet_areas(points, wall), wall)
    outward = -dot(areas, space.radial[:, wall.vertices])  # the wall's areas point into the lumen
    reach = wall.of(space.arterial * space.reach * radius_ratio)
    return 0.5 * (outward * reach).sum()


def mean_radius(space: Space, radius_ratio: Float[Array, " vertices"]) -> Float[Array, ""]:
    """Mean lumen radius of the arteries over their wall, weighted by rest area, m."""
    wall = space.wall
    areas = vertex_areas(facet_areas(space.fluid_rest, wall), wall)
    weight = (areas**2).sum(axis=0) ** 0.5 * space.arterial[wall.vertices]
    radius = wall.of(space.radius * radius_ratio)
    return (radius * weight).sum() / weight.sum()
