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

import jax.numpy as jnp
from jaxtyping import Array, Float

from solver.algebra.sparse import Pattern, fold, gather_sum, multiply_scalar, pad, with_diagonal
from solver.geometry.metric import Sweep, dot, edge_sum
from solver.geometry.topology import LOCAL_EDGES, Graph
from solver.record import record


@record
class StokesEdges:
    """What each PVS edge contributes to the Stokes matrix; (first, second) are its vertices.

    Attributes:
        viscous: A_first,second, N s/m; its transpose is A_second,first.
        divergence_first: B_first,second = area that couples u_second to mass at first, m2.
        divergence_second: B_second,first, m2.
        stabilisation: C_first,second, m3/(Pa s).
        boundary: sum of boundary area vectors / 24 of the triangles on the edge, m2.
        drag_first, drag_second: what drag adds to the divergences, m2.
        share: t d of each cell; `drag_areas` t d n_i / 12 of its corners, m2.
    """

    viscous: Float[Array, "3 3 edges"]
    divergence_first: Float[Array, "3 edges"]
    divergence_second: Float[Array, "3 edges"]
    stabilisation: Float[Array, " edges"]
    boundary: Float[Array, "3 edges"]
    drag_first: Float[Array, "3 edges"]
    drag_second: Float[Array, "3 edges"]
    share: Float[Array, " cells"]
    drag_areas: Float[Array, "4 3 cells"]


def stokes_edges(
    step: Sweep,
    graph: Graph,
    boundary_areas: Float[Array, "3 facets"],
    edge_facets: Array,
    viscosity: Float[Array, ""],
    stabilisation: float,
    drag: Float[Array, " cells"] | float = 0.0,
) -> StokesEdges:
    """Edge coefficients on a moving step: areas exactly averaged, stiffness at mid-step.

    Args:
        drag: mu / k of each cell, Pa s/m2.
    """
    areas, volumes = step.middle_areas, step.middle_volumes
    spread = viscosity * sum(dot(areas[corner], areas[corner]) for corner in range(4))
    spread = spread + 18.0 * stabilisation * drag * volumes**2
    share = 9.0 * stabilisation * drag * volumes**2 / spread
    drag_areas = share * areas / 12.0
    viscous, first, second, stabiliser, drag_first, drag_second = [], [], [], [], [], []
    for a, b in LOCAL_EDGES:
        product = dot(areas[a], areas[b])
        outer = areas[b][:, None] * areas[a][None, :]
        identity = jnp.eye(3, dtype=areas.dtype)[:, :, None]
        viscous.append(viscosity * (product * identity + outer) / (9.0 * volumes))
        first.append(step.areas[b] / 12.0)
        second.append(step.areas[a] / 12.0)
        drag_first.append(drag_areas[a])
        drag_second.append(drag_areas[b])
        stabiliser.append(stabilisation * volumes * product / spread)
    return StokesEdges(
        viscous=edge_sum(jnp.stack(viscous, axis=2), graph),
        divergence_first=edge_sum(jnp.stack(first, axis=1), graph),
        divergence_second=edge_sum(jnp.stack(second, axis=1), graph),
        stabilisation=edge_sum(jnp.stack(stabiliser), graph),
        boundary=gather_sum(boundary_areas / 24.0, edge_facets),
        drag_first=edge_sum(jnp.stack(drag_first, axis=1), graph),
        drag_second=edge_sum(jnp.stack(drag_second, axis=1), graph),
        share=share,
        drag_areas=drag_areas,
    )


def stokes_blocks(edges: StokesEdges, graph: Graph) -> Float[Array, "slots 4 4 rows"]:
    """Rows of [[A, B^T], [B, -C]], the diagonal in the last slot."""
    rows, flip = graph.row_edges, graph.row_second
    viscous = pad(edges.viscous)[:, :, rows]
    viscous = jnp.where(flip, jnp.swapaxes(viscous, 0, 1), viscous)
    dragged = jnp.where(flip, pad(edges.drag_second)[:, rows], pad(edges.drag_first)[:, rows])
    one = pad(edges.divergence_first + edges.drag_first)[:, rows]
    other = pad(edges.divergence_second + edges.drag_second)[:, rows]
    divergence = jnp.where(flip, other, one)[None]  # B_ij, a row
    gradient = jnp.where(flip, one, other)[:, None]  # B_ji^T, a column
    stabiliser = -pad(edges.stabilisation)[rows][None, None]
    off = jnp.concatenate(
        [
            jnp.concatenate([viscous, gradient], axis=1),
            jnp.concatenate([divergence, stabiliser], axis=1),
        ]
    )
    # Constant fields are in the kernel of every row but B^T's, whose diagonal equals B's, and but
    # for the drag in B, the same for all four corners of a cell.
    diagonal = -fold(off.sum(axis=2), graph.neighbours)
    dragged = fold(dragged.sum(axis=1), graph.neighbours)
    diagonal = diagonal.at[3, :3].add(4.0 / 3.0 * dragged)
    diagonal = diagonal.at[:3, 3].set(diagonal[3, :3])
    return with_diagonal(jnp.moveaxis(off, 2, 0), diagonal)


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
        felt: 0 where velocities cannot answer to pressure, else 1.
    """
    share = step.middle_volumes * felt[graph.cells].mean(axis=0) / (16.0 * viscosity)
    means = edge_sum(jnp.broadcast_to(share, (6, *share.shape)), graph)
    diagonal = gather_sum(share, graph.vertex_cells)
    stabiliser = pad(edges.stabilisation)[graph.row_edges]
    diagonal = diagonal - fold(stabiliser.sum(axis=0), graph.neighbours)
    return with_diagonal(stabiliser + pad(means)[graph.row_edges], diagonal)


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
    mean = velocity[:, graph.cells].mean(axis=1)
    held = [dot(areas, mean) for areas in edges.drag_areas]
    dragged = edge_sum(jnp.stack([held[b] - held[a] for a, b in LOCAL_EDGES]), graph)
    through = edges.stabilisation * (pressure[second] - pressure[first])
    return mesh_fluxes(edges, graph, velocity) + through + dragged


def mesh_fluxes(
    edges: StokesEdges, graph: Graph, velocity: Float[Array, "3 vertices"]
) -> Float[Array, " edges"]:
    """Volume per time that each dual face sweeps when vertices move with `velocity`, m3/s."""
    first, second = graph.edges
    dual_face = edges.divergence_second - edges.divergence_first
    u, v = velocity[:, first], velocity[:, second]
    return dot(0.5 * (u + v), dual_face) + dot(edges.boundary, v - u)


def edge_divergence(fluxes: Float[Array, " edges"], graph: Graph) -> Float[Array, " vertices"]:
    """Net flux out of each dual cell through its dual faces."""
    sign = jnp.where(graph.row_second, -1.0, 1.0)
    rows = Pattern(graph.row_edges, graph.neighbours.continued)
    return multiply_scalar(sign, rows, pad(fluxes))
