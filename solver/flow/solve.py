"""Quasi-steady flow of one step: the wall moves, fluid answers, every dual cell balances.

`StokesDarcy` is the physics (a record of parameters); `plan` does once what rest geometry allows;
`solve` turns one step of wall motion into velocity, pressures and exactly conservative fluxes.
"""

from collections.abc import Callable
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from solver.algebra.chebyshev import spectrum
from solver.algebra.krylov import Status, minres
from solver.algebra.recall import Memory, empty, recall, remember
from solver.algebra.sparse import including_diagonal, take
from solver.flow.darcy import Tissue, darcy_fluxes, darcy_rows
from solver.flow.ends import Closed, End, Open, free_projector
from solver.flow.network import Network, build_network
from solver.flow.project import Coefficients, project
from solver.flow.sheath import Sheath, sheath_resistance
from solver.flow.stokes import (
    StokesEdges,
    edge_divergence,
    edge_fluxes,
    mesh_fluxes,
    stokes_blocks,
    stokes_edges,
)
from solver.flow.system import (
    Preconditioner,
    System,
    Unknowns,
    mask,
    masked_inverse,
    masked_product,
    precondition,
    product,
    transform,
    velocity_product,
)
from solver.geometry.metric import (
    Sweep,
    cell_areas,
    cell_volumes,
    dot,
    dual_volumes,
    edge_stiffness,
    sweep,
    swept_areas,
    vertex_areas_of,
)
from solver.geometry.space import Space
from solver.record import record, static

SAFETY = 1.15  # on the largest Ritz value, which Lanczos approaches from below
DEGREE = 1.5  # Chebyshev degree over the square root of the condition number
LARGEST_DEGREE = 40  # about 25 layers; beyond, more iterations are cheaper
RECALL_DEGREE = 2  # a rough norm is enough to choose a guess
SMALLEST = 0.8  # on the smallest, which it approaches from above


@record
class StokesDarcy:
    """Stokes in the PVS, Darcy with storage in the tissue, the endfoot sheath between.

    Attributes:
        viscosity: of cerebrospinal fluid, Pa s.
        sheath, tissue: materials.
        inlet, distal: what happens at the mouth and at the far ends.
        outer: what happens on the tissue's outer faces.
        stabilisation: pressure stabilisation c, dimensionless, .12 to .25.
        tolerance: of the Krylov solve, relative, in the preconditioner's norm.
        limit: most Krylov iterations of a solve.
        memory: solutions remembered for warm starts; one vasomotion cycle is best.
    """

    viscosity: float | Float[Array, ""] = 0.7e-3
    sheath: Sheath = Sheath()
    tissue: Tissue = Tissue()
    inlet: End = Open()
    distal: End = Closed()
    outer: End = Closed()
    stabilisation: float = static(default=0.2)
    tolerance: float = static(default=1e-6)
    limit: int = static(default=400)
    memory: int = static(default=25)


@record
class Plan:
    """What is known before the first step.

    Attributes:
        free: projector onto each PVS vertex's free velocities.
        tissue_stiffness, tissue_rows, tissue_volumes: the tissue at rest.
        tissue_free: 0 where the tissue's pressure is held, else 1.
        interval: spectrum of the scaled velocity matrix; `degree`: of its Chebyshev polynomial.
        network: the pressure network.
        permeable: whether fluid crosses the sheath.
    """

    free: Float[Array, "3 3 vertices"]
    tissue_stiffness: Float[Array, " tissue_edges"]
    tissue_rows: Float[Array, "slots tissue_rows"]
    tissue_volumes: Float[Array, " tissue_vertices"]
    tissue_free: Float[Array, " tissue_vertices"]
    interval: Float[Array, " two"]
    degree: Int[Array, ""]
    network: Network
    permeable: bool = static(default=True)


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


def end_kinds(flow: StokesDarcy, space: Space) -> dict[str, End]:
    """The condition at each named end of a space."""
    return {
        name: flow.inlet if name.startswith("inlet") else flow.distal for name in space.end_names
    }


