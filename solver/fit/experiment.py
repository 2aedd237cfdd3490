"""Experiment design: which instrument, recording for how long, pins a number best.

One run with its derivatives tells what every column would. Of samples at times t with noise sigma,

    F = sum_t (df/dz)(df/dz)' / sigma^2 + 1 / before^2    deviation of a number = sqrt((1 / F)_ii)

with all that is free unknown together, as a fit of such data would have it (Fisher information;
Fedorov 1972, Pukelsheim 2006). Candidates are columns of the run, that is, instruments at all the
places where they could stand; F adds up, so that a second one is chosen beside the best. Where a
scale and offset are unknown the derivative loses what they could explain.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from meshes.errors import InputError
from solver.fit.certainty import BEFORE, FAR, LEARNT
from solver.fit.parameters import start
from solver.fit.problem import Problem, directions_at, numbers_at
from solver.fit.simulated import columns, tangents

ENDED = 1e-9  # of a duration, by which a sample may stand beyond it


@dataclass(frozen=True)
class Candidate:
    """One way of measuring.

    Attributes:
        columns: that are recorded together; `duration`: s.
        deviation: of the number that is to be pinned, in its coordinate; `before`: without data.
        low, high: its 95 % interval, SI, if the model is right; None where the data say nothing.
    """

    columns: tuple[str, ...]
    duration: float
    deviation: float
    before: float
    low: float | None
    high: float | None


def experiment(
    problem: Problem,
    pins: str,
    candidates: Sequence[str],
    durations: Sequence[float] = (),
    *,
    every: float,
    noise: float,
    scaled: bool = False,
) -> tuple[Candidate, ...]:
    """Compare ways of measuring, best first for every duration.

    Args:
        problem: its series play no part.
        pins: the free number that is to be known.
        candidates: columns of the run; none: all.
        durations: s, of the recording from t = 0; none: the whole run.
        every: s, between samples.
        noise: standard deviation of a sample, over the largest range among the candidates of one
            unit: instruments of a kind have one noise wherever they stand.
        scaled: whether scale and offset of each are unknown.

    Raises:
        InputError: a number that is not free, a column that the run lacks, a duration outside the
            run, a spacing or noise that is not positive, a run that does not converge.
    """
    names = [each.name for each in problem.free]
    if pins not in names:
        raise InputError(
            f"experiment.pins is {pins!r}; choose from what is free, {', '.join(names)}"
        )
    until = problem.until(pins)
    durations = sorted(durations) or [until]
    _check(durations, until, every, noise)
    z = np.asarray(start(problem.free))
    numbers, directions = (each(jnp.asarray(z), problem) for each in (numbers_at, directions_at))
    known = jax.eval_shape(columns, numbers, *problem.run)[0]
    chosen = _chosen(candidates, [k for k, v in known.items() if v.ndim == 1 and k != "time_s"])
    whole, changes, converged = tangents(("time_s", *chosen), numbers, directions, *problem.run)
    if not converged:
        raise InputError("the run does not converge where the experiment starts; see pvs-simulate")
    times = np.asarray(whole["time_s"])
    sizes = _noises(chosen, {name: np.ptp(np.asarray(whole[name])) for name in chosen}, noise)
    before = _before(problem, z)
    prior = np.diag(before**-2)
    at = names.index(pins)
    found = []
    for duration in durations:
        sampled = np.arange(0.0, duration * (1.0 + ENDED), every)
        told: dict[tuple[str, ...], Float[np.ndarray, "free free"]] = {}
        for name in chosen:
            slopes = np.array([np.interp(sampled, times, row) for row in np.asarray(changes[name])])
            seen = np.interp(sampled, times, np.asarray(whole[name]))
            left = _without_scale(slopes.T, seen) if scaled else slopes.T
            told[(name,)] = left.T @ left / sizes[name] ** 2 if sizes[name] else 0.0 * prior
        ranked = sorted(told, key=lambda one: _deviation(told[one] + prior, at))
        beside = {ranked[0] + one: told[ranked[0]] + told[one] for one in ranked[1:]}
        pair = sorted(beside, key=lambda two: _deviation(beside[two] + prior, at))[:1]
        for key in (*ranked, *pair):
            deviation = _deviation((told | beside)[key] + prior, at)
            found.append(_candidate(problem, at, key, duration, deviation, before[at], z))
    return tuple(found)


def _candidate(
    problem: Problem,
    at: int,
    key: tuple[str, ...],
    duration: float,
    deviation: float,
    before: float,
    z: Float[np.ndarray, " free"],
) -> Candidate:
    each, middle = problem.free[at], float(z[at])
    low = high = None
    if deviation < LEARNT * before:
        low, high = (float(each.value(middle + side * 1.96 * deviation)) for side in (-1, 1))
    return Candidate(key, duration, deviation, before, low, high)


def _deviation(information: Float[np.ndarray, "free free"], at: int) -> float:
    """Standard deviation of a coordinate, all others being as unknown."""
    return float(np.sqrt(np.linalg.inv(information)[at, at]))


def _without_scale(
    slopes: Float[np.ndarray, "samples free"], seen: Float[np.ndarray, " samples"]
) -> Float[np.ndarray, "samples free"]:
    """Slopes less what a scale and an offset of the column could explain."""
    basis, _ = np.linalg.qr(np.stack([np.ones_like(seen), seen], axis=1))
    return slopes - basis @ (basis.T @ slopes)


def _noises(chosen: Sequence[str], ranges: dict[str, float], noise: float) -> dict[str, float]:
    """The noise of every column: one for all that end in the same quantity and unit."""
    kinds: dict[str, float] = {}
    for name in chosen:
        kind = _kind(name)
        kinds[kind] = max(kinds.get(kind, 0.0), ranges[name])
    return {name: noise * kinds[_kind(name)] for name in chosen}


def _kind(name: str) -> str:
    """Quantity and unit, by the last two words: `tip_fluorescence_1` and others of that kind."""
    return "_".join(name.split("_")[-2:])


def _before(problem: Problem, z: Float[np.ndarray, " free"]) -> Float[np.ndarray, " free"]:
    """Deviation of every coordinate without data, by its prior or by bounds alone."""
    found = []
    for each, at in zip(problem.free, z, strict=True):
        loose = FAR if each.scale == "anywhere" else BEFORE
        if each.prior is None:
            found.append(loose)
            continue
        slope = jax.grad(lambda x, each=each: each.prior.residual(each.value(x)))(jnp.asarray(at))
        found.append(min(1.0 / max(abs(float(slope)), 1e-300), loose))
    return np.array(found)


def _chosen(candidates: Sequence[str], known: Sequence[str]) -> list[str]:
    for name in candidates:
        if name not in known:
            near = get_close_matches(name, known, n=3, cutoff=0.5) or known
            raise InputError(
                f"experiment.candidates: the run has no column {name!r}; use {' or '.join(near)}"
            )
    return [*dict.fromkeys(candidates)] or [*known]


def _check(durations: Sequence[float], until: float, every: float, noise: float) -> None:
    if not (every > 0 and noise > 0):
        raise InputError(
            f"experiment.every is {every:g} s and experiment.noise {noise:g}; give positive numbers"
        )
    for duration in durations:
        if not every <= duration <= until * (1.0 + ENDED):
            raise InputError(
                f"experiment.durations holds {duration:g} s; give durations from {every:g} s "
                f"(experiment.every) to {until:g} s (run.until)"
            )
