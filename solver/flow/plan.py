"""What the flow solve knows before the first step: masks, spectrum and pressure network.

Done once, on the host, from rest geometry; the coefficients of later steps need only be near. What
pressure sees of the gap is set up twice, at rest and where the gap is narrow (`reduced`).
"""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int
from scipy.sparse import block_array, coo_array, csr_matrix

from solver.algebra.chebyshev import spectrum
from solver.flow.assemble import Masks, Plan
from solver.flow.coarse import coarse_unknowns
from solver.flow.ends import Open
from solver.flow.lumped import build_nodes, lumped_ends
from solver.flow.masks import felt_pressure, free_projector
from solver.flow.network import State, build_network
from solver.flow.reduced import Operator, reduced
from solver.flow.rest import Rest, rest
from solver.flow.schur import as_matrix, line_inverse, line_schur
from solver.flow.skeleton import CoarseSpace, coarse_space
from solver.flow.stokes_darcy import StokesDarcy, end_kinds
from solver.geometry.metric import cell_volumes
from solver.geometry.motion import positions
from solver.geometry.space import Space

SAFETY = 1.15  # on the largest Ritz value, which Lanczos approaches from below
SMALLEST = 0.8  # on the smallest, which it approaches from above
DEGREE = 1.2  # Chebyshev degree over the square root of the condition number
LOCAL_DEGREE = 1.25  # the same of the local Schur complement, whose rough inverse is enough
LARGEST_DEGREE = 40  # about 25 layers; beyond, more iterations are cheaper
CLOSING = 0.75  # share of the median gap that the narrow state closes
LESS = 0.8  # factor on it for as long as cells invert there
LEAST_CLOSING = 0.1  # less is not worth a second state


def plan(flow: StokesDarcy, space: Space, step: float) -> Plan:
    """Masks, spectrum and pressure network from rest geometry. Host only.

    Args:
        step: time step, s.
    """
    kinds = end_kinds(flow, space)
    held = np.asarray(space.tissue_outer) * isinstance(flow.outer, Open)
    masks = Masks(
        free=jnp.asarray(free_projector(flow, space, kinds)),
        felt=jnp.asarray(felt_pressure(space, kinds)),
        tissue_free=jnp.asarray(1.0 - held),
        nodes=build_nodes(space, kinds),
    )
    flow = jax.lax.stop_gradient(flow)
    still, narrowed = rest(flow, masks, space, step), _narrowed(space)
    narrow = None if narrowed is None else rest(flow, masks, narrowed, step)
    lubricated, seeping = np.asarray(still.lubricated), np.asarray(still.seeping)
    coarse = coarse_space(
        space, coarse_unknowns(flow.coarse, space), masks.nodes, lubricated, seeping
    )
    slots = {name: number for number, name in enumerate(lumped_ends(kinds))}
    by_lines = space.lines.layered and flow.coarse == "columns"
    second = None if narrow is None or by_lines else _state(narrow)
    network = build_network(space, _state(still), second, slots, coarse)
    inverse = _by_lines(still, space)
    columns = network.reduced
    if by_lines:
        # where the sheath resists less than fluid stretched across the gap the pressure behind it
        # follows those of all columns round it: more entries, and another program to compile
        columns = reduced(
            _lined(still, inverse, coarse),
            None if narrow is None else _lined(narrow, _by_lines(narrow, space), coarse),
            coarse,
            coarse.skeleton(by_lines=True),
            coarse.follows(by_lines=bool(still.freely > 1.0)),
        )
    interval, local = _interval(still, masks, inverse), _local_interval(still)
    return Plan(
        masks=masks,
        interval=jnp.asarray(interval),
        degree=_degree(DEGREE, interval),
        local_interval=jnp.asarray(local),
        local_degree=_degree(LOCAL_DEGREE, local),
        network=network,
        columns=columns,
    )


