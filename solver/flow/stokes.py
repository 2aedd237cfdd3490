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

from functools import reduce
from operator import add

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from solver.algebra.linear import parts
from solver.algebra.sparse import (
    Incidence,
    fold,
    gather,
    materialise,
    pad,
    with_diagonal,
)
from solver.geometry.metric import Sweep, dot
from solver.geometry.topology import LOCAL_EDGES, Graph
from solver.record import record

OfCells = tuple[Float[Array, "4 3 cells"], Float[Array, "4 3 cells"], Float[Array, "3 cells"]]
OfEdges = tuple[
    Float[Array, "3 3 edges"],
    Float[Array, "3 edges"],
    Float[Array, " edges"],
    Float[Array, " edges"],
]


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
    edge_facets: Incidence,
    viscosity: Float[Array, ""],
    stabilisation: float,
    drag: Float[Array, " cells"] | None = None,
) -> StokesEdges:
    """Edge coefficients on a moving step: areas exactly averaged, stiffness at mid-step.

    Args:
        drag: mu / k of each cell, Pa s/m2; None in an open space.
    """
    areas, volumes = step.middle_areas, step.middle_volumes
    spread = viscosity * sum(dot(area, area) for area in parts(areas))
    if drag is not None:
        spread = spread + 18.0 * stabilisation * drag * volumes**2
    stabiliser = stabilisation * volumes / spread
    of_cells = jnp.stack([1.0 / (9.0 * volumes), stabiliser, volumes])
    outer, face, product, volume = _around_edges((areas, step.areas / 12.0, of_cells), graph)
    trace = outer[0, 0] + outer[1, 1] + outer[2, 2]
    identity = jnp.eye(3, dtype=outer.dtype)[:, :, None]
    return StokesEdges(
        viscous=viscosity * (trace * identity + outer),
        face=face,
        boundary=gather(boundary_areas / 24.0, edge_facets),
        stabilisation=product,
        volume=volume,
        drag=None if drag is None else _edge_drag(9.0 * stabiliser * drag * volumes, areas, graph),
    )


@jax.custom_jvp
def _around_edges(of_cells: OfCells, graph: Graph) -> OfEdges:
    """Sums over the cells on each edge: V g_b g_a^T, (n_a - n_b)/12, stabiliser n_a.n_b and V.

    What a cell adds to an edge is made where the edge gathers it, one cell of each edge at a time:
    written down for all six edges of all cells first, it would be three times as dear. Derivatives
    do write it down, so that a reverse pass gathers.
    """

    def flat(areas: Array) -> Array:
        return materialise(pad(jnp.moveaxis(areas, 0, 1).reshape(3, -1)))

    normal, mean, numbers = flat(of_cells[0]), flat(of_cells[1]), materialise(pad(of_cells[2]))

    def of_slot(total: OfEdges, places: tuple[Array, Array, Array]) -> tuple[OfEdges, None]:
        first, second, cell = places
        here, there = materialise(normal[:, first]), materialise(normal[:, second])
        inverse, leak, volume = materialise(numbers[:, cell])
        more = (
            (inverse * there)[:, None] * here[None],
            mean[:, first] - mean[:, second],
            leak * dot(here, there),
            volume,
        )
        return jax.tree.map(add, total, more), None

    stars = graph.edge_stars
    rows = stars.columns.shape[1]
    outer, face, product = (jnp.zeros((*axes, rows), normal.dtype) for axes in ((3, 3), (3,), ()))
    none = (outer, face, product, product)
    total, _ = jax.lax.scan(of_slot, none, (*graph.edge_corners, stars.columns))
    outer, face, product, volume = (fold(rows, stars) for rows in total)
    return outer, face, product, volume


