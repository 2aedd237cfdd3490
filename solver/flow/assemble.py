"""The geometry of a step becomes the matrix, its preconditioner and what fluxes need."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from solver.algebra.sparse import including_diagonal, pad
from solver.algebra.tridiagonal import factorise
from solver.flow.brinkman import drag_on_cells, lumped_drag
from solver.flow.darcy import conductances, darcy_rows, storage_volumes, vertex_permeability
from solver.flow.ends import Sink
from solver.flow.inertia import inertia_rate
from solver.flow.lumped import Nodes, conductance, lumped_ends, storage_rate
from solver.flow.network import Network
from solver.flow.outer_wall import Spring, compliance, preload
from solver.flow.past import Past
from solver.flow.reduced import Reduced, at_volumes
from solver.flow.sheath import Interface, interface, resistance, vertex_conductance
from solver.flow.stokes import StokesEdges, local_schur, stokes_blocks, stokes_edges
from solver.flow.stokes_darcy import StokesDarcy, end_kinds
from solver.flow.system import Preconditioner, System
from solver.geometry.lines import Lines
from solver.geometry.metric import (
    Sweep,
    dot,
    facet_areas,
    swept_areas,
    vertex_areas,
    vertex_areas_of,
)
from solver.geometry.space import Space
from solver.record import record

STRETCHING = 2.0  # normal stress over mu u / W of fluid stretched across the gap, 2 mu du/dn


@record
class Masks:
    """Which unknowns are free, and the table of lumped ends.

    Attributes:
        free: projector onto each PVS vertex's free velocities.
        felt: 1, or less where velocities answer but to a part of the pressure.
        tissue_free: 0 where the tissue's pressure is held, else 1.
        nodes: lumped ends.
    """

    free: Float[Array, "3 3 vertices"]
    felt: Float[Array, " vertices"]
    tissue_free: Float[Array, " tissue_vertices"]
    nodes: Nodes


@record
class Plan:
    """What is known before the first step.

    Attributes:
        masks: which unknowns are free, and the table of lumped ends.
        interval: spectrum of the scaled velocity matrix; `degree`: of its Chebyshev polynomial.
        local_interval, local_degree: the same of the local Schur complement.
        network: the pressure network.
        columns: the Schur complement on columns.
    """

    masks: Masks
    interval: Float[Array, " two"]
    degree: Int[Array, ""]
    local_interval: Float[Array, " two"]
    local_degree: Int[Array, ""]
    network: Network
    columns: Reduced


@record
class Assembled:
    """The discrete flow of one step.

    Attributes:
        system: the matrix; `edges` of the PVS, `sheath` vertex by vertex.
        volumes: of PVS dual cells at mid-step, m3; `local`: rows of the local Schur complement.
        sink: conductance of each tissue vertex to a sink on the outer faces, m3/(Pa s).
        store: S V / dt of each tissue vertex, m3/(Pa s).
    """

    system: System
    edges: StokesEdges
    sheath: Interface
    volumes: Float[Array, " vertices"]
    local: Float[Array, "slots rows"]
    sink: Float[Array, " tissue_vertices"]
    store: Float[Array, " tissue_vertices"]


def edges_of(flow: StokesDarcy, space: Space, step: Sweep) -> StokesEdges:
    """Edge coefficients of the PVS on a step."""
    viscosity = jnp.asarray(flow.viscosity)
    boundary = swept_areas(step.start, step.end, space.boundary)
    drag = drag_on_cells(flow.pvs, space, viscosity)
    return stokes_edges(
        step, space.fluid, boundary, space.edge_facets, viscosity, flow.stabilisation, drag
    )


def assemble(
    flow: StokesDarcy, masks: Masks, space: Space, step: Sweep, past: Past, duration: float
) -> Assembled:
    """The matrix of one step and the coefficients that fluxes need."""
    viscosity = jnp.asarray(flow.viscosity)
    edges = edges_of(flow, space, step)
    sheath = _sheath(flow, space, step, past, duration)
    pairs = space.pairs.fluid.shape[0]
    middle = 0.5 * (step.start_volumes + step.end_volumes)
    drag = drag_on_cells(flow.pvs, space, viscosity)
    if drag is not None and edges.drag is not None:
        drag = (1.0 - edges.drag.share) * drag
    slowing = lumped_drag(drag, step.middle_volumes, space)
    slowing = slowing + inertia_rate(flow.inertia, duration) * middle
    own = space.sheath.spread(resistance(sheath))
    own = own + slowing * jnp.eye(3, dtype=middle.dtype)[:, :, None]

    tissue_edges = conductances(flow.tissue, space, viscosity)
    store = storage_volumes(flow.tissue, space) / duration
    sink = _sink(flow, space)
    give = (sheath.area * sheath.share * sheath.give)[:pairs]
    kinds = end_kinds(flow, space)
    node_areas = jnp.zeros_like(step.start)
    for name in lumped_ends(kinds):
        patch = space.end(name)
        swept = swept_areas(step.start, step.end, patch)
        node_areas = node_areas + vertex_areas_of(patch, swept)
    system = System(
        blocks=stokes_blocks(edges, space.fluid, own),
        pattern=including_diagonal(space.fluid.neighbours),
        free=masks.free,
        coupling=(sheath.area * sheath.share * sheath.normal)[:, :pairs],
        pairs=space.pairs,
        tissue=space.tissue,
        tissue_edges=tissue_edges,
        tissue_rows=darcy_rows(tissue_edges, space.tissue),
        tissue_own=store + sink + space.pairs.into_tissue(give),
        tissue_free=masks.tissue_free,
        nodes=masks.nodes,
        node_areas=node_areas,
        node_own=conductance(kinds) + storage_rate(kinds, duration),
    )
    local = local_schur(edges, step, space.fluid, viscosity, masks.felt)
    return Assembled(system, edges, sheath, middle, local, sink, store)


def _sheath(flow: StokesDarcy, space: Space, step: Sweep, past: Past, duration: float) -> Interface:
    """Membrane, slip and outer wall at every sheath vertex."""
    areas = vertex_areas(swept_areas(step.start, step.end, space.sheath), space.sheath)
    give = compliance(flow.outer_wall, space, duration)
    if isinstance(flow.outer_wall, Spring):
        offset = give * preload(flow.outer_wall, space, past.sheath)
    else:
        motion = space.sheath.of(step.end - step.start) / duration
        offset = -dot(motion, areas) / jnp.sqrt(dot(areas, areas))
    slip = jnp.asarray(flow.sheath.slip)
    friction = jnp.zeros_like(give)
    if space.tissue.vertices:
        permeability = space.pairs.outside(vertex_permeability(flow.tissue, space))
        finite = jnp.where(jnp.isinf(slip), 0.0, slip)  # no slip is a mask of the plan
        friction = finite * jnp.asarray(flow.viscosity) / jnp.sqrt(permeability)
    return interface(areas, vertex_conductance(flow.sheath, space), friction, give, offset)


def _sink(flow: StokesDarcy, space: Space) -> Float[Array, " tissue_vertices"]:
    """Conductance of outer tissue vertices to a sink beyond them, m3/(Pa s)."""
    if not isinstance(flow.outer, Sink):
        return jnp.zeros(space.tissue.vertices)
    areas = vertex_areas_of(space.outer, facet_areas(space.tissue_rest, space.outer))
    return flow.outer.conductance * jnp.sqrt(dot(areas, areas))


def along_lines(edges: StokesEdges, lines: Lines) -> Float[Array, "gaps 3 3 lines"]:
    """Block of the velocity matrix from each vertex of a line to the next."""
    onward = jnp.moveaxis(pad(edges.viscous)[:, :, lines.edges], 2, 0)
    turned = (lines.vertices[:-1] > lines.vertices[1:])[:, None, None]
    return jnp.where(turned, jnp.swapaxes(onward, 1, 2), onward)


def approximate(
    flow: StokesDarcy, prepared: Plan, space: Space, assembled: Assembled
) -> Preconditioner:
    """The preconditioner of a step: the plan's columns with the step's own velocity blocks."""
    flow, assembled = jax.lax.stop_gradient((flow, assembled))
    system, lines = assembled.system, space.lines
    vertices = assembled.volumes.shape[0]
    velocity = preconditioned_velocity(flow, space, assembled)
    preconditioner = Preconditioner(
        blocks=velocity,
        pattern=system.pattern,
        lines=factorise(
            lines.vertices,
            lines.place,
            velocity[-1, :, :, :vertices],
            along_lines(assembled.edges, lines),
            system.free,
        ),
        interval=prepared.interval,
        degree=prepared.degree,
        local=assembled.local,
        local_interval=prepared.local_interval,
        local_degree=prepared.local_degree,
        columns=at_volumes(prepared.columns, assembled.volumes),
        tissue_free=system.tissue_free,
    )
    return in_precision(preconditioner, flow.precision)


def preconditioned_velocity(
    flow: StokesDarcy, space: Space, assembled: Assembled
) -> Float[Array, "slots 3 3 rows"]:
    """Rows of the velocity matrix that the preconditioner inverts, N s/m.

    Where the sheath lets fluid pass freely velocity is soft, and polynomials of it are dear. On
    meshes without lines the columns know these motions, so there the sheath is as stiff as fluid
    stretched in the gap.
    """
    velocity, sheath = assembled.system.blocks[:, :3, :3], assembled.sheath
    if space.lines.layered:
        return velocity
    stretched = STRETCHING * jnp.asarray(flow.viscosity) / space.gap[space.sheath.vertices]
    missing = sheath.area * jnp.maximum(stretched - sheath.drag, 0.0)
    stiffer = space.sheath.spread(missing * sheath.normal[:, None] * sheath.normal[None])
    return velocity.at[-1, :, :, : space.fluid.vertices].add(stiffer)


def in_precision(preconditioner: Preconditioner, precision: str) -> Preconditioner:
    """The preconditioner with its floating-point numbers in float32 where asked."""
    if precision != "float32":
        return preconditioner
    return jax.tree.map(
        lambda x: x.astype(jnp.float32) if jnp.issubdtype(x.dtype, jnp.floating) else x,
        preconditioner,
    )
