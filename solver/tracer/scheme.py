"""What an edge moves: fluxes of tracer between two dual cells.

    F_ij c_ij + G_ij (c_i - c_j)

F_ij is the volume flux relative to the moving face, G_ij = -D K_ij the diffusive conductance. The
central face value (c_i + c_j) / 2 is second order; `monotone` adds the least diffusion that lets
no cell grow by what another lacks (discrete upwinding, Kuzmin & Turek 2002): none where the edge's
Peclet number |F| / G is below 2, upwind beyond. Where G has the wrong
sign, as in obtuse elements, it adds as much as takes that away. On a stretched mesh this spreads
tracer along the layers many times too fast: the monotone rates serve only as what the limiter falls
back on.
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
    """Rates with the least diffusion that makes both positive."""
    forward, backward = rates
    least = jnp.maximum(-jnp.minimum(forward, backward), 0.0)
    return forward + least, backward + least