def plan(flow: StokesDarcy, space: Space, step: float) -> Plan:
    """Masks, spectrum and pressure network from rest geometry. Host only.

    Args:
        step: time step, s.
    """
    flow = jax.lax.stop_gradient(flow)
    kinds = end_kinds(flow, space)
    free = free_projector(space, kinds)
    permeable = space.tissue.vertices > 0
    if not permeable:
        free[:, :, np.asarray(space.sheath.vertices)] = 0.0
    areas, volumes = (f(space.tissue_rest, space.tissue) for f in (cell_areas, cell_volumes))
    stiffness = edge_stiffness(areas, volumes, space.tissue)
    held = space.tissue_outer if isinstance(flow.outer, Open) else 0.0 * space.tissue_outer
    network = build_network(
        space,
        viscosity=float(flow.viscosity),
        sheath=flow.sheath,
        tissue=flow.tissue,
        ends=kinds,
        outer=flow.outer,
        step=step,
    )
    draft = Plan(
        free=jnp.asarray(free),
        tissue_stiffness=stiffness,
        tissue_rows=darcy_rows(stiffness, space.tissue),
        tissue_volumes=dual_volumes(space.tissue_rest, space.tissue),
        tissue_free=1.0 - held,
        interval=jnp.ones(2),
        degree=jnp.ones((), jnp.int32),
        network=network,
        permeable=permeable,
    )
    at_rest = sweep(space.fluid_rest, space.fluid_rest, space.fluid)
    _, preconditioner, _ = jax.jit(assemble)(flow, draft, space, at_rest, step)
    low, high = _interval(preconditioner)
    degree = min(max(2, round(DEGREE * (high / low) ** 0.5)), LARGEST_DEGREE)
    measured = {"interval": jnp.asarray([low, high]), "degree": jnp.asarray(degree, jnp.int32)}
    return Plan(**(vars(draft) | measured))


def _interval(preconditioner: Preconditioner) -> tuple[float, float]:
    """Bounds of the scaled velocity spectrum by Lanczos, in the matrix's own inner product."""
    inverse = np.asarray(preconditioner.inverse)
    product = jax.jit(velocity_product)

    def weights(x: np.ndarray) -> np.ndarray:
        return np.asarray(product(preconditioner, jnp.asarray(x)))

    def scaled(x: np.ndarray) -> np.ndarray:
        return np.einsum("ijn,jn->in", inverse, weights(x))

    start = np.random.default_rng(0).standard_normal(inverse.shape[1:])
    low, high = spectrum(scaled, weights, np.einsum("ijn,jn->in", inverse, start))
    return SMALLEST * low, SAFETY * high


def remembering(flow: StokesDarcy, space: Space) -> Memory:
    """An empty memory of solutions."""
    like = (
        jax.ShapeDtypeStruct((4, space.fluid.vertices), space.fluid_rest.dtype),
        jax.ShapeDtypeStruct((space.tissue.vertices,), space.fluid_rest.dtype),
    )
    return empty(like, flow.memory)


def assemble(
    flow: StokesDarcy, prepared: Plan, space: Space, step: Sweep, duration: float
) -> tuple[System, Preconditioner, StokesEdges]:
    """The matrix of one step, its preconditioner and the edge coefficients that fluxes need."""
    viscosity, tissue = jnp.asarray(flow.viscosity), flow.tissue
    boundary = swept_areas(step.start, step.end, space.boundary)
    edges = stokes_edges(
        step, space.fluid, boundary, space.edge_facets, viscosity, flow.stabilisation
    )
    blocks = stokes_blocks(edges, space.fluid)
    sheath = vertex_areas_of(space.sheath, swept_areas(step.start, step.end, space.sheath))
    pair_areas = sheath[:, space.pairs.fluid]
    permeability = jnp.asarray(tissue.permeability)
    drag = sheath_resistance(flow.sheath, pair_areas, viscosity, permeability)
    slot, vertices = space.pairs.fluid_slot, space.fluid.vertices
    blocks = blocks.at[-1, :3, :3, :vertices].add(take(drag, slot))
    system = System(
        blocks=blocks,
        pattern=including_diagonal(space.fluid.neighbours),
        free=prepared.free,
        pair_areas=pair_areas,
        pairs=space.pairs,
        tissue=space.tissue,
        tissue_rows=prepared.tissue_rows,
        mobility=permeability / viscosity,
        store=tissue.storage / duration * prepared.tissue_volumes,
        tissue_free=prepared.tissue_free,
    )
    middle = 0.5 * (step.start_volumes + step.end_volumes)
    preconditioner = Preconditioner(
        blocks=blocks[:, :3, :3],
        pattern=system.pattern,
        inverse=masked_inverse(blocks[-1, :3, :3, :vertices], prepared.free),
        interval=prepared.interval,
        degree=prepared.degree,
        mass=viscosity / middle,
        network=prepared.network,
        tissue_free=prepared.tissue_free,
    )
    return system, jax.lax.stop_gradient(preconditioner), edges


def end_force(flow: StokesDarcy, space: Space, step: Sweep) -> Float[Array, "3 vertices"]:
    """Force of the pressures at open ends, -p a, N."""
    force = jnp.zeros_like(step.start)
    for (_, kind), patch in zip(end_kinds(flow, space).items(), space.ends, strict=True):
        if isinstance(kind, Open):
            areas = vertex_areas_of(patch, swept_areas(step.start, step.end, patch))
            force = force - kind.pressure * areas
    return force


