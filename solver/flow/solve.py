"""The flow of one step: the wall moves, fluid answers, every dual cell balances."""

from dataclasses import replace
from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from solver.algebra.krylov import Status, minres
from solver.algebra.recall import Memory, recall, remember
from solver.algebra.tridiagonal import transform
from solver.flow.assemble import Assembled, Plan, approximate, assemble, edges_of
from solver.flow.balance import Given, Rates, balance, imbalance
from solver.flow.boundary import Boundary, end_areas
from solver.flow.darcy import darcy_fluxes
from solver.flow.inertia import momentum_before
from solver.flow.lumped import collect, conductance, settle, storage_rate
from solver.flow.outer_wall import Spring
from solver.flow.past import Past, latest
from solver.flow.sheath import passing
from solver.flow.stokes import edge_fluxes, mesh_fluxes
from solver.flow.stokes_darcy import StokesDarcy, end_kinds
from solver.flow.system import (
    Preconditioner,
    System,
    Unknowns,
    mask,
    masked_product,
    precondition,
    product,
)
from solver.geometry.metric import Sweep, dot, sweep, swept_areas, vertex_areas_of
from solver.geometry.motion import sheath_shift
from solver.geometry.space import Space
from solver.record import record

RECALL_DEGREE = 1  # a rough norm is enough to choose a guess


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
        relative_fluxes: through PVS dual faces, relative to their motion, m3/s.
        tissue_fluxes: through tissue dual faces, m3/s.
        exchange: through each sheath pair, PVS to tissue, m3/s.
        end_fluxes: out of each PVS vertex through the ends, relative to their motion, m3/s.
        outer_fluxes: out of each tissue vertex through the outer faces, m3/s.
        step: the step's geometry with the sheath where it went.
        past: what the next step needs to know; the tissue's pressure at the end among it.
        solve: how the solve went.
    """

    velocity: Float[Array, "3 vertices"]
    pressure: Float[Array, " vertices"]
    relative_fluxes: Float[Array, " edges"]
    tissue_fluxes: Float[Array, " tissue_edges"]
    exchange: Float[Array, " pairs"]
    end_fluxes: Float[Array, " vertices"]
    outer_fluxes: Float[Array, " tissue_vertices"]
    step: Sweep
    past: Past
    solve: Solve

    @property
    def tissue_pressure(self) -> Float[Array, " tissue_vertices"]:
        """At the end of the step, Pa."""
        return self.past.tissue_pressure


def foreseen(past: Past, duration: float) -> Float[Array, " on_sheath"]:
    """Where a spring's sheath will be at the end of a step, if it keeps its speed, m."""
    return past.sheath + duration * past.sheath_speed


def solve(
    flow: StokesDarcy,
    prepared: Plan,
    space: Space,
    step: Sweep,
    boundary: Boundary,
    past: Past,
    duration: float,
) -> Flow:
    """Flow during one step of `duration` seconds.

    Args:
        step: geometry of the step; with a sheath on springs, that with the sheath as `foreseen`.
            The matrix is made on it, the balances close on where the sheath really went.
    """
    assembled = assemble(flow, prepared.masks, space, step, past, duration)
    system, sheath = assembled.system, assembled.sheath
    kinds = end_kinds(flow, space)
    motion = (step.end - step.start) / duration
    right, given = _data(flow, space, assembled, motion, boundary, past, duration)
    preconditioner = approximate(flow, prepared, space, assembled)
    unknowns, status, memory = _krylov(flow, system, preconditioner, right, past.memory)
    fluid, tissue, node = jax.tree.map(jnp.add, given, unknowns)
    velocity, pressure = fluid[:3], fluid[3]

    pairs, at_sheath = space.pairs, space.sheath.of(velocity)
    behind = pairs.outside(tissue) if pairs.tissue.shape[0] else jnp.zeros_like(sheath.area)
    through = passing(sheath, at_sheath, behind)
    displaced, speed, edges = past.sheath, past.sheath_speed, assembled.edges
    if isinstance(flow.outer_wall, Spring):
        speed = dot(at_sheath, sheath.normal) - through / sheath.area
        displaced = past.sheath + duration * speed
        shift = sheath_shift(space, displaced - foreseen(past, duration))
        step = sweep(step.start, step.end + shift, space.fluid)
        motion, edges = (step.end - step.start) / duration, edges_of(flow, space, step)

    all_areas, sheath_areas = (
        vertex_areas_of(patch, swept_areas(step.start, step.end, patch))
        for patch in (space.boundary, space.sheath)
    )
    drafted = Rates(
        fluid=edge_fluxes(edges, space.fluid, velocity, pressure),
        boundary=dot(all_areas - sheath_areas, velocity)
        + dot(sheath_areas, motion)
        + space.sheath.spread(through),
        exchange=through[: pairs.fluid.shape[0]],
        ends=dot(end_areas(space, step), velocity - motion),
        tissue_pressure=tissue,
    )
    tissue_given = Given(before=past.tissue_pressure, beyond=boundary.tissue_pressure)
    rates, projected, before, after = balance(prepared, space, assembled, drafted, tissue_given)
    _, escape = imbalance(space, assembled, rates, tissue_given)
    drained = assembled.sink * (rates.tissue_pressure - boundary.tissue_pressure)
    node_flow = collect(system.nodes, rates.ends)
    return Flow(
        velocity=velocity,
        pressure=pressure,
        relative_fluxes=rates.fluid - mesh_fluxes(edges, space.fluid, motion),
        tissue_fluxes=darcy_fluxes(system.tissue_edges, space.tissue, rates.tissue_pressure),
        exchange=rates.exchange,
        end_fluxes=rates.ends,
        outer_fluxes=drained - (1.0 - system.tissue_free) * escape,
        step=step,
        past=Past(
            tissue_pressure=rates.tissue_pressure,
            node_pressure=settle(
                node_flow, node, boundary.node_pressure, past.node_pressure, kinds, duration
            ),
            sheath=displaced,
            sheath_speed=speed,
            velocities=latest(past.velocities, velocity),
            memory=memory,
        ),
        solve=Solve(
            iterations=status.iterations,
            residual=status.residual,
            converged=status.converged & projected,
            mass_residual=before,
            balance=after,
        ),
    )


