"""Exact conservation at any solver tolerance: a small correction on the pressure network.

After an inexact solve each dual cell keeps a residual r. Solving E psi = -r and adding the
network's flux w_ij (psi_i - psi_j) to every edge, pair and open end removes it; psi is also added
to the tissue pressure, so that storage takes its share.
"""

from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from solver.algebra.chebyshev import chebyshev
from solver.algebra.krylov import Status, conjugate_gradients, largest
from solver.algebra.sparse import (
    including_diagonal,
    multiply_scalar,
    multiply_scalar_held,
)
from solver.flow.darcy import darcy_product
from solver.flow.network import Network
from solver.flow.reduced import coarse_solve
from solver.geometry.space import Space
from solver.record import record

SMOOTHING = 3  # degree of the smoother
SHARE = 1.0 / 12.0  # of the spectrum's upper end from which on it smooths


@record
class Coefficients:
    """The tissue's conductances now in use, m3/(Pa s).

    Attributes:
        rows: of K; `own`: storage and sinks.
        free: 0 where the tissue's pressure is held.
    """

    rows: Float[Array, "slots tissue_rows"]
    own: Float[Array, " tissue_vertices"]
    free: Float[Array, " tissue_vertices"]


def project(
    network: Network,
    space: Space,
    coefficients: Coefficients,
    residual: tuple[Float[Array, " vertices"], Float[Array, " tissue_vertices"]],
    scale: Float[Array, ""],
    nodes: int,
    tolerance: float = 2e-13,
    limit: int = 400,
) -> tuple[tuple[Float[Array, " vertices"], Float[Array, " tissue_vertices"]], Status]:
    """Pressures psi on PVS and tissue vertices whose network fluxes balance every dual cell, Pa.

    Args:
        residual: net outflow of each PVS cell and each tissue cell, m3/s.
        scale: the flow rate that the tolerance, on the worst cell, is relative to, m3/s.
        nodes: how many lumped ends there are; what goes out there is theirs.
    """
    use, pairs = coefficients, space.pairs
    pattern = including_diagonal(space.fluid.neighbours)

    def operator(psi: tuple[Array, Array], *, held: bool = False) -> tuple[Array, Array]:
        fluid, tissue = psi[0], use.free * psi[1]
        leak = network.pairs * (pairs.inside(fluid) - pairs.outside(tissue))
        times = multiply_scalar_held if held else multiply_scalar
        flow = times(network.fluid_rows, pattern, fluid)
        seep = darcy_product(use.rows, space.tissue, tissue, held=held)
        stay = seep + use.own * tissue - pairs.into_tissue(leak)
        return (
            flow + network.ends * fluid + pairs.into_fluid(leak),
            use.free * stay + (1.0 - use.free) * psi[1],
        )

    own = network.ends + pairs.into_fluid(network.pairs)
    diagonal = jax.lax.stop_gradient(network.fluid_rows[-1, : space.fluid.vertices] + own)
    interval = network.largest * jnp.asarray([SHARE, 1.0])

    def inside(x: Array) -> Array:
        return multiply_scalar_held(network.fluid_rows, pattern, x) + own * x

    def smooth(r: Array) -> Array:
        """On the PVS alone: every tissue vertex is an unknown of the coarse network too."""
        return chebyshev(inside, lambda x: x / diagonal, interval, r, SMOOTHING)

    def precondition(r: tuple[Array, Array]) -> tuple[Array, Array]:
        x = smooth(r[0])
        into = pairs.into_tissue(network.pairs * pairs.inside(x))
        nobody = jnp.zeros(nodes, x.dtype)
        fluid, tissue, _ = coarse_solve(
            network.reduced, r[0] - inside(x), use.free * (r[1] + into), nobody
        )
        x, tissue = x + fluid, use.free * tissue
        back = pairs.into_fluid(network.pairs * pairs.outside(tissue))
        return x + smooth(r[0] - inside(x) + back), tissue

    right = jax.tree.map(jnp.negative, residual)
    worst, most = jax.lax.stop_gradient((largest(right), tolerance * scale))
    # derivatives have units of their own: they are reduced as far as the run's own residual is
    reduction = jnp.where(worst > most, most / worst, 1.0)

    def solve(_: object, right: tuple[Array, Array]) -> tuple[tuple[Array, Array], Status]:
        once = partial(operator, held=True)
        return conjugate_gradients(once, right, precondition, reduction * largest(right), limit)

    return jax.lax.custom_linear_solve(operator, right, solve, symmetric=True, has_aux=True)
