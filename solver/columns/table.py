"""Two columns of a CSV file with a header line, times and values: traces that somebody recorded.

The file is comma, semicolon or tab separated. A header may name a unit of time: `time (min)`,
`time_h`; seconds otherwise. The first row is at t = 0.
"""

import csv
import math
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from meshes.errors import InputError

TIME_NAMES = ("time", "t", "seconds", "timestamp", "timestamps")
MISSING = ("", "nan", "na", "n/a", "null")
SECONDS_PER = {"s": 1.0, "sec": 1.0, "ms": 1e-3, "min": 60.0, "h": 3600.0}


@dataclass(frozen=True, eq=False)
class Columns:
    """What two columns hold.

    Attributes:
        times: s, strictly increasing; 0 at the first row, even if that has no value.
        values: in the unit of the file.
        name: header of the values, or name of their series.
        unit: of the values, where the file states it apart from the header.
        notes: what was changed on reading.
    """

    times: Float[np.ndarray, " samples"]
    values: Float[np.ndarray, " samples"]
    name: str
    unit: str = ""
    notes: tuple[str, ...] = ()


def read_columns(
    path: str | Path,
    usual: tuple[str, ...],
    *,
    time_column: str | None = None,
    value_column: str | None = None,
    holes: bool = False,
) -> Columns:
    """Read times and values from a CSV file.

    Args:
        path: the file.
        usual: bare names among which the value column is found.
        time_column: header of the time column; otherwise found among the usual names (time, t).
        value_column: header of the value column.
        holes: leave rows out in which the value is empty or nan.

    Raises:
        InputError: for a missing file or column, fewer than two rows, a cell that is not a finite
            number, or time that repeats or runs backwards.
    """
    path = Path(path)
    header, rows = _table(path)
    time_at = _column(path, header, time_column, TIME_NAMES, "time_column")
    value_at = _column(path, header, value_column, usual, "value_column")
    if time_at == value_at:
        raise InputError(f"{path}: column {header[time_at]!r} serves as time and value; name two.")
    origin = _number(path, *rows[0], time_at, header) if rows else 0.0
    if holes:
        rows = [(line, row) for line, row in rows if not _missing(row, value_at)]
    times = np.array([_number(path, line, row, time_at, header) for line, row in rows])
    values = np.array([_number(path, line, row, value_at, header) for line, row in rows])
    check_order(str(path), times, np.array([line for line, _ in rows]), "line")
    seconds = (times - origin) * SECONDS_PER[_unit(header[time_at])]
    return Columns(seconds, values, header[value_at])


def read_labels(
    path: str | Path,
    usual: tuple[str, ...],
    time_column: str | None = None,
    label_column: str | None = None,
) -> tuple[Float[np.ndarray, " rows"], list[str], list[int]]:
    """Read times and words from a CSV file: times (s from the first row), words, line numbers.

    Args:
        path: the file.
        usual: bare names among which the column of words is found.
        time_column, label_column: headers, otherwise found by their names.

    Raises:
        InputError: as `read_columns`.
    """
    path = Path(path)
    header, rows = _table(path)
    time_at = _column(path, header, time_column, TIME_NAMES, "time_column")
    label_at = _column(path, header, label_column, usual, "state_column")
    times = np.array([_number(path, line, row, time_at, header) for line, row in rows])
    lines = [line for line, _ in rows]
    check_order(str(path), times, np.array(lines), "line")
    words = [row[label_at] if label_at < len(row) else "" for _, row in rows]
    return (times - times[0]) * SECONDS_PER[_unit(header[time_at])], words, lines


def check_order(
    place: str, times: Float[np.ndarray, " samples"], lines: Int[np.ndarray, " samples"], word: str
) -> None:
    """Refuse a trace of fewer than two samples, or whose times do not grow.

    Args:
        place: file, and what of it.
        times: in the unit of the file.
        lines: where each sample stands there, and by which `word` the place is called.
    """
    if len(times) < 2:
        raise InputError(
            f"{place}: {len(times)} rows of data; a trace needs at least two, so give a longer one."
        )
    stuck = np.flatnonzero(np.diff(times) <= 0)
    if len(stuck):
        after = stuck[0] + 1
        raise InputError(
            f"{place}, {word} {lines[after]}: time {times[after]:g} does not come after "
            f"{times[after - 1]:g}; sort the rows by time and keep one row per time."
        )


def bare(name: str) -> str:
    """A header in small letters without its unit: `Time (min)` gives `time`."""
    return _split(name)[0]


def _unit(name: str) -> str:
    return _split(name)[1]


def _split(name: str) -> tuple[str, str]:
    """A header as (bare name, unit of time): `time (min)` and `time_min` give (time, min)."""
    units = "|".join(SECONDS_PER)
    found = re.fullmatch(
        rf"(.*?)[ _]*(?:[\[(]\s*({units})\s*[\])]|(?<=[ _])({units}))", name.lower()
    )
    stem, unit = (found[1], found[2] or found[3]) if found else (name.lower(), "s")
    stem = re.sub(r"[\[(].*", "", stem)
    return re.sub(r"[^a-zδ]", "", stem).replace("δ", "delta"), unit


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
    found = [header.index(name) for name in header if bare(name) in usual]
    if not found:
        raise InputError(
            f"{path}, line 1: none of the columns {', '.join(header)} is named like "
            f"{', '.join(usual[:4])}; say which one to use with {option}."
        )
    return found[0]


def _missing(row: list[str], column: int) -> bool:
    """Whether a cell is empty or says that there is no number."""
    return (row[column].strip().lower() if column < len(row) else "") in MISSING


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
