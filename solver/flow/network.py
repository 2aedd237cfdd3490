"""The pressure network: the coupled flow once velocity is averaged out of a thin gap.

    E = div (W^2 / 12 mu grad p) + L_p A (p - P) on the PVS,   (k/mu) K + (S/dt) V on the tissue

Reynolds' lubrication theory makes E the Schur complement of a thin PVS, so it serves twice: as the
pressure preconditioner, reduced to one unknown per wall-sheath column (Galerkin) and factorised by
multigrid, and as the graph on which small flux errors are projected away. Built once, on the host,
from rest geometry; the coefficients need only be near the ones in use.
"""

from collections.abc import Iterator

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int
from scipy.sparse import block_array, coo_array, csr_matrix, diags_array

from solver.algebra.multigrid import Hierarchy, build_hierarchy, v_cycle
from solver.algebra.sparse import gather_sum, incidence
from solver.flow.darcy import Tissue, darcy_rows
from solver.flow.ends import End, Open
from solver.flow.sheath import Sheath
from solver.geometry.metric import (
    cell_areas,
    cell_volumes,
    dual_volumes,
    edge_stiffness,
    facet_areas,
    vertex_areas,
)
from solver.geometry.space import Space
from solver.geometry.topology import Graph
from solver.record import record

PENALTY = 1e3  # holds the pressure of outer tissue vertices in the preconditioner


@record
class Network:
    """The pressure network of a space, and the multigrid of its column form.

    Attributes:
        fluid_rows: Reynolds conductance rows of the PVS, m3/s/Pa, the diagonal in the last slot.
        fluid_edges: conductance of each PVS edge.
        ends: conductance of each PVS vertex to the outside through open ends.
        column: column of each PVS vertex; `members` the PVS vertices of each column.
        hierarchy: multigrid of E on columns and tissue vertices.
    """

    fluid_rows: Float[Array, "slots rows"]
    fluid_edges: Float[Array, " edges"]
    ends: Float[Array, " vertices"]
    column: Int[Array, " vertices"]
    members: Int[Array, "width columns"]
    hierarchy: Hierarchy


def laplacian(edges: np.ndarray, conductance: np.ndarray, vertices: int) -> csr_matrix:
    """Graph Laplacian of edges with conductances. Host only."""
    first, second = edges
    rows = np.concatenate([first, second, first, second])
    columns = np.concatenate([second, first, first, second])
    values = np.concatenate([-conductance, -conductance, conductance, conductance])
    return csr_matrix(coo_array((values, (rows, columns)), shape=(vertices, vertices)))


def _stiffness(points: Array, graph: Graph) -> np.ndarray:
    areas, volumes = cell_areas(points, graph), cell_volumes(points, graph)
    return np.asarray(edge_stiffness(areas, volumes, graph))


def build_network(
    space: Space,
    *,
    viscosity: float,
    sheath: Sheath,
    tissue: Tissue,
    ends: dict[str, End],
    outer: End,
    step: float,
) -> Network:
    """Assemble E from rest geometry and set up its multigrid. Host only.

    Args:
        step: time step, s, for the storage term.
    """
    gap = np.asarray(space.gap)
    first, second = np.asarray(space.fluid.edges)
    thickness = 0.5 * (gap[first] ** 2 + gap[second] ** 2)
    fluid_edges = -_stiffness(space.fluid_rest, space.fluid) * thickness / (12.0 * viscosity)
    to_outside = np.zeros(space.fluid.vertices)
    for name, kind in ends.items():
        if isinstance(kind, Open):
            patch = space.end(name)
            area = np.linalg.norm(
                np.asarray(vertex_areas(facet_areas(space.fluid_rest, patch), patch)), axis=0
            )
            members = np.asarray(patch.vertices)
            to_outside[members] += gap[members] * area / (12.0 * viscosity)
    fluid = laplacian(np.stack([first, second]), fluid_edges, space.fluid.vertices)
    fluid = fluid + diags_array(to_outside)

    column = np.asarray(space.column)
    columns = int(column.max()) + 1
    gathered = csr_matrix(
        (np.ones(len(column)), (column, np.arange(len(column)))), shape=(columns, len(column))
    )
    solid = _tissue_matrix(space, viscosity, tissue, outer, step)
    leaks = [
        csr_matrix(coo_array((values, (rows, vertices)), shape=shape))
        for values, rows, vertices, shape in _leaks(space, sheath)
    ]
    reduced = block_array(
        [
            [gathered @ (fluid + leaks[0]) @ gathered.T, gathered @ leaks[1]],
            [(gathered @ leaks[1]).T, solid + leaks[2]],
        ]
    )
    # A closed PVS fixes its pressure only up to a constant; a whisper of storage picks one.
    floor = np.full(reduced.shape[0], 1e-12 * reduced.diagonal().max())
    fluid_edges = jnp.asarray(fluid_edges)
    return Network(
        fluid_rows=darcy_rows(-fluid_edges, space.fluid),
        fluid_edges=fluid_edges,
        ends=jnp.asarray(to_outside),
        column=jnp.asarray(column),
        members=jnp.asarray(incidence(column, columns)),
        hierarchy=build_hierarchy(csr_matrix(reduced) + diags_array(floor)),
    )


def _tissue_matrix(
    space: Space, viscosity: float, tissue: Tissue, outer: End, step: float
) -> csr_matrix:
    """Darcy with storage on the tissue vertices, outer pressure held by a penalty if open."""
    stiffness = _stiffness(space.tissue_rest, space.tissue)
    conductance = -stiffness * float(tissue.permeability) / viscosity
    volumes = np.asarray(dual_volumes(space.tissue_rest, space.tissue))
    solid = laplacian(np.asarray(space.tissue.edges), conductance, space.tissue.vertices)
    store = float(tissue.storage) / step * volumes
    if isinstance(outer, Open):
        store = store + PENALTY * solid.diagonal() * np.asarray(space.tissue_outer)
    return solid + diags_array(store)


def _leaks(space: Space, sheath: Sheath) -> Iterator[tuple]:
    """Entries of L_p A in PVS, coupling and tissue block: values, rows, columns, shape."""
    areas = np.asarray(vertex_areas(facet_areas(space.fluid_rest, space.sheath), space.sheath))
    on_pairs = areas[:, np.asarray(space.sheath.slot)[np.asarray(space.pairs.fluid)]]
    conductance = float(sheath.conductance) * np.linalg.norm(on_pairs, axis=0)
    inside, outside = np.asarray(space.pairs.fluid), np.asarray(space.pairs.tissue)
    fluid, tissue = space.fluid.vertices, space.tissue.vertices
    yield conductance, inside, inside, (fluid, fluid)
    yield -conductance, inside, outside, (fluid, tissue)
    yield conductance, outside, outside, (tissue, tissue)


def coarse_solve(
    network: Network, fluid: Float[Array, " vertices"], tissue: Float[Array, " tissue_vertices"]
) -> tuple[Float[Array, " vertices"], Float[Array, " tissue_vertices"]]:
    """Approximate E^-1 on the column space: one multigrid cycle."""
    columns = network.members.shape[1]
    right = jnp.concatenate([gather_sum(fluid, network.members), tissue])
    solution = v_cycle(network.hierarchy, right)
    return solution[:columns][network.column], solution[columns:]
