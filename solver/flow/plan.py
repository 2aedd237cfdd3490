"""What the flow solve knows before the first step: masks, spectrum and pressure network.

Done once, on the host, from rest geometry; the coefficients of later steps need only be near.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int

from solver.algebra.chebyshev import spectrum
from solver.algebra.tridiagonal import solve as solve_lines
from solver.flow.assemble import STRETCHING, Masks, Plan, along_lines, approximate, assemble
from solver.flow.brinkman import drag_on_cells, gap_mobility, lumped_drag
from solver.flow.coarse import coarse_unknowns
from solver.flow.ends import Closed, Open
from solver.flow.inertia import inertia_rate
from solver.flow.lumped import build_nodes, lumped_ends
from solver.flow.masks import felt_pressure, free_projector
from solver.flow.network import Network, build_network
from solver.flow.past import at_rest
from solver.flow.reduced import reduced
from solver.flow.schur import line_schur
from solver.flow.sheath import Interface
from solver.flow.skeleton import CoarseSpace, coarse_space
from solver.flow.stokes_darcy import StokesDarcy, end_kinds
from solver.flow.system import (
    Preconditioner,
    System,
    local_diagonal,
    local_product,
    velocity_product,
)
from solver.geometry.metric import cell_volumes, dual_volumes, sweep
from solver.geometry.space import Space

SAFETY = 1.15  # on the largest Ritz value, which Lanczos approaches from below
SMALLEST = 0.8  # on the smallest, which it approaches from above
DEGREE = 1.2  # Chebyshev degree over the square root of the condition number
LOCAL_DEGREE = 1.25  # the same of the local Schur complement, whose rough inverse is enough
LARGEST_DEGREE = 40  # about 25 layers; beyond, more iterations are cheaper


def plan(flow: StokesDarcy, space: Space, step: float) -> Plan:
    """Masks, spectrum and pressure network from rest geometry. Host only.

    Args:
        step: time step, s.
    """
    flow = jax.lax.stop_gradient(flow)
    kinds = end_kinds(flow, space)
    held = space.tissue_outer if isinstance(flow.outer, Open) else 0.0 * space.tissue_outer
    masks = Masks(
        free=jnp.asarray(free_projector(flow, space, kinds)),
        felt=jnp.asarray(felt_pressure(space, kinds)),
        tissue_free=1.0 - held,
        nodes=build_nodes(space, kinds),
    )
    still = sweep(space.fluid_rest, space.fluid_rest, space.fluid)
    assembled = jax.jit(assemble)(flow, masks, space, still, at_rest(flow, space), step)
    unit, one = jnp.ones(2), jnp.ones((), jnp.int32)
    coarse = coarse_space(space, coarse_unknowns(flow.coarse, space), masks.nodes)
    network = _network(flow, space, step, masks, assembled.system, assembled.sheath, coarse)
    columns = network.reduced
    if space.lines.layered and flow.coarse == "columns":
        between = np.asarray(along_lines(assembled.edges, space.lines))
        schur = line_schur(assembled.system, space.lines, between, coarse.of_vertex)
        skeleton = coarse.skeleton(by_lines=True)
        follows = coarse.follows(by_lines=passes_freely(flow, space, assembled.sheath))
        columns = reduced(schur, coarse, skeleton, follows, np.asarray(assembled.volumes))
    rough = approximate(flow, Plan(masks, unit, one, unit, one, network, columns), space, assembled)
    interval, local = _interval(rough, masks), _local_interval(rough)
    return Plan(
        masks=masks,
        interval=jnp.asarray(interval),
        degree=_degree(DEGREE, interval),
        local_interval=jnp.asarray(local),
        local_degree=_degree(LOCAL_DEGREE, local),
        network=network,
        columns=columns,
    )


def passes_freely(flow: StokesDarcy, space: Space, sheath: Interface) -> bool:
    """Whether the sheath resists less than fluid stretched across the gap, anywhere. Host only.

    There the pressure behind it follows those of all columns round it, not of its own alone: more
    entries, and so another program to compile.
    """
    viscous = STRETCHING * flow.viscosity / space.gap[space.sheath.vertices]
    return bool(np.any(np.asarray(sheath.conductance * viscous) > 1.0))


def _degree(factor: float, interval: tuple[float, float]) -> Int[Array, ""]:
    """Degree of a Chebyshev polynomial that a spectrum asks for."""
    wanted = round(factor * (interval[1] / interval[0]) ** 0.5)
    return jnp.asarray(min(max(2, wanted), LARGEST_DEGREE), jnp.int32)


def _local_interval(preconditioner: Preconditioner) -> tuple[float, float]:
    """Bounds of the local Schur complement's scaled spectrum."""
    diagonal = np.asarray(local_diagonal(preconditioner))
    product = jax.jit(local_product)

    def weights(x: np.ndarray) -> np.ndarray:
        return np.asarray(product(preconditioner, jnp.asarray(x)))

    start = np.random.default_rng(0).standard_normal(diagonal.shape)
    low, high = spectrum(lambda x: weights(x) / diagonal, weights, start)
    return SMALLEST * low, SAFETY * high


