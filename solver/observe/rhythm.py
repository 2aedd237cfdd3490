"""Rhythm: what a periodic run says, from its series in time.

`lag` finds the shift `l` in `b(t) ~ +-a(t - l)` from the Pearson correlation

    r(l) = corr(a(t), b(t + l)),   |l| <= period / 4,

over whole periods of `a`; a window half a period wide holds every phase once, with its sign: blood
and CSF volume in antiphase are `r = -1` at `l = 0`, not `r = 1` half a period later. The exchange
volume is `(1/2) int |Q| dt` over a cycle: what goes in and comes out again.

Units: seconds in, the unit of the series out. Series shorter than what is asked of them give NaN.
"""

import math
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy import integrate, signal

Series = Float[np.ndarray, " times"]


class Lag(NamedTuple):
    """How one series follows another.

    Attributes:
        seconds: positive if the second series comes later, s.
        correlation: Pearson correlation at that lag; its sign says in phase or in antiphase.
    """

    seconds: float
    correlation: float


def correlation(a: Series, b: Series) -> float:
    """Pearson correlation of two series sampled together (1); NaN if either is constant."""
    a, b = np.asarray(a) - np.mean(a), np.asarray(b) - np.mean(b)
    size = math.sqrt(float(a @ a) * float(b @ b))
    return float(a @ b) / size if size > 0 else math.nan


def dominant_period(times: Series, values: Series) -> float:
    """Period (s) of the strongest oscillation, from the peak of the windowed spectrum."""
    times, values = uniform(times, values)
    length = 8 * len(values)  # zero padding: the peak is found to a fraction of a line
    power = np.abs(np.fft.rfft(signal.detrend(values) * np.hanning(len(values)), length)) ** 2
    peak = int(np.argmax(power[1:-1])) + 1
    if not power[peak] > 0:
        return math.nan
    place = peak + _vertex(*np.log(power[peak - 1 : peak + 2] + np.finfo(float).tiny))
    return length * (times[1] - times[0]) / place


def lag(times: Series, a: Series, b: Series, *, period: float | None = None) -> Lag:
    """Lag of `b` after `a` at the largest absolute correlation within half a period.

    Args:
        times: s, increasing, not necessarily even.
        a: the earlier series.
        b: the later series.
        period: s; by default the dominant period of `a`.

    Returns:
        Lag between -period/4 and period/4, to a fraction of a sample, and the correlation there;
        NaN for a record shorter than a period and a half or for a constant series.
    """
    period = dominant_period(*uniform(times, a)) if period is None else period
    if not math.isfinite(period):
        return Lag(math.nan, math.nan)
    return _largest(times, a, b, 0.25 * period, period, sign=0, inside=False)


def lag_within(times: Series, a: Series, b: Series, reach: float, *, sign: int = 0) -> Lag:
    """Lag of `b` after `a` at the largest correlation within +-`reach` s, of series of any kind.

    Args:
        times: s, increasing, not necessarily even.
        a: the earlier series.
        b: the later series.
        reach: s; of periodic series less than half a period, or a neighbouring cycle may win.
        sign: +1 or -1 for correlations of that sign alone, 0 for either.

    Returns:
        As `lag`; NaN if the record is shorter than three times the reach, or if the correlation is
        largest at the end of the reach, where nobody knows how it goes on.
    """
    return _largest(times, a, b, reach, None, sign=sign, inside=True)


def _largest(
    times: Series, a: Series, b: Series, reach: float, period: float | None, sign: int, inside: bool
) -> Lag:
    """The largest correlation of the middle of `a` with `b` shifted by up to `reach` (s).

    The middle holds whole periods; without a period, all that the shifts leave.
    """
    even, a = uniform(times, a)
    _, b = uniform(times, b)
    spacing = even[1] - even[0]
    far = math.ceil(reach / spacing) + 1
    width = len(a) - 2 * far
    if period is not None:
        cycles = math.floor((len(a) - 1 - 2 * far) * spacing / period)
        width = round(cycles * period / spacing)
    elif width < far:
        width = 0
    if width < 1 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return Lag(math.nan, math.nan)
    start = (len(a) - width) // 2
    window = a[start : start + width]
    shifts = np.arange(-far, far + 1)
    found = np.array([correlation(window, b[start + k : start + k + width]) for k in shifts])
    size = sign * found if sign else np.abs(found)
    best = int(np.argmax(size[1:-1])) + 1
    if inside and not size[best] >= max(size[best - 1], size[best + 1]):
        return Lag(math.nan, math.nan)
    offset = _vertex(*(math.copysign(1.0, found[best]) * found[best - 1 : best + 2]))
    left, middle, right = found[best - 1 : best + 2]
    return Lag(
        float((shifts[best] + offset) * spacing),
        float(middle + 0.25 * (right - left) * offset),
    )


