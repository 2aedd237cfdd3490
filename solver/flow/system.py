"""The monolithic Stokes-Darcy system of one step and its preconditioner.

    | A+G  B^T  N^T  b^T | |u|   | f |
    | B    -C    0    0  | |p| = | 0 |     symmetric: MINRES solves it, and the adjoint is the
    | N     0   -D    0  | |P|   |-s |     same solve
    | b     0    0   -E  | |r|   |-e |

Unknowns are the triple (w, P, r): w stacks velocity and pressure of the PVS vertices, P is the
tissue's pressure, r that of lumped ends. Velocities fixed by walls and ends are masked by a
projector, never deleted.
"""

from functools import reduce
from operator import add

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from solver.algebra.chebyshev import chebyshev
from solver.algebra.krylov import largest
from solver.algebra.sparse import Pattern, multiply, multiply_held, multiply_scalar_held
from solver.algebra.tridiagonal import Tridiagonal, transform
from solver.algebra.tridiagonal import solve as solve_lines
from solver.flow.darcy import darcy_product
from solver.flow.lumped import Nodes, collect, spread
from solver.flow.reduced import Reduced, coarse_solve
from solver.geometry.metric import dot
from solver.geometry.space import Pairs
from solver.geometry.topology import Graph
from solver.record import record

Unknowns = tuple[
    Float[Array, "4 vertices"], Float[Array, " tissue_vertices"], Float[Array, " nodes"]
]


@record
class System:
    """Everything the matrix product needs.

    Attributes:
        blocks, pattern: rows of [[A+G, B^T], [B, -C]] and the vertices they act on.
        free: projector onto each vertex's free velocities.
        coupling: theta a_i of each sheath pair, out of the PVS, m2.
        pairs: the sheath pairs.
        tissue: the tissue graph; `tissue_edges` and `tissue_rows` its conductances K, m3/(Pa s).
        tissue_own: what storage, sinks and a sheath that gives way add to K's diagonal.
        tissue_free: 0 where the tissue's pressure is held, else 1.
        nodes: lumped ends; `node_areas` their area vectors on PVS vertices, m2; `node_own` their
            conductance and storage, m3/(Pa s).
    """

    blocks: Float[Array, "slots 4 4 rows"]
    pattern: Pattern
    free: Float[Array, "3 3 vertices"]
    coupling: Float[Array, "3 pairs"]
    pairs: Pairs
    tissue: Graph
    tissue_edges: Float[Array, " tissue_edges"]
    tissue_rows: Float[Array, "slots tissue_rows"]
    tissue_own: Float[Array, " tissue_vertices"]
    tissue_free: Float[Array, " tissue_vertices"]
    nodes: Nodes
    node_areas: Float[Array, "3 vertices"]
    node_own: Float[Array, " nodes"]


def product(system: System, x: Unknowns, *, held: bool = False) -> Unknowns:
    """The full matrix, nothing masked.

    Args:
        held: nobody differentiates it, so that a batch of vectors reads the matrix once.
    """
    fluid, tissue, node = x
    pairs, nodes = system.pairs, system.nodes
    image = (multiply_held if held else multiply)(system.blocks, system.pattern, fluid)
    push = system.coupling * pairs.outside(tissue)
    exchange = reduce(add, (system.coupling[i] * pairs.inside(fluid[i]) for i in range(3)))
    momentum = image[:3] + pairs.into_fluid(push)
    into_nodes = jnp.zeros_like(node)
    if node.shape[0]:
        momentum = momentum + system.node_areas * spread(nodes, node)
        into_nodes = collect(nodes, dot(system.node_areas, fluid[:3]))
    seep = darcy_product(system.tissue_rows, system.tissue, tissue, held=held)
    return (
        jnp.concatenate([momentum, image[3:]]),
        pairs.into_tissue(exchange) - seep - system.tissue_own * tissue,
        into_nodes - system.node_own * node,
    )


def mask(system: System, x: Unknowns) -> Unknowns:
    """Keep what is free."""
    fluid, tissue, node = x
    return (
        jnp.concatenate([transform(system.free, fluid[:3]), fluid[3:]]),
        system.tissue_free * tissue,
        node,
    )


def masked_product(system: System, x: Unknowns, *, held: bool = False) -> Unknowns:
    """The matrix on free unknowns, nothing on the others; `held` as in `product`."""
    return mask(system, product(system, mask(system, x), held=held))


@record
class Preconditioner:
    """Symmetric positive approximate inverse: Chebyshev on velocity, line by line; on pressure the
    sum of an inverse of what single cells feel, by Chebyshev, and of what whole columns feel.

    Attributes:
        blocks, pattern: the velocity matrix.
        lines: its part that couples the vertices of one line, factorised on free velocities.
        interval: spectrum of the scaled velocity matrix; `degree`: of the Chebyshev polynomial.
        local: rows of the local Schur complement; `local_interval`, `local_degree` its Chebyshev.
        columns: the Schur complement on columns, at the gap of the step.
        tissue_free: 0 where the tissue's pressure is held.
    """

    blocks: Float[Array, "slots 3 3 rows"]
    pattern: Pattern
    lines: Tridiagonal
    interval: Float[Array, " two"]
    degree: Int[Array, ""] | int
    local: Float[Array, "slots rows"]
    local_interval: Float[Array, " two"]
    local_degree: Int[Array, ""] | int
    columns: Reduced
    tissue_free: Float[Array, " tissue_vertices"]


def velocity_product(
    preconditioner: Preconditioner, velocity: Float[Array, "3 vertices"]
) -> Float[Array, "3 vertices"]:
    """A + G, unmasked: `lines`, which go before and after it, keep to free velocities."""
    return multiply_held(preconditioner.blocks, preconditioner.pattern, velocity)


def local_product(
    preconditioner: Preconditioner, pressure: Float[Array, " vertices"]
) -> Float[Array, " vertices"]:
    """The local Schur complement times a pressure."""
    return multiply_scalar_held(preconditioner.local, preconditioner.pattern, pressure)


def local_diagonal(preconditioner: Preconditioner) -> Float[Array, " vertices"]:
    """Its diagonal."""
    return preconditioner.local[-1, : preconditioner.pattern.continued.shape[0]]


def precondition(preconditioner: Preconditioner, residual: Unknowns) -> Unknowns:
    """Apply the preconditioner, in its own precision."""
    wide = residual[0].dtype
    own = preconditioner.local.dtype
    size = jnp.maximum(largest(residual), jnp.finfo(wide).tiny)  # float32 ends at 1e-38
    fluid, tissue, node = jax.tree.map(lambda x: (x / size).astype(own), residual)
    velocity = chebyshev(
        lambda x: velocity_product(preconditioner, x),
        lambda x: solve_lines(preconditioner.lines, x),
        preconditioner.interval,
        fluid[:3],
        preconditioner.degree,
    )
    free = preconditioner.tissue_free
    coarse, seep, beyond = coarse_solve(preconditioner.columns, fluid[3], free * tissue, node)
    pressure = coarse + chebyshev(
        lambda x: local_product(preconditioner, x),
        lambda x: x / local_diagonal(preconditioner),
        preconditioner.local_interval,
        fluid[3],
        preconditioner.local_degree,
    )
    image = jnp.concatenate([velocity, pressure[None]]), free * seep, beyond
    return jax.tree.map(lambda x: size * x.astype(wide), image)
