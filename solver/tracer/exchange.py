"""Tracer through the endfoot sheath: diffusion through the gaps and what the fluid carries.

J_i = A_i P (c_f - c_t) + Q_i c_upstream          (P m/s, Q_i m3/s from PVS to tissue)
"""

import jax.numpy as jnp
from jaxtyping import Array, Float


def exchange_rates(
    permeability: float | Float[Array, ""],
    areas: Float[Array, " pairs"],
    fluxes: Float[Array, " pairs"],
) -> tuple[Float[Array, " pairs"], Float[Array, " pairs"]]:
    """Rates (outward, inward), m3/s: each pair moves outward * c_f - inward * c_t."""
    diffusion = permeability * areas
    return diffusion + jnp.maximum(fluxes, 0.0), diffusion + jnp.maximum(-fluxes, 0.0)
