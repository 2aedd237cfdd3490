"""A pressure operator on few unknowns: one for each column, tissue vertex and lumped end.

What velocity leaves of pressure, gathered on coarse unknowns (Galerkin, constant on each) and
factorised by multigrid, on the host, from rest geometry.

Where the sheath passes freely, the pressures on its two sides are nearly one, which multigrid does
not like: tissue and ends are counted from what the columns next to them alone would make of them
(M), so that only the difference is left.

The gap changes while the plan stays. So the operator is set up in a second state, that of a
narrower gap, and interpolated (`multigrid.between`) by the cube of the volume of each coarse
unknown, which conductances follow: what leaves through the sheath, at ends and where vessels join
is then that of both states. A scaling by the cube alone takes its constant from the operator where
the gap changes unevenly: a fork that narrows by 50 to 76 % took 199 iterations so, 104 with a plan
of its own.
"""

from dataclasses import dataclass, replace

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int
from scipy.sparse import block_array, csr_matrix, diags_array, eye_array

from solver.algebra.multigrid import (
    Hierarchy,
    Second,
    Skeleton,
    Table,
    apply,
    between,
    build_hierarchy,
    table,
    v_cycle,
)
from solver.algebra.sparse import gather_sum, members_of
from solver.flow.skeleton import CoarseSpace, gathering
from solver.record import record

FLOOR = 1e-12  # a closed PVS fixes its pressure only up to a constant; this much storage picks one
OWN = 1e-3  # a constant is at least this where only the difference is counted
CUBIC = 3.0  # the power with which conductance follows the gap
UNMOVED = 1e-3  # a change of the cubed volume below which a coarse unknown is not asked for more


@record
class Reduced:
    """A pressure operator on coarse unknowns, tissue vertices and lumped ends.

    Attributes:
        coarse: coarse unknown of each PVS vertex; `members` the PVS vertices of each.
        volumes: PVS volume of each at rest, m3; `narrow` in the second state, if there is one.
        shares: M, what tissue vertices and nodes follow of each coarse unknown; `gather_shares`
            its transpose.
        hierarchy: multigrid of the operator in those terms, over `scale`, m3/(Pa s), so that its
            numbers suit float32 as well.
    """

    coarse: Int[Array, " vertices"]
    members: Int[Array, "width coarse"]
    volumes: Float[Array, " coarse"]
    narrow: Float[Array, " coarse"] | None
    shares: Table
    gather_shares: Table
    hierarchy: Hierarchy
    scale: Float[Array, ""]


@dataclass(frozen=True)
class Operator:
    """An operator in one state of the PVS.

    Attributes:
        matrix: symmetric positive, on coarse unknowns, tissue vertices and nodes, m3/(Pa s).
        volumes: of PVS dual cells, m3.
    """

    matrix: csr_matrix
    volumes: Float[np.ndarray, " vertices"]


def reduced(
    rest: Operator,
    narrow: Operator | None,
    space: CoarseSpace,
    skeleton: Skeleton,
    follows: csr_matrix,
) -> Reduced:
    """Set up the multigrid of an operator. Host only.

    Args:
        rest, narrow: its two states; without the second it stays as it is.
        space: its unknowns; `skeleton` of the matrix.
        follows: positive where M may have an entry: what it leaves out is spread over the others.
    """
    matrix = rest.matrix
    count, coarse = space.count, space.of_vertex
    beyond = matrix.shape[0] - count
    shares = _shares(csr_matrix(matrix[count:]), count, follows)
    terms, reach = (
        csr_matrix(block_array([[eye_array(count), None], [part, eye_array(beyond)]]))
        for part in (shares, follows)
    )
    drawn = np.asarray(shares.sum(axis=1)).ravel()
    constant = np.concatenate([np.ones(count), np.maximum(1.0 - drawn, OWN)])
    scale = float(matrix.diagonal().max())
    floor = diags_array(np.full(matrix.shape[0], FLOOR))

    def in_terms(operator: Operator) -> csr_matrix:
        return csr_matrix(terms.T @ (operator.matrix / scale + floor) @ terms)

    gather = gathering(coarse)
    places = Skeleton(csr_matrix(reach.T @ skeleton.places @ reach), skeleton.strength)
    return Reduced(
        coarse=jnp.asarray(coarse),
        members=jnp.asarray(members_of(coarse, count)),
        volumes=jnp.asarray(gather @ rest.volumes),
        narrow=None if narrow is None else jnp.asarray(gather @ narrow.volumes),
        shares=table(shares, follows),
        gather_shares=table(shares.T, csr_matrix(follows.T)),
        hierarchy=build_hierarchy(
            in_terms(rest),
            constant,
            places,
            None if narrow is None else Second(in_terms(narrow), np.arange(len(constant)) < count),
        ),
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


def at_volumes(operator: Reduced, volumes: Float[Array, " vertices"]) -> Reduced:
    """The operator where PVS dual cells have other volumes (m3) than at rest."""
    if operator.narrow is None:
        return operator
    gained, most = (
        (each / operator.volumes) ** CUBIC - 1.0
        for each in (gather_sum(volumes, operator.members), operator.narrow)
    )
    moves = jnp.abs(most) > UNMOVED
    # not beyond the second state, where the operator might lose its sign
    share = jnp.where(moves, jnp.minimum(gained / jnp.where(moves, most, 1.0), 1.0), 0.0)
    drawn, all_of_it = (apply(operator.shares, x) for x in (share, jnp.ones_like(share)))
    rest = jnp.where(all_of_it > 0, drawn / jnp.where(all_of_it > 0, all_of_it, 1.0), 0.0)
    return replace(operator, hierarchy=between(operator.hierarchy, jnp.concatenate([share, rest])))


def coarse_solve(
    operator: Reduced,
    fluid: Float[Array, " vertices"],
    tissue: Float[Array, " tissue_vertices"],
    node: Float[Array, " nodes"],
) -> tuple[Float[Array, " vertices"], Float[Array, " tissue_vertices"], Float[Array, " nodes"]]:
    """Approximate inverse on the coarse space: one multigrid cycle."""
    columns, nodes = operator.members.shape[1], node.shape[0]
    beyond = jnp.concatenate([tissue, node])
    gathered = gather_sum(fluid, operator.members)
    if beyond.shape[0]:
        gathered = gathered + apply(operator.gather_shares, beyond)
    right = jnp.concatenate([gathered, beyond]) / operator.scale
    solution = v_cycle(operator.hierarchy, right)
    own = solution[:columns]
    rest = solution[columns:] + apply(operator.shares, own)
    return (
        own[operator.coarse],
        rest[: tissue.shape[0]],
        rest[rest.shape[0] - nodes :],
    )
