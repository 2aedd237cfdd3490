"""A pressure operator on few unknowns: one for each column, tissue vertex and lumped end.

What velocity leaves of pressure, gathered on coarse unknowns (Galerkin, constant on each) and
factorised by multigrid, on the host, from rest geometry.

Where the sheath passes freely, the pressures on its two sides are nearly one, which multigrid does
not like: tissue and ends are counted from what the columns next to them alone would make of them
(M), so that only the difference is left. When the gap changes, conductances follow its cube; they
are scaled by that from both sides, which keeps the operator symmetric.
"""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int
from scipy.sparse import block_array, csr_matrix, diags_array, eye_array

from solver.algebra.multigrid import (
    Hierarchy,
    Skeleton,
    Table,
    apply,
    build_hierarchy,
    table,
    v_cycle,
)
from solver.algebra.sparse import gather_sum, members_of
from solver.flow.skeleton import CoarseSpace, gathering
from solver.record import record

FLOOR = 1e-12  # a closed PVS fixes its pressure only up to a constant; this much storage picks one
OWN = 1e-3  # a constant is at least this where only the difference is counted
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


def reduced(
    matrix: csr_matrix,
    space: CoarseSpace,
    skeleton: Skeleton,
    follows: csr_matrix,
    volumes: Float[np.ndarray, " vertices"],
) -> Reduced:
    """Set up the multigrid of an operator. Host only.

    Args:
        matrix: symmetric positive, on coarse unknowns, tissue vertices and nodes, m3/(Pa s).
        space: its unknowns; `skeleton` of the matrix.
        follows: positive where M may have an entry: what it leaves out is spread over the others.
        volumes: of PVS dual cells at rest, m3.
    """
    count, coarse = space.count, space.of_vertex
    rest = matrix.shape[0] - count
    shares = _shares(csr_matrix(matrix[count:]), count, follows)
    terms, reach = (
        csr_matrix(block_array([[eye_array(count), None], [part, eye_array(rest)]]))
        for part in (shares, follows)
    )
    drawn = np.asarray(shares.sum(axis=1)).ravel()
    constant = np.concatenate([np.ones(count), np.maximum(1.0 - drawn, OWN)])
    scale = float(matrix.diagonal().max())
    floor = diags_array(np.full(matrix.shape[0], FLOOR))
    scaled = csr_matrix(terms.T @ (matrix / scale + floor) @ terms)
    places = Skeleton(csr_matrix(reach.T @ skeleton.places @ reach), skeleton.strength)
    return Reduced(
        coarse=jnp.asarray(coarse),
        members=jnp.asarray(members_of(coarse, count)),
        volumes=jnp.asarray(gathering(coarse) @ volumes),
        shares=table(shares, follows),
        gather_shares=table(shares.T, csr_matrix(follows.T)),
        hierarchy=build_hierarchy(scaled, constant, places),
        scale=jnp.asarray(scale),
    )


def _shares(beyond: csr_matrix, count: int, follows: csr_matrix) -> csr_matrix:
    """M: what tissue vertices and nodes follow of coarse unknowns, where they may.

    Args:
        beyond: rows of the operator for tissue vertices and nodes.
    """
    drawn = csr_matrix(-diags_array(1.0 / beyond.diagonal(count)) @ beyond[:, :count])
    where = csr_matrix(follows > 0).astype(float)
    kept = csr_matrix(drawn.multiply(where))
    left_out, places = (np.asarray(x.sum(axis=1)).ravel() for x in (drawn - kept, where))
    return csr_matrix(kept + diags_array(left_out / np.maximum(places, 1.0)) @ where)


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
