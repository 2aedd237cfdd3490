"""What every instrument saw, in a few numbers and in a line of words.

Of each column: its mean over the last whole cycles, the amplitude of its component at the period,
and how it follows norepinephrine. Amplitude and lag are of the series less its running mean over
one period, so that tracer that arrives all the time does not hide its oscillation; they need two
cycles, and two and a half. What a run cannot give is NaN.
"""

import math
from collections.abc import Iterable, Mapping

import numpy as np
from jaxtyping import Float

from solver.observe.rhythm import amplitude, lag, mean_over_cycles, without_trend
from solver.units import unit_of

Signals = Mapping[str, Float[np.ndarray, " times"]]

SIMULTANEOUS = 0.05  # s, a lag that no reader needs
SHOWN = {  # unit as a column's name has it, as shown, and its size
    "1": ("", 1.0),
    "m": ("um", 1e-6),
    "m_per_s": ("um/s", 1e-6),
    "m3": ("pL", 1e-15),
    "m3_per_s": ("pL/s", 1e-15),
    "s": ("s", 1.0),
}


def account(signals: Signals, columns: Iterable[str], period: float) -> dict[str, float]:
    """Numbers of some columns of the signals, SI, the unit in the name.

    Args:
        signals: columns by name, `time_s` and `norepinephrine_relative` among them.
        columns: those of an instrument.
        period: of the oscillation, s; NaN without one.
    """
    return {key: value for column in columns for key, value in _of_column(signals, column, period)}


def in_words(numbers: Mapping[str, float], columns: Iterable[str]) -> str:
    """What `account` found, in words; only the first column's rhythm."""
    parts = []
    for column in columns:
        quantity, suffix = unit_of(column)
        unit, size = SHOWN[suffix]
        mean, swing = (numbers[f"{quantity}_{word}_{suffix}"] for word in ("mean", "amplitude"))
        text = f"{quantity.partition('_')[2].replace('_', ' ')} {mean / size:.3g}"
        if math.isfinite(swing):
            text += f" +- {swing / size:.2g}"
        text += f" {unit}".rstrip()
        follows = numbers[f"{quantity}_correlation_with_norepinephrine_1"]
        if math.isfinite(follows):
            after = numbers[f"{quantity}_lag_to_norepinephrine_s"]
            when = f"{after:+.2g} s" if abs(after) >= SIMULTANEOUS else "at once"
            text += f" ({when}, {'with' if follows > 0 else 'against'} norepinephrine)"
        parts.append(text)
    return ", ".join(parts)


def _of_column(signals: Signals, column: str, period: float) -> list[tuple[str, float]]:
    quantity, suffix = unit_of(column)
    if not suffix:
        raise ValueError(f"column {column} does not end in a unit")
    times, values = signals["time_s"], signals[column]
    mean, swing, after, follows = float(np.mean(values)), math.nan, math.nan, math.nan
    if math.isfinite(period):
        mean = mean_over_cycles(times, values, period)
        late, free = without_trend(times, values, period)
        _, driver = without_trend(times, signals["norepinephrine_relative"], period)
        if len(late) > 1 and np.ptp(free) > 0:
            swing = amplitude(late, free, period)
            after, follows = lag(late, driver, free, period=period)
    return [
        (f"{quantity}_mean_{suffix}", mean),
        (f"{quantity}_amplitude_{suffix}", swing),
        (f"{quantity}_lag_to_norepinephrine_s", after),
        (f"{quantity}_correlation_with_norepinephrine_1", follows),
    ]
