"""The run folder: what a run leaves behind, written so that an interrupted run still opens.

    config.yaml    the configuration as composed
    summary.json   SI, the unit in the name; how every solve went
    signals.csv    one row a step, `time_s` first
    fields.pvd     the series that ParaView opens, with times in seconds
    observed/      <instrument>.nc: arrays in time with their axes and units, netCDF 3
    fields/        step_00000.vtu ...: points in metres, velocity m/s, pressure Pa, concentration 1
    figures/       made from the files above

Every file is written beside its place and renamed, so a reader never sees half of one.
"""

import contextlib
import csv
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import meshio
import numpy as np
import yaml
from jaxtyping import Float, Int, Shaped
from scipy.io import netcdf_file

from meshes.errors import InputError

CONFIG, SUMMARY, SIGNALS = "config.yaml", "summary.json", "signals.csv"
SERIES, FIELDS, OBSERVED = "fields.pvd", "fields", "observed"
WRITTEN = (CONFIG, SUMMARY, SIGNALS, SERIES, f"{FIELDS}/step_*.vtu", f"{OBSERVED}/*.nc")
PRESETS = ("overview", "cross_section", "clearance", "compare")  # that pvs-render draws
PICTURES = (
    *(f"figures/{name}.png" for name in ("signals", "observed", "scene")),
    *(f"figures/{name}.*" for name in PRESETS),
    "report.html",
)


@dataclass(frozen=True)
class RunFiles:
    """A run folder as read: what an interrupted run has not written is empty.

    Attributes:
        folder: where it is.
        times: s, of the fields.
        fields: one `.vtu` path per time.
        signals: columns of `signals.csv` by name, SI.
        summary: `summary.json`.
        config: `config.yaml`.
        observed: files of the instruments that read arrays, by name.
    """

    folder: Path
    times: Float[np.ndarray, " fields"]
    fields: tuple[Path, ...]
    signals: dict[str, Float[np.ndarray, " steps"]]
    summary: dict[str, Any]
    config: dict[str, Any]
    observed: dict[str, Path] = field(default_factory=dict)


@dataclass(frozen=True)
class Variable:
    """An array with what its axes and numbers mean.

    Attributes:
        unit: as written, `m s-1`.
        axes: names of its axes, in order.
        values: the numbers.
    """

    unit: str
    axes: tuple[str, ...]
    values: Float[np.ndarray, "..."]


def open_run(folder: str | Path) -> Path:
    """Make the folder ready for a new run: created if absent, an earlier run's files removed.

    Only files that a run itself writes are removed; anything else in the folder stays.

    Raises:
        InputError: if the folder cannot be made or written.
    """
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for pattern in (*WRITTEN, *PICTURES):
            for path in folder.glob(pattern):
                path.unlink()
        _write(folder / CONFIG, lambda path: path.write_text("{}\n", encoding="utf-8"))
    except OSError as error:
        raise _unwritable(folder, error) from error
    return folder


def save_config(folder: str | Path, mapping: Mapping[str, Any]) -> Path:
    """Write `config.yaml` from plain nested values."""
    text = yaml.safe_dump(dict(mapping), sort_keys=False, allow_unicode=True)
    return _write(Path(folder) / CONFIG, lambda path: path.write_text(text, encoding="utf-8"))


def save_summary(folder: str | Path, summary: Mapping[str, Any]) -> Path:
    """Write `summary.json`: a flat mapping of numbers, truth values and words.

    A number that is not finite is written as null. Raises `TypeError` for a nested value.
    """
    text = json.dumps({name: _plain(name, value) for name, value in summary.items()}, indent=2)
    return _write(Path(folder) / SUMMARY, lambda path: path.write_text(text + "\n", "utf-8"))


def save_signals(folder: str | Path, columns: Mapping[str, Shaped[np.ndarray, " steps"]]) -> Path:
    """Write `signals.csv`: one column per entry, `time_s` first, 17 digits so nothing is lost."""
    if next(iter(columns), None) != "time_s":
        raise ValueError("the first column of the signals is time_s")
    values = np.column_stack([np.asarray(column, dtype=float) for column in columns.values()])

    def write(path: Path) -> None:
        np.savetxt(path, values, fmt="%.17g", delimiter=",", header=",".join(columns), comments="")

    return _write(Path(folder) / SIGNALS, write)


def add_fields(
    folder: str | Path,
    time: float,
    points: Float[np.ndarray, "points 3"],
    cells: Int[np.ndarray, "cells 4"],
    point_data: Mapping[str, Shaped[np.ndarray, "points ..."]],
    cell_data: Mapping[str, Shaped[np.ndarray, "cells ..."]],
) -> Path:
    """Append one time (s) to the series: a compressed `.vtu`, then the `.pvd` that lists it.

    Args:
        folder: the run folder.
        time: s, later than those already there.
        points: m, of the mesh as it has moved.
        cells: tetrahedra.
        point_data: velocity (m/s), pressure (Pa), concentration (1), fraction (0 wall, 1 sheath).
        cell_data: region, and whatever else lives in cells.

    Returns:
        The path of the `.vtu`.
    """
    folder = Path(folder)
    series = _series(folder / SERIES)
    if series and not time > series[-1][0]:
        raise ValueError(f"time {time} s does not come after {series[-1][0]} s in the series")
    name = f"{FIELDS}/step_{len(series):05d}.vtu"
    mesh = meshio.Mesh(
        np.asarray(points, dtype=float),
        [("tetra", np.asarray(cells))],
        point_data={key: np.asarray(value) for key, value in point_data.items()},
        cell_data={key: [np.asarray(value)] for key, value in cell_data.items()},
    )
    _write(folder / name, lambda path: meshio.write(path, mesh, "vtu", compression="zlib"))
    root = ElementTree.Element("VTKFile", type="Collection", version="0.1")
    collection = ElementTree.SubElement(root, "Collection")
    for moment, file in [*series, (float(time), name)]:
        ElementTree.SubElement(collection, "DataSet", timestep=repr(moment), part="0", file=file)
    ElementTree.indent(root)
    _write(folder / SERIES, lambda path: path.write_bytes(ElementTree.tostring(root)))
    return folder / name


