"""A pressure operator on few unknowns: one for each column, tissue vertex and lumped end.

What velocity leaves of pressure, gathered on coarse unknowns (Galerkin, constant on each) and
factorised by multigrid, on the host, from rest geometry.

Where the sheath passes freely, the pressures on its two sides are nearly one, which multigrid does
not like: tissue and ends are counted from what their columns alone would make of them (M), so that
only the difference is left. When the gap changes, conductances follow its cube; they are scaled by
that from both sides, which keeps the operator symmetric.
"""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int
from scipy.sparse import block_array, csr_matrix, diags_array, eye_array

from solver.algebra.multigrid import Hierarchy, Table, apply, build_hierarchy, table, v_cycle
from solver.algebra.sparse import gather_sum, incidence
from solver.record import record

FLOOR = 1e-12  # a closed PVS fixes its pressure only up to a constant; this much storage picks one
NEGLIGIBLE = 1e-6  # shares of M below this are dropped
CUBIC = 1.5  # half of the power with which conductance follows the gap


@record
class Reduced:
    """A pressure operator on coarse unknowns, tissue vertices and lumped ends.

    Attributes:
        coarse: coarse unknown of each PVS vertex; `members` the PVS vertices of each.
        volumes: PVS volume of each at rest, m3.
        shares: M, what tissue vertices and nodes follow of each coarse unknown; `gather_shares`
            its transpose.
        hierarchy: multigrid of the operator in those terms, over `scale`, m3/(Pa s), so that its
            numbers suit float32 as well.
    """

    coarse: Int[Array, " vertices"]
    members: Int[Array, "width coarse"]
    volumes: Float[Array, " coarse"]
    shares: Table
    gather_shares: Table
    hierarchy: Hierarchy
    scale: Float[Array, ""]


def gathering(coarse: Int[np.ndarray, " vertices"]) -> csr_matrix:
    """Matrix that sums vertices to their coarse unknowns."""
    count, vertices = int(coarse.max()) + 1, len(coarse)
    return csr_matrix((np.ones(vertices), (coarse, np.arange(vertices))), shape=(count, vertices))


def reduced(
    matrix: csr_matrix,
    coarse: Int[np.ndarray, " vertices"],
    volumes: Float[np.ndarray, " vertices"],
) -> Reduced:
    """Set up the multigrid of an operator. Host only.

    Args:
        matrix: symmetric positive, on coarse unknowns, tissue vertices and nodes, m3/(Pa s).
        coarse: coarse unknown of each PVS vertex.
        volumes: of PVS dual cells at rest, m3.
    """
    count = int(coarse.max()) + 1
    rest = matrix.shape[0] - count
    shares = -diags_array(1.0 / matrix.diagonal()[count:]) @ matrix[count:, :count]
    shares.data[np.abs(shares.data) < NEGLIGIBLE] = 0.0
    shares.eliminate_zeros()
    terms = block_array([[eye_array(count), None], [shares, eye_array(rest)]])
    constant = np.concatenate([np.ones(count), 1.0 - shares.sum(axis=1)])
    scale = float(matrix.diagonal().max())
    floor = diags_array(np.full(matrix.shape[0], FLOOR))
    scaled = csr_matrix(terms.T @ (matrix / scale + floor) @ terms)
    return Reduced(
        coarse=jnp.asarray(coarse),
        members=jnp.asarray(incidence(coarse, count)),
        volumes=jnp.asarray(gathering(coarse) @ volumes),
        shares=table(shares),
        gather_shares=table(shares.T),
        hierarchy=build_hierarchy(scaled, constant),
        scale=jnp.asarray(scale),
    )


def swelling(operator: Reduced, volumes: Float[Array, " vertices"]) -> Float[Array, " coarse"]:
    """Factor on either side of the operator where the PVS has other volumes than at rest."""
    return (gather_sum(volumes, operator.members) / operator.volumes) ** CUBIC


def coarse_solve(
    operator: Reduced,
    fluid: Float[Array, " vertices"],
    tissue: Float[Array, " tissue_vertices"],
    node: Float[Array, " nodes"],
    swollen: Float[Array, " coarse"] | float = 1.0,
) -> tuple[Float[Array, " vertices"], Float[Array, " tissue_vertices"], Float[Array, " nodes"]]:
    """Approximate inverse on the coarse space: one multigrid cycle."""
    columns, nodes = operator.members.shape[1], node.shape[0]
    beyond = jnp.concatenate([tissue, node])
    gathered = gather_sum(fluid, operator.members) / swollen
    if beyond.shape[0]:
        gathered = gathered + apply(operator.gather_shares, beyond)
    right = jnp.concatenate([gathered, beyond]) / operator.scale
    solution = v_cycle(operator.hierarchy, right)
    own = solution[:columns]
    rest = solution[columns:] + apply(operator.shares, own)
    return (
        (own / swollen)[operator.coarse],
        rest[: tissue.shape[0]],
        rest[rest.shape[0] - nodes :],
    )
