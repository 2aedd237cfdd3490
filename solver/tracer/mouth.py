"""What tracer meets at the ends: held at the mouth, carried away elsewhere."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from solver.geometry.space import Space


def held_at_mouth(space: Space) -> Float[Array, " vertices"]:
    """1 on PVS vertices at the subarachnoid mouth, where concentration is held, else 0."""
    held = jnp.zeros(space.fluid.vertices)
    for name, patch in zip(space.end_names, space.ends, strict=True):
        if name.startswith("inlet"):
            held = jnp.where(patch.slot < patch.vertices.shape[0], 1.0, held)
    return held
