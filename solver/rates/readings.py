"""What averaged bands read: columns of signals.csv beside those of the slow motion, in SI."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from solver.rates.mixing import Mixing
from solver.rates.stroke import Strokes


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
