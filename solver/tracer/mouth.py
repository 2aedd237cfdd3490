"""What tracer meets at the ends: held at the mouth, carried away where fluid leaves elsewhere."""

from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float

from solver.flow.solve import Flow
from solver.geometry.space import Space
from solver.tracer.species import Concentration


def at(mouth: Any, time: float | Float[Array, ""]) -> Float[Array, ""]:
    """Concentration at the mouth at a time."""
    return jnp.asarray(mouth(time) if callable(mouth) else mouth)


def held_at_mouth(space: Space) -> Float[Array, " vertices"]:
    """1 on PVS vertices at the subarachnoid mouth, where concentration is held, else 0."""
    held = jnp.zeros(space.fluid.vertices)
    for name, patch in zip(space.end_names, space.ends, strict=True):
        if name.startswith("inlet"):
            held = jnp.where(patch.slot < patch.vertices.shape[0], 1.0, held)
    return held


def through_ends(
    held: Float[Array, " vertices"],
    flow: Flow,
    gained: Float[Array, " vertices"],
    moved: Float[Array, " vertices"],
    mean: Concentration,
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """Rates (influx, outflux) of tracer through mouth, other ends and outer faces, m3/s.

    Args:
        held: 1 where the concentration is held, else 0.
        gained: rate at which each PVS dual cell's tracer grew, m3/s.
        moved: rate at which tracer left it, ends included, m3/s.
        mean: concentration over the step.
    """
    carried = jnp.maximum(flow.end_fluxes, 0.0) * mean[0]
    entering = held * (gained + moved - carried)
    drained = jnp.maximum(flow.outer_fluxes, 0.0) * mean[1]
    return entering.sum(), ((1.0 - held) * carried).sum() + drained.sum()
