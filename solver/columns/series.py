"""Traces made ready: gaps refused or filled, sampled anew without aliasing, their slow trend.

A gap is a pause longer than `PAUSE` usual (median) intervals between samples. Nothing is filled
unless asked for, and what was filled is told in the notes of what is read.
"""

import dataclasses
import math
from fractions import Fraction
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Float
from scipy import ndimage, signal

from meshes.errors import InputError
from solver.columns.nwb import SUFFIXES, read_nwb
from solver.columns.table import Columns, check_order, read_columns

PAUSE = 3.0  # usual intervals; a pause of one or two lost samples is no gap [choice]
UNEVEN = 0.01  # of the usual interval, by which intervals of an even trace may differ [choice]

Gaps = Literal["refuse", "interpolate"]
Trend = Literal["none", "linear", "median"]


def read_series(
    path: str | Path,
    usual: tuple[str, ...],
    *,
    time_column: str | None = None,
    value_column: str | None = None,
    series: str | None = None,
    channel: int | None = None,
    gaps: Gaps = "refuse",
    longest_gap: float = 0.0,
    resample: float | None = None,
) -> Columns:
    """Read a trace from a CSV or an NWB file, its first sample at t = 0.

    Args:
        path: the file; NWB if its name ends in .nwb, .h5 or .hdf5, a table otherwise.
        usual: bare names among which the value column of a table is found.
        time_column, value_column: headers of a table, see `read_columns`.
        series, channel: of an NWB file, see `solver.columns.nwb.read_nwb`.
        gaps: whether pauses and values that are not finite are refused, or bridged by straight
            lines.
        longest_gap: s; a longer gap is refused all the same.
        resample: Hz; sampled anew at this rate, low-pass filtered before (no aliasing). Null
            leaves the samples as they are.

    Raises:
        InputError: for what cannot be read, and for gaps that may not be filled.
    """
    path = Path(path)
    if gaps not in ("refuse", "interpolate"):
        raise InputError(f"{path}: gaps is {gaps!r}; give refuse or interpolate.")
    holes = gaps == "interpolate"
    if path.suffix.lower() in SUFFIXES:
        found = _from_nwb(path, series, channel, holes)
    elif series is not None or channel is not None:
        raise InputError(
            f"{path}: series and channel are of NWB files; name the columns of a table with "
            "time_column and value_column."
        )
    else:
        found = read_columns(
            path, usual, time_column=time_column, value_column=value_column, holes=holes
        )
    found = _without_gaps(path, found, holes, longest_gap)
    return found if resample is None else _sampled_anew(path, found, resample)


def trend(
    times: Float[np.ndarray, " samples"],
    values: Float[np.ndarray, " samples"],
    kind: Trend,
    window: float,
) -> Float[np.ndarray, " samples"]:
    """What a trace does slowly: its mean over time, a straight line, or a moving median.

    Args:
        times: s; `values` at those times.
        kind: none for the mean, linear for the line of least squares, median for the median
            over a window that is cut at the ends of the trace by reflection.
        window: s, of the moving median.

    Raises:
        InputError: for another kind, a window that the trace cannot hold, or a moving median of
            samples that are not even.
    """
    if kind == "none":
        mean = float(np.trapezoid(values, times) / (times[-1] - times[0]))
        return np.full_like(values, mean)
    if kind == "linear":
        return np.polynomial.Polynomial.fit(times, values, 1)(times)
    if kind != "median":
        raise InputError(f"detrend is {kind!r}; give none, linear or median.")
    if not _even(times):
        raise InputError(
            "detrend=median needs even samples; add resample=<Hz>, which makes them so."
        )
    spacing = (times[-1] - times[0]) / (len(times) - 1)
    if not 2 * spacing <= window <= times[-1] - times[0]:
        raise InputError(
            f"window is {window:g} s; a moving median of samples every {spacing:g} s over "
            f"{times[-1] - times[0]:g} s needs one between {2 * spacing:g} s and the whole."
        )
    return ndimage.median_filter(values, size=2 * round(window / spacing / 2) + 1, mode="reflect")


def _from_nwb(path: Path, series: str | None, channel: int | None, holes: bool) -> Columns:
    """One series of an NWB file; samples that are not finite are left out if holes may be."""
    times, values, name, unit = read_nwb(path, series, channel)
    known = np.isfinite(values) & np.isfinite(times)
    if not holes and not known.all():
        at = int(np.flatnonzero(~known)[0])
        raise InputError(
            f"{path}, series {name}, sample {at}: {values[at]:g} at {times[at]:g} s is not "
            "finite; gaps=interpolate bridges what is missing."
        )
    times, values = times[known], values[known]
    check_order(f"{path}, series {name}", times, np.flatnonzero(known), "sample")
    return Columns(times - times[0], values, name, unit)


def _without_gaps(path: Path, found: Columns, holes: bool, longest: float) -> Columns:
    """The trace, its gaps noted; samples between which the trace is linear fill none."""
    intervals = np.diff(found.times)
    gaps = np.flatnonzero(intervals > PAUSE * np.median(intervals))
    if not len(gaps):
        return found
    worst = int(gaps[np.argmax(intervals[gaps])])
    length, where = intervals[worst], found.times[worst : worst + 2]
    if not holes or length > longest:
        raise InputError(
            f"{path}, {found.name!r}: nothing is recorded between {where[0]:g} and {where[1]:g} s "
            f"(samples come every {np.median(intervals):g} s); give a trace without the gap, or "
            f"gaps=interpolate longest_gap={length:.4g} for a straight line there."
        )
    note = (
        f"{path.name}: {len(gaps)} gaps, {intervals[gaps].sum():.4g} s of {found.times[-1]:.4g} s, "
        f"are bridged by straight lines, the longest ({length:.4g} s) from {where[0]:.4g} s"
    )
    return dataclasses.replace(found, notes=(*found.notes, note))


def _sampled_anew(path: Path, found: Columns, rate: float) -> Columns:
    """The trace at another rate (Hz), by the polyphase filter of scipy."""
    if not (isinstance(rate, float | int) and math.isfinite(rate) and rate > 0):
        raise InputError(f"{path}: resample is {rate!r} Hz; give a positive rate.")
    times, values = found.times, found.values
    spacing = float(np.median(np.diff(times)))
    if not _even(times):
        grid = np.arange(0.0, times[-1] + 0.5 * spacing, spacing)
        times, values = grid, np.interp(grid, times, values)
    else:
        spacing = times[-1] / (len(times) - 1)
    ratio = Fraction(rate * spacing).limit_denominator(10_000)
    if ratio == 0:
        raise InputError(
            f"{path}: resample is {rate:g} Hz, ten thousand times slower than the trace; give "
            "a higher rate."
        )
    anew = signal.resample_poly(values, ratio.numerator, ratio.denominator, padtype="line")
    at = np.arange(len(anew)) * spacing / float(ratio)
    kept = at <= times[-1]
    if kept.sum() < 2:
        raise InputError(f"{path}: resample is {rate:g} Hz, which leaves {kept.sum()} samples.")
    return dataclasses.replace(found, times=at[kept], values=anew[kept])


def _even(times: Float[np.ndarray, " samples"]) -> bool:
    """Whether samples come at one interval."""
    intervals = np.diff(times)
    usual = float(np.median(intervals))
    return bool(np.abs(intervals - usual).max() <= UNEVEN * usual)
