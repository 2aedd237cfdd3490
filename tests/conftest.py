"""What holds for all tests: 64-bit numbers, and memory given back."""

import jax
import pytest

jax.config.update("jax_enable_x64", True)


@pytest.fixture(autouse=True, scope="module")
def forget_compiled():
    """Let go of compiled programs after each module: they pile up to gigabytes."""
    yield
    jax.clear_caches()
