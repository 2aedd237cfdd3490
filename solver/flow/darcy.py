"""Darcy flow with storage in the tissue, vertex-centred on median duals.

q = -(k/mu) grad P,   S dP/dt + div q = 0            (k m2, S 1/Pa, P Pa)

D_ij = K_ij + (S/dt) V_i delta_ij,   K_ij = sum V g_i.(k/mu) g_j

k is a number, a number by region, a field of the mesh or a tensor; the tissue's skeleton is taken
at rest (small displacements), so that all of its geometry is.
"""

from jaxtyping import Array, Float

from solver.algebra.sparse import (
    including_diagonal,
    multiply_scalar,
    multiply_scalar_held,
    with_diagonal,
)
from solver.geometry.material import Property, on_cells, scalar_on_cells
from solver.geometry.metric import edge_stiffness, on_vertices
from solver.geometry.space import Space
from solver.geometry.topology import Graph
from solver.record import record


@record
class Tissue:
    """The interstitium as a porous medium.

    Attributes:
        permeability: k, m2; 1e-17 to 5e-15 (Vallet 2020 via Bojarskaite 2023; Holter 2017).
        storage: S = 1/P-wave modulus, 1/Pa; 5e-4 (1.5 kPa) to 2.6e-5 (10 kPa).
    """

    permeability: Property = 1e-16
    storage: Property = 1e-4


def conductances(
    tissue: Tissue, space: Space, viscosity: Float[Array, ""]
) -> Float[Array, " edges"]:
    """K_ij of each tissue edge, m3/(Pa s); negative on good edges."""
    shape = space.tissue_shape
    mobility = on_cells(tissue.permeability, space.tissue_material) / viscosity
    return edge_stiffness(shape.areas, shape.cell_volumes, space.tissue, mobility)


def storage_volumes(tissue: Tissue, space: Space) -> Float[Array, " vertices"]:
    """S V of each dual cell, m3/Pa."""
    storage = scalar_on_cells(tissue.storage, space.tissue_material)
    return on_vertices(storage, space.tissue_shape.cell_volumes, space.tissue)


def vertex_permeability(tissue: Tissue, space: Space) -> Float[Array, " vertices"]:
    """Mean permeability around each vertex, m2."""
    shape = space.tissue_shape
    permeability = scalar_on_cells(tissue.permeability, space.tissue_material)
    return on_vertices(permeability, shape.cell_volumes, space.tissue) / shape.volumes


def darcy_rows(stiffness: Float[Array, " edges"], graph: Graph) -> Float[Array, "slots rows"]:
    """Rows of K, the diagonal in the last slot."""
    return with_diagonal(graph.on_rows(stiffness), -graph.of_ends(stiffness, stiffness))


def darcy_product(
    rows: Float[Array, "slots rows"],
    graph: Graph,
    pressure: Float[Array, " vertices"],
    *,
    held: bool = False,
) -> Float[Array, " vertices"]:
    """K P: the net outflow of each dual cell, m3/s; `held` where nobody differentiates it."""
    times = multiply_scalar_held if held else multiply_scalar
    return times(rows, including_diagonal(graph.neighbours), pressure)


def darcy_fluxes(
    stiffness: Float[Array, " edges"], graph: Graph, pressure: Float[Array, " vertices"]
) -> Float[Array, " edges"]:
    """Volume flux from first to second vertex of each edge, m3/s."""
    first, second = graph.at_ends(pressure)
    return stiffness * (second - first)