def _around_each(areas: Array, mean: Array, numbers: Array) -> tuple[Array, ...]:
    """What each cell adds to each of its edges: arrays of shape (*axes, 6, cells).

    Component by component, so that a reverse pass multiplies and adds as it gathers; of products
    of vectors it makes sums over arrays of all of them.
    """
    inverse, leak, volume = parts(numbers)
    area = [parts(one) for one in parts(areas)]
    scaled = [[inverse * one for one in here] for here in area]
    average = parts(mean)
    outer = [
        jnp.stack([area[a][j] * scaled[b][i] for a, b in LOCAL_EDGES])
        for i in range(3)
        for j in range(3)
    ]
    faces = [average[a] - average[b] for a, b in LOCAL_EDGES]
    products = [
        leak * sum(x * y for x, y in zip(area[a], area[b], strict=True)) for a, b in LOCAL_EDGES
    ]
    return (
        jnp.stack(outer).reshape(3, 3, 6, -1),
        jnp.stack(faces, axis=-2),
        jnp.stack(products, axis=-2),
        jnp.broadcast_to(volume, (6, *volume.shape)),
    )


@_around_edges.defjvp
def _change_around_edges(primals: tuple, tangents: tuple) -> tuple[OfEdges, OfEdges]:
    of_cells, graph = primals
    _, change = jax.jvp(_around_each, of_cells, tangents[0])
    outer, face, product, volume = (graph.around_edges(part) for part in change)
    return _around_edges(of_cells, graph), (outer, face, product, volume)


def _edge_drag(
    share: Float[Array, " cells"], areas: Float[Array, "4 3 cells"], graph: Graph
) -> EdgeDrag:
    """What drag adds: t d n / 12 of the ends of every edge."""
    held = share * areas / 12.0
    corner = parts(held)
    return EdgeDrag(
        first=graph.around_edges(jnp.stack([corner[a] for a, _ in LOCAL_EDGES], axis=1)),
        second=graph.around_edges(jnp.stack([corner[b] for _, b in LOCAL_EDGES], axis=1)),
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
    blocks = graph.on_rows(one)
    # the block of an edge's second vertex is the transpose of that of its first
    blocks = jnp.where(graph.row_second, jnp.swapaxes(blocks, 0, 1), blocks)
    total = blocks.sum(axis=2)
    blocks = jnp.moveaxis(blocks, 2, 0)
    # Constant fields are in the kernel of every row but B^T's, whose diagonal equals B's, and but
    # for the drag in B, the same for all four corners of a cell.
    diagonal = -fold(total, graph.neighbours)
    if edges.drag is not None:
        dragged = graph.of_ends(edges.drag.first, edges.drag.second)
        diagonal = diagonal.at[3, :3].add(4.0 / 3.0 * dragged)
    diagonal = diagonal.at[:3, 3].set(diagonal[3, :3])
    diagonal = diagonal.at[:3, :3].add(own)
    further = blocks.shape[-1] - graph.vertices
    return jnp.concatenate([blocks, jnp.pad(diagonal, ((0, 0), (0, 0), (0, further)))[None]])


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
    first, second = graph.at_ends(felt)
    diagonal = share * felt**2 * graph.around_vertices(step.middle_volumes)
    means = share * first * second * edges.volume
    diagonal = diagonal - graph.of_ends(edges.stabilisation, edges.stabilisation)
    return with_diagonal(graph.on_rows(means + edges.stabilisation), diagonal)


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
    first, second = graph.at_ends(pressure)
    through = edges.stabilisation * (second - first)
    fluxes = mesh_fluxes(edges, graph, velocity) + through
    if edges.drag is None:
        return fluxes
    mean = reduce(add, graph.at_corners(velocity)) / 4.0
    held = [dot(areas, mean) for areas in parts(edges.drag.areas)]
    return fluxes + graph.around_edges(jnp.stack([held[b] - held[a] for a, b in LOCAL_EDGES]))


def mesh_fluxes(
    edges: StokesEdges, graph: Graph, velocity: Float[Array, "3 vertices"]
) -> Float[Array, " edges"]:
    """Volume per time that each dual face sweeps when vertices move with `velocity`, m3/s."""
    u, v = graph.at_ends(velocity)
    return dot(0.5 * (u + v), edges.face) + dot(edges.boundary, v - u)


def edge_divergence(fluxes: Float[Array, " edges"], graph: Graph) -> Float[Array, " vertices"]:
    """Net flux out of each dual cell through its dual faces."""
    return graph.of_ends(fluxes, -fluxes)