def last_cycles(times: Series, values: Series, period: float) -> tuple[Series, Series]:
    """The last whole number of cycles of a series; empty if it holds less than one.

    The first sample is interpolated to where the first of those cycles begins.
    """
    times, values = np.asarray(times, dtype=float), np.asarray(values, dtype=float)
    cycles = math.floor((times[-1] - times[0]) / period * (1 + 1e-9))
    if cycles < 1:
        return times[:0], values[:0]
    start = max(times[-1] - cycles * period, times[0])
    inside = times > start
    first = np.interp(start, times, values)
    return np.concatenate([[start], times[inside]]), np.concatenate([[first], values[inside]])


def without_trend(times: Series, values: Series, period: float) -> tuple[Series, Series]:
    """A series less its running mean over one period: drift goes, the oscillation stays.

    Half a period is lost at either end; empty where nothing is left.
    """
    times, values = uniform(times, values)
    inside = (times - 0.5 * period >= times[0]) & (times + 0.5 * period <= times[-1] * (1 + 1e-12))
    total = integrate.cumulative_trapezoid(values, times, initial=0.0)
    ahead, behind = (np.interp(times[inside] + h * period, times, total) for h in (0.5, -0.5))
    return times[inside], values[inside] - (ahead - behind) / period


def mean_over_cycles(times: Series, values: Series, period: float) -> float:
    """Time mean over the last whole cycles, in the unit of the series: the net part of a flow."""
    times, values = last_cycles(times, values, period)
    if not len(times):
        return math.nan
    return float(np.trapezoid(values, times) / (times[-1] - times[0]))


def amplitude(times: Series, values: Series, period: float) -> float:
    """Amplitude of the component at `period` (s) over the last whole cycles, unit of the series."""
    times, values = last_cycles(times, values, period)
    if not len(times):
        return math.nan
    turn = np.exp(-2j * np.pi * times / period)
    level = np.trapezoid(values, times) / (times[-1] - times[0])
    return float(2 * abs(np.trapezoid((values - level) * turn, times)) / (times[-1] - times[0]))


def exchange_volume_per_cycle(times: Series, flow: Series, period: float) -> float:
    """Volume that goes in and out per cycle, m3 for a flow in m3/s: `(1/2) int |Q| dt`.

    The flow is taken as linear between samples, its changes of sign included, over the last whole
    cycles.
    """
    times, flow = last_cycles(times, flow, period)
    if not len(times):
        return math.nan
    before, after = np.abs(flow[:-1]), np.abs(flow[1:])
    both = before + after
    crossing = np.sign(flow[:-1]) * np.sign(flow[1:]) < 0
    triangles = (before**2 + after**2) / np.where(both > 0, both, 1.0)
    moved = 0.5 * np.sum(np.where(crossing, triangles, both) * np.diff(times))
    return float(0.5 * moved * period / (times[-1] - times[0]))


def uniform(times: Series, values: Series) -> tuple[Series, Series]:
    """The series on an even grid with as many samples."""
    times = np.asarray(times, dtype=float)
    even = np.linspace(times[0], times[-1], len(times))
    return even, np.interp(even, times, np.asarray(values, dtype=float))


def _vertex(left: float, middle: float, right: float) -> float:
    """Offset, in samples, of the top of the parabola through three even samples."""
    curvature = left - 2 * middle + right
    return 0.5 * (left - right) / curvature if curvature < 0 else 0.0
