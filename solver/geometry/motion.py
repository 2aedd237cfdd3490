"""Where the vertices are when the artery has another radius.

    x = X + e (1 - f) R10 (R1/R10 - 1)

with X the rest position, e the radial direction, f the fraction of the gap (0 on the wall, 1 on the
sheath). The wall moves with the artery, the sheath and the tissue stay, the space between follows.
"""

from jaxtyping import Array, Float

from solver.algebra.sparse import gather_sum
from solver.geometry.metric import Points, dot, facet_areas
from solver.geometry.space import Space


def positions(space: Space, radius_ratio: Float[Array, " vertices"]) -> Points:
    """Positions of the PVS vertices for a radius ratio R1/R10 at each, m."""
    stretch = (1.0 - space.fraction) * space.reach * (radius_ratio - 1.0)
    return space.fluid_rest + space.radial * stretch


def blood_volume(
    space: Space, points: Points, radius_ratio: Float[Array, " vertices"]
) -> Float[Array, ""]:
    """Volume of the lumen, m3: half the wall's area vector times its reach, summed."""
    wall = space.wall
    areas = gather_sum(facet_areas(points, wall) / 3.0, wall.vertex_facets)
    outward = -dot(areas, space.radial[:, wall.vertices])  # the wall's areas point into the lumen
    reach = (space.reach * radius_ratio)[wall.vertices]
    return 0.5 * (outward * reach).sum()


def mean_radius(space: Space, radius_ratio: Float[Array, " vertices"]) -> Float[Array, ""]:
    """Mean lumen radius over the wall, weighted by rest area, m."""
    wall = space.wall
    areas = gather_sum(facet_areas(space.fluid_rest, wall) / 3.0, wall.vertex_facets)
    weight = (areas**2).sum(axis=0) ** 0.5
    return ((space.radius * radius_ratio)[wall.vertices] * weight).sum() / weight.sum()
