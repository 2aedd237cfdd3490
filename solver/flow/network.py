"""The pressure network: the coupled flow once velocity is averaged out of a thin gap.

    E = div (M grad p) + c A p + L A (p - P) on the PVS,   1/M = 12 mu / W^2 + mu/k + rho/dt
    K + (S/dt) V on the tissue,                            1/R + C/dt on lumped ends

Reynolds' lubrication theory makes E the Schur complement of a thin PVS. It is the graph on which
small flux errors are projected away, and on meshes without layers, reduced to coarse unknowns, the
pressure preconditioner (`schur` is a better one where there are layers). Built once, on the host,
from rest geometry; the coefficients need only be near the ones in use.

L is the membrane in series with the fluid next to it, so that it stays finite where the endfeet are
taken away: what one sheath vertex can pass against the viscous forces of its neighbours.
"""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy.sparse import block_array, coo_array, csr_matrix, diags_array

from solver.algebra.draws import spectral_radius
from solver.flow.darcy import darcy_rows
from solver.flow.reduced import Reduced, reduced
from solver.flow.skeleton import CoarseSpace, gathering
from solver.geometry.metric import (
    cell_areas,
    cell_volumes,
    dual_volumes,
    edge_stiffness,
    facet_areas,
    vertex_areas,
)
from solver.geometry.space import Space
from solver.record import record

PENALTY = 1e3  # holds the pressure of outer tissue vertices in the preconditioner


@record
class Network:
    """The pressure network of a space.

    Attributes:
        fluid_rows: Reynolds conductance rows of the PVS, m3/s/Pa, the diagonal in the last slot.
        fluid_edges: conductance of each PVS edge.
        ends: conductance of each PVS vertex to the outside through ends that are not closed.
        pairs: conductance of each sheath pair.
        reduced: E on coarse unknowns, tissue vertices and lumped ends.
        largest: eigenvalue of the whole E scaled by its diagonal, from above.
    """

    fluid_rows: Float[Array, "slots rows"]
    fluid_edges: Float[Array, " edges"]
    ends: Float[Array, " vertices"]
    pairs: Float[Array, " pairs"]
    reduced: Reduced
    largest: Float[Array, ""]


def laplacian(edges: np.ndarray, conductance: np.ndarray, vertices: int) -> csr_matrix:
    """Graph Laplacian of edges with conductances. Host only."""
    first, second = edges
    rows = np.concatenate([first, second, first, second])
    columns = np.concatenate([second, first, first, second])
    values = np.concatenate([-conductance, -conductance, conductance, conductance])
    return csr_matrix(coo_array((values, (rows, columns)), shape=(vertices, vertices)))


def build_network(
    space: Space,
    *,
    mobility: np.ndarray,
    pairs: np.ndarray,
    give: np.ndarray,
    tissue_edges: np.ndarray,
    tissue_own: np.ndarray,
    tissue_held: np.ndarray,
    end_slots: dict[str, int | None],
    node_own: np.ndarray,
    coarse: CoarseSpace,
) -> Network:
    """Assemble E from rest geometry and set up its multigrid. Host only.

    Args:
        mobility: mean velocity per pressure gradient at each PVS vertex, m2/(Pa s).
        pairs: conductance of each sheath pair, m3/(Pa s).
        give: what each sheath vertex yields to pressure, m3/(Pa s).
        tissue_edges: conductance of each tissue edge; `tissue_own` to storage and sinks.
        tissue_held: 1 where the tissue's pressure is held, else 0.
        end_slots: for each end that is not closed its node, or None if its pressure is held.
        node_own: conductance and storage of each node, m3/(Pa s).
        coarse: coarse unknowns.
    """
    first, second = np.asarray(space.fluid.edges)
    fluid_count, tissue_count = space.fluid.vertices, space.tissue.vertices
    areas, volumes = (f(space.fluid_rest, space.fluid) for f in (cell_areas, cell_volumes))
    stiffness = np.asarray(edge_stiffness(areas, volumes, space.fluid))
    fluid_edges = -stiffness * 0.5 * (mobility[first] + mobility[second])
    fluid = laplacian(np.stack([first, second]), fluid_edges, fluid_count)

    members = np.asarray(space.sheath.vertices)
    grounded, ends = np.zeros(fluid_count), np.zeros(fluid_count)
    grounded[members] += give
    links = np.zeros((fluid_count, len(node_own)))
    for name, slot in end_slots.items():
        patch = space.end(name)
        size = np.linalg.norm(
            np.asarray(vertex_areas(facet_areas(space.fluid_rest, patch), patch)), axis=0
        )
        on_end = np.asarray(patch.vertices)
        through = mobility[on_end] * size / np.asarray(space.gap)[on_end]
        ends[on_end] += through
        if slot is None:
            grounded[on_end] += through
        else:
            links[on_end, slot] += through
    fluid = fluid + diags_array(grounded + links.sum(axis=1))

    solid = laplacian(np.asarray(space.tissue.edges), tissue_edges, tissue_count)
    held = PENALTY * solid.diagonal() * tissue_held
    solid = solid + diags_array(tissue_own + held)

    inside, outside = np.asarray(space.pairs.fluid), np.asarray(space.pairs.tissue)
    gathered = gathering(coarse.of_vertex)

    def pair_entries(rows: np.ndarray, columns: np.ndarray, shape: tuple[int, int]) -> csr_matrix:
        return csr_matrix(coo_array((pairs, (rows, columns)), shape=shape))

    fluid = fluid + pair_entries(inside, inside, (fluid_count, fluid_count))
    solid = solid + pair_entries(outside, outside, (tissue_count, tissue_count))
    exchange = -pair_entries(inside, outside, (fluid_count, tissue_count))
    whole = csr_matrix(block_array([[fluid, exchange], [exchange.T, solid]]))
    across = gathered @ exchange
    beyond = csr_matrix(-gathered @ csr_matrix(links))
    small = block_array(
        [
            [gathered @ fluid @ gathered.T, across, beyond],
            [across.T, solid, None],
            [beyond.T, None, diags_array(node_own + links.sum(axis=0))],
        ]
    )
    return Network(
        fluid_rows=darcy_rows(jnp.asarray(-fluid_edges), space.fluid),
        fluid_edges=jnp.asarray(fluid_edges),
        ends=jnp.asarray(ends),
        pairs=jnp.asarray(pairs),
        reduced=reduced(
            csr_matrix(small),
            coarse,
            coarse.skeleton(by_lines=False),
            coarse.follows(by_lines=False),
            np.asarray(dual_volumes(space.fluid_rest, space.fluid)),
        ),
        largest=jnp.asarray(1.1 * spectral_radius(_scaled(whole))),
    )


def _scaled(matrix: csr_matrix) -> csr_matrix:
    """A matrix over its diagonal."""
    return csr_matrix(diags_array(1.0 / matrix.diagonal()) @ matrix)
