"""Quasi-steady flow of one step: the wall moves, fluid answers, every dual cell balances."""

from collections.abc import Callable
from dataclasses import replace

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from solver.algebra.krylov import Status, minres
from solver.algebra.recall import Memory, empty, recall, remember
from solver.flow.balance import Rates, balance, imbalance
from solver.flow.boundary import Boundary, end_areas
from solver.flow.darcy import darcy_fluxes
from solver.flow.plan import Plan, assemble
from solver.flow.stokes import (
    edge_fluxes,
    mesh_fluxes,
)
from solver.flow.stokes_darcy import StokesDarcy
from solver.flow.system import (
    Preconditioner,
    System,
    Unknowns,
    mask,
    masked_product,
    precondition,
    product,
    transform,
)
from solver.geometry.metric import (
    Sweep,
    dot,
    swept_areas,
    vertex_areas_of,
)
from solver.geometry.space import Space
from solver.record import record

RECALL_DEGREE = 2  # a rough norm is enough to choose a guess


@record
class Solve:
    """How a step's flow solve went.

    Attributes:
        iterations: Krylov iterations; `residual` their relative residual.
        converged: whether the Krylov solve and the projection both did.
        mass_residual: largest cell imbalance before projection, relative to the wall's rate.
        balance: the same after projection.
    """

    iterations: Int[Array, ""]
    residual: Float[Array, ""]
    converged: Bool[Array, ""]
    mass_residual: Float[Array, ""]
    balance: Float[Array, ""]


@record
class Flow:
    """The flow during a step, and what it moved.

    Attributes:
        velocity: of PVS vertices, m/s; `pressure`, Pa.
        tissue_pressure: at the end of the step, Pa.
        relative_fluxes: through PVS dual faces, relative to their motion, m3/s.
        tissue_fluxes: through tissue dual faces, m3/s.
        exchange: through each sheath pair, PVS to tissue, m3/s.
        end_fluxes: out of each PVS vertex through the ends, relative to their motion, m3/s.
        outer_fluxes: out of each tissue vertex through the outer faces, m3/s.
        memory: solutions for the next warm start.
        solve: how the solve went.
    """

    velocity: Float[Array, "3 vertices"]
    pressure: Float[Array, " vertices"]
    tissue_pressure: Float[Array, " tissue_vertices"]
    relative_fluxes: Float[Array, " edges"]
    tissue_fluxes: Float[Array, " tissue_edges"]
    exchange: Float[Array, " pairs"]
    end_fluxes: Float[Array, " vertices"]
    outer_fluxes: Float[Array, " tissue_vertices"]
    memory: Memory
    solve: Solve


def remembering(flow: StokesDarcy, space: Space) -> Memory:
    """An empty memory of solutions."""
    like = (
        jax.ShapeDtypeStruct((4, space.fluid.vertices), space.fluid_rest.dtype),
        jax.ShapeDtypeStruct((space.tissue.vertices,), space.fluid_rest.dtype),
    )
    return empty(like, flow.memory)


def solve(
    flow: StokesDarcy,
    prepared: Plan,
    space: Space,
    step: Sweep,
    boundary: Boundary,
    tissue_pressure: Float[Array, " tissue_vertices"],
    memory: Memory,
    duration: float,
) -> Flow:
    """Flow during one step of `duration` seconds, given the tissue pressure at its start, Pa."""
    system, preconditioner, edges = assemble(flow, prepared, space, step, duration)
    zero = jnp.zeros(space.fluid.vertices)
    fixed = boundary.velocity - transform(prepared.free, boundary.velocity)
    held = (1.0 - prepared.tissue_free) * boundary.tissue_pressure
    given: Unknowns = (jnp.concatenate([fixed, zero[None]]), held)
    load: Unknowns = (
        jnp.concatenate([boundary.force, zero[None]]),
        -system.store * tissue_pressure,
    )
    right = mask(system, jax.tree.map(jnp.subtract, load, product(system, given)))
    unknowns, status, memory = _krylov(flow, system, preconditioner, right, memory)
    fluid, tissue = jax.tree.map(jnp.add, given, unknowns)
    velocity, pressure = fluid[:3], fluid[3]

    motion = (step.end - step.start) / duration
    areas = vertex_areas_of(space.boundary, swept_areas(step.start, step.end, space.boundary))
    exchange = dot(system.pair_areas, velocity[:, space.pairs.fluid])
    drafted = Rates(
        fluid=edge_fluxes(edges, space.fluid, velocity, pressure),
        boundary=dot(areas, velocity),
        exchange=exchange,
        ends=dot(end_areas(space, step), velocity - motion),
        tissue_pressure=tissue,
    )
    rates, projected, before, after = balance(
        flow, prepared, space, system, drafted, tissue_pressure
    )
    tissue_fluxes = darcy_fluxes(
        prepared.tissue_stiffness, space.tissue, system.mobility, rates.tissue_pressure
    )
    _, escape = imbalance(space, system, rates, tissue_fluxes, tissue_pressure)
    return Flow(
        velocity=velocity,
        pressure=pressure,
        tissue_pressure=rates.tissue_pressure,
        relative_fluxes=rates.fluid - mesh_fluxes(edges, space.fluid, motion),
        tissue_fluxes=tissue_fluxes,
        exchange=rates.exchange,
        end_fluxes=rates.ends,
        outer_fluxes=-(1.0 - system.tissue_free) * escape,
        memory=memory,
        solve=Solve(
            iterations=status.iterations,
            residual=status.residual,
            converged=status.converged & projected,
            mass_residual=before,
            balance=after,
        ),
    )


def _krylov(
    flow: StokesDarcy,
    system: System,
    preconditioner: Preconditioner,
    right: Unknowns,
    memory: Memory,
) -> tuple[Unknowns, Status, Memory]:
    """Solve the masked system; the derivative is the same solve with another right-hand side."""
    frozen, past = jax.lax.stop_gradient((system, memory))

    def approximate(x: Unknowns) -> Unknowns:
        return precondition(preconditioner, x)

    def run(matvec: Callable[[Unknowns], Unknowns], b: Unknowns) -> tuple[Unknowns, Status]:
        b = mask(frozen, b)
        guess = recall(
            past,
            lambda x: masked_product(frozen, x),
            b,
            lambda x: precondition(replace(preconditioner, degree=RECALL_DEGREE), x),
        )
        return minres(matvec, b, guess, approximate, flow.tolerance, flow.limit)

    unknowns, status = jax.lax.custom_linear_solve(
        lambda x: masked_product(system, x), right, run, symmetric=True, has_aux=True
    )
    return unknowns, status, remember(past, unknowns)
