"""Reading a recorded diameter or radius: from a file to the ratio to rest.

Units: seconds; the ratio is dimensionless, so that a length may be in any unit. Rest is the mean or
the median of the trace, a number, or what the trace does slowly. A series that already is a
relative change (dD/D) is taken as `1 + value - rest`.
"""

import math
import warnings
from pathlib import Path
from typing import Literal

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from meshes.errors import InputError
from solver.columns import Columns, Gaps, Trend, bare, read_series, trend
from solver.wall.recorded import Extend, Recorded

Baseline = float | Literal["mean", "median"]
Units = Literal["absolute", "fraction", "percent"]

STEMS = ("diameter", "radius", "lumen", "lumendiameter", "lumenradius", "meanradius", "value")
LENGTHS = ("um", "m", "mm", "nm", "micron", "microns", "px", "pixel", "pixels")
RELATIVE_NAMES = (  # (D - D0) / D0, as headers are once only their letters are left
    *("ddd", "deltadd", "drr", "deltarr"),
    *("diameterchange", "radiuschange", "relativediameter", "relativeradius"),
)
VALUE_NAMES = (*STEMS, *RELATIVE_NAMES, *(stem + unit for stem in STEMS for unit in LENGTHS))


def read_diameter(
    path: str | Path,
    *,
    time_column: str | None = None,
    value_column: str | None = None,
    series: str | None = None,
    channel: int | None = None,
    units: Units | None = None,
    baseline: Baseline = "mean",
    detrend: Trend = "none",
    window: float = 300.0,
    gaps: Gaps = "refuse",
    longest_gap: float = 0.0,
    resample: float | None = None,
    speed: float = math.inf,
    origin: float = 0.0,
    extend: Extend = "refuse",
) -> Recorded:
    """Read a diameter or radius from a CSV file with a header line, or from an NWB file.

    Args:
        path: the file; comma, semicolon or tab separated, or NWB (.nwb, .h5, .hdf5).
        time_column: header of the time column; otherwise found among the usual names (time, t). A
            unit in the header is read: `time (min)`, `time_h`; seconds otherwise.
        value_column: header of the value column; otherwise found among the usual names (diameter,
            radius, lumen, dD/D), with or without a unit of length.
        series, channel: of an NWB file: name or path of the series, and its column from 0.
        units: absolute (a length in any unit), fraction or percent (relative changes already).
            Null: told by the name, and values that look otherwise are refused.
        baseline: what is rest: "mean" over time, "median" of the samples, or a number in the
            file's own unit.
        detrend: none; linear or median take the line or the moving median for rest instead.
        window: s, of the moving median; longer than what is to be seen.
        gaps, longest_gap, resample: see `solver.columns.read_series`.
        speed, origin, extend: see `Recorded`.

    Returns:
        The wall, its first sample at t = 0.

    Raises:
        InputError: for what cannot be read, a gap, times that repeat or run backwards, values that
            contradict their unit, or a diameter at rest that is not positive.
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
    rest = _rest(path, found, baseline, detrend, window)
    ratio = _ratio(f"{path}, {found.name!r}", found, rest, units)
    return Recorded(jnp.asarray(found.times), jnp.asarray(ratio), speed, origin, extend)


def _rest(
    path: Path, found: Columns, baseline: Baseline, detrend: Trend, window: float
) -> Float[np.ndarray, " samples"]:
    """The diameter at rest at every sample, in the unit of the file."""
    if baseline == "mean":
        return trend(found.times, found.values, detrend, window)
    if detrend != "none":
        raise InputError(
            f"{path}: detrend={detrend} takes its own baseline; leave baseline=mean, or give "
            "detrend=none."
        )
    if baseline == "median":
        return np.full_like(found.values, np.median(found.values))
    number = isinstance(baseline, float | int) and not isinstance(baseline, bool)
    if not number or not math.isfinite(baseline):
        raise InputError(
            f"{path}: baseline is {baseline!r}; give 'mean', 'median' or a finite number."
        )
    return np.full_like(found.values, baseline)


def _ratio(
    place: str, found: Columns, rest: Float[np.ndarray, " samples"], units: Units | None
) -> Float[np.ndarray, " samples"]:
    """The values over those at rest."""
    if units not in (None, "absolute", "fraction", "percent"):
        raise InputError(f"{place}: units is {units!r}; give absolute, fraction or percent.")
    percent = "%" in found.name or found.unit.strip().lower() in ("%", "percent")
    told = units or (
        "percent" if percent else "fraction" if bare(found.name) in RELATIVE_NAMES else "absolute"
    )
    if told == "absolute":
        if rest.min() <= 0:
            raise InputError(
                f"{place}: the diameter at rest is {rest.min():g}; give a positive "
                "baseline=<number>, or units=fraction or units=percent for relative changes."
            )
        return found.values / rest
    change = found.values - rest
    size = float(np.abs(change).max())
    if told == "fraction" and size >= 1.0:
        raise InputError(
            f"{place}: changes by {size:.3g}, which as a fraction closes or doubles the lumen; "
            "give units=percent if these are percent, units=absolute if they are lengths."
        )
    return 1.0 + change * (0.01 if told == "percent" else 1.0)
