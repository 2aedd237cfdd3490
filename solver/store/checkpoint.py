"""checkpoint.npz: what a run that was stopped needs to go on, and of which run it is.

Arrays by name, and under `about` a JSON text of plain values. There is one at most, replaced whole.
"""

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Shaped

from meshes.errors import InputError
from solver.store.names import CHECKPOINT
from solver.store.writing import write

Arrays = dict[str, Shaped[np.ndarray, "..."]]
ABOUT = "about"


def save_checkpoint(
    folder: str | Path, arrays: Mapping[str, Shaped[np.ndarray, "..."]], about: Mapping[str, Any]
) -> Path:
    """Replace the checkpoint: the new one is whole on the disk before the old one goes."""
    told = np.array(json.dumps(about))

    def fill(path: Path) -> None:
        with path.open("wb") as file:
            np.savez(file, allow_pickle=False, **{ABOUT: told}, **arrays)

    return write(Path(folder) / CHECKPOINT, fill)


def read_checkpoint(folder: str | Path) -> tuple[Arrays, dict[str, Any]] | None:
    """Arrays and what they are about; None without a checkpoint.

    Raises:
        InputError: for a file that is no checkpoint.
    """
    path = Path(folder) / CHECKPOINT
    if not path.is_file():
        return None
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = dict(file)
        return arrays, dict(json.loads(str(arrays.pop(ABOUT))))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise InputError(
            f"{path}: no checkpoint that can be read ({error}); begin anew with resume=false"
        ) from error


def remove_checkpoint(folder: str | Path) -> None:
    """Take the checkpoint away, if there is one."""
    (Path(folder) / CHECKPOINT).unlink(missing_ok=True)
