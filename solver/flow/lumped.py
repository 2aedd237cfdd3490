"""Ends with a pressure of their own: one unknown each, coupled implicitly.

    sum (u - w).a - p / R - C (p - p_before) / (share dt) = -p0 / R

p is the mean over the step; the pressure kept for the next step lies beyond it by the same
off-centred rule that moves springs.
"""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from solver.algebra.sparse import gather_sum, members_of, take
from solver.flow.ends import End, Lumped, Windkessel
from solver.flow.outer_wall import OFF_CENTRE
from solver.flow.waveform import at
from solver.geometry.space import Space
from solver.record import record


@record
class Nodes:
    """Which PVS vertices feel which lumped pressure.

    Attributes:
        slot: node of each PVS vertex; padded with the number of nodes.
        members: vertices of each node; padded with the number of vertices.
    """

    slot: Int[Array, " vertices"]
    members: Int[Array, "width nodes"]


def lumped_ends(kinds: dict[str, End]) -> dict[str, Lumped]:
    """The ends that carry a node, in the order of nodes."""
    return {name: kind for name, kind in kinds.items() if isinstance(kind, Lumped)}


def build_nodes(space: Space, kinds: dict[str, End]) -> Nodes:
    """Tabulate lumped ends. Host only."""
    names = list(lumped_ends(kinds))
    slot = np.full(space.fluid.vertices, len(names))
    for number, name in enumerate(names):
        slot[np.asarray(space.end(name).vertices)] = number
    members = members_of(slot, len(names) + 1)[:, : len(names)]
    return Nodes(jnp.asarray(slot.astype(np.int32)), jnp.asarray(members))


def collect(nodes: Nodes, values: Float[Array, " vertices"]) -> Float[Array, " nodes"]:
    """Sum of a vertex quantity over each node's end."""
    return gather_sum(values, nodes.members)


def spread(nodes: Nodes, values: Float[Array, " nodes"]) -> Float[Array, " vertices"]:
    """Each vertex's node value, zero off the lumped ends."""
    return take(values, nodes.slot)


def storage_rate(kinds: dict[str, End], duration: float) -> Float[Array, " nodes"]:
    """C / (share dt) of each node, m3/(Pa s)."""
    ends = lumped_ends(kinds).values()
    rates = [
        jnp.asarray(
            end.compliance / (OFF_CENTRE * duration) if isinstance(end, Windkessel) else 0.0
        )
        for end in ends
    ]
    return jnp.stack(rates) if rates else jnp.zeros(0)


def conductance(kinds: dict[str, End]) -> Float[Array, " nodes"]:
    """1 / R of each node, m3/(Pa s)."""
    rates = [1.0 / jnp.asarray(end.resistance) for end in lumped_ends(kinds).values()]
    return jnp.stack(rates) if rates else jnp.zeros(0)


def pressure_beyond(kinds: dict[str, End], time: float | Array) -> Float[Array, " nodes"]:
    """p0 of each node at a time, Pa."""
    beyond = [at(end.pressure, time) for end in lumped_ends(kinds).values()]
    return jnp.stack(beyond) if beyond else jnp.zeros(0)


def settle(
    flow: Float[Array, " nodes"],
    solved: Float[Array, " nodes"],
    beyond: Float[Array, " nodes"],
    before: Float[Array, " nodes"],
    kinds: dict[str, End],
    duration: float,
) -> Float[Array, " nodes"]:
    """Pressure of each node at the end of a step in which `flow` (m3/s) came to it, Pa.

    What stores follows from its balance; what does not is as `solved`, for R times a flow near zero
    would magnify round-off.
    """
    leak, store = conductance(kinds), storage_rate(kinds, duration)
    mean = (flow + leak * beyond + store * before) / (leak + store)
    return jnp.where(store > 0, before + (mean - before) / OFF_CENTRE, solved)
