"""The fluid balance of every dual cell, and the projection that closes it.

sum_j F_ij + b_i = 0 in the PVS,   sum_j F_ij + S V_i dP/dt - Q_i = 0 in the tissue      (m3/s)
"""

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from solver.algebra.sparse import take
from solver.flow.darcy import darcy_fluxes
from solver.flow.plan import Plan
from solver.flow.project import Coefficients, project
from solver.flow.stokes import (
    edge_divergence,
)
from solver.flow.stokes_darcy import StokesDarcy
from solver.flow.system import (
    System,
)
from solver.geometry.metric import (
    dot,
)
from solver.geometry.space import Space
from solver.record import record


@record
class Rates:
    """Volume rates of a step, m3/s, and the tissue pressure that drives its own.

    Attributes:
        fluid: through PVS dual faces; `boundary`: out of each PVS vertex through its boundary.
        exchange: through each sheath pair; `ends`: through the ends, relative to their motion.
        tissue_pressure: Pa.
    """

    fluid: Float[Array, " edges"]
    boundary: Float[Array, " vertices"]
    exchange: Float[Array, " pairs"]
    ends: Float[Array, " vertices"]
    tissue_pressure: Float[Array, " tissue_vertices"]


def imbalance(
    space: Space,
    system: System,
    rates: Rates,
    tissue_fluxes: Float[Array, " tissue_edges"],
    tissue_before: Float[Array, " tissue_vertices"],
) -> tuple[Float[Array, " vertices"], Float[Array, " tissue_vertices"]]:
    """Net volume rate out of each dual cell, m3/s: zero where the step balances."""
    stored = system.store * (rates.tissue_pressure - tissue_before)
    return (
        edge_divergence(rates.fluid, space.fluid) + rates.boundary,
        edge_divergence(tissue_fluxes, space.tissue)
        + stored
        - take(rates.exchange, space.pairs.tissue_slot),
    )


def balance(
    flow: StokesDarcy,
    prepared: Plan,
    space: Space,
    system: System,
    rates: Rates,
    tissue_before: Float[Array, " tissue_vertices"],
) -> tuple[Rates, Bool[Array, ""], Float[Array, ""], Float[Array, ""]]:
    """Project the rates so that every dual cell balances; tell the imbalance before and after."""
    network = prepared.network
    pair_size = jnp.sqrt(dot(system.pair_areas, system.pair_areas))
    coefficients = Coefficients(
        mobility=system.mobility,
        tissue_rows=system.tissue_rows,
        store=system.store,
        pairs=flow.sheath.conductance * pair_size,
        tissue_free=system.tissue_free,
    )
    scale = jnp.abs(rates.boundary).max()

    def residual(of: Rates) -> tuple[Array, Array]:
        through = darcy_fluxes(
            prepared.tissue_stiffness, space.tissue, system.mobility, of.tissue_pressure
        )
        fluid, tissue = imbalance(space, system, of, through, tissue_before)
        return fluid, system.tissue_free * tissue

    def largest(of: tuple[Array, Array]) -> Float[Array, ""]:
        peak = jnp.concatenate([jnp.abs(of[0]), jnp.abs(of[1])]).max()
        return peak / jnp.where(scale > 0, scale, 1.0)

    before = residual(rates)
    (fluid, tissue), status = project(network, space, coefficients, before, scale)
    first, second = space.fluid.edges
    leak = coefficients.pairs * (fluid[space.pairs.fluid] - tissue[space.pairs.tissue])
    through_ends = network.ends * fluid
    projected = Rates(
        fluid=rates.fluid + network.fluid_edges * (fluid[first] - fluid[second]),
        boundary=rates.boundary + through_ends + take(leak, space.pairs.fluid_slot),
        exchange=rates.exchange + leak,
        ends=rates.ends + through_ends,
        tissue_pressure=rates.tissue_pressure + tissue,
    )
    return projected, status.converged, largest(before), largest(residual(projected))