def _narrowed(space: Space) -> Space | None:
    """The space with arteries that fill most of the gap, all by one factor; None if none can."""
    reach, gap = np.asarray(space.reach), np.asarray(space.gap)
    moves = (np.asarray(space.arterial) > 0) & (reach > 0)
    if not moves.any():
        return None
    room = np.where(moves, gap / np.where(moves, reach, 1.0), np.inf)
    widening = CLOSING * np.median(room[moves])
    while widening > LEAST_CLOSING * np.median(room[moves]):
        points = positions(space, jnp.full(gap.shape, 1.0 + widening))
        if (widening < room).all() and cell_volumes(points, space.fluid).min() > 0:
            left = jnp.asarray(np.where(moves, gap - widening * reach, gap))
            return replace(space, fluid_rest=points, gap=left)
        widening *= LESS
    return None


def _state(found: Rest) -> State:
    """What the pressure network is made of."""
    return State(found.conductances, found.assembled.system, np.asarray(found.assembled.volumes))


def _lined(found: Rest, inverse: csr_matrix, coarse: CoarseSpace) -> Operator:
    """The Schur complement by lines."""
    schur = line_schur(found.assembled.system, inverse, coarse.of_vertex)
    return Operator(schur, np.asarray(found.assembled.volumes))


def _degree(factor: float, interval: tuple[float, float]) -> Int[Array, ""]:
    """Degree of a Chebyshev polynomial that a spectrum asks for."""
    wanted = round(factor * (interval[1] / interval[0]) ** 0.5)
    return jnp.asarray(min(max(2, wanted), LARGEST_DEGREE), jnp.int32)


def _by_lines(still: Rest, space: Space) -> csr_matrix:
    """Inverse of what couples the velocities of one line."""
    diagonal = np.asarray(still.velocity)[-1, :, :, : space.fluid.vertices]
    free = np.asarray(still.assembled.system.free)
    return line_inverse(space.lines, diagonal, np.asarray(still.between), free)


def _local_interval(still: Rest) -> tuple[float, float]:
    """Bounds of the local Schur complement's scaled spectrum."""
    matrix = as_matrix(np.asarray(still.assembled.local), still.assembled.system.pattern)
    diagonal = matrix.diagonal()
    start = np.random.default_rng(0).standard_normal(diagonal.shape)
    low, high = spectrum(lambda x: matrix @ x / diagonal, lambda x: matrix @ x, start)
    return SMALLEST * low, SAFETY * high


def _interval(still: Rest, masks: Masks, inverse: csr_matrix) -> tuple[float, float]:
    """Bounds of the velocity spectrum, scaled line by line, in the matrix's own inner product.

    In coordinates of what is free at each vertex: what is fixed would be zero but for its
    round-off, which Lanczos lets grow into an eigenvalue of zero.
    """
    values, pattern = np.asarray(still.velocity), still.assembled.system.pattern
    velocity = block_array(
        [[as_matrix(values[:, i, j], pattern) for j in range(3)] for i in range(3)]
    ).tocsr()
    free = _free_directions(np.asarray(masks.free))

    def weights(x: np.ndarray) -> np.ndarray:
        return np.asarray(free.T @ (velocity @ (free @ x)))

    def scaled(x: np.ndarray) -> np.ndarray:
        return np.asarray(free.T @ (inverse @ (free @ weights(x))))

    start = np.random.default_rng(0).standard_normal(free.shape[1])
    low, high = spectrum(scaled, weights, start)
    return SMALLEST * low, SAFETY * high


def _free_directions(free: Float[np.ndarray, "3 3 vertices"]) -> csr_matrix:
    """Unit vectors along what is free at each vertex, one a column."""
    shares, axes = np.linalg.eigh(np.moveaxis(free, -1, 0))
    vertex, direction = np.nonzero(shares > 0.5)
    rows = vertex[:, None] + len(shares) * np.arange(3)
    columns = np.broadcast_to(np.arange(len(vertex))[:, None], rows.shape)
    entries = axes[vertex, :, direction].ravel(), (rows.ravel(), columns.ravel())
    return csr_matrix(coo_array(entries, shape=(3 * len(shares), len(vertex))))
