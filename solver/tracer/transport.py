"""Tracer carried and spread on the moving dual cells, with the flow's own fluxes.

    PVS     d(V_i c_i)/dt + sum_j [F_ij c_ij + D K_ij (c_j - c_i)] + sheath + ends = 0
    tissue  d(theta_i c_i)/dt + sum_j [F_ij c_ij + phi D* K_ij (c_j - c_i)] - sheath
                = -k theta_i c_i

F_ij is the volume flux relative to the moving face, theta_i = phi V_i + S V_i P_i the fluid that a
tissue cell holds, D* = D / lambda^2 (Nicholson 2001). The face value c_ij leans upstream just
enough for the edge's Peclet number Pe = u.e / D (Il'in 1969, exponential fitting): central, second
order, where diffusion rules, upwind where advection does; linear in c everywhere. Concentration is
relative to the mouth's, so tracer mass has the unit of volume, m3.

A step takes its fluxes as constant and its volumes as linear in time, so that a uniform
concentration stays uniform to round-off (physics.md 1.8), and is advanced by the L-stable,
second-order SDIRK2 (Alexander 1977): two solves of the same kind.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from solver.algebra.krylov import Status, bicgstab
from solver.algebra.sparse import fold, materialise, multiply_scalar, pad, take
from solver.flow.solve import Flow
from solver.geometry.material import Property, scalar_on_cells
from solver.geometry.metric import (
    Sweep,
    dot,
    dual_faces,
    edge_stiffness,
    on_vertices,
    swept_areas,
    vertex_areas_of,
)
from solver.geometry.space import Space
from solver.geometry.topology import Graph
from solver.record import record, static
from solver.tracer.exchange import exchange_rates

GAMMA = 1.0 - 0.5**0.5

Concentration = tuple[Float[Array, " vertices"], Float[Array, " tissue_vertices"]]


@record
class AdvectionDiffusion:
    """A passive tracer.

    Attributes:
        diffusivity: free D, m2/s.
        tortuosity: lambda of the tissue, dimensionless.
        porosity: extracellular volume fraction phi of the tissue, dimensionless.
        uptake: first-order loss k in the tissue, 1/s.
        sheath_permeability: of the endfeet to the tracer by diffusion, m/s.
        mouth: concentration held at the subarachnoid mouth at all times.
        initial_pvs, initial_tissue: concentration at the start.
        tolerance: of the linear solves, relative, in concentration; mass closes to round-off.
        limit: most iterations of a solve.
    """

    diffusivity: float | Float[Array, ""] = 1.4e-10
    tortuosity: float | Float[Array, ""] = 1.76
    porosity: Property = 0.2
    uptake: float | Float[Array, ""] = 0.0
    sheath_permeability: float | Float[Array, ""] = 3.8e-7
    mouth: float | Float[Array, ""] = 1.0
    initial_pvs: float | Float[Array, ""] = 0.0
    initial_tissue: float | Float[Array, ""] = 0.0
    tolerance: float = static(default=1e-12)
    limit: int = static(default=2000)


@record
class Rates:
    """The transport operator L of one step, m3/s, by rows.

    Attributes:
        fluid, tissue: off-diagonal rows over each graph's neighbours.
        fluid_diagonal, tissue_diagonal: diagonals, sheath and outflow and uptake included.
        outward, inward: sheath pair rates.
    """

    fluid: Float[Array, "slots rows"]
    tissue: Float[Array, "slots tissue_rows"]
    fluid_diagonal: Float[Array, " vertices"]
    tissue_diagonal: Float[Array, " tissue_vertices"]
    outward: Float[Array, " pairs"]
    inward: Float[Array, " pairs"]


@record
class Step:
    """What a tracer step did.

    Attributes:
        concentration: at its end, in PVS and tissue.
        influx: tracer entered through the mouth, mean over the step, m3/s.
        outflux: tracer left through the other ends and the outer faces, m3/s.
        uptake: tracer consumed in the tissue, m3/s.
        iterations, converged: of the linear solves.
    """

    concentration: Concentration
    influx: Float[Array, ""]
    outflux: Float[Array, ""]
    uptake: Float[Array, ""]
    iterations: Int[Array, ""]
    converged: Bool[Array, ""]


def held_at_mouth(space: Space) -> Float[Array, " vertices"]:
    """1 on PVS vertices at the subarachnoid mouth, where concentration is held, else 0."""
    held = jnp.zeros(space.fluid.vertices)
    for name, patch in zip(space.end_names, space.ends, strict=True):
        if name.startswith("inlet"):
            held = jnp.where(patch.slot < patch.vertices.shape[0], 1.0, held)
    return held


def dissolving_volumes(
    tracer: AdvectionDiffusion, space: Space
) -> Float[Array, " tissue_vertices"]:
    """phi V of each tissue dual cell, m3."""
    porosity = scalar_on_cells(tracer.porosity, space.tissue_material)
    return on_vertices(porosity, space.tissue_shape.cell_volumes, space.tissue)


def lean(peclet: Float[Array, " edges"]) -> Float[Array, " edges"]:
    """How far a face value leans upstream: coth(Pe/2) - 2/Pe, odd, Pe/6 near zero."""
    small = jnp.abs(peclet) < 1e-2
    safe = jnp.where(small, 1.0, peclet)
    exact = 1.0 / jnp.tanh(0.5 * safe) - 2.0 / safe
    return jnp.where(small, peclet / 6.0, exact)


def edge_rates(
    fluxes: Float[Array, " edges"],
    faces: Float[Array, "3 edges"],
    along: Float[Array, "3 edges"],
    spread: Float[Array, " edges"],
    diffusivity: float | Float[Array, ""] | Float[Array, " edges"],
) -> tuple[Float[Array, " edges"], Float[Array, " edges"]]:
    """Rates (forward, backward), m3/s: each edge moves forward * c_first - backward * c_second.

    Args:
        faces: dual face area vectors, m2; `along`: edge vectors, m.
        spread: diffusive conductance, -D K_ij, m3/s; `diffusivity` that the Peclet number takes.
    """
    size = jnp.sqrt(dot(faces, faces))
    speed = fluxes / jnp.where(size > 0, size, 1.0)
    upstream = lean(speed * jnp.sqrt(dot(along, along)) / diffusivity)
    return 0.5 * fluxes * (1.0 + upstream) + spread, -0.5 * fluxes * (1.0 - upstream) + spread


def rows_of(
    forward: Float[Array, " edges"], backward: Float[Array, " edges"], graph: Graph
) -> tuple[Float[Array, "slots rows"], Float[Array, " vertices"]]:
    """Off-diagonal rows and diagonal of the operator that edge rates make."""
    edges, second = graph.row_edges, graph.row_second
    ahead, behind = pad(forward)[edges], pad(backward)[edges]
    leaving, arriving = jnp.where(second, behind, ahead), jnp.where(second, ahead, behind)
    return materialise(-arriving), fold(leaving.sum(axis=0), graph.neighbours)


def apply(rates: Rates, space: Space, c: Concentration) -> Concentration:
    """L c: the rate at which tracer leaves each dual cell, m3/s."""
    fluid, tissue = c
    pairs = space.pairs
    across = rates.outward * fluid[pairs.fluid] - rates.inward * tissue[pairs.tissue]
    spread = multiply_scalar(rates.fluid, space.fluid.neighbours, fluid)
    seep = multiply_scalar(rates.tissue, space.tissue.neighbours, tissue)
    return (
        rates.fluid_diagonal * fluid + spread + take(across, pairs.fluid_slot),
        rates.tissue_diagonal * tissue + seep - take(across, pairs.tissue_slot),
    )


def transport_rates(
    tracer: AdvectionDiffusion,
    space: Space,
    step: Sweep,
    flow: Flow,
    content: Float[Array, " tissue_vertices"],
    sheath_areas: Float[Array, " pairs"],
) -> Rates:
    """Assemble L for a step from the fluxes of its flow."""
    first, second = space.fluid.edges
    middle = 0.5 * (step.start + step.end)
    fluid, leaving = rows_of(
        *edge_rates(
            flow.relative_fluxes,
            dual_faces(step.areas, space.fluid),
            middle[:, second] - middle[:, first],
            -tracer.diffusivity
            * edge_stiffness(step.middle_areas, step.middle_volumes, space.fluid),
            tracer.diffusivity,
        ),
        space.fluid,
    )
    begin, end = space.tissue.edges
    shape, hindered = space.tissue_shape, tracer.diffusivity / tracer.tortuosity**2
    porosity = scalar_on_cells(tracer.porosity, space.tissue_material)
    spreading = edge_stiffness(shape.areas, shape.cell_volumes, space.tissue, hindered * porosity)
    around = dissolving_volumes(tracer, space) / shape.volumes
    tissue, seeping = rows_of(
        *edge_rates(
            flow.tissue_fluxes,
            shape.faces,
            space.tissue_rest[:, end] - space.tissue_rest[:, begin],
            -spreading,
            hindered * 0.5 * (around[begin] + around[end]),
        ),
        space.tissue,
    )
    outward, inward = exchange_rates(tracer.sheath_permeability, sheath_areas, flow.exchange)
    return Rates(
        fluid=fluid,
        tissue=tissue,
        fluid_diagonal=leaving + jnp.maximum(flow.end_fluxes, 0.0),
        tissue_diagonal=seeping + jnp.maximum(flow.outer_fluxes, 0.0) + tracer.uptake * content,
        outward=outward,
        inward=inward,
    )


def advance(
    tracer: AdvectionDiffusion,
    rates: Rates,
    space: Space,
    held: Float[Array, " vertices"],
    start: Concentration,
    end: Concentration,
    concentration: Concentration,
    duration: float,
) -> tuple[Concentration, Concentration, Int[Array, ""], Bool[Array, ""]]:
    """One SDIRK2 step of d(content c)/dt = -L c with content linear in time.

    Args:
        held: 1 where the concentration is held at `tracer.mouth`, else 0.
        start, end: fluid that dissolves tracer in each dual cell, m3.

    Returns:
        concentration at the end; its mean over the step as L saw it; iterations; whether both
        solves converged. Mass closes to round-off: the end is updated from the step's own fluxes.
    """
    mass = jax.tree.map(jnp.multiply, start, concentration)
    between = jax.tree.map(lambda a, b: a + GAMMA * (b - a), start, end)
    weight = GAMMA * duration
    first, one = _solve(tracer, rates, space, held, between, mass, concentration, weight)
    leaving = apply(rates, space, first)
    load = jax.tree.map(lambda m, r: m - (1.0 - GAMMA) * duration * r, mass, leaving)
    second, two = _solve(tracer, rates, space, held, end, load, first, weight)
    mean = jax.tree.map(lambda a, b: (1.0 - GAMMA) * a + GAMMA * b, first, second)
    final = jax.tree.map(
        lambda m, r, v: (m - duration * r) / v, mass, apply(rates, space, mean), end
    )
    kept = (jnp.where(held > 0, tracer.mouth, final[0]), final[1])
    return kept, mean, one.iterations + two.iterations, one.converged & two.converged


def carry(
    tracer: AdvectionDiffusion,
    space: Space,
    held: Float[Array, " vertices"],
    step: Sweep,
    flow: Flow,
    stored: tuple[Float[Array, " tissue_vertices"], Float[Array, " tissue_vertices"]],
    concentration: Concentration,
    duration: float,
) -> Step:
    """Move the tracer through one step of `duration` seconds.

    Args:
        held: 1 where the concentration is held at `tracer.mouth`, else 0.
        stored: fluid that tissue cells hold by storage at start and end, S V P, m3.
    """
    dissolving = dissolving_volumes(tracer, space)
    start = (step.start_volumes, dissolving + stored[0])
    end = (step.end_volumes, dissolving + stored[1])
    sheath = vertex_areas_of(space.sheath, swept_areas(step.start, step.end, space.sheath))
    sheath = sheath[:, space.pairs.fluid]
    content = 0.5 * (start[1] + end[1])
    rates = transport_rates(tracer, space, step, flow, content, jnp.sqrt(dot(sheath, sheath)))
    kept, mean, iterations, converged = advance(
        tracer, rates, space, held, start, end, concentration, duration
    )
    gained = (end[0] * kept[0] - start[0] * concentration[0]) / duration
    through_ends = jnp.maximum(flow.end_fluxes, 0.0) * mean[0]
    entering = held * (gained + apply(rates, space, mean)[0] - through_ends)
    return Step(
        concentration=kept,
        influx=entering.sum(),
        outflux=((1.0 - held) * through_ends).sum()
        + (jnp.maximum(flow.outer_fluxes, 0.0) * mean[1]).sum(),
        uptake=(tracer.uptake * content * mean[1]).sum(),
        iterations=iterations,
        converged=converged,
    )


def _solve(
    tracer: AdvectionDiffusion,
    rates: Rates,
    space: Space,
    held: Float[Array, " vertices"],
    content: Concentration,
    load: Concentration,
    guess: Concentration,
    weight: float,
) -> tuple[Concentration, Status]:
    """Solve (content + weight L) c = load with held concentrations, rows scaled."""
    shift = take(rates.outward, space.pairs.fluid_slot), take(rates.inward, space.pairs.tissue_slot)
    own = rates.fluid_diagonal + shift[0], rates.tissue_diagonal + shift[1]
    diagonal = jax.tree.map(lambda v, d: v + weight * d, content, own)
    free = (1.0 - held, jnp.ones_like(content[1]))

    def whole(c: Concentration) -> Concentration:
        return jax.tree.map(
            lambda v, x, r, d: (v * x + weight * r) / d,
            content,
            c,
            apply(rates, space, c),
            diagonal,
        )

    def matrix(c: Concentration) -> Concentration:
        image = whole(jax.tree.map(jnp.multiply, free, c))
        return jax.tree.map(lambda f, y, x: f * y + (1.0 - f) * x, free, image, c)

    given = (held * tracer.mouth, jnp.zeros_like(content[1]))
    right = jax.tree.map(lambda f, b, d, g: f * (b / d - g), free, load, diagonal, whole(given))
    right = (right[0] + given[0], right[1])
    start = jax.lax.stop_gradient((jnp.where(held > 0, tracer.mouth, guess[0]), guess[1]))

    def run(
        matvec: Callable[[Concentration], Concentration], b: Concentration, x: Concentration
    ) -> tuple[Concentration, Status]:
        return bicgstab(matvec, b, x, tracer.tolerance, tracer.limit)

    def transposed(
        matvec: Callable[[Concentration], Concentration], b: Concentration
    ) -> tuple[Concentration, Status]:
        return run(matvec, b, jax.tree.map(jnp.zeros_like, b))

    return jax.lax.custom_linear_solve(
        matrix, right, lambda m, b: run(m, b, start), transposed, has_aux=True
    )
