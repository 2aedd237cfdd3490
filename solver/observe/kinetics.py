"""Kinetics: rates and half-lives, with their uncertainty, where a record gives them.

    approach    y(t) = y1 + (y0 - y1) exp(-k t)      k > 0, half-life ln 2 / k
    efflux      k = int J dt / int M dt              what leaves per unit of what is there
    influx      dM/dt by a straight line through the first part of the record

The approach is fitted by least squares (scipy.optimize.curve_fit). Residuals of a model run are no
white noise: their correlation r between neighbours leaves n (1 - r) / (1 + r) independent samples,
by which the errors are widened. No number is given where the record covers too little of the curve
or leaves the rate open. s, 1/s.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.optimize import curve_fit

from solver.observe.answer import Answer, unknown
from solver.observe.rhythm import Series

FEWEST = 8  # samples of a fit
COVERED = 1.0  # time constants that a record must hold for a rate with an open plateau
CLOSED = 0.25  # and where the plateau is told
OPEN = 0.5  # relative error from which a rate is not known


class Approach(NamedTuple):
    """An exponential approach.

    Attributes:
        rate: 1/s.
        half_life: s.
        plateau: unit of the series; as told, if it was.
        reason: why there are no numbers; empty if there are.
    """

    rate: Answer
    half_life: Answer
    plateau: Answer
    reason: str = ""


def approach(times: Series, values: Series, *, plateau: float | None = None) -> Approach:
    """Fit an exponential approach to a plateau, up or down.

    Args:
        times: s, increasing.
        values: the series.
        plateau: where it goes, if that is known; 0 for a decay.
    """
    times, values = np.asarray(times, dtype=float), np.asarray(values, dtype=float)
    span, reach = float(times[-1] - times[0]), float(np.ptp(values))
    if len(times) < FEWEST:
        return _not(f"{len(times)} samples are too few for a fit; {FEWEST} are needed")
    if not reach > 0 or not np.isfinite(values).all():
        return _not("the series is constant or holds what is no number")
    level, size = float(values.mean()), reach
    x, y = (times - times[0]) / span, (values - level) / size
    if plateau is None:
        best = _fit(_exponential, x, y, [y[0], y[-1]])
    else:
        best = _fit(partial(_exponential, end=(plateau - level) / size), x, y, [y[0]])
    if best is None:
        return _not("no exponential approach fits")
    found, errors = best
    rate, relative = found[0], errors[0] / found[0]
    covered = COVERED if plateau is None else CLOSED
    if rate < covered:
        return _not(f"the record covers {rate:.2g} of a time constant; {covered:g} are needed")
    if not relative < OPEN:
        return _not(f"the record leaves the rate open: {relative:.0%} standard error")
    half = math.log(2.0) * span / rate
    end = (
        Answer(float(plateau), 0.0)
        if plateau is not None
        else Answer(float(level + size * found[2]), float(size * errors[2]))
    )
    return Approach(
        Answer(float(rate / span), float(errors[0] / span)), Answer(half, half * relative), end
    )


def half_life(times: Series, values: Series, *, floor: float = 0.0) -> Answer:
    """Time (s) until a series has come half way from its start to a floor, without a model."""
    times, values = np.asarray(times, dtype=float), np.asarray(values, dtype=float)
    if values[0] == floor:
        return unknown("the series starts at its floor")
    left = (values - floor) / (values[0] - floor)
    below = np.flatnonzero(left <= 0.5)
    if not len(below):
        return unknown(f"the series falls to {left.min():.0%} of its start, not to half")
    at = below[0]
    part = (left[at - 1] - 0.5) / (left[at - 1] - left[at])
    spacing = times[at] - times[at - 1]
    return Answer(float(times[at - 1] + part * spacing - times[0]), 0.5 * float(spacing))


def efflux(times: Series, leaving: Series, held: Series) -> Answer:
    """What leaves per second of what is there (1/s), over the whole record.

    Args:
        times: s.
        leaving: rate, unit per s.
        held: amount, unit.
    """
    out, there = np.trapezoid(leaving, times), np.trapezoid(held, times)
    if not there > 0:
        return unknown("nothing is there that could leave")
    return Answer(float(out / there))


def influx(times: Series, held: Series, until: float) -> Answer:
    """Rate at which an amount first rises, unit per s, by a line through its first `until` s."""
    times, held = np.asarray(times, dtype=float), np.asarray(held, dtype=float)
    early = times - times[0] <= until
    if early.sum() < FEWEST:
        return unknown(f"{early.sum()} samples in {until:g} s; {FEWEST} are needed")
    (slope, level), covariance = np.polyfit(times[early], held[early], 1, cov=True)
    left = held[early] - slope * times[early] - level
    return Answer(float(slope), float(math.sqrt(covariance[0, 0]) * _widening(left)))


def _exponential(
    x: Float[np.ndarray, " n"], rate: float, start: float, end: float
) -> Float[np.ndarray, " n"]:
    return end + (start - end) * np.exp(-rate * x)


def _fit(
    curve: Callable[..., np.ndarray], x: np.ndarray, y: np.ndarray, guess: list[float]
) -> tuple[np.ndarray, np.ndarray] | None:
    """Best rate and levels, and their standard errors, of several first guesses of the rate."""
    best = None
    for rate in (0.3, 1.0, 3.0, 10.0):
        low = [1e-6, *(-np.inf for _ in guess)]
        try:
            found, covariance = curve_fit(curve, x, y, [rate, *guess], bounds=(low, np.inf))
        except RuntimeError:  # this guess led nowhere
            continue
        left = y - curve(x, *found)
        if best is None or left @ left < best[0]:
            best = (left @ left, found, np.sqrt(np.diag(covariance)) * _widening(left))
    return None if best is None else best[1:]


def _widening(left: Float[np.ndarray, " n"]) -> float:
    """How much wider errors are because residuals that are neighbours agree."""
    size = float(left @ left)
    agree = float(left[1:] @ left[:-1]) / size if size > 0 else 0.0
    agree = min(max(agree, 0.0), 1.0 - 2.0 / len(left))
    return math.sqrt((1.0 + agree) / (1.0 - agree))


def _not(reason: str) -> Approach:
    return Approach(unknown(reason), unknown(reason), unknown(reason), reason)
