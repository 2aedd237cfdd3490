"""The record of a tracer, and the fluid that dissolves it.

A tissue cell holds theta_i = phi V_i + S V_i P_i of fluid (phi porosity, S storage, 1/Pa). A
concentration is relative to the mouth's, so tracer mass has the unit of volume, m3.
"""

from typing import Any

from jaxtyping import Array, Float

from solver.geometry.material import Property, scalar_on_cells
from solver.geometry.metric import on_vertices
from solver.geometry.space import Space
from solver.record import record, static

# in the PVS, in the tissue, and in the reservoirs beyond the ends
Concentration = tuple[
    Float[Array, " vertices"], Float[Array, " tissue_vertices"], Float[Array, " reservoirs"]
]


@record
class AdvectionDiffusion:
    """A passive tracer.

    Attributes:
        diffusivity: free D, m2/s.
        tortuosity: lambda of the tissue, dimensionless.
        porosity: extracellular volume fraction phi of the tissue, dimensionless.
        uptake: first-order loss k in the tissue, 1/s.
        production: tracer made per volume of tissue, 1/s.
        sheath_permeability: of the endfeet to the tracer by diffusion, m/s.
        reflection: sigma, share of tracer that fluid crossing the endfeet leaves behind, 0 to 1.
        mouth: concentration held at the subarachnoid mouth at all times; a number, or a record
            called with the time, s.
        initial_pvs, initial_tissue: concentration at the start; a number, or a record
            (`solver.tracer.initial`).
        tolerance: of the linear solves, relative, in concentration; mass closes to round-off.
        limit: most iterations of a solve.
    """

    diffusivity: float | Float[Array, ""] = 1.4e-10
    tortuosity: float | Float[Array, ""] = 1.76
    porosity: Property = 0.2
    uptake: float | Float[Array, ""] = 0.0
    production: Property = 0.0
    sheath_permeability: float | Float[Array, ""] = 3.8e-7
    reflection: float | Float[Array, ""] = 0.0
    mouth: Any = 1.0
    initial_pvs: Any = 0.0
    initial_tissue: Any = 0.0
    tolerance: float = static(default=1e-10)
    limit: int = static(default=2000)


def dissolving_volumes(
    tracer: AdvectionDiffusion, space: Space
) -> Float[Array, " tissue_vertices"]:
    """phi V of each tissue dual cell, m3."""
    porosity = scalar_on_cells(tracer.porosity, space.tissue_material)
    return on_vertices(porosity, space.tissue_shape.cell_volumes, space.tissue)


def production(tracer: AdvectionDiffusion, space: Space) -> Float[Array, " tissue_vertices"]:
    """Tracer made in each tissue dual cell, m3/s."""
    rate = scalar_on_cells(tracer.production, space.tissue_material)
    return on_vertices(rate, space.tissue_shape.cell_volumes, space.tissue)
