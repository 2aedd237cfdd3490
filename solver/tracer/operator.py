"""What moves tracer during a step, and what thereby leaves each dual cell, m3/s.

    PVS     d(V_i c_i)/dt     + sum_j [F_ij c_ij + D K_ij (c_j - c_i)] + sheath + ends = 0
    tissue  d(theta_i c_i)/dt + sum_j [F_ij c_ij + phi D* K_ij (c_j - c_i)] - sheath
                = s V_i - k theta_i c_i

D* = D / lambda^2 (Nicholson 2001), theta_i = phi V_i + S V_i P_i the fluid in a tissue cell.
"""

from dataclasses import replace

import jax.numpy as jnp
from jaxtyping import Array, Float

from solver.flow.solve import Flow
from solver.flow.stokes import edge_divergence
from solver.geometry.material import scalar_on_cells
from solver.geometry.metric import Sweep, cell_areas, cell_volumes, edge_stiffness
from solver.geometry.space import Space
from solver.record import record
from solver.tracer.exchange import exchange_rates
from solver.tracer.scheme import Pair, central, monotone
from solver.tracer.species import AdvectionDiffusion, Concentration


@record
class Rates:
    """Rates at some time within a step, m3/s.

    Attributes:
        fluid, tissue: of edges, (forward, backward): each moves forward * c_first - backward *
            c_second.
        sheath: of pairs, (outward, inward), likewise from PVS to tissue.
        loss: through ends and outer faces and by uptake: each vertex loses loss * c.
    """

    fluid: Pair
    tissue: Pair
    sheath: tuple[Float[Array, " pairs"], Float[Array, " pairs"]]
    loss: Pair


@record
class Fluxes:
    """Tracer that moves, m3/s, or over a step, m3: between vertices as in `Rates`, and out."""

    fluid: Float[Array, " edges"]
    tissue: Float[Array, " tissue_edges"]
    sheath: Float[Array, " pairs"]
    loss: Pair


def transport_rates(
    tracer: AdvectionDiffusion,
    space: Space,
    step: Sweep,
    flow: Flow,
    content: Float[Array, " tissue_vertices"],
    sheath_areas: Float[Array, " pairs"],
    share: float,
    mixing: Float[Array, "3 3 cells"] | None = None,
) -> Rates:
    """Second-order rates at some time within a step, from the fluxes of its flow.

    What advection moves is constant over the step. Diffusion is that of the mesh at the time: taken
    from mid-step it would, stiff as it is across a thin gap, even out what a shearing mesh holds as
    if its vertices were still there, an error of first order.

    Args:
        content: fluid that each tissue dual cell holds, m3.
        sheath_areas: of the sheath that belongs to each pair, m2.
        share: of the step that has passed.
        mixing: diffusivity that motions too fast for the step add in the PVS, m2/s.
    """
    points = step.start + share * (step.end - step.start)
    shape, hindered = space.tissue_shape, tracer.diffusivity / tracer.tortuosity**2
    porosity = scalar_on_cells(tracer.porosity, space.tissue_material)
    areas, volumes = cell_areas(points, space.fluid), cell_volumes(points, space.fluid)
    spread = tracer.diffusivity * edge_stiffness(areas, volumes, space.fluid)
    if mixing is not None:
        spread = spread + edge_stiffness(areas, volumes, space.fluid, mixing)
    seep = edge_stiffness(shape.areas, shape.cell_volumes, space.tissue, hindered * porosity)
    return Rates(
        fluid=central(flow.relative_fluxes, -spread),
        tissue=central(flow.tissue_fluxes, -seep),
        sheath=exchange_rates(
            tracer.sheath_permeability, tracer.reflection, sheath_areas, flow.exchange
        ),
        loss=(
            jnp.maximum(flow.end_fluxes, 0.0),
            jnp.maximum(flow.outer_fluxes, 0.0) + tracer.uptake * content,
        ),
    )


def positive(rates: Rates) -> Rates:
    """The first-order rates that make no new extremes."""
    return replace(rates, fluid=monotone(rates.fluid), tissue=monotone(rates.tissue))


def fluxes(rates: Rates, space: Space, c: Concentration) -> Fluxes:
    """What the rates move where concentrations are c."""
    fluid, tissue, _ = c
    pairs = space.pairs

    def between(pair: Pair, first: Array, second: Array) -> Array:
        return pair[0] * first - pair[1] * second

    return Fluxes(
        fluid=between(rates.fluid, *space.fluid.at_ends(fluid)),
        tissue=between(rates.tissue, *space.tissue.at_ends(tissue)),
        sheath=between(rates.sheath, pairs.inside(fluid), pairs.outside(tissue)),
        loss=(rates.loss[0] * fluid, rates.loss[1] * tissue),
    )


def leaving(moved: Fluxes, space: Space) -> Pair:
    """What leaves each dual cell."""
    pairs = space.pairs
    return (
        edge_divergence(moved.fluid, space.fluid) + pairs.into_fluid(moved.sheath) + moved.loss[0],
        edge_divergence(moved.tissue, space.tissue)
        - pairs.into_tissue(moved.sheath)
        + moved.loss[1],
    )
