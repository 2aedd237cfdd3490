"""Daversin-Catty et al. 2020: the heartbeat in a mouse pial space, from what is printed of it.

Printed: R 20/60 um, L = 1 mm, 10 Hz, zero pressure at both ends, mean velocity at an end between
+161.8 and -31.0 um/s, and no net flow. In lubrication a wall that moves in phase makes

    u = 2 R1 (dR1/dt) l / (R2^2 - R1^2)

with l the distance to where nothing flows: half the length, both ends being open. The extremes of u
are those of dR1/dt. The waveform is two half cosines, up in T1 and down in T2 = 1/f - T1: equal
excursions make T1 / T2 = 31.0 / 161.8, and the slope pi A / (2 T1) gives the excursion A, 1.3 % of
the radius (they state 1.5 % of the diameter, peak to peak). Their waveform itself is not printed.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

from meshes.annulus import annulus
from meshes.mesh import Mesh
from solver.flow import Open, StokesDarcy
from solver.record import record

INNER, OUTER, LENGTH = 20e-6, 60e-6, 1e-3  # m
FREQUENCY = 10.0  # Hz
OUTWARD, INWARD = 161.8e-6, 31.0e-6  # m/s


def slope(velocity: float) -> float:
    """dR1/dt that makes a mean velocity at an end, m/s."""
    return velocity * (OUTER**2 - INNER**2) / (2.0 * INNER * 0.5 * LENGTH)


RISE = INWARD / (INWARD + OUTWARD) / FREQUENCY  # s, T1
EXCURSION = 2.0 * RISE * slope(OUTWARD) / jnp.pi  # m, A


@record
class Heartbeat:
    """The wall, from its narrowest at t = 0."""

    def response(self, signal, until: float) -> "Heartbeat":
        del signal, until
        return self

    def radius_ratio(
        self, path: Float[Array, " points"], time: Float[Array, ""] | float
    ) -> Float[Array, " points"]:
        beat = jnp.mod(FREQUENCY * jnp.asarray(time), 1.0) / FREQUENCY
        up = 0.5 * (1.0 - jnp.cos(jnp.pi * beat / RISE))
        down = 0.5 * (1.0 + jnp.cos(jnp.pi * (beat - RISE) / (1.0 / FREQUENCY - RISE)))
        return jnp.ones_like(path) + EXCURSION / INNER * jnp.where(beat < RISE, up, down)

    def bounds(self) -> tuple[Float[Array, ""], Float[Array, ""]]:
        return jnp.ones(()), 1.0 + EXCURSION / INNER * jnp.ones(())

    def check(self, until: float, step: float) -> None:
        del until, step


def mesh(across: int, around: int, along: int) -> Mesh:
    """The tube."""
    return annulus(INNER, OUTER, LENGTH, across=across, around=around, along=along)


def parameters() -> StokesDarcy:
    """Both ends open at zero pressure."""
    return StokesDarcy(inlet=Open(), distal=Open(), memory=2, tolerance=1e-8)
