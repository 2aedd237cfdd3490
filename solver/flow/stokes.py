"""Stokes flow in the PVS, vertex-centred on median duals.

    -div(2 mu D(u)) + grad p = 0,   div u = 0            (mu Pa s, u m/s, p Pa)

Linear velocity and pressure with an element-wise pressure stabilisation of the condensed-MINI kind
(a control-volume finite-element scheme, cf. Schneider & Koch 2023, arXiv 2309.00321). With
g_i = grad lambda_i and n_i = -3 V g_i the outward area of the face opposite vertex i:

    A_ij = mu V (g_i . g_j I + g_j g_i^T)    B_ij = n_j^T / 12
    C_ij = c V g_i.g_j / (mu sum g^2 + 2 c d)

with d = mu / k where fibres resist (`brinkman`), else 0. The bubble that C condenses answers to all
that is left of the momentum balance, grad p + d u, so B_ij gains t d n_i^T / 12 and the lumped drag
is d (1 - t d), with t = c / (mu sum g^2 + 2 c d): an even flow d u = -grad p is exact, and where
drag rules this is stabilised Darcy flow (Masud & Hughes 2002), t d = 1/2.
"""

from operator import add

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from solver.algebra.sparse import (
    Pattern,
    fold,
    gather_sum,
    materialise,
    multiply_scalar,
    pad,
    with_diagonal,
)
from solver.geometry.metric import Sweep, dot, edge_sum
from solver.geometry.topology import LOCAL_EDGES, Graph
from solver.record import record


@record
class EdgeDrag:
    """What fibres add to the Stokes matrix.

    Attributes:
        first, second: what drag adds to the divergences of each edge, m2.
        share: t d of each cell; `areas` t d n_i / 12 of its corners, m2.
    """

    first: Float[Array, "3 edges"]
    second: Float[Array, "3 edges"]
    share: Float[Array, " cells"]
    areas: Float[Array, "4 3 cells"]


@record
class StokesEdges:
    """What each PVS edge contributes to the Stokes matrix; (first, second) are its vertices.

    Attributes:
        viscous: A_first,second, N s/m; its transpose is A_second,first.
        face: area vector of the dual face, from first to second, m2.
        boundary: sum of boundary area vectors / 24 of the triangles on the edge, m2.
        stabilisation: C_first,second, m3/(Pa s).
        volume: of the cells on the edge together, m3.
        drag: of fibres; None in an open space.
    """

    viscous: Float[Array, "3 3 edges"]
    face: Float[Array, "3 edges"]
    boundary: Float[Array, "3 edges"]
    stabilisation: Float[Array, " edges"]
    volume: Float[Array, " edges"]
    drag: EdgeDrag | None


def stokes_edges(
    step: Sweep,
    graph: Graph,
    boundary_areas: Float[Array, "3 facets"],
    edge_facets: Array,
    viscosity: Float[Array, ""],
    stabilisation: float,
    drag: Float[Array, " cells"] | None = None,
) -> StokesEdges:
    """Edge coefficients on a moving step: areas exactly averaged, stiffness at mid-step.

    Args:
        drag: mu / k of each cell, Pa s/m2; None in an open space.
    """
    areas, volumes = step.middle_areas, step.middle_volumes
    spread = viscosity * sum(dot(areas[corner], areas[corner]) for corner in range(4))
    if drag is not None:
        spread = spread + 18.0 * stabilisation * drag * volumes**2
    stabiliser = stabilisation * volumes / spread
    outer, face, product, volume = _around_edges(step, stabiliser, graph)
    trace = outer[0, 0] + outer[1, 1] + outer[2, 2]
    identity = jnp.eye(3, dtype=outer.dtype)[:, :, None]
    return StokesEdges(
        viscous=viscosity * (trace * identity + outer),
        face=face,
        boundary=gather_sum(boundary_areas / 24.0, edge_facets),
        stabilisation=product,
        volume=volume,
        drag=None if drag is None else _edge_drag(9.0 * stabiliser * drag * volumes, areas, graph),
    )


