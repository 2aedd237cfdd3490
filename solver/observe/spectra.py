"""Spectra of a record, with the resolution that they have.

One-sided densities (unit of the series squared per Hz), trend removed, by scipy.signal:

    periodogram   one Hann window over the record; resolution 1.5 / T, no averaging
    welch         Hann windows half overlapping (Welch 1967); resolution 1.5 / window
    multitaper    2 NW - 1 Slepian windows over the record (Thomson 1982); resolution 2 NW / T

A sinusoid of amplitude A has the power A^2 / 2 in any band that holds it and is as wide as the
resolution. Coherence needs averages: of one window it is 1 whatever the series. s and Hz.
"""

import math
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float
from scipy import integrate, signal

from solver.observe.answer import Answer, unknown
from solver.observe.rhythm import Series, uniform

Method = Literal["multitaper", "welch", "periodogram"]

HANN = 1.5  # equivalent noise bandwidth of a Hann window, in lines
SLEPIAN = 2.0  # time-bandwidth product NW where no resolution is asked for
FEWEST = 16  # samples of a record, and of a window


class Spectrum(NamedTuple):
    """A one-sided power spectral density.

    Attributes:
        frequencies: Hz.
        density: unit of the series squared per Hz.
        resolution: Hz, over which a line is spread; two lines part when twice that far apart.
        averages: independent estimates behind each value.
    """

    frequencies: Float[np.ndarray, " lines"]
    density: Float[np.ndarray, " lines"]
    resolution: float
    averages: float


class Coherence(NamedTuple):
    """How much of one series is a fixed linear answer to another at one frequency.

    Attributes:
        value: squared coherence, 0 to 1; NaN if the record cannot say.
        lag: s, of the second series after the first, between -T/2 and T/2 of the frequency.
        chance: value that independent series exceed once in twenty times.
        reason: why there is no value.
    """

    value: float
    lag: float
    chance: float
    reason: str = ""


def spectrum(
    times: Series,
    values: Series,
    *,
    method: Method = "multitaper",
    resolution: float | None = None,
) -> Spectrum:
    """Power spectral density of a record.

    Args:
        times: s, increasing; an uneven record is interpolated to an even grid.
        values: the series.
        method: see the module.
        resolution: Hz wished; by default 4 / T, welch 8 * 1.5 / T. The periodogram has its own.

    Raises:
        ValueError: a record too short for any spectrum, or for the resolution asked for.
    """
    times, values = uniform(times, values)
    rate, count = 1.0 / (times[1] - times[0]), len(values)
    if count < FEWEST:
        raise ValueError(f"{count} samples make no spectrum; give {FEWEST} or more")
    span = count / rate
    if method == "periodogram":
        lines, density = signal.periodogram(values, rate, "hann", detrend="linear")
        return Spectrum(lines, density, HANN / span, 1.0)
    if method == "welch":
        window = _window(HANN / (resolution or 8.0 * HANN / span), rate, count)
        lines, density = signal.welch(values, rate, "hann", window, detrend="linear")
        return Spectrum(lines, density, HANN * rate / window, _averages(count, window))
    product = SLEPIAN if resolution is None else 0.5 * resolution * span
    if product < 1.0:
        raise ValueError(
            f"a record of {span:g} s resolves {2.0 / span:.2g} Hz at best, not {resolution:g} Hz"
        )
    tapers = signal.windows.dpss(count, product, max(math.floor(2.0 * product) - 1, 1))
    fitted = signal.detrend(values)
    power = np.abs(np.fft.rfft(tapers * fitted, axis=1)) ** 2
    density = 2.0 * power.mean(axis=0) / rate
    density[0] *= 0.5
    if count % 2 == 0:
        density[-1] *= 0.5
    lines = np.fft.rfftfreq(count, 1.0 / rate)
    return Spectrum(lines, density, 2.0 * product / span, float(len(tapers)))


def band_power(found: Spectrum, low: float, high: float) -> Answer:
    """Power between two frequencies (Hz), unit of the series squared, and its standard error."""
    nyquist = float(found.frequencies[-1])
    if not 0.0 <= low < high <= nyquist:
        return unknown(f"the band {low:g}-{high:g} Hz is not within 0-{nyquist:g} Hz")
    if high - low < found.resolution * (1 - 1e-9):
        return unknown(
            f"the band is {high - low:.2g} Hz wide and the spectrum resolves "
            f"{found.resolution:.2g} Hz; a longer record, or a wider band"
        )
    inside = (found.frequencies > low) & (found.frequencies < high)
    lines = np.concatenate([[low], found.frequencies[inside], [high]])
    power = float(integrate.trapezoid(np.interp(lines, *found[:2]), lines))
    independent = found.averages * max((high - low) / found.resolution, 1.0)
    return Answer(power, power / math.sqrt(independent))


def coherence(
    times: Series, a: Series, b: Series, frequency: float, *, resolution: float
) -> Coherence:
    """Squared coherence of two series at a frequency (Hz), and the lag of the second.

    Args:
        times: s, increasing.
        a: the driver.
        b: what may follow.
        frequency: Hz.
        resolution: Hz; windows of 1.5 / resolution are averaged.
    """
    even, a = uniform(times, a)
    _, b = uniform(times, b)
    rate, count = 1.0 / (even[1] - even[0]), len(a)
    window = round(HANN * rate / resolution)
    averages = _averages(count, window) if FEWEST <= window <= count else 0.0
    why = ""
    if averages < 2.0:
        why = f"the record holds {averages:.2g} independent windows; coherence needs 2 or more"
    elif frequency - resolution < 0 or frequency > 0.5 * rate:
        why = f"{frequency:g} Hz is not resolved from the mean, or beyond {0.5 * rate:g} Hz"
    elif np.ptp(a) == 0 or np.ptp(b) == 0:
        why = "one of the series is constant"
    if why:
        return Coherence(math.nan, math.nan, math.nan, why)
    keys = {"fs": rate, "window": "hann", "nperseg": window, "detrend": "linear"}
    lines, cross = signal.csd(a, b, **keys)
    _, value = signal.coherence(a, b, **keys)
    at = int(np.abs(lines - frequency).argmin())
    lag = -float(np.angle(cross[at])) / (2.0 * math.pi * float(lines[at]))
    return Coherence(float(value[at]), lag, 1.0 - 0.05 ** (1.0 / (averages - 1.0)))


def _window(seconds: float, rate: float, count: int) -> int:
    """Samples of a window.

    Raises:
        ValueError: the record is shorter, or the window too short.
    """
    samples = round(seconds * rate)
    if not FEWEST <= samples <= count:
        raise ValueError(
            f"windows of {seconds:.3g} s hold {samples} of {count} samples; ask for a resolution "
            f"between {HANN * rate / count:.2g} and {HANN * rate / FEWEST:.2g} Hz"
        )
    return samples


def _averages(count: int, window: int) -> float:
    """Independent windows in a record where Hann windows overlap by half (Welch 1967)."""
    windows = (count - window) // (window - window // 2) + 1
    overlap = (1.0 / 6.0) ** 2  # squared correlation of neighbouring Hann windows
    return windows / (1.0 + 2.0 * overlap * (1.0 - 1.0 / windows))
