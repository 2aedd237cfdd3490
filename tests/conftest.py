"""What holds for all tests: 64-bit numbers, memory given back, programs compiled once."""

import os
import sys

import jax
import pytest
from absl import logging  # of optax

from scripts.machine import cache_folder

jax.config.update("jax_enable_x64", True)

# hydra closes every log handler when it sets logging up, and absl's would close with it the stream
# that was stderr when optax was imported: that of pytest, unless it is the process's own.
logging.get_absl_handler().python_handler.stream = sys.__stderr__


def pytest_configure(config):
    """Keep compiled programs for all modules, workers, commands and runs, apart from the user's.

    `--cache-clear` forgets them.
    """
    if hasattr(config, "cache"):
        os.environ["XDG_CACHE_HOME"] = str(config.cache.mkdir("compiled"))
        jax.config.update("jax_compilation_cache_dir", str(cache_folder()))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)


@pytest.fixture(autouse=True, scope="module")
def forget_compiled():
    """Let go of compiled programs in memory after each module: they pile up to gigabytes."""
    yield
    jax.clear_caches()