def _network(
    flow: StokesDarcy,
    space: Space,
    step: float,
    masks: Masks,
    system: System,
    sheath: Interface,
    coarse: CoarseSpace,
) -> Network:
    """The pressure network of the system at rest."""
    viscosity = jnp.asarray(flow.viscosity)
    volumes = dual_volumes(space.fluid_rest, space.fluid)
    cells = cell_volumes(space.fluid_rest, space.fluid)
    drag = lumped_drag(drag_on_cells(flow.pvs, space, viscosity), cells, space) / volumes
    drag = drag + inertia_rate(flow.inertia, step)

    # what the sheath passes and yields, in series with the fluid that it stretches across the gap
    viscous = STRETCHING * viscosity / space.gap[space.sheath.vertices]
    pairs = space.pairs.fluid.shape[0]
    conductance = sheath.conductance
    series = jnp.where(
        jnp.isinf(conductance), 1.0 / viscous, conductance / (1.0 + conductance * viscous)
    )
    kinds = end_kinds(flow, space)
    slots = {name: number for number, name in enumerate(lumped_ends(kinds))}
    return build_network(
        space,
        mobility=np.asarray(gap_mobility(space.gap, viscosity, drag)),
        pairs=np.asarray(sheath.area * series)[:pairs],
        give=np.asarray(sheath.area * sheath.give / (1.0 + sheath.give * viscous)),
        tissue_edges=-np.asarray(system.tissue_edges),
        tissue_own=np.asarray(system.tissue_own),
        tissue_held=1.0 - np.asarray(masks.tissue_free),
        end_slots={
            name: slots.get(name) for name, kind in kinds.items() if not isinstance(kind, Closed)
        },
        node_own=np.asarray(system.node_own),
        coarse=coarse,
    )


def _interval(preconditioner: Preconditioner, masks: Masks) -> tuple[float, float]:
    """Bounds of the scaled velocity spectrum by Lanczos, in the matrix's own inner product.

    In coordinates along and across what is free at each vertex: there the fixed ones are zero to
    the last bit, which Lanczos needs, or their round-off grows into an eigenvalue of zero.
    """
    free, axes = np.linalg.eigh(np.moveaxis(np.asarray(masks.free), -1, 0))
    kept = free.T > 0.5
    product, by_lines = jax.jit(velocity_product), jax.jit(solve_lines)

    def out(x: np.ndarray) -> np.ndarray:
        return np.einsum("nij,jn->in", axes, x)

    def back(x: np.ndarray) -> np.ndarray:
        return np.where(kept, np.einsum("nji,jn->in", axes, x), 0.0)

    def weights(x: np.ndarray) -> np.ndarray:
        return back(np.asarray(product(preconditioner, jnp.asarray(out(x)))))

    def scaled(x: np.ndarray) -> np.ndarray:
        return back(np.asarray(by_lines(preconditioner.lines, jnp.asarray(out(weights(x))))))

    start = np.where(kept, np.random.default_rng(0).standard_normal(kept.shape), 0.0)
    low, high = spectrum(scaled, weights, start)
    return SMALLEST * low, SAFETY * high
