"""Tracer through the endfoot sheath: diffusion through the gaps and what the fluid carries.

J_i = A_i P (c_f - c_t) + (1 - sigma) Q_i c_upstream     (P m/s, Q_i m3/s from PVS to tissue)

sigma is the reflection coefficient of Kedem & Katchalsky 1958: the share of tracer that the fluid
leaves behind.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float


def exchange_rates(
    permeability: float | Float[Array, ""],
    reflection: float | Float[Array, ""],
    areas: Float[Array, " pairs"],
    fluxes: Float[Array, " pairs"],
) -> tuple[Float[Array, " pairs"], Float[Array, " pairs"]]:
    """Rates (outward, inward), m3/s: each pair moves outward * c_f - inward * c_t."""
    diffusion, carried = permeability * areas, (1.0 - reflection) * fluxes
    return diffusion + jnp.maximum(carried, 0.0), diffusion + jnp.maximum(-carried, 0.0)
