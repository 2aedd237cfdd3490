"""Files appear whole or not at all: written beside their place, brought to the disk, renamed."""

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

from meshes.errors import InputError


class Unwritable(InputError):
    """A file that the disk does not take; what was there before it stays as it was."""


def write(path: Path, fill: Callable[[Path], object]) -> Path:
    """Write through a temporary neighbour and rename.

    Args:
        path: of the file; folders above it are made.
        fill: writes the file whose path it is given.

    Raises:
        Unwritable: naming the file and the reason; an earlier file of that name is untouched.
    """
    partial = path.with_name(f".{path.name}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fill(partial)
        _bring_to_disk(partial)
        partial.replace(path)
    except OSError as error:
        raise unwritable(path, error) from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
    return path


def unwritable(path: Path, error: OSError) -> Unwritable:
    """The one sentence for a file that cannot be written."""
    reason = error.strerror or str(error)
    return Unwritable(
        f"{path}: cannot be written ({reason}); make room for it or choose another folder, with "
        "hydra.run.dir=<folder> on the command line."
    )


def _bring_to_disk(path: Path) -> None:
    """After this a power cut finds the file's contents under its name, or the earlier file."""
    with path.open("r+b") as file:
        os.fsync(file.fileno())
