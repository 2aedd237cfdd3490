"""signals.csv: one row a step, `time_s` first, 17 digits so that nothing is lost."""

import csv
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float, Shaped

from meshes.errors import InputError
from solver.store.names import SIGNALS
from solver.store.writing import unwritable, write

DIGITS = "%.17g"


def save_signals(folder: str | Path, columns: Mapping[str, Shaped[np.ndarray, " steps"]]) -> Path:
    """Write the whole table: one column per entry, `time_s` first."""
    if next(iter(columns), None) != "time_s":
        raise ValueError("the first column of the signals is time_s")
    values = np.column_stack([np.asarray(column, dtype=float) for column in columns.values()])

    def fill(path: Path) -> None:
        np.savetxt(path, values, fmt=DIGITS, delimiter=",", header=",".join(columns), comments="")

    return write(Path(folder) / SIGNALS, fill)


def add_signals(folder: str | Path, row: Sequence[float]) -> Path:
    """Append a row to the table that `save_signals` began; all of it, or nothing.

    Args:
        folder: the run folder.
        row: one number for each column, in their order.

    Raises:
        Unwritable: if the disk does not take it.
    """
    path = Path(folder) / SIGNALS
    line = ",".join(DIGITS % value for value in row) + "\n"
    try:
        with path.open("ab", buffering=0) as file:
            before = file.tell()
            try:
                if file.write(line.encode("ascii")) < len(line):
                    raise OSError(None, "no room for the whole row")
            except OSError:
                os.truncate(path, before)
                raise
    except OSError as error:
        raise unwritable(path, error) from error
    return path


def read_signals(path: Path) -> dict[str, Float[np.ndarray, " steps"]]:
    """Columns by name; none if the file is not there. A last line without its end is left out.

    Raises:
        InputError: for a file that is no table of numbers.
    """
    if not path.is_file():
        return {}
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    whole = [line for line in lines if line.endswith("\n")]
    header, *rows = [*csv.reader(whole)] or [[]]
    try:
        values = np.array([[float(cell) for cell in row] for row in rows]).reshape(-1, len(header))
    except ValueError as error:
        raise InputError(f"{path}: not a table of numbers ({error}); run again.") from error
    return dict(zip(header, values.T, strict=True))
