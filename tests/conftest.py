"""What holds for all tests: 64-bit numbers, and memory given back."""

import sys

import jax
import pytest
from absl import logging  # of optax

jax.config.update("jax_enable_x64", True)

# hydra closes every log handler when it sets logging up, and absl's would close with it the stream
# that was stderr when optax was imported: that of pytest, unless it is the process's own.
logging.get_absl_handler().python_handler.stream = sys.__stderr__


@pytest.fixture(autouse=True, scope="module")
def forget_compiled():
    """Let go of compiled programs after each module: they pile up to gigabytes."""
    yield
    jax.clear_caches()
