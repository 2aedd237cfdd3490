"""What an edge moves: fluxes of tracer between two dual cells.

    F_ij c_ij + D K_ij (c_j - c_i)

F_ij is the volume flux relative to the moving face. The face value c_ij leans upstream just
enough for the edge's Peclet number Pe = u.e / D (Il'in 1969, exponential fitting): central, second
order, where diffusion rules, upwind where advection does; linear in c everywhere.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

from solver.geometry.metric import dot


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
