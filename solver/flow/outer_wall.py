"""How the outer wall of the perivascular space, the sheath, moves.

    rigid         eta = 0
    prescribed    eta = R2 a sin(2 pi f t + phase)
    spring        -n.sigma n - p_ref = E eta / R2,    dA/dp = 2 pi R2^2 / E             (Pa, m)

eta is the displacement along the sheath's outward normal. A rigid outer wall is fine at 0.02 Hz and
overpredicts 11-fold at cardiac frequency (docs/physics.md 1.3; Kedarasetti 2020). The spring is
advanced by an off-centred trapezoidal rule, second order but for `OFF_CENTRE`, which damps what
stiff springs would ring.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

from solver.geometry.space import Space
from solver.record import record

Number = float | Float[Array, ""]
OFF_CENTRE = 0.55  # share of the end of a step in the spring's mean force


@record
class Rigid:
    """The sheath stays where it is."""


@record
class Spring:
    """The sheath gives way to pressure like a spring in every point (a Winkler foundation).

    Attributes:
        modulus: E, Pa; pressure over relative widening, about 1.5 kPa for brain, 150 Pa when soft.
        reference: pressure at which the sheath is at rest, Pa.
    """

    modulus: Number = 1500.0
    reference: Number = 0.0


@record
class Prescribed:
    """The sheath of arteries moves as told, in phase or as a wave.

    Attributes:
        amplitude: of the outer radius, relative; frequency: Hz; phase: rad at t = 0.
        speed: of the wave along the vessel, m/s; infinite: in phase.
    """

    amplitude: Number = 0.0
    frequency: Number = 0.02
    phase: Number = 0.0
    speed: Number = float("inf")


OuterWall = Rigid | Spring | Prescribed


def displacement(
    wall: OuterWall,
    space: Space,
    time: Number,
    spring: Float[Array, " on_sheath"],
) -> Float[Array, " on_sheath"]:
    """Displacement of each sheath vertex at a time, m.

    Args:
        spring: what a spring says; ignored by the others.
    """
    if isinstance(wall, Spring):
        return spring
    if isinstance(wall, Rigid):
        return jnp.zeros_like(spring)
    on_sheath = space.sheath.vertices
    retarded = time - space.path[on_sheath] / wall.speed
    turn = 2.0 * jnp.pi * wall.frequency * retarded + wall.phase
    share = space.arterial[on_sheath] * wall.amplitude * jnp.sin(turn)
    return space.outer_radius * share


def compliance(wall: OuterWall, space: Space, duration: float) -> Float[Array, " on_sheath"]:
    """Speed of each sheath vertex per pressure over a step, m/(Pa s): R2 / (E share dt)."""
    if isinstance(wall, Spring):
        return space.outer_radius / (wall.modulus * OFF_CENTRE * duration)
    return jnp.zeros_like(space.outer_radius)


def preload(
    wall: OuterWall, space: Space, spring: Float[Array, " on_sheath"]
) -> Float[Array, " on_sheath"]:
    """Pressure at which each sheath vertex would stay where it is now, Pa."""
    if isinstance(wall, Spring):
        return wall.reference + wall.modulus * spring / space.outer_radius
    return jnp.zeros_like(spring)
