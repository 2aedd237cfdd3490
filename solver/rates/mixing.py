"""What fast flow does to a tracer over many cycles: it mixes, along the flow and at the mouth.

Shear. An oscillating flow across a gap W carries tracer along as a diffusivity (Watson 1983)

    D' = D K Pe^2 / 2,    K = (g(s) + ln(beta)^2 / 3 g1(s)) / 210,    Pe = U W / D,    s = w W^2 / D

U the amplitude of the mean over the gap, beta its outer over its inner radius. The first part is of
the planar gap, 1/210 in steady flow, the second of its curvature, fitted to Aris' annulus; both are
within 1 % of a resolved gap for beta up to 1.5 and within 4 % at 2.3. What oscillation leaves of
each, where tracer has no time to cross the gap, is

    g = 945/pi^6 sum_n n^-6 / (1 + (s / (4 pi^2 n^2))^2),    g1 = 1 / (1 + (s / pi^2)^2)

from the even modes of tracer across the gap and from the first odd one. The mean square over a
planar gap is 6/5 of the square of the mean, so velocities need no averaging across it.

Tide. Fluid within one displacement amplitude a of the mouth is renewed in every cycle, so what is
held at the mouth is felt a length F a further in. In the fluid's own frame the held boundary moves
by +-a; with P = w a^2 / D one finds, for one dimension, to 1 %,

    F(P) = 1 / (1 + 1.5 / sqrt(P) + .58 / P)

Units: metres, seconds; a velocity is an amplitude.
"""

import math

import jax.numpy as jnp
from jaxtyping import Array, Float

from solver.geometry.metric import Points, facet_areas, vertex_areas
from solver.geometry.space import Space
from solver.rates.stroke import Strokes
from solver.record import record

MODES = 12  # of tracer across the gap; the next would add 1e-4 where hardly any crosses
PLANAR = 5.0 / 6.0  # square of the mean over the mean square, of a planar profile

Number = float | Float[Array, "*n"]


@record
class Mixing:
    """What averaged bands do to a tracer.

    Attributes:
        diffusivity: that they add, on cells, m2/s.
        displacement: amplitude of each band's tide at the mouth, m.
        renewed: length from the mouth on that the tide renews, m.
    """

    diffusivity: Float[Array, "3 3 cells"]
    displacement: Float[Array, " bands"]
    renewed: Float[Array, ""]


def dispersion_factor(beta: Number, speed: Number = 0.0) -> Float[Array, "*n"]:
    """K of flow through an annulus of outer over inner radius beta, `speed` being w W^2 / D."""
    speed = jnp.asarray(speed)
    modes = [
        n**-6.0 / (1.0 + (speed / (4.0 * math.pi**2 * n**2)) ** 2) for n in range(1, MODES + 1)
    ]
    even = 945.0 / math.pi**6 * sum(modes, start=jnp.zeros(()))
    odd = 1.0 / (1.0 + (speed / math.pi**2) ** 2)
    return (even + jnp.log(beta) ** 2 / 3.0 * odd) / 210.0


def renewed_share(speed: Number) -> Float[Array, "*n"]:
    """F: length that a tide renews over its displacement amplitude a, `speed` being w a^2 / D."""
    speed = jnp.asarray(speed)
    root = jnp.sqrt(jnp.maximum(speed, jnp.finfo(speed.dtype).tiny))
    return speed / (speed + 1.5 * root + 0.58)


def mix(space: Space, fast: Strokes, diffusivity: float | Float[Array, ""]) -> Mixing:
    """What averaged bands do to a tracer of a diffusivity (m2/s)."""
    widened = space.arterial * space.reach * (fast.radius_ratio - 1.0)
    gap, radius = space.gap - widened, space.radius + widened
    speed = fast.rate[:, None] * gap**2 / diffusivity
    factor = dispersion_factor(1.0 + gap / radius, speed)
    weight = 0.5 * PLANAR * factor * gap**2 / diffusivity
    along = jnp.einsum("bn,bpin,bpjn->ijn", weight, fast.velocity, fast.velocity)

    area, enhanced = _mouth(space, fast.points, jnp.trace(along))
    flow = (fast.mouth**2).sum(axis=1)
    displacement = jnp.sqrt(jnp.maximum(flow, jnp.finfo(flow.dtype).tiny)) / (area * fast.rate)
    near = diffusivity + enhanced
    share = renewed_share(fast.rate * displacement**2 / near)
    # bands beat: the farthest fluid is renewed where all reach out together
    reach, longest = displacement.sum(), (share * displacement).sum()
    paths = space.path[space.fluid.cells]
    low, high = paths.min(axis=0), paths.max(axis=0)
    inside = jnp.clip((reach - low) / (high - low), 0.0, 1.0) * longest / reach
    tide = near * inside / (1.0 - inside)
    return Mixing(
        diffusivity=along[:, :, space.fluid.cells].mean(axis=2)
        + jnp.eye(3, dtype=tide.dtype)[:, :, None] * tide,
        displacement=displacement,
        renewed=longest,
    )


def _mouth(
    space: Space, points: Points, value: Float[Array, " vertices"]
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """Area of all mouths together, m2, and the mean of something over it."""
    area, total = jnp.zeros(()), jnp.zeros(())
    for name, patch in zip(space.end_names, space.ends, strict=True):
        if name.startswith("inlet"):
            shares = vertex_areas(facet_areas(points, patch), patch)
            size = jnp.sqrt((shares**2).sum(axis=0))
            area, total = area + size.sum(), total + (size * value[patch.vertices]).sum()
    return area, total / area
