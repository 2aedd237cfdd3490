"""What an edge moves: fluxes of tracer between two dual cells.

    F_ij c_ij + G_ij (c_i - c_j)

F_ij is the volume flux relative to the moving face, G_ij = -D K_ij the diffusive conductance. The
central face value (c_i + c_j) / 2 is second order; `monotone` adds the least diffusion that lets
no cell grow by what another lacks (discrete upwinding, Kuzmin & Turek 2002): none where the edge's
Peclet number |F| / G is below 2, upwind beyond. A conductance of the wrong sign, as the elements of
stretched or obtuse cells have, is kept in both: taken away it would spread tracer along a stretched
mesh many times too fast, left there it undershoots by less than the solves' tolerance or, for
sharp fronts in obtuse tissue, by a few percent (numerics in docs/method.md).
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

Pair = tuple[Float[Array, " edges"], Float[Array, " edges"]]


def central(fluxes: Float[Array, " edges"], spread: Float[Array, " edges"]) -> Pair:
    """Rates (forward, backward), m3/s: each edge moves forward * c_first - backward * c_second.

    Args:
        fluxes: of volume, first to second, m3/s.
        spread: diffusive conductance G, m3/s.
    """
    return spread + 0.5 * fluxes, spread - 0.5 * fluxes


def monotone(rates: Pair) -> Pair:
    """Rates with the least diffusion that makes what advection moves positive."""
    forward, backward = rates
    spread = jnp.maximum(0.5 * (forward + backward), 0.0)
    least = jnp.maximum(0.5 * jnp.abs(forward - backward) - spread, 0.0)
    return forward + least, backward + least
