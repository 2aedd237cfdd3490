"""The machine a run uses: which device, which precision, and where compiled code is kept."""

import os
import sys
import time
from functools import cache
from pathlib import Path

import jax
from omegaconf import DictConfig

from meshes.errors import InputError

PRECISIONS = ("float64", "float32")
CONTROL_GROUPS = (
    "/sys/fs/cgroup/memory.max",
    "/sys/fs/cgroup/memory/memory.limit_in_bytes",
)


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


def compile_seconds() -> float:
    """What this process has spent on tracing, lowering and compiling since the first call, s.

    Code that is found in the cache counts with the time of reading it.
    """
    return sum(end - begin for begin, end in _compilations())


@cache
def _compilations() -> list[tuple[float, float]]:
    """When code was compiled, begin and end; of one inside another the outer. Grows from now on."""
    spans: list[tuple[float, float]] = []

    def note(event: str, duration_secs: float, **kwargs: str | int) -> None:
        if event.startswith("/jax/core/compile/"):
            end = time.perf_counter()
            while spans and spans[-1][0] >= end - duration_secs:
                spans.pop()
            spans.append((end - duration_secs, end))

    jax.monitoring.register_event_duration_secs_listener(note)
    return spans


def peak_memory_bytes() -> int | None:
    """The most memory this process has held, in bytes; None where the system does not tell."""
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


def available_memory_bytes() -> float | None:
    """What a run may still take, in bytes: of the GPU if one computes, else of this machine.

    The least of what the system says is free for use, physical memory and the limit of the control
    group; None where nobody tells.
    """
    if on_device():
        told = jax.devices()[0].memory_stats() or {}
        limit = told.get("bytes_limit")
        return None if limit is None else float(limit - told.get("bytes_in_use", 0))
    found = [_physical(), _free(), *map(_control_group, CONTROL_GROUPS)]
    return min((bytes_ for bytes_ in found if bytes_ is not None), default=None)


def cores() -> int:
    """How many processor cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def on_device() -> bool:
    """Whether jax computes on a device with memory of its own."""
    return jax.default_backend() != "cpu"


def _physical() -> float | None:
    try:
        return float(os.sysconf("SC_PHYS_PAGES")) * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None


def _free() -> float | None:
    """What Linux calls available, with what this process holds already."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    told = [line.split()[1] for line in lines if line.startswith("MemAvailable:")]
    return 1024.0 * float(told[0]) + (peak_memory_bytes() or 0) if told else None


def _control_group(path: str) -> float | None:
    try:
        return float(Path(path).read_text(encoding="ascii"))
    except (OSError, ValueError):  # not there, or the word max
        return None
