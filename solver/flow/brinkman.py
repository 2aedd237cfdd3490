"""A perivascular space filled with fibres resists the flow in its whole depth.

    -div(2 mu D(u)) + (mu / k) u + grad p = 0            Brinkman 1949            (k in m2)

Lumped at vertices. An open space has k infinite; a porous one perhaps 2e-14 m2, the least known of
all parameters (docs/physics.md 1.2).
"""

import math

import jax.numpy as jnp
from jaxtyping import Array, Float

from solver.geometry.material import Property, scalar_on_cells
from solver.geometry.metric import on_vertices
from solver.geometry.space import Space
from solver.record import record


@record
class OpenPvs:
    """Nothing but fluid in the perivascular space: nobody computes a drag."""


@record
class Pvs:
    """Fibres fill the perivascular space.

    Attributes:
        permeability: k, m2; infinite where it is open.
    """

    permeability: Property = float("inf")


Filling = OpenPvs | Pvs


def filling(permeability: Property = math.inf) -> Filling:
    """An open space where the permeability is infinite everywhere, else one that fibres fill."""
    everywhere = isinstance(permeability, float) and permeability == math.inf
    return OpenPvs() if everywhere else Pvs(permeability)


def drag_on_cells(
    pvs: Filling, space: Space, viscosity: Float[Array, ""]
) -> Float[Array, " cells"] | None:
    """mu / k on every PVS cell, Pa s/m2; None in an open space."""
    if isinstance(pvs, OpenPvs):
        return None
    return viscosity / scalar_on_cells(pvs.permeability, space.fluid_material)


def lumped_drag(
    drag: Float[Array, " cells"] | None, volumes: Float[Array, " cells"], space: Space
) -> Float[Array, " vertices"] | float:
    """Integral of mu / k over each dual cell, N s/m."""
    return 0.0 if drag is None else on_vertices(drag, volumes, space.fluid)


def gap_mobility(
    gap: Float[Array, " n"],
    viscosity: Float[Array, ""] | float,
    drag: Float[Array, " n"] | float,
) -> Float[Array, " n"]:
    """Mean velocity per pressure gradient in a gap of plates, m2/(Pa s).

    W^2 / 12 mu where open, k / mu where fibres fill it, the sum of both resistances between.
    """
    return 1.0 / (12.0 * viscosity / jnp.maximum(gap, 1e-300) ** 2 + drag)
