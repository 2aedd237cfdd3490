"""What somebody observed: a series of values at uneven times, and the column of a run that it saw.

Rows without a value are left out. A series may have an unknown scale and offset, as fluorescence
has, and an unknown noise; both are then found from the series itself.
"""

import math
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from meshes.errors import InputError
from solver.columns import Columns, read_columns, read_series
from solver.fit.several import owner
from solver.record import record, static

NAMES = ("value", "signal", "fluorescence", "dff", "deltaff", "concentration", "diameter", "radius")
TABLES = (".csv", ".tsv", ".txt")
BESIDE = 1e-9  # of the run, by which round-off may carry a sample beyond its end


@record
class Observed:
    """One series.

    Attributes:
        name: of the series, for people.
        sees: the column of `signals.csv` that it saw, as `tip_fluorescence_1`; of several animals
            with the name of its own in front, `m1.tip_fluorescence_1`.
        scaled: whether scale and offset are unknown; `known`: whether the noise is given.
        times: s, of the run; `values`: in the unit of the column, unless scaled.
        sigma: standard deviation of the noise of one value.
        together: series of one such name have one unknown noise, as regions of one image; empty:
            a noise of its own.
        places: of each value in the array that it saw, of an image; None of a column.
    """

    name: str = static()
    sees: str = static()
    scaled: bool = static()
    known: bool = static()
    times: Float[Array, " samples"]
    values: Float[Array, " samples"]
    sigma: Float[Array, ""]
    together: str = static(default="")
    places: Int[Array, " samples"] | None = None


def observed(
    name: str,
    sees: str,
    times: Any,
    values: Any,
    *,
    sigma: float | None = None,
    scaled: bool = False,
    together: str = "",
    places: Any = None,
) -> Observed:
    """A series from arrays; values that are not finite are left out.

    Args:
        sigma: of the noise; None: found from what the fit leaves.
        scaled: scale and offset are unknown.
        together: what series that share an unknown noise have in common.
        places: of each value, in an array.

    Raises:
        InputError: fewer than three values, values that are all the same, or a noise that is no
            positive number.
    """
    times, values = (np.asarray(each, dtype=float) for each in (times, values))
    there = np.isfinite(times) & np.isfinite(values)
    if there.sum() < 3:
        raise InputError(
            f"{name}: {int(there.sum())} of {values.size} values are numbers; a fit needs three or "
            "more, so name another column"
        )
    if sigma is not None and not (math.isfinite(sigma) and sigma > 0):
        raise InputError(f"{name}: sigma is {sigma}; give a positive number or null")
    spread = float(np.std(values[there]))
    if not spread > 0:
        raise InputError(f"{name}: all values are {values[there][0]:g}; name another column")
    return Observed(
        name,
        sees,
        scaled,
        sigma is not None,
        jnp.asarray(times[there]),
        jnp.asarray(values[there]),
        jnp.asarray(spread if sigma is None else sigma, float),
        together if sigma is None else "",
        None if places is None else jnp.asarray(np.asarray(places)[there]),
    )


def read_observed(
    path: str | Path,
    sees: str,
    *,
    time_column: str | None = None,
    value_column: str | None = None,
    series: str | None = None,
    channel: int | None = None,
    begins: float = 0.0,
    unit: float = 1.0,
    sigma: float | None = None,
    scaled: bool = False,
    together: str | None = None,
) -> Observed:
    """A series from a CSV or an NWB file.

    Args:
        time_column, value_column: headers of a table, found by the usual names without.
        series, channel: of an NWB file.
        begins: s, time in the run of the first sample.
        unit: SI value of one unit of the file; 1e-6 for micrometres.
        sigma: of the noise, in the unit of the file; None: found from what the fit leaves.
        scaled: scale and offset are unknown.
        together: what series that share an unknown noise have in common.

    Raises:
        InputError: for what cannot be read, and as `observed`.
    """
    path = Path(path)
    found = _read(path, time_column, value_column, series, channel)
    return observed(
        f"{path.name}, {found.name}",
        sees,
        begins + found.times,
        unit * found.values,
        sigma=None if sigma is None else unit * sigma,
        scaled=scaled,
        together=together or "",
    )


def noises(series: Sequence[Observed]) -> list[list[int]]:
    """Places of the series that share an unknown noise; each of the others is alone."""
    found: dict[str | int, list[int]] = {}
    for place, each in enumerate(series):
        found.setdefault(each.together or place, []).append(place)
    return list(found.values())


def check_seen(each: Observed, columns: Iterable[str], until: float) -> None:
    """Refuse a series that the run cannot predict.

    Args:
        columns: of the run, that of its own animal; `until`: its end, s.

    Raises:
        InputError: a column that there is not, or times outside the run.
    """
    columns, seen = sorted(set(columns) - {"time_s"}), owner(each.sees)[1]
    if seen not in columns:
        near = get_close_matches(seen, columns, n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(near)}?" if near else f"use one of {', '.join(columns)}"
        raise InputError(f"{each.name}: the run has no column {seen!r}; {hint}")
    first, last = float(each.times.min()), float(each.times.max())
    if first < 0 or last > until * (1.0 + BESIDE):
        raise InputError(
            f"{each.name}: observed from {first:g} to {last:g} s, simulated from 0 to {until:g} s; "
            "change run.until or data.begins"
        )


def _read(
    path: Path,
    time_column: str | None,
    value_column: str | None,
    series: str | None,
    channel: int | None,
) -> Columns:
    """Times and values, rows without a value left out; nothing is filled in."""
    if path.suffix.lower() in TABLES and series is None and channel is None:
        return read_columns(
            path, NAMES, time_column=time_column, value_column=value_column, holes=True
        )
    return read_series(
        path,
        NAMES,
        time_column=time_column,
        value_column=value_column,
        series=series,
        channel=channel,
        gaps="interpolate",
        longest_gap=math.inf,
    )
