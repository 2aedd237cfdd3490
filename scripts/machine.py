"""The machine a run uses: which device, which precision, and where compiled code is kept."""

import os
import sys
from pathlib import Path

import jax
from omegaconf import DictConfig

from meshes.errors import InputError

PRECISIONS = ("float64", "float32")


def use_machine(config: DictConfig) -> None:
    """Set jax up as the group `machine` says; before any array exists.

    Raises:
        InputError: no such precision, or the device is not there.
    """
    if config.precision not in PRECISIONS:
        raise InputError(
            f"machine.precision is {config.precision!r}; use one of {', '.join(PRECISIONS)}"
        )
    jax.config.update("jax_enable_x64", config.precision == "float64")
    jax.config.update("jax_platforms", str(config.platform))
    if config.cache:
        jax.config.update("jax_compilation_cache_dir", str(cache_folder()))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    try:
        jax.devices()
    except (RuntimeError, AssertionError) as error:  # jax raises either
        raise InputError(
            f"machine.platform={config.platform}: jax finds no such device; use machine=cpu, or "
            "install the extra gpu on a machine with an NVIDIA driver"
        ) from error


def cache_folder() -> Path:
    """Where compiled code is kept between runs: the user's cache folder."""
    home = Path.home()
    usual = {"darwin": home / "Library/Caches", "win32": home / "AppData/Local"}
    place = os.environ.get("XDG_CACHE_HOME") or usual.get(sys.platform) or home / ".cache"
    return Path(place) / "glymphax" / "compiled"


def peak_memory_bytes() -> int | None:
    """The most memory this process has held, in bytes; None where the system does not tell."""
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak
