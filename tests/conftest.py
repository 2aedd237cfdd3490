"""What holds for all tests: 64-bit numbers, and promotions that raise rather than surprise."""

import jax

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_numpy_rank_promotion", "allow")
