"""Programs compiled as they are written: a third of the time, and they run for seconds."""

from functools import partial

import jax

LEVEL = {"xla_backend_optimization_level": 0}
NOT_FUSED = {"xla_cpu_use_fusion_emitters": False}  # half of it again; not in jaxlib 0.12


def known(options: dict) -> bool:
    """Whether the compiler here has options of these names."""
    try:
        jax.jit(lambda x: x, compiler_options=options)(0.0)
    except jax.errors.JaxRuntimeError:
        return False
    return True


unoptimised = partial(
    jax.jit, compiler_options=LEVEL | NOT_FUSED if known(LEVEL | NOT_FUSED) else LEVEL
)
