"""What the flow of one step needs to know of the steps before it."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from solver.algebra.recall import Memory, empty
from solver.flow.inertia import remembered
from solver.flow.lumped import lumped_ends
from solver.flow.outer_wall import displacement
from solver.flow.stokes_darcy import StokesDarcy, end_kinds
from solver.geometry.space import Space
from solver.record import record


@record
class Past:
    """Where the flow stands between two steps.

    Attributes:
        tissue_pressure: Pa.
        node_pressure: of lumped ends, Pa.
        sheath: displacement of each sheath vertex, outward, m; `sheath_speed`, m/s.
        velocities: past velocities of PVS vertices, last one first; none without inertia, m/s.
        memory: solutions for warm starts.
    """

    tissue_pressure: Float[Array, " tissue_vertices"]
    node_pressure: Float[Array, " nodes"]
    sheath: Float[Array, " on_sheath"]
    sheath_speed: Float[Array, " on_sheath"]
    velocities: Float[Array, "past 3 vertices"]
    memory: Memory


def at_rest(flow: StokesDarcy, space: Space) -> Past:
    """Before anything has moved: no pressure, no flow, nothing remembered."""
    number = space.fluid_rest.dtype
    tissue, nodes = space.tissue.vertices, len(lumped_ends(end_kinds(flow, space)))
    still = jnp.zeros(space.sheath.vertices.shape[0], number)
    like = (
        jax.ShapeDtypeStruct((4, space.fluid.vertices), number),
        jax.ShapeDtypeStruct((tissue,), number),
        jax.ShapeDtypeStruct((nodes,), number),
    )
    return Past(
        tissue_pressure=jnp.zeros(tissue, number),
        node_pressure=jnp.zeros(nodes, number),
        sheath=displacement(flow.outer_wall, space, 0.0, still),
        sheath_speed=still,
        velocities=jnp.zeros((remembered(flow.inertia), 3, space.fluid.vertices), number),
        memory=empty(like, flow.memory),
    )


def latest(
    velocities: Float[Array, "past 3 vertices"], velocity: Float[Array, "3 vertices"]
) -> Float[Array, "past 3 vertices"]:
    """Past velocities with a new one before them and the oldest dropped."""
    return jnp.concatenate([velocity[None], velocities])[: velocities.shape[0]]
