"""Programs compiled as they are written: a third of the time, and they run for seconds."""

from functools import partial

import jax

unoptimised = partial(
    jax.jit,
    compiler_options={"xla_backend_optimization_level": 0, "xla_cpu_use_fusion_emitters": False},
)
