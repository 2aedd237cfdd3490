"""Darcy flow with storage in the tissue, vertex-centred on median duals.

q = -(k/mu) grad P,   S dP/dt + div q = 0            (k m2, S 1/Pa, P Pa)

D_ij = (k/mu) K_ij + (S/dt) V_i delta_ij,   K_ij = sum V g_i.g_j
"""

from jaxtyping import Array, Float

from solver.algebra.sparse import fold, including_diagonal, multiply_scalar, pad, with_diagonal
from solver.geometry.topology import Graph
from solver.record import record


@record
class Tissue:
    """The interstitium as a porous medium.

    Attributes:
        permeability: k, m2; 1e-17 to 5e-15 (Vallet 2020 via Bojarskaite 2023; Holter 2017).
        storage: S = 1/P-wave modulus, 1/Pa; 5e-4 (1.5 kPa) to 2.6e-5 (10 kPa).
    """

    permeability: float | Float[Array, ""] = 1e-16
    storage: float | Float[Array, ""] = 1e-4


def darcy_rows(stiffness: Float[Array, " edges"], graph: Graph) -> Float[Array, "slots rows"]:
    """Rows of K, the diagonal in the last slot."""
    off = pad(stiffness)[graph.row_edges]
    return with_diagonal(off, -fold(off.sum(axis=0), graph.neighbours))


def darcy_product(
    rows: Float[Array, "slots rows"], graph: Graph, pressure: Float[Array, " vertices"]
) -> Float[Array, " vertices"]:
    """K P: the net outflow of each dual cell over k/mu."""
    return multiply_scalar(rows, including_diagonal(graph.neighbours), pressure)


def darcy_fluxes(
    stiffness: Float[Array, " edges"],
    graph: Graph,
    mobility: Float[Array, ""],
    pressure: Float[Array, " vertices"],
) -> Float[Array, " edges"]:
    """Volume flux from first to second vertex of each edge, m3/s; `mobility` is k/mu."""
    first, second = graph.edges
    return mobility * stiffness * (pressure[second] - pressure[first])
