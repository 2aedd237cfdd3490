"""Phase locking of two oscillations, and whether chance would lock them as well.

Both series are filtered to a band about the frequency (Butterworth, forward and backward, no
lag) and get a phase from the analytic signal; with d their difference,

    r = |mean exp(i d)|        (Lachaux 1999)

is 1 for a fixed difference. Filtering alone makes neighbouring samples agree, so chance is told by

    surrogates   of the second series, with its spectrum and random phases (Theiler 1992)
    rayleigh     the test of that name on one difference a cycle (Zar 1999): right for series that
                 forget their phase within a cycle, far too sure for steady oscillators

Two steady oscillators of one frequency keep their difference whether coupled or not: a series that
is one line in the spectrum locks no better than its surrogates. s and Hz.
"""

import math
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float
from scipy import signal

from solver.observe.rhythm import Series, uniform

SHARE = 0.5  # half width of the band over its frequency
CYCLES = 3  # fewest that can lock
EDGE = 1.0  # cycles left out at either end, where the filter begins


class Locking(NamedTuple):
    """How fast two phases keep together.

    Attributes:
        value: r, 0 to 1; NaN if the record cannot say.
        lag: s, of the second series after the first, between minus and plus half a cycle.
        chance: probability of so large an r without locking.
        cycles: that were compared.
        reason: why there is no value.
    """

    value: float
    lag: float
    chance: float
    cycles: int
    reason: str = ""


def phase_locking(
    times: Series,
    a: Series,
    b: Series,
    frequency: float,
    *,
    test: Literal["surrogates", "rayleigh"] = "surrogates",
    surrogates: int = 200,
    seed: int = 0,
) -> Locking:
    """Phase locking of two series at a frequency.

    Args:
        times: s, increasing, not necessarily even.
        a: one series.
        b: the other.
        frequency: Hz; the band is half of it to one and a half.
        test: of significance.
        surrogates: how many.
        seed: of their phases.
    """
    even, a = uniform(times, a)
    _, b = uniform(times, b)
    rate = 1.0 / (even[1] - even[0])
    cycles = math.floor((len(a) - 1) / rate * frequency * (1 + 1e-9) - 2 * EDGE)
    if cycles < CYCLES:
        return _none(f"the record holds {max(cycles, 0)} whole cycles inside; {CYCLES} are needed")
    if (1 + SHARE) * frequency >= 0.5 * rate:
        return _none(f"samples {1 / rate:g} s apart do not hold the band about {frequency:g} Hz")
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return _none("one of the series is constant")
    first, second = (_phase(series, frequency, rate) for series in (a, b))
    turn = np.exp(1j * (first - second))
    value, angle = abs(turn.mean()), float(np.angle(turn.mean()))
    if test == "rayleigh":
        chance = _rayleigh(turn[:: max(round(rate / frequency), 1)][:cycles])
    else:
        random = np.random.default_rng(seed)
        fakes = (_phase(_surrogate(b, random), frequency, rate) for _ in range(surrogates))
        above = sum(abs(np.exp(1j * (first - fake)).mean()) >= value - 1e-9 for fake in fakes)
        chance = float(1 + above) / (1 + surrogates)
    return Locking(float(value), angle / (2.0 * math.pi * frequency), chance, cycles)


def _phase(series: Series, frequency: float, rate: float) -> Float[np.ndarray, " inner"]:
    """Phase of a series in the band, rad, without the cycles at its ends."""
    band = [(1 - SHARE) * frequency, (1 + SHARE) * frequency]
    filtered = signal.sosfiltfilt(
        signal.butter(2, band, "bandpass", fs=rate, output="sos"), signal.detrend(series)
    )
    edge = round(EDGE * rate / frequency)
    return np.angle(signal.hilbert(filtered))[edge : len(series) - edge]


def _surrogate(series: Series, random: np.random.Generator) -> Series:
    """A series of the same spectrum with random phases."""
    lines = np.fft.rfft(signal.detrend(series))
    turned = np.abs(lines) * np.exp(2j * np.pi * random.random(len(lines)))
    return np.fft.irfft(turned, len(series))


def _rayleigh(turn: np.ndarray) -> float:
    """Probability of so uneven a set of independent directions (Zar 1999, eq. 27.4)."""
    count = len(turn)
    resultant = abs(turn.sum())
    return math.exp(math.sqrt(1 + 4 * count + 4 * (count**2 - resultant**2)) - (1 + 2 * count))


def _none(reason: str) -> Locking:
    return Locking(math.nan, math.nan, math.nan, 0, reason)