def _data(
    flow: StokesDarcy,
    space: Space,
    assembled: Assembled,
    motion: Float[Array, "3 vertices"],
    boundary: Boundary,
    past: Past,
    duration: float,
) -> tuple[Unknowns, Unknowns]:
    """Right-hand side on free unknowns, and the values of those that are not free."""
    system, sheath = assembled.system, assembled.sheath
    kinds = end_kinds(flow, space)
    zero = jnp.zeros(space.fluid.vertices)
    fixed = boundary.velocity - transform(system.free, boundary.velocity)
    held = (1.0 - system.tissue_free) * boundary.tissue_pressure
    node_rest = jnp.zeros_like(past.node_pressure)
    given: Unknowns = (jnp.concatenate([fixed, zero[None]]), held, node_rest)

    moving = space.sheath.of(motion)
    along = moving - dot(moving, sheath.normal) * sheath.normal
    dragged = sheath.area * (sheath.friction * along - sheath.drag * sheath.offset * sheath.normal)
    before = momentum_before(flow.inertia, past.velocities, duration)
    force = boundary.force + space.sheath.spread(dragged) + assembled.volumes * before

    pairs = space.pairs.fluid.shape[0]
    entering = (sheath.area * sheath.share * sheath.offset)[:pairs]
    tissue = (
        -assembled.store * past.tissue_pressure
        - assembled.sink * boundary.tissue_pressure
        - space.pairs.into_tissue(entering)
    )
    node = (
        collect(system.nodes, dot(system.node_areas, motion))
        - conductance(kinds) * boundary.node_pressure
        - storage_rate(kinds, duration) * past.node_pressure
    )
    load: Unknowns = (jnp.concatenate([force, zero[None]]), tissue, node)
    return mask(system, jax.tree.map(jnp.subtract, load, product(system, given))), given


def _krylov(
    flow: StokesDarcy,
    system: System,
    preconditioner: Preconditioner,
    right: Unknowns,
    memory: Memory,
) -> tuple[Unknowns, Status, Memory]:
    """Solve the masked system and remember; derivatives solve it for other right-hand sides.

    The ring of solutions is a part of the unknowns: so tangents of a run have a ring of tangents to
    start from, and adjoints one of adjoints. So is a one, which is a zero to either: by it the
    solve knows whose tolerance counts.
    """
    frozen, count = jax.lax.stop_gradient((system, memory.count))
    # jax transposes a solve only if every part of its right-hand side is differentiated
    link = sum(0.0 * x.sum() for x in right)
    given = jax.tree.map(lambda x: x + link, (right, memory.solutions, 1.0))
    derivatives = flow.tolerance if flow.derivative_tolerance is None else flow.derivative_tolerance

    rough = replace(preconditioner, degree=RECALL_DEGREE, local_degree=RECALL_DEGREE)

    def held(x: Unknowns) -> Unknowns:
        return masked_product(frozen, x, held=True)

    def run(_: object, given: tuple, ahead: bool = False) -> tuple[tuple, Status]:
        b, ring, own = mask(frozen, given[0]), Memory(given[1], count), given[2]
        guess = recall(ring, held, b, lambda x: precondition(rough, x), ahead)
        x, status = minres(
            held,
            b,
            mask(frozen, guess),  # rounding in what is fixed would grow from guess to guess
            lambda x: precondition(preconditioner, x),
            jnp.where(own == 1.0, flow.tolerance, derivatives),
            flow.limit,
        )
        return (x, remember(ring, x).solutions, own), status

    (unknowns, ring, _), status = jax.lax.custom_linear_solve(
        lambda x: (masked_product(system, x[0]), *x[1:]),
        given,
        run,
        partial(run, ahead=True),
        symmetric=True,
        has_aux=True,
    )
    return unknowns, status, Memory(ring, count + 1)
