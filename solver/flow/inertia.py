"""Whether the fluid's inertia counts.

    rho du/dt                            at vertices that move with the mesh        (kg/m3)

Quasi-steady is right for the mouse in all bands and for humans at infraslow frequencies; human
cardiac work needs the unsteady term (Womersley alpha^2 = h^2 w / nu = 9 at 1 Hz and 1 mm,
docs/physics.md 1.2). BDF2 on the mean velocities of steps, from rest; advection of momentum,
(u - w) . grad u, is left out: it is smaller by the share of the gap that the wall moves.
"""

from jaxtyping import Array, Float

from solver.record import record


@record
class Quasisteady:
    """Velocity follows the wall at once."""


@record
class Unsteady:
    """The fluid has mass: `density`, kg/m3."""

    density: float | Float[Array, ""] = 1000.0


Inertia = Quasisteady | Unsteady


def remembered(inertia: Inertia) -> int:
    """How many past velocities the term needs."""
    return 2 if isinstance(inertia, Unsteady) else 0


def inertia_rate(inertia: Inertia, duration: float) -> float | Float[Array, ""]:
    """Leading coefficient rho b0 / dt, kg/(m3 s)."""
    return 1.5 * inertia.density / duration if isinstance(inertia, Unsteady) else 0.0


def momentum_before(
    inertia: Inertia, velocities: Float[Array, "past 3 vertices"], duration: float
) -> Float[Array, "3 vertices"] | float:
    """What the past velocities, last one first, bring to the right-hand side per volume, N/m3."""
    if not isinstance(inertia, Unsteady):
        return 0.0
    last, before = velocities
    return inertia.density / duration * (2.0 * last - 0.5 * before)
