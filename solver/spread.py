"""A batch shared among all devices: phases of a cycle, members of an ensemble.

Every device solves its own share and waits for no other: iterations may differ between them. What
one device holds is the batch divided by their number. `CUDA_VISIBLE_DEVICES` says which there are.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, PartitionSpec

Function = Callable[..., Any]


def spread(function: Function, devices: int | None = None) -> Function:
    """`jax.vmap` of a function over the first axis of all its arguments, on several devices.

    A batch that does not divide is filled with copies of its last member, which are taken away.

    Args:
        devices: how many; all of the default platform by default. With one it is `jax.vmap`.
    """
    count = len(jax.devices()) if devices is None else devices
    several = jax.vmap(function)
    if count == 1:
        return several
    mesh = Mesh(np.array(jax.devices()[:count]), ("batch",))
    part = PartitionSpec("batch")
    shared = jax.shard_map(several, mesh=mesh, in_specs=part, out_specs=part, check_vma=False)

    def on_devices(*batch: Any) -> Any:
        size = jax.tree.leaves(batch)[0].shape[0]
        missing = -size % count
        filled = jax.tree.map(
            lambda x: jnp.concatenate([x, jnp.repeat(x[-1:], missing, axis=0)]), batch
        )
        return jax.tree.map(lambda x: x[:size], shared(*filled))

    return on_devices
