"""The fluid balance of every dual cell, and the projection that closes it.

sum_j F_ij + b_i = 0 in the PVS,   sum_j F_ij + S V_i dP/dt + sink - Q_i = 0 in the tissue   (m3/s)
"""

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from solver.flow.assemble import Assembled, Plan
from solver.flow.darcy import darcy_fluxes
from solver.flow.project import Coefficients, project
from solver.flow.stokes import edge_divergence
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


@record
class Given:
    """What the tissue was before the step and what lies beyond it, Pa."""

    before: Float[Array, " tissue_vertices"]
    beyond: Float[Array, " tissue_vertices"]


def imbalance(
    space: Space, assembled: Assembled, rates: Rates, given: Given
) -> tuple[Float[Array, " vertices"], Float[Array, " tissue_vertices"]]:
    """Net volume rate out of each dual cell, m3/s: zero where the step balances."""
    tissue = rates.tissue_pressure
    fluxes = darcy_fluxes(assembled.system.tissue_edges, space.tissue, tissue)
    return (
        edge_divergence(rates.fluid, space.fluid) + rates.boundary,
        edge_divergence(fluxes, space.tissue)
        + assembled.store * (tissue - given.before)
        + assembled.sink * (tissue - given.beyond)
        - space.pairs.into_tissue(rates.exchange),
    )


def balance(
    prepared: Plan, space: Space, assembled: Assembled, rates: Rates, given: Given
) -> tuple[Rates, Bool[Array, ""], Float[Array, ""], Float[Array, ""]]:
    """Project the rates so that every dual cell balances; tell the imbalance before and after."""
    network, system = prepared.network, assembled.system
    coefficients = Coefficients(
        rows=system.tissue_rows,
        own=assembled.store + assembled.sink,
        free=system.tissue_free,
    )
    scale = jnp.abs(rates.boundary).max()

    def residual(of: Rates) -> tuple[Array, Array]:
        fluid, tissue = imbalance(space, assembled, of, given)
        return fluid, system.tissue_free * tissue

    def largest(of: tuple[Array, Array]) -> Float[Array, ""]:
        peak = jnp.concatenate([jnp.abs(of[0]), jnp.abs(of[1])]).max()
        return peak / jnp.where(scale > 0, scale, 1.0)

    before = residual(rates)
    nodes = system.node_own.shape[0]
    (fluid, tissue), status = project(network, space, coefficients, before, scale, nodes)
    first, second = space.fluid.at_ends(fluid)
    leak = network.pairs * (space.pairs.inside(fluid) - space.pairs.outside(tissue))
    through_ends = network.ends * fluid
    projected = Rates(
        fluid=rates.fluid + network.fluid_edges * (first - second),
        boundary=rates.boundary + through_ends + space.pairs.into_fluid(leak),
        exchange=rates.exchange + leak,
        ends=rates.ends + through_ends,
        tissue_pressure=rates.tissue_pressure + tissue,
    )
    return projected, status.converged, largest(before), largest(residual(projected))
