"""What the flow solve knows before the first step, and the system it assembles at every step.

`plan` does once, on the host, what rest geometry allows; `assemble` turns the geometry of a step
into the matrix, its preconditioner and the edge coefficients that fluxes need.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from solver.algebra.chebyshev import spectrum
from solver.algebra.sparse import including_diagonal, take
from solver.flow.darcy import darcy_rows
from solver.flow.ends import Open, free_projector
from solver.flow.network import Network, build_network
from solver.flow.sheath import sheath_resistance
from solver.flow.stokes import (
    StokesEdges,
    stokes_blocks,
    stokes_edges,
)
from solver.flow.stokes_darcy import StokesDarcy, end_kinds
from solver.flow.system import (
    Preconditioner,
    System,
    masked_inverse,
    velocity_product,
)
from solver.geometry.metric import (
    Sweep,
    cell_areas,
    cell_volumes,
    dual_volumes,
    edge_stiffness,
    sweep,
    swept_areas,
    vertex_areas_of,
)
from solver.geometry.space import Space
from solver.record import record

SAFETY = 1.15  # on the largest Ritz value, which Lanczos approaches from below
SMALLEST = 0.8  # on the smallest, which it approaches from above
DEGREE = 1.5  # Chebyshev degree over the square root of the condition number
LARGEST_DEGREE = 40  # about 25 layers; beyond, more iterations are cheaper


@record
class Plan:
    """What is known before the first step.

    Attributes:
        free: projector onto each PVS vertex's free velocities.
        tissue_stiffness, tissue_rows, tissue_volumes: the tissue at rest.
        tissue_free: 0 where the tissue's pressure is held, else 1.
        interval: spectrum of the scaled velocity matrix; `degree`: of its Chebyshev polynomial.
        network: the pressure network.
    """

    free: Float[Array, "3 3 vertices"]
    tissue_stiffness: Float[Array, " tissue_edges"]
    tissue_rows: Float[Array, "slots tissue_rows"]
    tissue_volumes: Float[Array, " tissue_vertices"]
    tissue_free: Float[Array, " tissue_vertices"]
    interval: Float[Array, " two"]
    degree: Int[Array, ""]
    network: Network


def plan(flow: StokesDarcy, space: Space, step: float) -> Plan:
    """Masks, spectrum and pressure network from rest geometry. Host only.

    Args:
        step: time step, s.
    """
    flow = jax.lax.stop_gradient(flow)
    kinds = end_kinds(flow, space)
    free = free_projector(space, kinds)
    if space.tissue.vertices == 0:  # nowhere to seep to: the sheath is a wall at rest
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
