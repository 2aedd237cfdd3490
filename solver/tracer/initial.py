"""Where tracer is at the start: a number everywhere, a plume in the tissue, a bolus in the PVS.

plume    c = peak exp(-|x - centre|^2 / (2 width^2))
stretch  c = level between two paths from the mouth, fading out over `fade` beyond them
"""

from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float

from solver.geometry.space import Space
from solver.record import record, static
from solver.tracer.species import AdvectionDiffusion

Number = float | Float[Array, ""]


@record
class Plume:
    """A Gaussian cloud, as of an injection into the tissue.

    Attributes:
        centre: m; width: standard deviation, m; peak: concentration in its middle.
    """

    centre: tuple[float, float, float] = static(default=(0.0, 0.0, 0.0))
    width: Number = 20e-6
    peak: Number = 1.0

    def __post_init__(self) -> None:
        """A list is as good as a tuple; only a tuple can be part of the structure."""
        object.__setattr__(self, "centre", tuple(self.centre))

    def __call__(self, points: Float[Array, "3 n"], path: Float[Array, " n"]) -> Array:
        """Concentration at points, m."""
        away = points - jnp.asarray(self.centre)[:, None]
        return self.peak * jnp.exp(-0.5 * (away**2).sum(axis=0) / self.width**2)


@record
class Stretch:
    """A filled stretch of the space along the vessel.

    Attributes:
        begin, end: paths from the mouth, m; level: concentration there; fade: length over which it
            falls to zero beyond, m.
    """

    begin: Number = 0.0
    end: Number = 100e-6
    level: Number = 1.0
    fade: Number = 10e-6

    def __call__(self, points: Float[Array, "3 n"], path: Float[Array, " n"]) -> Array:
        """Concentration at paths, m."""
        beyond = jnp.maximum(jnp.maximum(self.begin - path, path - self.end), 0.0) / self.fade
        share = jnp.clip(1.0 - beyond, 0.0, 1.0)
        return self.level * share**2 * (3.0 - 2.0 * share)


def begin(
    tracer: AdvectionDiffusion, space: Space
) -> tuple[Float[Array, " vertices"], Float[Array, " tissue_vertices"]]:
    """Concentration in PVS and tissue at the start."""

    def on(value: Any, points: Array, path: Array) -> Array:
        given = value(points, path) if callable(value) else jnp.asarray(value)
        return jnp.broadcast_to(given, path.shape)

    beyond = jnp.zeros(space.tissue.vertices)
    return (
        on(tracer.initial_pvs, space.fluid_rest, space.path),
        on(tracer.initial_tissue, space.tissue_rest, beyond),
    )
