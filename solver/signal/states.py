"""The vigilance states between which a brain moves, as weights (1) that add up to one.

The states are the columns of the table of Bojarskaite et al. 2023 (Nat. Commun. 14:953): quiet
wakefulness, NREM sleep, the intermediate state between NREM and REM, REM sleep, and awakening. A
weight between 0 and 1 says that one state is giving way to the next.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

from meshes.errors import InputError

STATES = ("wake", "nrem", "intermediate", "rem", "awakening")


def constantly(state: str, time: Float[Array, "*t"]) -> Float[Array, "states *t"]:
    """Weights of the states at `time` (s) of a brain that stays in one of them."""
    shape = jnp.shape(time)
    only = jnp.zeros(len(STATES)).at[STATES.index(state)].set(1.0)
    return jnp.broadcast_to(only.reshape(-1, *(1 for _ in shape)), (len(STATES), *shape))


def moved(
    weights: Float[Array, "states *t"], source: str, target: str, share: Float[Array, "*t"]
) -> Float[Array, "states *t"]:
    """The weights with a share (0 to 1) of one state's moved to another."""
    amount = weights[STATES.index(source)] * share
    lost = weights.at[STATES.index(source)].add(-amount)
    return lost.at[STATES.index(target)].add(amount)


def check_state(name: str, state: str) -> None:
    """Refuse a state that is none of `STATES`; `name` is its key, as in `signal.state`."""
    if state not in STATES:
        raise InputError(f"{name} is {state!r}; give one of {', '.join(STATES)}.")
