"""Several GPUs of a node share a sweep: each process takes one that no other of the sweep has.

A process is told which by `CUDA_VISIBLE_DEVICES`, which jax reads when it is imported, so this
imports nothing of it. What a process has taken is locked until it ends, however it ends.
"""

import hashlib
import os
import subprocess
import tempfile
from pathlib import Path
from typing import IO

VISIBLE = "CUDA_VISIBLE_DEVICES"

_held: list[IO[str]] = []  # the lock, for as long as the process lives


def visible() -> list[str]:
    """GPUs of this node as `CUDA_VISIBLE_DEVICES` names them; without it, all that there are."""
    named = os.environ.get(VISIBLE)
    if named is not None:
        return [word.strip() for word in named.split(",") if word.strip()]
    try:
        told = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return []
    gpus = [line for line in told.stdout.splitlines() if line.startswith("GPU ")]
    return [str(index) for index in range(len(gpus))]


def take_one(sweep: Path) -> str | None:
    """See one GPU alone from now on, the first that no other process of the sweep has taken.

    Args:
        sweep: folder of the sweep.

    Returns:
        Which; None where there are not several, or all are taken: then nothing changes.
    """
    names = visible()
    if len(names) < 2:
        return None
    import fcntl  # not on Windows, where jax knows no GPU

    label = hashlib.sha1(str(sweep.absolute()).encode()).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"glymphax-gpus-{label}"
    folder.mkdir(exist_ok=True)
    for name in names:
        lock = (folder / name).open("w", encoding="utf-8")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            continue
        _held.append(lock)
        os.environ[VISIBLE] = name
        return name
    return None
