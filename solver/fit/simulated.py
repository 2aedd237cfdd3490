"""What a run says, as a pure function of all numbers of its model, and its derivatives.

The run is compiled for all numbers together, whichever are free: fits of one model share what was
compiled.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from solver.fit.parameters import freeable, put
from solver.fit.problem import Numbers, Reduced
from solver.observe.instrument import Readings, see
from solver.simulate import begin, readings_at_rest, trajectory
from solver.state import Model

Converged = Bool[Array, ""]


@jax.jit
def columns(
    numbers: Numbers, model: Model | Reduced, prepared: Any, looks: dict[str, Any]
) -> tuple[Readings, Converged]:
    """Every column of a run, time zero included, and whether all solves converged.

    Arrays that instruments read are flattened to a row for every time.

    Args:
        numbers: all that can be freed, in the order of `freeable`.
    """
    model = put(model, dict(zip(freeable(model), numbers, strict=True)))
    if not isinstance(model, Model):
        return model.columns(prepared), jnp.array(True)
    response = model.wall.response(model.signal, prepared.until)
    state = begin(model, prepared, response)
    first = readings_at_rest(model, prepared, response, state) | see(looks, state, prepared)
    _, readings, health = trajectory(model, prepared, looks)
    whole = {
        name: jnp.concatenate([jnp.ravel(first.get(name, 0.0)), values])
        if values.ndim == 1
        else jnp.concatenate([first[name][None], values]).reshape(len(values) + 1, -1)
        for name, values in readings.items()
    }
    return whole, health.converged.all()


@partial(jax.jit, static_argnames="names")
def tangents(
    names: tuple[str, ...],
    numbers: Numbers,
    directions: Float[Array, "directions numbers"],
    model: Model | Reduced,
    prepared: Any,
    looks: dict[str, Any],
) -> tuple[Readings, Readings, Converged]:
    """Some columns, and how they change along each direction, by forward mode.

    Args:
        names: of the columns; what they do not need is not computed.
    """

    def wanted(at: Numbers) -> tuple[Readings, Converged]:
        whole, converged = columns(at, model, prepared, looks)
        return {name: whole[name] for name in names}, converged

    whole, push, converged = jax.linearize(wanted, numbers, has_aux=True)
    return whole, jax.vmap(push)(directions), converged
