"""Volumes, areas and the swept volumes that keep a moving mesh honest.

    dV_i/dt = sum_j W_ij + w_i . a_i        (geometric conservation law, docs/physics.md 1.8)

Area vectors of a triangle whose vertices move linearly are quadratic in time, so their mean over a
step is exactly (S(0) + 4 S(1/2) + S(1)) / 6; volume fluxes built on that mean telescope to
round-off. All lengths in metres; points are structure-of-arrays, shape (3, vertices). Functions are
jitted because the host calls them once per mesh, where compiling operation by operation is slow.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from solver.algebra.linear import parts
from solver.algebra.sparse import materialise
from solver.geometry.topology import LOCAL_EDGES, Graph, Patch
from solver.record import record

Points = Float[Array, "3 vertices"]


def cross(a: Float[Array, "3 n"], b: Float[Array, "3 n"]) -> Float[Array, "3 n"]:
    """Cross product along the first axis."""
    (ax, ay, az), (bx, by, bz) = parts(a), parts(b)
    return jnp.stack([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx])


def dot(a: Float[Array, "3 n"], b: Float[Array, "3 n"]) -> Float[Array, " n"]:
    """Scalar product along the first axis."""
    (ax, ay, az), (bx, by, bz) = parts(a), parts(b)
    return ax * bx + ay * by + az * bz


@jax.jit
def cell_areas(points: Points, graph: Graph) -> Float[Array, "4 3 cells"]:
    """Outward area vector of the face opposite each vertex of each cell, m2."""
    v0, v1, v2, v3 = graph.at_corners(points)
    half = 0.5 * graph.orientation
    return jnp.stack(
        [
            half * cross(v2 - v1, v3 - v1),
            half * cross(v3 - v0, v2 - v0),
            half * cross(v1 - v0, v3 - v0),
            half * cross(v2 - v0, v1 - v0),
        ]
    )


@jax.jit
def cell_volumes(points: Points, graph: Graph) -> Float[Array, " cells"]:
    """Volume of each cell, m3; negative where inverted."""
    v0, v1, v2, v3 = graph.at_corners(points)
    return graph.orientation * dot(v3 - v0, cross(v1 - v0, v2 - v0)) / 6.0


@jax.jit
def dual_volumes(points: Points, graph: Graph) -> Float[Array, " vertices"]:
    """Volume of each vertex's median-dual cell, m3: a quarter of each cell around it."""
    return graph.around_vertices(cell_volumes(points, graph) / 4.0)


@jax.jit
def facet_areas(points: Points, patch: Patch) -> Float[Array, "3 facets"]:
    """Outward area vector of each triangle of a patch, m2."""
    v0, v1, v2 = patch.at_corners(points)
    return 0.5 * cross(v1 - v0, v2 - v0)


@jax.jit
def vertex_areas(facets: Float[Array, "3 facets"], patch: Patch) -> Float[Array, "3 on_patch"]:
    """Share of a patch's area vectors that belongs to each of its vertices, m2."""
    return patch.around_vertices(facets / 3.0)


@jax.jit
def edge_stiffness(
    areas: Float[Array, "4 3 cells"],
    volumes: Float[Array, " cells"],
    graph: Graph,
    weight: Float[Array, " cells"] | Float[Array, "3 3 cells"] | float = 1.0,
) -> Float[Array, " edges"]:
    """K_ij = sum over cells of V grad(lambda_i) . weight grad(lambda_j); negative on good edges.

    Args:
        weight: a number or a symmetric tensor on each cell; K is in m times its unit.
    """
    area = parts(areas)
    if jnp.ndim(weight) == 3:
        turned = [jnp.einsum("ijn,jn->in", weight, one) for one in area]
        local = [dot(area[a], turned[b]) / (9.0 * volumes) for a, b in LOCAL_EDGES]
    else:
        local = [weight * dot(area[a], area[b]) / (9.0 * volumes) for a, b in LOCAL_EDGES]
    return graph.around_edges(jnp.stack(local))


@jax.jit
def dual_faces(areas: Float[Array, "4 3 cells"], graph: Graph) -> Float[Array, "3 edges"]:
    """Area vector of the dual face of each edge, from first to second vertex, m2."""
    area = parts(areas)
    local = [(area[a] - area[b]) / 12.0 for a, b in LOCAL_EDGES]
    return graph.around_edges(jnp.stack(local, axis=1))


@record
class Shape:
    """The geometry of a region that does not move.

    Attributes:
        areas: of cell faces, m2; `cell_volumes` of cells, `volumes` of dual cells, m3.
        faces: area vectors of dual faces, m2.
    """

    areas: Float[Array, "4 3 cells"]
    cell_volumes: Float[Array, " cells"]
    volumes: Float[Array, " vertices"]
    faces: Float[Array, "3 edges"]


@jax.jit
def shape_of(points: Points, graph: Graph) -> Shape:
    """Everything a region at rest tells of its geometry."""
    areas = cell_areas(points, graph)
    return Shape(
        areas=areas,
        cell_volumes=cell_volumes(points, graph),
        volumes=dual_volumes(points, graph),
        faces=dual_faces(areas, graph),
    )


def on_vertices(
    values: Float[Array, " cells"], volumes: Float[Array, " cells"], graph: Graph
) -> Float[Array, " vertices"]:
    """Integral of a cell quantity over each dual cell: a quarter of each cell around it."""
    return graph.around_vertices(values * volumes / 4.0)


def simpson(start: Array, middle: Array, end: Array) -> Array:
    """Mean over a step of anything quadratic in time."""
    return (start + 4.0 * middle + end) / 6.0


@record
class Sweep:
    """One step of a moving region: vertices go straight from `start` to `end`.

    Attributes:
        start, end: vertex positions, m.
        areas: cell face area vectors averaged exactly over the step, m2.
        middle_areas, middle_volumes: cell face areas (m2) and volumes (m3) at mid-step.
        start_volumes, end_volumes: dual volumes, m3.
    """

    start: Points
    end: Points
    areas: Float[Array, "4 3 cells"]
    middle_areas: Float[Array, "4 3 cells"]
    middle_volumes: Float[Array, " cells"]
    start_volumes: Float[Array, " vertices"]
    end_volumes: Float[Array, " vertices"]


@jax.jit
def sweep(start: Points, end: Points, graph: Graph) -> Sweep:
    """Everything a step needs to know of its region's geometry, with derivatives summed up here."""
    middle = 0.5 * (start + end)
    middle_areas = materialise(cell_areas(middle, graph))
    return Sweep(
        start=start,
        end=end,
        areas=materialise(simpson(cell_areas(start, graph), middle_areas, cell_areas(end, graph))),
        middle_areas=middle_areas,
        middle_volumes=materialise(cell_volumes(middle, graph)),
        start_volumes=dual_volumes(start, graph),
        end_volumes=dual_volumes(end, graph),
    )


@jax.jit
def swept_areas(start: Points, end: Points, patch: Patch) -> Float[Array, "3 facets"]:
    """Area vectors of a moving patch averaged exactly over a step, m2."""
    middle = 0.5 * (start + end)
    return simpson(facet_areas(start, patch), facet_areas(middle, patch), facet_areas(end, patch))


@jax.jit
def vertex_areas_of(patch: Patch, areas: Float[Array, "3 facets"]) -> Float[Array, "3 vertices"]:
    """A patch's area vectors on all vertices of the region, zero off the patch, m2."""
    return patch.spread(vertex_areas(areas, patch))
