"""How reservoirs stand at the end of a step, given what moved through the ends.

    (V + sum_i V_i + dt R) C = what they held + dt (fresh - moved)

is positive, and absorbs corrections of what moves as fast as the reservoirs are renewed. Where the
second-order solution stays within the range of what is there, it is taken instead.
"""

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from solver.geometry.space import Space
from solver.tracer.limiter import SLACK
from solver.tracer.mouth import Cells, PerReservoir, Reservoirs
from solver.tracer.operator import Fluxes
from solver.tracer.species import Concentration


def settled(
    beyond: Reservoirs, whole: PerReservoir, load: PerReservoir, duration: float
) -> PerReservoir:
    """Concentrations by backward Euler.

    Args:
        whole: fluid of each reservoir with the cells joined to it, m3.
        load: tracer there with all that comes through the ends and with fresh fluid, m3.
    """
    return jnp.linalg.solve(jnp.diag(whole) + duration * beyond.rates, load)


def spilled(
    beyond: Reservoirs,
    c: PerReservoir,
    mouth: Float[Array, ""],
    fields: tuple[Concentration, ...],
) -> Bool[Array, " reservoirs"]:
    """Which reservoirs that are not held leave the range of the fields and of the mouth."""
    values = [jnp.reshape(mouth, 1), *(part for field in fields for part in field)]
    least = jnp.stack([value.min(initial=0.0) for value in values]).min()
    most = jnp.stack([value.max(initial=0.0) for value in values]).max()
    slack = SLACK * (most - least)
    return ((c < least - slack) | (c > most + slack)) & (beyond.held == 0)


def spare(
    beyond: Reservoirs, space: Space, allowed: Fluxes, bad: Bool[Array, " reservoirs"]
) -> Fluxes:
    """Allow no correction of what reaches some reservoirs."""
    kept: Cells = (
        1.0 - bad.astype(float) @ beyond.joins.fluid,
        1.0 - bad.astype(float) @ beyond.joins.tissue,
    )
    pairs = space.pairs
    return Fluxes(
        fluid=allowed.fluid * jnp.minimum(*space.fluid.at_ends(kept[0])),
        tissue=allowed.tissue * jnp.minimum(*space.tissue.at_ends(kept[1])),
        sheath=allowed.sheath * jnp.minimum(pairs.inside(kept[0]), pairs.outside(kept[1])),
        loss=(allowed.loss[0] * kept[0], allowed.loss[1] * kept[1]),
    )
