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

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy.sparse import block_array, coo_array, csr_matrix, diags_array

from solver.algebra.draws import spectral_radius
from solver.flow.reduced import Operator, Reduced, reduced
from solver.flow.skeleton import CoarseSpace, gathering
from solver.flow.system import System
from solver.geometry.space import Space
from solver.record import record

PENALTY = 1e3  # holds the pressure of outer tissue vertices in the preconditioner


@record
class Conductances:
    """Those of the pressure network, m3/(Pa s).

    Attributes:
        fluid_edges: of each PVS edge; `fluid_rows` the same as rows, the diagonal in the last slot.
        pairs: of each sheath pair: what the sheath passes, in series with the fluid next to it.
        give: what each sheath vertex yields to pressure.
        ends: of each vertex of the ends that are not closed, by name.
    """

    fluid_edges: Float[Array, " edges"]
    fluid_rows: Float[Array, "slots rows"]
    pairs: Float[Array, " pairs"]
    give: Float[Array, " on_sheath"]
    ends: dict[str, Float[Array, " on_end"]]


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


@dataclass(frozen=True)
class Whole:
    """E in one state, on the host.

    Attributes:
        matrix: on PVS and tissue vertices; `small` on coarse unknowns, tissue vertices and nodes.
        ends: conductance of each PVS vertex to the outside.
    """

    matrix: csr_matrix
    small: csr_matrix
    ends: Float[np.ndarray, " vertices"]


@dataclass(frozen=True)
class State:
    """What E is made of in one state of the PVS.

    Attributes:
        conductances: of its edges, pairs and ends; `system` the discrete flow.
        volumes: of PVS dual cells, m3.
    """

    conductances: Conductances
    system: System
    volumes: Float[np.ndarray, " vertices"]


def build_network(
    space: Space,
    rest: State,
    narrow: State | None,
    nodes: dict[str, int],
    coarse: CoarseSpace,
) -> Network:
    """Assemble E from rest geometry and set up its multigrid. Host only.

    Args:
        rest, narrow: the two states of the coarse operator; without the second it stays as it is.
        nodes: which node an end is, for those that are.
        coarse: coarse unknowns.
    """
    conductances, whole = rest.conductances, _whole(space, rest, nodes, coarse)
    second = None
    if narrow is not None:
        second = Operator(_whole(space, narrow, nodes, coarse).small, narrow.volumes)
    return Network(
        fluid_rows=conductances.fluid_rows,
        fluid_edges=conductances.fluid_edges,
        ends=jnp.asarray(whole.ends),
        pairs=conductances.pairs,
        reduced=reduced(
            Operator(whole.small, rest.volumes),
            second,
            coarse,
            coarse.skeleton(by_lines=False),
            coarse.follows(by_lines=False),
        ),
        largest=jnp.asarray(1.1 * spectral_radius(_scaled(whole.matrix))),
    )


def _whole(space: Space, state: State, nodes: dict[str, int], coarse: CoarseSpace) -> Whole:
    """Assemble E."""
    conductances, system = state.conductances, state.system
    fluid_count, tissue_count = space.fluid.vertices, space.tissue.vertices
    fluid_edges, pairs = np.asarray(conductances.fluid_edges), np.asarray(conductances.pairs)
    fluid = laplacian(np.asarray(space.fluid.edges), fluid_edges, fluid_count)
    node_own = np.asarray(system.node_own)

    grounded, ends = np.zeros(fluid_count), np.zeros(fluid_count)
    grounded[np.asarray(space.sheath.vertices)] += np.asarray(conductances.give)
    links = np.zeros((fluid_count, len(node_own)))
    for name, through in conductances.ends.items():
        on_end = np.asarray(space.end(name).vertices)
        ends[on_end] += np.asarray(through)
        if name in nodes:
            links[on_end, nodes[name]] += np.asarray(through)
        else:
            grounded[on_end] += np.asarray(through)
    fluid = fluid + diags_array(grounded + links.sum(axis=1))

    tissue_edges = -np.asarray(system.tissue_edges)
    solid = laplacian(np.asarray(space.tissue.edges), tissue_edges, tissue_count)
    held = PENALTY * solid.diagonal() * (1.0 - np.asarray(system.tissue_free))
    solid = solid + diags_array(np.asarray(system.tissue_own) + held)

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
    return Whole(whole, csr_matrix(small), ends)


def _scaled(matrix: csr_matrix) -> csr_matrix:
    """A matrix over its diagonal."""
    return csr_matrix(diags_array(1.0 / matrix.diagonal()) @ matrix)