@record
class Boundary:
    """Data on the boundary of one step.

    Attributes:
        velocity: what masked velocities are fixed to, m/s.
        force: on free velocities, N.
        tissue_pressure: what masked tissue pressures are held at, Pa.
    """

    velocity: Float[Array, "3 vertices"]
    force: Float[Array, "3 vertices"]
    tissue_pressure: Float[Array, " tissue_vertices"]


def boundary_of(flow: StokesDarcy, space: Space, step: Sweep, duration: float) -> Boundary:
    """No slip on the moving wall, pressures at open ends, the outer pressure of the tissue."""
    motion = (step.end - step.start) / duration
    on_wall = space.wall.slot < space.wall.vertices.shape[0]
    outer = flow.outer.pressure if isinstance(flow.outer, Open) else 0.0
    return Boundary(
        velocity=jnp.where(on_wall, motion, 0.0),
        force=end_force(flow, space, step),
        tissue_pressure=outer * space.tissue_outer,
    )


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
    rates, projected, before, after = _balance(
        flow, prepared, space, system, drafted, tissue_pressure
    )
    tissue_fluxes = darcy_fluxes(
        prepared.tissue_stiffness, space.tissue, system.mobility, rates.tissue_pressure
    )
    _, escape = _residual(space, system, rates, tissue_fluxes, tissue_pressure)
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


@record
class Rates:
    """Volume rates of a step, m3/s, and the tissue pressure that drives its own.

    Attributes:
        fluid: through PVS dual faces; `boundary`: out of each PVS vertex through its boundary.
        exchange: through each sheath pair; `ends`: through the ends, relative to their motion.
        tissue_pressure: Pa.
    """

    fluid: Float[Array, " edges"]
    boundary: Float[Array, " vertices"]
    exchange: Float[Array, " pairs"]
    ends: Float[Array, " vertices"]
    tissue_pressure: Float[Array, " tissue_vertices"]


def end_areas(space: Space, step: Sweep) -> Float[Array, "3 vertices"]:
    """Area vectors of all ends together, m2."""
    areas = [
        vertex_areas_of(patch, swept_areas(step.start, step.end, patch)) for patch in space.ends
    ]
    return sum(areas, start=jnp.zeros_like(step.start))


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


def _residual(
    space: Space,
    system: System,
    rates: Rates,
    tissue_fluxes: Float[Array, " tissue_edges"],
    tissue_before: Float[Array, " tissue_vertices"],
) -> tuple[Float[Array, " vertices"], Float[Array, " tissue_vertices"]]:
    """Net volume rate out of each dual cell, m3/s: zero where the step balances."""
    stored = system.store * (rates.tissue_pressure - tissue_before)
    return (
        edge_divergence(rates.fluid, space.fluid) + rates.boundary,
        edge_divergence(tissue_fluxes, space.tissue)
        + stored
        - take(rates.exchange, space.pairs.tissue_slot),
    )


def _balance(
    flow: StokesDarcy,
    prepared: Plan,
    space: Space,
    system: System,
    rates: Rates,
    tissue_before: Float[Array, " tissue_vertices"],
) -> tuple[Rates, Bool[Array, ""], Float[Array, ""], Float[Array, ""]]:
    """Project the rates so that every dual cell balances; tell the imbalance before and after."""
    network = prepared.network
    pair_size = jnp.sqrt(dot(system.pair_areas, system.pair_areas))
    coefficients = Coefficients(
        mobility=system.mobility,
        tissue_rows=system.tissue_rows,
        store=system.store,
        pairs=flow.sheath.conductance * pair_size,
        tissue_free=system.tissue_free,
    )
    scale = jnp.abs(rates.boundary).max()

    def residual(of: Rates) -> tuple[Array, Array]:
        through = darcy_fluxes(
            prepared.tissue_stiffness, space.tissue, system.mobility, of.tissue_pressure
        )
        fluid, tissue = _residual(space, system, of, through, tissue_before)
        return fluid, system.tissue_free * tissue

    def largest(of: tuple[Array, Array]) -> Float[Array, ""]:
        peak = jnp.concatenate([jnp.abs(of[0]), jnp.abs(of[1])]).max()
        return peak / jnp.where(scale > 0, scale, 1.0)

    before = residual(rates)
    (fluid, tissue), status = project(network, space, coefficients, before, scale)
    first, second = space.fluid.edges
    leak = coefficients.pairs * (fluid[space.pairs.fluid] - tissue[space.pairs.tissue])
    through_ends = network.ends * fluid
    projected = Rates(
        fluid=rates.fluid + network.fluid_edges * (fluid[first] - fluid[second]),
        boundary=rates.boundary + through_ends + take(leak, space.pairs.fluid_slot),
        exchange=rates.exchange + leak,
        ends=rates.ends + through_ends,
        tissue_pressure=rates.tissue_pressure + tissue,
    )
    return projected, status.converged, largest(before), largest(residual(projected))