def save_observed(
    folder: str | Path, name: str, words: str, variables: Mapping[str, Variable]
) -> Path:
    """Write `observed/<name>.nc`: what an instrument read, as netCDF 3, which xarray opens.

    Args:
        folder: the run folder.
        name: of the instrument.
        words: what it is and where.
        variables: by name; one whose only axis has its own name is the scale of that axis.
    """

    def write(path: Path) -> None:
        with netcdf_file(path, "w") as file:
            file.title = words
            for each in variables.values():
                for axis, size in zip(each.axes, each.values.shape, strict=True):
                    if axis not in file.dimensions:
                        file.createDimension(axis, size)
            for key, each in variables.items():
                variable = file.createVariable(key, "d", each.axes)
                variable[:] = each.values
                variable.units = each.unit

    return _write(Path(folder) / OBSERVED / f"{name}.nc", write)


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


def read_run(folder: str | Path) -> RunFiles:
    """Read a run folder, finished or interrupted.

    Raises:
        InputError: for a folder that is not a run, or a file in it that cannot be read.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; give the folder of a run.")
    if not any((folder / name).is_file() for name in (SERIES, SIGNALS)):
        raise InputError(
            f"{folder}: not a run folder, neither {SERIES} nor {SIGNALS} is in it; give the folder "
            "that pvs-simulate wrote."
        )
    series = _series(folder / SERIES)
    missing = [name for _, name in series if not (folder / name).is_file()]
    if missing:
        raise InputError(
            f"{folder / SERIES}: lists {missing[0]}, which is not there; copy the whole folder."
        )
    return RunFiles(
        folder=folder,
        times=np.array([time for time, _ in series]),
        fields=tuple(folder / name for _, name in series),
        signals=_signals(folder / SIGNALS),
        summary=_parsed(folder / SUMMARY, json.loads),
        config=_parsed(folder / CONFIG, yaml.safe_load),
        observed={path.stem: path for path in sorted((folder / OBSERVED).glob("*.nc"))},
    )


def _write(path: Path, write: Callable[[Path], object]) -> Path:
    """Write through a temporary neighbour and rename: the file appears whole or not at all."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(partial)
        partial.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        _forget(partial)
    return path


def _forget(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)


def _unwritable(path: Path, error: OSError) -> InputError:
    reason = error.strerror or str(error)
    return InputError(
        f"{path}: cannot be written ({reason}); choose another folder, with hydra.run.dir=<folder> "
        "on the command line."
    )


def _plain(name: str, value: Any) -> bool | int | float | str | None:
    """A value as JSON knows it."""
    if isinstance(value, str | bool | int | None):
        return value
    if np.ndim(value) != 0 or isinstance(value, Mapping):
        raise TypeError(f"summary entry {name!r} is not a single value")
    single = np.asarray(value)
    if single.dtype == bool:
        return bool(single)
    if np.issubdtype(single.dtype, np.integer):
        return int(single)
    return float(single) if math.isfinite(float(single)) else None


def _series(path: Path) -> list[tuple[float, str]]:
    """Times and file names of a `.pvd`; none if it is not there."""
    if not path.is_file():
        return []
    try:
        entries = ElementTree.parse(path).iter("DataSet")
        return [(float(entry.attrib["timestep"]), entry.attrib["file"]) for entry in entries]
    except (ElementTree.ParseError, KeyError, ValueError) as error:
        raise InputError(f"{path}: not a series of fields ({error}); run again.") from error


def _signals(path: Path) -> dict[str, Float[np.ndarray, " steps"]]:
    """Columns of `signals.csv` by name; none if it is not there."""
    if not path.is_file():
        return {}
    with path.open(newline="", encoding="utf-8") as file:
        header, *rows = [*csv.reader(file)] or [[]]
    try:
        values = np.array([[float(cell) for cell in row] for row in rows]).reshape(-1, len(header))
    except ValueError as error:
        raise InputError(f"{path}: not a table of numbers ({error}); run again.") from error
    return dict(zip(header, values.T, strict=True))


def _parsed(path: Path, parse: Callable[[str], Any]) -> dict[str, Any]:
    """A mapping from a text file; empty if the file is not there."""
    if not path.is_file():
        return {}
    try:
        return dict(parse(path.read_text(encoding="utf-8")) or {})
    except (ValueError, TypeError, yaml.YAMLError) as error:
        reason = re.sub(r"\s+", " ", str(error))
        raise InputError(f"{path}: cannot be read ({reason}); run again.") from error
