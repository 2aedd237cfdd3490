"""The flow that a fast band of the wall drives: Stokes at the geometry of the moment.

    u'(x, t) = u_s(x) sin(w t) + u_c(x) cos(w t)                                       (m/s)

Quasi-steady Stokes is linear in the wall's velocity, so each part is one solve at the slow
geometry: the wall moves through its amplitude in the time 1/w, and so with its greatest speed.
Storage in the tissue enters with its size, S w, and not with its phase; what it takes up is the
leak through the sheath, about a hundredth of the flow.
"""

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from solver.algebra.recall import Memory
from solver.flow.assemble import Plan
from solver.flow.boundary import boundary_of
from solver.flow.past import at_rest
from solver.flow.solve import solve
from solver.flow.stokes_darcy import StokesDarcy
from solver.geometry.metric import Points, Sweep, sweep
from solver.geometry.space import Space
from solver.record import record
from solver.tracer.mouth import held_at_mouth
from solver.wall.motion import Motion

REMEMBERED = 3  # solutions of each part, for warm starts


@record
class Strokes:
    """Flow of the averaged bands, by band and part (sine, cosine).

    Attributes:
        points: slow positions of the PVS vertices, m; `radius_ratio`: the slow wall's, there.
        velocity: amplitude, m/s.
        mouth: flow out of all mouths together, amplitude, m3/s.
        rate: w of each band, rad/s.
        memory: for the next step; `converged`: whether every solve did.
    """

    points: Points
    radius_ratio: Float[Array, " vertices"]
    velocity: Float[Array, "bands two 3 vertices"]
    mouth: Float[Array, "bands two"]
    rate: Float[Array, " bands"]
    memory: Memory
    converged: Bool[Array, ""]


def nothing_yet(flow: StokesDarcy, space: Space, bands: int) -> Memory:
    """What is remembered at the start, for each band and part."""
    one = at_rest(replace(flow, memory=REMEMBERED), space).memory
    return jax.tree.map(lambda x: jnp.zeros((2 * bands, *x.shape), x.dtype), one)


def strokes(
    flow: StokesDarcy,
    plan: Plan,
    space: Space,
    slow: Sweep,
    response: Motion,
    time: float | Float[Array, ""],
    memory: Memory,
) -> Strokes:
    """Flow of the averaged bands of a wall in the middle of a slow step, at `time`, s."""
    points = 0.5 * (slow.start + slow.end)
    told = [response.phasor(name, space.path, time) for name in response.averaged]
    ratio = jnp.concatenate([parts for parts, _ in told])
    rate = 2.0 * jnp.pi * jnp.stack([frequency for _, frequency in told])
    reach = space.arterial * (1.0 - space.fraction) * space.reach
    moved = space.radial * (reach * ratio)[:, None]

    def drive(
        given: tuple[Points, Any, Memory],
    ) -> tuple[Points, Float[Array, ""], Memory, Bool[Array, ""]]:
        """Velocity, flow out of the mouths, memory, and whether the solve converged."""
        amplitude, duration, memory = given
        step = sweep(points - 0.5 * amplitude, points + 0.5 * amplitude, space.fluid)
        data = boundary_of(flow, space, step, duration)
        still = jax.tree.map(jnp.zeros_like, data)  # pressures at the ends drive the slow flow
        data = replace(still, velocity=data.velocity)
        past = replace(at_rest(flow, space), memory=memory)
        found = solve(flow, plan, space, step, data, past, duration)
        mouth = jnp.dot(held_at_mouth(space), found.end_fluxes)
        return found.velocity, mouth, found.past.memory, found.solve.converged

    velocity, mouth, memory, converged = jax.lax.map(
        drive, (moved, jnp.repeat(1.0 / rate, 2), memory)
    )
    bands = len(response.averaged)
    return Strokes(
        points=points,
        radius_ratio=response.radius_ratio(space.path, time),
        velocity=velocity.reshape(bands, 2, *velocity.shape[1:]),
        mouth=mouth.reshape(bands, 2),
        rate=rate,
        memory=memory,
        converged=converged.all(),
    )
