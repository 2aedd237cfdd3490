"""The endfoot sheath between PVS and tissue; nu points out of the PVS, w is the sheath's velocity.

    (u - w).nu = q = L_p (s - P),  s = -nu.sigma nu      membrane (Koch, Vinje & Mardal 2023)
    -t.sigma nu = (alpha mu / sqrt(k)) (u - w).t         slip (Beavers & Joseph 1967, Saffman 1971)
    w.nu = w0 + c (s - s0)                               outer wall: c = 0, or of a spring

L_p may be anything from 0 (sealed) to infinity (normal stress and flux continuous, s = P), alpha
from 0 (free slip) to infinity (no slip). Eliminating w, q and s at each vertex leaves

    s = drag (u.nu - w0 + c s0) + theta P                drag = 1 / (c + L_p)
    q = theta (u.nu - w0 + c s0 - c P)                   theta = L_p / (c + L_p)

so nothing is singular at either end and the coupled matrix stays symmetric. Lumped at vertices: the
exchange of a pair is one number in both mass balances.
"""

from collections.abc import Mapping

import jax.numpy as jnp
from jaxtyping import Array, Float

from solver.geometry.material import FromMesh, Property, scalar_on_cells
from solver.geometry.metric import cell_volumes, dot, on_vertices
from solver.geometry.space import Space
from solver.record import record


@record
class Sheath:
    """Astrocyte endfeet around the PVS.

    Attributes:
        conductance: L_p, m/(Pa s); 2e-11 to 3e-10 (Koch, Vinje & Mardal 2023). 0 seals the PVS,
            infinity takes the endfeet away. At exactly 0 what the sheath passes is masked, its
            derivative with it: differentiate at a small one (1e-14), where it is that of 0.
        slip: alpha of Beavers-Joseph-Saffman, dimensionless; infinity: no slip.
    """

    conductance: Property = 1e-10
    slip: float | Float[Array, ""] = 1.0


@record
class Interface:
    """The sheath of one step, vertex by vertex.

    Attributes:
        area: m2; `normal`: unit, out of the PVS; `conductance`: L_p, m/(Pa s).
        drag: normal traction per velocity, Pa s/m; `friction`: tangential.
        share: theta, of the normal velocity that passes; `give`: c, m/(Pa s).
        offset: -w0 + c s0, m/s.
    """

    area: Float[Array, " on_sheath"]
    normal: Float[Array, "3 on_sheath"]
    conductance: Float[Array, " on_sheath"]
    drag: Float[Array, " on_sheath"]
    friction: Float[Array, " on_sheath"]
    share: Float[Array, " on_sheath"]
    give: Float[Array, " on_sheath"]
    offset: Float[Array, " on_sheath"]


def vertex_conductance(sheath: Sheath, space: Space) -> Float[Array, " on_sheath"]:
    """L_p at each sheath vertex, m/(Pa s); nothing passes where there is no tissue."""
    on_sheath = space.sheath.vertices
    if not space.tissue.vertices:
        return jnp.zeros(on_sheath.shape[0])
    if not isinstance(sheath.conductance, Mapping | FromMesh):
        return jnp.broadcast_to(jnp.asarray(sheath.conductance), on_sheath.shape)
    values = scalar_on_cells(sheath.conductance, space.fluid_material)
    volumes = cell_volumes(space.fluid_rest, space.fluid)
    total = on_vertices(values, volumes, space.fluid)
    return space.sheath.of(total / on_vertices(jnp.ones_like(values), volumes, space.fluid))


def interface(
    areas: Float[Array, "3 on_sheath"],
    conductance: Float[Array, " on_sheath"],
    friction: Float[Array, " on_sheath"],
    give: Float[Array, " on_sheath"],
    offset: Float[Array, " on_sheath"],
) -> Interface:
    """Eliminate membrane and outer wall at every sheath vertex, safely for all L_p and c."""
    size = jnp.sqrt(dot(areas, areas))
    without = jnp.isinf(conductance)
    finite = jnp.where(without, 1.0, conductance)
    total = finite + give
    held = total == 0.0  # sealed and not giving way: the plan masks the normal velocity
    inverse = jnp.where(held, 0.0, 1.0 / jnp.where(held, 1.0, total))
    return Interface(
        area=size,
        normal=areas / size,
        conductance=conductance,
        drag=jnp.where(without, 0.0, inverse),
        friction=friction,
        share=jnp.where(without, 1.0, finite * inverse),
        give=give,
        offset=offset,
    )


def resistance(sheath: Interface) -> Float[Array, "3 3 on_sheath"]:
    """A (drag nn + friction (I - nn)): force per velocity at each sheath vertex, N s/m."""
    across = sheath.normal[:, None] * sheath.normal[None]
    along = jnp.eye(3, dtype=across.dtype)[:, :, None] - across
    return sheath.area * (sheath.drag * across + sheath.friction * along)


def passing(
    sheath: Interface,
    velocity: Float[Array, "3 on_sheath"],
    tissue_pressure: Float[Array, " on_sheath"],
) -> Float[Array, " on_sheath"]:
    """Volume rate through each sheath vertex, m3/s: A theta (u.nu - w0 + c s0 - c P)."""
    speed = dot(velocity, sheath.normal) + sheath.offset - sheath.give * tissue_pressure
    return sheath.area * sheath.share * speed
