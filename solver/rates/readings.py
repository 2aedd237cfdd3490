"""What averaged bands read: columns of signals.csv beside those of the slow motion, in SI."""

from collections.abc import Mapping

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from solver.rates.mixing import Mixing
from solver.rates.stroke import Strokes

MEASURED = 0.05  # largest error of tracer against resolved runs after 3 s, `benchmarks.rates`


def read_fast(
    names: tuple[str, ...], slow: Float[Array, "3 vertices"], fast: Strokes, mixing: Mixing
) -> dict[str, Float[Array, ""]]:
    """Amplitudes of each averaged band, and the peak velocity with all of them at their fastest.

    Args:
        slow: velocity of PVS vertices without them, m/s.
    """
    speeds = jnp.sqrt((fast.velocity**2).sum(axis=(1, 2)))
    flows = jnp.sqrt((fast.mouth**2).sum(axis=1))
    readings = {
        "peak_velocity_m_per_s": (jnp.sqrt((slow**2).sum(axis=0)) + speeds.sum(axis=0)).max(),
        "fast_renewed_length_m": mixing.renewed,
    }
    for index, name in enumerate(names):
        readings |= {
            f"fast_{name}_velocity_m_per_s": speeds[index].max(),
            f"fast_{name}_mouth_flow_m3_per_s": flows[index],
            f"fast_{name}_displacement_m": mixing.displacement[index],
        }
    return readings


def told(
    names: tuple[str, ...], signals: Mapping[str, Float[np.ndarray, " times"]]
) -> tuple[str, ...]:
    """What was averaged, how large it was, and how good an average is, in words."""
    return tuple(
        f"{name} averaged: its tide at the mouth "
        f"{1e6 * signals[f'fast_{name}_displacement_m'].max():.2g} um, its flow not in the slow "
        f"one but in peak velocity; tracer within {MEASURED:.0%} of resolved short runs"
        for name in names
    )