def _around_edges(
    step: Sweep, stabiliser: Float[Array, " cells"], graph: Graph
) -> tuple[
    Float[Array, "3 3 edges"],
    Float[Array, "3 edges"],
    Float[Array, " edges"],
    Float[Array, " edges"],
]:
    """Sums over the cells on each edge: V g_b g_a^T, (n_a - n_b)/12, stabiliser n_a.n_b and V.

    What a cell adds to an edge is made where the edge gathers it, one cell of each edge at a time:
    written down for all six edges of all cells first, it would be three times as dear.
    """
    pattern = Pattern(graph.edge_corners[2], graph.edge_continued)

    def corners(areas: Array) -> Array:
        return materialise(pad(jnp.moveaxis(areas, 0, 1).reshape(3, -1)))

    normal, mean = corners(step.middle_areas), corners(step.areas / 12.0)
    on_cells = jnp.stack([1.0 / (9.0 * step.middle_volumes), stabiliser, step.middle_volumes])
    on_cells = materialise(pad(on_cells))

    def of_slot(total: tuple, places: Int[Array, "three edge_rows"]) -> tuple[tuple, None]:
        first, second, cell = places
        here, there = materialise(normal[:, first]), materialise(normal[:, second])
        inverse, leak, volume = materialise(on_cells[:, cell])
        more = (
            (inverse * there)[:, None] * here[None],
            mean[:, first] - mean[:, second],
            leak * dot(here, there),
            volume,
        )
        return jax.tree.map(add, total, more), None

    rows = graph.edge_corners.shape[2]
    shapes = ((3, 3, rows), (3, rows), (rows,), (rows,))
    none = tuple(jnp.zeros(shape, normal.dtype) for shape in shapes)
    total, _ = jax.lax.scan(of_slot, none, jnp.moveaxis(graph.edge_corners, 1, 0))
    outer, face, product, volume = (fold(rows, pattern) for rows in total)
    return outer, face, product, volume


def _edge_drag(
    share: Float[Array, " cells"], areas: Float[Array, "4 3 cells"], graph: Graph
) -> EdgeDrag:
    """What drag adds: t d n / 12 of the ends of every edge."""
    held = share * areas / 12.0
    return EdgeDrag(
        first=edge_sum(jnp.stack([held[a] for a, _ in LOCAL_EDGES], axis=1), graph),
        second=edge_sum(jnp.stack([held[b] for _, b in LOCAL_EDGES], axis=1), graph),
        share=share,
        areas=held,
    )


def divergences(edges: StokesEdges) -> tuple[Float[Array, "3 edges"], Float[Array, "3 edges"]]:
    """B_first,second and B_second,first of each edge, m2.

    Without drag they are the sums of n_b / 12 and n_a / 12 over the cells on the edge. Their
    difference is the dual face. Their sum is that of the other two faces of each cell, negative:
    these hold the edge and cancel between neighbours, but on the boundary.
    """
    first, second = -edges.boundary - 0.5 * edges.face, -edges.boundary + 0.5 * edges.face
    if edges.drag is None:
        return first, second
    return first + edges.drag.first, second + edges.drag.second


