"""Reading a recorded norepinephrine trace: from a file to `n = (NE - NE0) / NE0`.

Units: seconds; `n` is dimensionless. A series that already is a relative change (dF/F) is taken as
`n = value - NE0`, without division. `NE0` is the mean of the trace, a number, or what the trace
does slowly (bleaching): a line or a moving median.
"""

import warnings
from pathlib import Path
from typing import Literal

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from meshes.errors import InputError
from solver.columns import Columns, Gaps, Trend, bare, read_series, trend
from solver.signal.recorded import Recorded

OURS = "norepinephrinerelative"  # the column of our own signals.csv, a fraction for certain
RELATIVE_NAMES = ("dff", "deltaff", "dfoverf", "deltafoverf", OURS, "n")  # (NE - NE0) / NE0
VALUE_NAMES = ("norepinephrine", "ne", "value", *RELATIVE_NAMES)
PERCENT = ("%", "percent")

Units = Literal["absolute", "fraction", "percent"]


def read_trace(
    path: str | Path,
    *,
    time_column: str | None = None,
    value_column: str | None = None,
    series: str | None = None,
    channel: int | None = None,
    units: Units | None = None,
    baseline: float | Literal["mean"] = "mean",
    detrend: Trend = "none",
    window: float = 300.0,
    gaps: Gaps = "refuse",
    longest_gap: float = 0.0,
    resample: float | None = None,
    start: float = 0.0,
    onset: float = 5.0,
    state: str = "nrem",
    extend: Literal["refuse", "hold"] = "refuse",
) -> Recorded:
    """Read a norepinephrine trace from a CSV file with a header line, or from an NWB file.

    Args:
        path: the file; comma, semicolon or tab separated, or NWB (.nwb, .h5, .hdf5).
        time_column: header of the time column; otherwise found among the usual names (time, t). A
            unit in the header is read: `time (min)`, `time_h`; seconds otherwise.
        value_column: header of the value column; otherwise found among the usual names (NE,
            norepinephrine, value, dF/F).
        series, channel: of an NWB file: name or path of the series, and its column from 0.
        units: absolute (of any unit; divided by the baseline), fraction or percent (relative
            changes already). Null: a name or unit with a percent sign means percent, a name like
            dF/F means relative, and values that look otherwise are refused.
        baseline: NE0 in the file's own unit, or "mean" for the time average of the trace.
        detrend: none; linear or median take the line or the moving median as baseline instead.
        window: s, of the moving median; longer than what is to be seen.
        gaps, longest_gap, resample: see `solver.columns.read_series`.
        start: s after the first sample, at which the run begins.
        onset: s, see `Recorded`; `state` and `extend` likewise.

    Returns:
        The trace, `start` at t = 0.

    Raises:
        InputError: for a missing file, column or series, fewer than two rows, a value that is not
            finite, a gap, time that repeats or runs backwards, values that contradict their unit,
            or a baseline that is not positive.
    """
    path = Path(path)
    found = read_series(
        path,
        VALUE_NAMES,
        time_column=time_column,
        value_column=value_column,
        series=series,
        channel=channel,
        gaps=gaps,
        longest_gap=longest_gap,
        resample=resample,
    )
    for note in found.notes:
        warnings.warn(note, stacklevel=2)
    level = _baseline(path, found, baseline, detrend, window)
    values = _relative(path, found, level, units)
    if not 0 <= start < found.times[-1]:
        raise InputError(
            f"{path}: start is {start:g} s; give a time within the {found.times[-1]:.6g} s that "
            "the trace lasts."
        )
    return Recorded(jnp.asarray(found.times - start), jnp.asarray(values), onset, state, extend)


def _baseline(
    path: Path, found: Columns, baseline: float | Literal["mean"], detrend: Trend, window: float
) -> Float[np.ndarray, " samples"]:
    """NE0 at every sample, in the unit of the file."""
    if baseline == "mean":
        return trend(found.times, found.values, detrend, window)
    if isinstance(baseline, bool) or not isinstance(baseline, float | int):
        level = float("nan")
    else:
        level = float(baseline)
    if not np.isfinite(level):
        raise InputError(f"{path}: baseline is {baseline!r}; give 'mean' or a finite number.")
    if detrend != "none":
        raise InputError(
            f"{path}: detrend={detrend} takes its own baseline; leave baseline=mean, or give "
            "detrend=none."
        )
    return np.full_like(found.values, level)


def _relative(
    path: Path, found: Columns, level: Float[np.ndarray, " samples"], units: Units | None
) -> Float[np.ndarray, " samples"]:
    """The values as a relative change of norepinephrine."""
    if units not in (None, "absolute", "fraction", "percent"):
        raise InputError(f"{path}: units is {units!r}; give absolute, fraction or percent.")
    name, place = bare(found.name), f"{path}, {found.name!r}"
    change = found.values - level
    percent = "%" in found.name or found.unit.strip().lower() in PERCENT
    if units == "absolute" or (units is None and not percent and name not in RELATIVE_NAMES):
        if level.min() <= 0:
            raise InputError(
                f"{place}: the baseline is {level.min():g}, and a relative change needs a positive "
                "one; give baseline=<number>, or units=fraction or units=percent if the values are "
                "relative changes."
            )
        return change / level
    size = float(np.abs(change).max())
    if units is None and not percent and size > 1.0 and name != OURS:
        raise InputError(
            f"{place}: changes by {size:.3g}, which as a fraction is {size:.0%}; give "
            "units=percent if these are percent, units=fraction if they are not."
        )
    if units is None and percent and 0.0 < size < 1.0:
        raise InputError(
            f"{place}: is said to be in percent and changes by no more than {size:.3g} %; give "
            "units=percent if so, units=fraction if these are fractions."
        )
    return change * (0.01 if units == "percent" or (units is None and percent) else 1.0)
