"""The transport operator of a step: what leaves each dual cell, m3/s.

    PVS     sum_j [F_ij c_ij + D K_ij (c_j - c_i)] + sheath + ends
    tissue  sum_j [F_ij c_ij + phi D* K_ij (c_j - c_i)] - sheath + k theta_i c_i

D* = D / lambda^2 (Nicholson 2001).
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

from solver.algebra.sparse import fold, materialise, multiply_scalar, pad, take
from solver.flow.solve import Flow
from solver.geometry.material import scalar_on_cells
from solver.geometry.metric import Sweep, dual_faces, edge_stiffness
from solver.geometry.space import Space
from solver.geometry.topology import Graph
from solver.record import record
from solver.tracer.exchange import exchange_rates
from solver.tracer.scheme import edge_rates
from solver.tracer.species import AdvectionDiffusion, Concentration, dissolving_volumes


@record
class Rates:
    """The transport operator L of one step, m3/s, by rows.

    Attributes:
        fluid, tissue: off-diagonal rows over each graph's neighbours.
        fluid_diagonal, tissue_diagonal: diagonals, sheath and outflow and uptake included.
        outward, inward: sheath pair rates.
    """

    fluid: Float[Array, "slots rows"]
    tissue: Float[Array, "slots tissue_rows"]
    fluid_diagonal: Float[Array, " vertices"]
    tissue_diagonal: Float[Array, " tissue_vertices"]
    outward: Float[Array, " pairs"]
    inward: Float[Array, " pairs"]


def rows_of(
    forward: Float[Array, " edges"], backward: Float[Array, " edges"], graph: Graph
) -> tuple[Float[Array, "slots rows"], Float[Array, " vertices"]]:
    """Off-diagonal rows and diagonal of the operator that edge rates make."""
    edges, second = graph.row_edges, graph.row_second
    ahead, behind = pad(forward)[edges], pad(backward)[edges]
    leaving, arriving = jnp.where(second, behind, ahead), jnp.where(second, ahead, behind)
    return materialise(-arriving), fold(leaving.sum(axis=0), graph.neighbours)


def apply(rates: Rates, space: Space, c: Concentration) -> Concentration:
    """L c: the rate at which tracer leaves each dual cell, m3/s."""
    fluid, tissue = c
    pairs = space.pairs
    across = rates.outward * fluid[pairs.fluid] - rates.inward * tissue[pairs.tissue]
    spread = multiply_scalar(rates.fluid, space.fluid.neighbours, fluid)
    seep = multiply_scalar(rates.tissue, space.tissue.neighbours, tissue)
    return (
        rates.fluid_diagonal * fluid + spread + take(across, pairs.fluid_slot),
        rates.tissue_diagonal * tissue + seep - take(across, pairs.tissue_slot),
    )


def transport_rates(
    tracer: AdvectionDiffusion,
    space: Space,
    step: Sweep,
    flow: Flow,
    content: Float[Array, " tissue_vertices"],
    sheath_areas: Float[Array, " pairs"],
) -> Rates:
    """Assemble L for a step from the fluxes of its flow."""
    first, second = space.fluid.edges
    middle = 0.5 * (step.start + step.end)
    fluid, leaving = rows_of(
        *edge_rates(
            flow.relative_fluxes,
            dual_faces(step.areas, space.fluid),
            middle[:, second] - middle[:, first],
            -tracer.diffusivity
            * edge_stiffness(step.middle_areas, step.middle_volumes, space.fluid),
            tracer.diffusivity,
        ),
        space.fluid,
    )
    begin, end = space.tissue.edges
    shape, hindered = space.tissue_shape, tracer.diffusivity / tracer.tortuosity**2
    porosity = scalar_on_cells(tracer.porosity, space.tissue_material)
    spreading = edge_stiffness(shape.areas, shape.cell_volumes, space.tissue, hindered * porosity)
    around = dissolving_volumes(tracer, space) / shape.volumes
    tissue, seeping = rows_of(
        *edge_rates(
            flow.tissue_fluxes,
            shape.faces,
            space.tissue_rest[:, end] - space.tissue_rest[:, begin],
            -spreading,
            hindered * 0.5 * (around[begin] + around[end]),
        ),
        space.tissue,
    )
    outward, inward = exchange_rates(tracer.sheath_permeability, sheath_areas, flow.exchange)
    return Rates(
        fluid=fluid,
        tissue=tissue,
        fluid_diagonal=leaving + jnp.maximum(flow.end_fluxes, 0.0),
        tissue_diagonal=seeping + jnp.maximum(flow.outer_fluxes, 0.0) + tracer.uptake * content,
        outward=outward,
        inward=inward,
    )