def stokes_blocks(
    edges: StokesEdges, graph: Graph, own: Float[Array, "3 3 vertices"] | float = 0.0
) -> Float[Array, "slots 4 4 rows"]:
    """Rows of [[A, B^T], [B, -C]], the diagonal in the last slot.

    Args:
        own: what sheath, drag and inertia add to the velocity's diagonal, N s/m.
    """
    forth, back = divergences(edges)  # B_ij, a row; B_ji^T, a column
    one = jnp.concatenate(
        [
            jnp.concatenate([edges.viscous, back[:, None]], axis=1),
            jnp.concatenate([forth[None], -edges.stabilisation[None, None]], axis=1),
        ]
    )
    padded = materialise(pad(one))

    def slot(total: Array, place: tuple[Array, Array]) -> tuple[Array, Array]:
        edge, second = place
        block = padded[:, :, edge]
        # the block of an edge's second vertex is the transpose of that of its first
        block = jnp.where(second, jnp.swapaxes(block, 0, 1), block)
        return total + block, block

    # one more slot, of padded places, for the diagonal
    empty = one.shape[2]
    places = (
        jnp.pad(graph.row_edges, ((0, 1), (0, 0)), constant_values=empty),
        jnp.pad(graph.row_second, ((0, 1), (0, 0))),
    )
    none = jnp.zeros((4, 4, places[0].shape[1]), one.dtype)
    total, blocks = jax.lax.scan(slot, none, places)
    # Constant fields are in the kernel of every row but B^T's, whose diagonal equals B's, and but
    # for the drag in B, the same for all four corners of a cell.
    diagonal = -fold(total, graph.neighbours)
    if edges.drag is not None:
        first, second = pad(edges.drag.first), pad(edges.drag.second)
        dragged = jnp.where(graph.row_second, second[:, graph.row_edges], first[:, graph.row_edges])
        dragged = fold(dragged.sum(axis=1), graph.neighbours)
        diagonal = diagonal.at[3, :3].add(4.0 / 3.0 * dragged)
    diagonal = diagonal.at[:3, 3].set(diagonal[3, :3])
    diagonal = diagonal.at[:3, :3].add(own)
    return blocks.at[-1, :, :, : graph.vertices].set(diagonal)


def local_schur(
    edges: StokesEdges,
    step: Sweep,
    graph: Graph,
    viscosity: Float[Array, ""],
    felt: Float[Array, " vertices"],
) -> Float[Array, "slots rows"]:
    """What pressure feels of single cells: C + (1/mu) sum V mean(p)^2, rows with the diagonal last.

    The mean, not the mass matrix: velocities feel nothing else of a cell's pressures, so that
    pressures which alternate along the stretch of flat cells are held by C alone.

    Args:
        felt: 1, or less where velocities answer but to a part of the pressure.
    """
    share = 1.0 / (16.0 * viscosity)
    first, second = graph.edges
    diagonal = share * felt**2 * gather_sum(step.middle_volumes, graph.vertex_cells)
    means = share * felt[first] * felt[second] * edges.volume
    stabiliser = pad(edges.stabilisation)[graph.row_edges]
    diagonal = diagonal - fold(stabiliser.sum(axis=0), graph.neighbours)
    return with_diagonal(pad(means + edges.stabilisation)[graph.row_edges], diagonal)


def edge_fluxes(
    edges: StokesEdges,
    graph: Graph,
    velocity: Float[Array, "3 vertices"],
    pressure: Float[Array, " vertices"],
) -> Float[Array, " edges"]:
    """Volume flux from first to second vertex through each dual face, m3/s.

    F_ij = (u_i + u_j)/2 . S_ij + sum a_t . (u_j - u_i)/24 + C_ij (p_j - p_i)
    - sum t d (n_i - n_j)/12 . mean(u): with the flux through the boundary it balances every dual
    cell exactly as the pressure equation does.
    """
    first, second = graph.edges
    through = edges.stabilisation * (pressure[second] - pressure[first])
    fluxes = mesh_fluxes(edges, graph, velocity) + through
    if edges.drag is None:
        return fluxes
    mean = velocity[:, graph.cells].mean(axis=1)
    held = [dot(areas, mean) for areas in edges.drag.areas]
    return fluxes + edge_sum(jnp.stack([held[b] - held[a] for a, b in LOCAL_EDGES]), graph)


def mesh_fluxes(
    edges: StokesEdges, graph: Graph, velocity: Float[Array, "3 vertices"]
) -> Float[Array, " edges"]:
    """Volume per time that each dual face sweeps when vertices move with `velocity`, m3/s."""
    first, second = graph.edges
    u, v = velocity[:, first], velocity[:, second]
    return dot(0.5 * (u + v), edges.face) + dot(edges.boundary, v - u)


def edge_divergence(fluxes: Float[Array, " edges"], graph: Graph) -> Float[Array, " vertices"]:
    """Net flux out of each dual cell through its dual faces."""
    sign = jnp.where(graph.row_second, -1.0, 1.0)
    rows = Pattern(graph.row_edges, graph.neighbours.continued)
    return multiply_scalar(sign, rows, pad(fluxes))
