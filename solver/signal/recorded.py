"""A recorded norepinephrine trace: `n = (NE - NE0) / NE0`, linear between samples.

The trace is held at its ends. Units: seconds; `n` is dimensionless. A column that already is a
relative change (dF/F) is taken as `n = value - NE0`, without division. The onset of
`solver.signal.onset` multiplies the trace so that the motion starts from rest.
"""

import csv
import math
import re
from pathlib import Path
from typing import Literal

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from meshes.errors import InputError
from solver.record import record
from solver.signal.onset import rise

TIME_NAMES = ("time", "t", "seconds", "timestamp", "timestamps")
VALUE_NAMES = ("norepinephrine", "ne", "value", "dff", "deltaff", "norepinephrinerelative", "n")
RELATIVE_NAMES = ("dff", "deltaff", "norepinephrinerelative", "n")  # already (NE - NE0) / NE0
SECONDS_PER = {"s": 1.0, "sec": 1.0, "ms": 1e-3, "min": 60.0, "h": 3600.0}


@record
class Recorded:
    """A norepinephrine trace given by samples.

    Attributes:
        times: s, strictly increasing; the run starts at 0.
        values: the relative change `n` at those times (1).
        onset: s over which the trace fades in after t = 0; 0 uses it as it is, also before t = 0.
    """

    times: Float[Array, " samples"]
    values: Float[Array, " samples"]
    onset: float | Float[Array, ""] = 5.0

    def __call__(self, time: Float[Array, "*t"]) -> Float[Array, "*t"]:
        """The relative change of norepinephrine at `time` (s)."""
        return rise(time, self.onset) * jnp.interp(time, self.times, self.values)


def read_trace(
    path: str | Path,
    *,
    time_column: str | None = None,
    value_column: str | None = None,
    baseline: float | Literal["mean"] = "mean",
    onset: float = 5.0,
) -> Recorded:
    """Read a norepinephrine trace from a CSV file with a header line.

    Args:
        path: the file; comma, semicolon or tab separated.
        time_column: header of the time column; otherwise found among the usual names (time, t). A
            unit in the header is read: `time (min)`, `time_h`; seconds otherwise.
        value_column: header of the value column; otherwise found among the usual names (NE,
            norepinephrine, value, dF/F). A header dF/F means that the values are relative changes
            already; with a percent sign in it they are divided by 100.
        baseline: NE0 in the file's own unit, or "mean" for the time average of the trace.
        onset: s, see `Recorded`.

    Returns:
        The trace, its first row at t = 0.

    Raises:
        InputError: for a missing file or column, fewer than two rows, a cell that is not a finite
            number, time that repeats or runs backwards, or a baseline of zero.
    """
    path = Path(path)
    header, rows = _table(path)
    time_at = _column(path, header, time_column, TIME_NAMES, "time_column")
    value_at = _column(path, header, value_column, VALUE_NAMES, "value_column")
    if time_at == value_at:
        raise InputError(f"{path}: column {header[time_at]!r} serves as time and value; name two.")
    times = np.array([_number(path, line, row, time_at, header) for line, row in rows])
    values = np.array([_number(path, line, row, value_at, header) for line, row in rows])
    if len(times) < 2:
        raise InputError(
            f"{path}: {len(times)} rows of data; a trace needs at least two, so give a longer one."
        )
    stuck = np.flatnonzero(np.diff(times) <= 0)
    if len(stuck):
        line = rows[stuck[0] + 1][0]
        raise InputError(
            f"{path}, line {line}: time {times[stuck[0] + 1]:g} does not come after "
            f"{times[stuck[0]]:g}; sort the rows by time and keep one row per time."
        )
    seconds = (times - times[0]) * SECONDS_PER[_unit(header[time_at])]
    return Recorded(
        jnp.asarray(seconds),
        jnp.asarray(_relative(path, seconds, values, header[value_at], baseline)),
        onset,
    )


def _relative(
    path: Path,
    seconds: Float[np.ndarray, " samples"],
    values: Float[np.ndarray, " samples"],
    name: str,
    baseline: float | Literal["mean"],
) -> Float[np.ndarray, " samples"]:
    """The values as a relative change of norepinephrine."""
    if baseline == "mean":
        level = float(np.trapezoid(values, seconds) / (seconds[-1] - seconds[0]))
    else:
        try:
            level = float(baseline)
        except (TypeError, ValueError):
            level = math.nan
    if not math.isfinite(level):
        raise InputError(f"{path}: baseline is {baseline!r}; give 'mean' or a finite number.")
    if _bare(name) in RELATIVE_NAMES:
        return (values - level) * (0.01 if "%" in name else 1.0)
    if level <= 0:
        raise InputError(
            f"{path}, column {name!r}: the baseline is {level:g}, and a relative change needs a "
            "positive one; give baseline=<number>, or name the column dF/F if it is relative."
        )
    return (values - level) / level


def _table(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Header and (line number, cells) of every row that is not blank."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file; give the path of a CSV trace.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as a text file; give a CSV trace.") from error
    lines = text.splitlines()
    first = lines[0] if lines else ""
    separator = max(",;\t", key=first.count)
    reader = csv.reader(lines, delimiter=separator)
    rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    if not rows:
        raise InputError(f"{path}: the file is empty; give a header line and rows of numbers.")
    return [cell.strip() for cell in rows[0][1]], rows[1:]


def _split(name: str) -> tuple[str, str]:
    """A header as (bare name, unit of time): `time (min)` and `time_min` give (time, min)."""
    units = "|".join(SECONDS_PER)
    found = re.fullmatch(
        rf"(.*?)[ _]*(?:[\[(]\s*({units})\s*[\])]|(?<=[ _])({units}))", name.lower()
    )
    stem, unit = (found[1], found[2] or found[3]) if found else (name.lower(), "s")
    return re.sub(r"[^a-zδ]", "", stem).replace("δ", "delta"), unit


def _bare(name: str) -> str:
    return _split(name)[0]


def _unit(name: str) -> str:
    return _split(name)[1]


def _column(
    path: Path, header: list[str], wanted: str | None, usual: tuple[str, ...], option: str
) -> int:
    """Index of the column asked for, or of the first whose header is a usual name."""
    if wanted is not None:
        if wanted in header:
            return header.index(wanted)
        raise InputError(
            f"{path}, line 1: no column {wanted!r}; the columns are {', '.join(header)}."
        )
    found = [header.index(name) for name in header if _bare(name) in usual]
    if not found:
        raise InputError(
            f"{path}, line 1: none of the columns {', '.join(header)} is named like "
            f"{', '.join(usual[:4])}; say which one to use with {option}."
        )
    return found[0]


def _number(path: Path, line: int, row: list[str], column: int, header: list[str]) -> float:
    """One cell as a finite number."""
    cell = row[column].strip() if column < len(row) else ""
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(
            f"{path}, line {line}, column {header[column]!r}: {cell!r} is not a finite number; "
            "fill the gap or delete the row."
        )
    return value
