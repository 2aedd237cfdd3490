"""The endfoot sheath between PVS and tissue; n points out of the PVS.

    u.n = q.n = L_p (-n.sigma n - P)                 membrane (Koch, Vinje & Mardal 2023)
    -t.sigma n = (alpha mu / sqrt(k)) u.t            slip (Beavers & Joseph 1967, Saffman 1971)

Lumped at vertices: the exchange of a pair is one number, u_i . a_i, in both mass balances.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

from solver.geometry.metric import dot
from solver.record import record


@record
class Sheath:
    """Astrocyte endfeet around the PVS.

    Attributes:
        conductance: L_p, m/(Pa s); 2e-11 to 3e-10 (Koch, Vinje & Mardal 2023).
        slip: alpha of Beavers-Joseph-Saffman, dimensionless.
    """

    conductance: float | Float[Array, ""] = 1e-10
    slip: float | Float[Array, ""] = 1.0


def sheath_resistance(
    sheath: Sheath,
    areas: Float[Array, "3 pairs"],
    viscosity: Float[Array, ""],
    permeability: Float[Array, ""],
) -> Float[Array, "3 3 pairs"]:
    """G_ii = A [(1/L_p) nn + beta (I - nn)]: traction per velocity at each sheath vertex, N s/m."""
    size = jnp.sqrt(dot(areas, areas))
    normal = areas / size
    across = normal[:, None] * normal[None]
    along = jnp.eye(3, dtype=areas.dtype)[:, :, None] - across
    friction = sheath.slip * viscosity / jnp.sqrt(permeability)
    return size * (across / sheath.conductance + friction * along)
