"""What a solve is set up from: the system and the network at rest, by one compiled program.

Operation by operation the host would compile two hundred small ones, which takes longer than
everything else that it does.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from solver.flow.assemble import (
    STRETCHING,
    Assembled,
    Masks,
    along_lines,
    assemble,
    preconditioned_velocity,
)
from solver.flow.brinkman import drag_on_cells, gap_mobility, lumped_drag
from solver.flow.darcy import darcy_rows
from solver.flow.ends import Closed
from solver.flow.inertia import inertia_rate
from solver.flow.network import Conductances
from solver.flow.past import at_rest
from solver.flow.stokes_darcy import StokesDarcy, end_kinds
from solver.geometry.metric import (
    cell_areas,
    cell_volumes,
    dot,
    edge_stiffness,
    facet_areas,
    sweep,
    vertex_areas,
)
from solver.geometry.space import Space
from solver.record import record


@record
class Rest:
    """A space at rest.

    Attributes:
        assembled: a step in which nothing moves.
        velocity: rows of the velocity matrix that is preconditioned, N s/m; `between` its blocks
            along the lines.
        lubricated: stiffness of PVS edges times the gaps of both ends, m3; `seeping`: stiffness of
            tissue edges, m.
        freely: the sheath's conductance over that of fluid stretched across the gap, the largest.
        conductances: of the pressure network.
    """

    assembled: Assembled
    velocity: Float[Array, "slots 3 3 rows"]
    between: Float[Array, "gaps 3 3 lines"]
    lubricated: Float[Array, " edges"]
    seeping: Float[Array, " tissue_edges"]
    freely: Float[Array, ""]
    conductances: Conductances


@jax.jit
def rest(flow: StokesDarcy, masks: Masks, space: Space, duration: float) -> Rest:
    """The numbers of a space at rest; `duration` of a step, s."""
    still = sweep(space.fluid_rest, space.fluid_rest, space.fluid)
    assembled = assemble(flow, masks, space, still, at_rest(flow, space), duration)
    first, second = space.fluid.edges
    areas, volumes = (f(space.fluid_rest, space.fluid) for f in (cell_areas, cell_volumes))
    stiffness = edge_stiffness(areas, volumes, space.fluid)
    shape = space.tissue_shape
    viscous = STRETCHING * jnp.asarray(flow.viscosity) / space.gap[space.sheath.vertices]
    return Rest(
        assembled=assembled,
        velocity=preconditioned_velocity(flow, space, assembled),
        between=along_lines(assembled.edges, space.lines),
        lubricated=stiffness * space.gap[first] * space.gap[second],
        seeping=edge_stiffness(shape.areas, shape.cell_volumes, space.tissue),
        freely=jnp.max(assembled.sheath.conductance * viscous, initial=0.0),
        conductances=_conductances(flow, space, duration, assembled, stiffness, viscous),
    )


def _conductances(
    flow: StokesDarcy,
    space: Space,
    duration: float,
    assembled: Assembled,
    stiffness: Float[Array, " edges"],
    viscous: Float[Array, " on_sheath"],
) -> Conductances:
    """Reynolds' lubrication theory in a gap, with drag and inertia; membrane and springs."""
    viscosity, sheath = jnp.asarray(flow.viscosity), assembled.sheath
    cells = cell_volumes(space.fluid_rest, space.fluid)
    drag = lumped_drag(drag_on_cells(flow.pvs, space, viscosity), cells, space)
    drag = drag / assembled.volumes + inertia_rate(flow.inertia, duration)
    mobility = gap_mobility(space.gap, viscosity, drag)
    first, second = space.fluid.edges
    edges = -stiffness * 0.5 * (mobility[first] + mobility[second])
    conductance = sheath.conductance
    series = jnp.where(
        jnp.isinf(conductance), 1.0 / viscous, conductance / (1.0 + conductance * viscous)
    )
    ends = {}
    for name, kind in end_kinds(flow, space).items():
        if not isinstance(kind, Closed):
            patch = space.end(name)
            across = vertex_areas(facet_areas(space.fluid_rest, patch), patch)
            size = jnp.sqrt(dot(across, across))
            ends[name] = (mobility / space.gap)[patch.vertices] * size
    return Conductances(
        fluid_edges=edges,
        fluid_rows=darcy_rows(-edges, space.fluid),
        pairs=(sheath.area * series)[: space.pairs.fluid.shape[0]],
        give=sheath.area * sheath.give / (1.0 + sheath.give * viscous),
        ends=ends,
    )
