"""Arrays with axes and units in netCDF 3, which xarray opens without further libraries."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Shaped
from scipy.io import netcdf_file

from meshes.errors import InputError
from solver.store.names import OBSERVED
from solver.store.writing import write

TYPES = {"f": "d", "S": "c"}  # of netCDF 3: numbers and letters


@dataclass(frozen=True)
class Variable:
    """An array with what its axes and numbers mean.

    Attributes:
        unit: as written, `m s-1`.
        axes: names of its axes, in order.
        values: the numbers; or words, the labels of an axis.
    """

    unit: str
    axes: tuple[str, ...]
    values: Shaped[np.ndarray, "..."]


def save_arrays(path: Path, words: str, variables: Mapping[str, Variable]) -> Path:
    """Write variables by name; one whose only axis has its own name is the scale of that axis."""

    def fill(partial: Path) -> None:
        with netcdf_file(partial, "w", version=2) as file:
            file.title = words
            for key, each in variables.items():
                values, axes = _letters(each, key)
                for axis, size in zip(axes, values.shape, strict=True):
                    if axis not in file.dimensions:
                        file.createDimension(axis, size)
                variable = file.createVariable(key, TYPES[values.dtype.kind], axes)
                variable[:] = values
                if each.unit:
                    variable.units = each.unit
                if values.dtype.kind == "S":
                    variable._Encoding = "utf-8"

    return write(path, fill)


def save_observed(
    folder: str | Path, name: str, words: str, variables: Mapping[str, Variable]
) -> Path:
    """Write `observed/<name>.nc`: what an instrument read.

    Args:
        folder: the run folder.
        name: of the instrument.
        words: what it is and where.
        variables: by name.
    """
    return save_arrays(Path(folder) / OBSERVED / f"{name}.nc", words, variables)


def read_observed(path: str | Path) -> dict[str, Variable]:
    """Variables of a file that `save_observed` wrote.

    Raises:
        InputError: for a file that is not there or no netCDF 3.
    """
    try:
        with netcdf_file(path, "r", mmap=False) as file:
            return {
                name: Variable(each.units.decode(), each.dimensions, np.array(each.data, float))
                for name, each in file.variables.items()
            }
    except (OSError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{path}: cannot be read as netCDF 3 ({error}); run again.") from error


def columns_of(names: Iterable[str], columns: Iterable[str]) -> dict[str, list[str]]:
    """The columns of every instrument: those that begin with its name and no longer one's."""
    found: dict[str, list[str]] = {name: [] for name in names}
    for column in columns:
        owners = [name for name in found if column.startswith(f"{name}_")]
        if owners:
            found[max(owners, key=len)].append(column)
    return found


def _letters(variable: Variable, name: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """Values and axes as netCDF 3 knows them: words as letters along an axis of their own."""
    values = np.asarray(variable.values)
    if values.dtype.kind != "U":
        return values.astype(float), variable.axes
    letters = np.char.encode(values, "utf-8")
    return letters.view("S1").reshape(*letters.shape, -1), (*variable.axes, f"{name}_letters")
