"""The posterior by sampling, for small problems: what the Laplace parabola may miss.

An ensemble of walkers moves in the coordinates of the fit (emcee: Foreman-Mackey et al. 2013, by
differential evolution, ter Braak 2006), over the density of

    likelihood     a noise that was not given is integrated out with the prior 1 / sigma, which
                   leaves (sum of squares)^(-n / 2) of the n values that share it
    prior          of a number with a prior its own; else flat between bounds, in the logarithm
                   where bounds are decades apart or only the lower one is there

Walkers begin about the estimate, scattered as the Laplace posterior is. A chain counts as long
enough once it is 50 times its own autocorrelation time, the rule of emcee's authors.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from meshes.errors import InputError
from solver.fit.certainty import Certainty
from solver.fit.free import Free, Normal
from solver.fit.memory import Memory, digest
from solver.fit.observed import noises
from solver.fit.problem import Problem, numbers_at
from solver.fit.seen import seen_in
from solver.fit.simulated import columns
from solver.fit.solve import Fit
from solver.observe.instrument import Readings

ENOUGH = 50.0  # autocorrelation times that a chain has to last
BEGINNING = 5.0  # of them, thrown away while walkers spread [choice]
LEVELS = (2.5, 50.0, 97.5)  # per cent
EACH = 4  # walkers for each free number, and at least `FEWEST` [choice]
FEWEST = 16
SHOWN = 400  # draws at most of which predictions are made [choice]


@dataclass(frozen=True, eq=False)
class Posterior:
    """Draws from a posterior.

    Attributes:
        names: of the free numbers; `draws`: of them, SI.
        median: of each; `intervals`: 95 %.
        effective: how many independent draws they are worth, of the least well sampled number.
        long_enough: whether the chain was; `words` on how long it was.
        predicted: of every series, 2.5, 50 and 97.5 % of what would be observed, noise included.
    """

    names: tuple[str, ...]
    draws: Float[np.ndarray, "draws free"]
    median: Float[np.ndarray, " free"]
    intervals: Float[np.ndarray, "free 2"]
    effective: float
    long_enough: bool
    words: str
    predicted: list[Float[np.ndarray, "3 samples"]]


def sample(
    fit: Fit,
    known: Certainty,
    *,
    steps: int = 1000,
    seed: int = 0,
    memory: Memory | None = None,
    on_step: Callable[[int], None] | None = None,
) -> Posterior:
    """Draw from the posterior of a fit.

    Args:
        steps: of every walker.
        seed: of their ways; the same seed takes the same way.
        memory: of evaluations, with which sampling that was stopped goes on.
        on_step: called with the number of steps made.

    Raises:
        InputError: emcee is not installed, fewer than ten steps, a number of which neither the
            data nor a prior nor bounds say anything.
    """
    emcee = library()
    if steps < 10:
        raise InputError(f"sample.steps = {steps}; give 10 or more, a thousand to begin with")
    _check(fit, known)
    problem, size = fit.problem, fit.z.size
    walkers = max(EACH * size, FEWEST)
    density = _Density(problem, Memory() if memory is None else memory)
    drawn = np.random.default_rng(seed)
    spread = np.minimum(known.deviations, 1.0)
    moves = [(emcee.moves.DEMove(), 0.8), (emcee.moves.DESnookerMove(), 0.2)]
    sampler = emcee.EnsembleSampler(walkers, size, density, moves=moves)
    sampler.random_state = np.random.RandomState(seed).get_state()
    begun = fit.z + spread * drawn.standard_normal((walkers, size))
    for count, _ in enumerate(sampler.sample(begun, iterations=steps), start=1):
        if on_step:
            on_step(count)
    time = float(np.max(sampler.get_autocorr_time(tol=0)))
    time = time if np.isfinite(time) else float(steps)
    away = min(int(BEGINNING * time), steps // 2)
    chain = sampler.get_chain(discard=away, flat=True)
    values = np.stack(
        [np.asarray(each.value(jnp.asarray(chain[:, i]))) for i, each in enumerate(problem.free)],
        axis=1,
    )
    low, median, high = np.percentile(values, LEVELS, axis=0)
    return Posterior(
        names=tuple(each.name for each in problem.free),
        draws=values,
        median=median,
        intervals=np.stack([low, high], axis=1),
        effective=len(chain) / time,
        long_enough=steps >= ENOUGH * time,
        words=f"{walkers} walkers of {steps} steps, {steps / time:.0f} autocorrelation times",
        predicted=_predicted(problem, chain, drawn),
    )


class _Density:
    """Logarithm of the posterior in coordinates, up to a constant."""

    def __init__(self, problem: Problem, memory: Memory) -> None:
        self._run, self._memory, self._digest = problem.run, memory, digest(problem)
        self._numbers = jax.jit(lambda z: numbers_at(z, problem))
        self._rest = jax.jit(lambda z, whole: _log_density(z, whole, problem))

    def __call__(self, z: Float[np.ndarray, " free"]) -> float:
        key = f"{self._digest} density {z.tobytes().hex()}"
        return float(self._memory.recall(key, lambda: (np.array(self._at(z)),))[0])

    def _at(self, z: Float[np.ndarray, " free"]) -> float:
        whole, converged = columns(self._numbers(z), *self._run)
        found = float(self._rest(z, whole)) if converged else -np.inf
        return found if np.isfinite(found) else -np.inf


def _log_density(z: Float[Array, " free"], whole: Readings, problem: Problem) -> Float[Array, ""]:
    series = problem.observed
    squares = [((each.values - seen_in(whole, each)) ** 2).sum() for each in series]
    total = sum((log_prior(each, z[i]) for i, each in enumerate(problem.free)), jnp.zeros(()))
    for alike in noises(series):
        left, first = sum((squares[at] for at in alike), jnp.zeros(())), series[alike[0]]
        count = sum(series[at].values.size - 2 * series[at].scaled for at in alike)
        total -= 0.5 * (left / first.sigma**2 if first.known else count * jnp.log(left))
    return total


def log_prior(each: Free, z: float | Float[Array, ""]) -> Float[Array, ""]:
    """Logarithm of the density of a coordinate before the data, up to a constant."""
    value, rate = jax.value_and_grad(each.value)(jnp.asarray(z, float))
    flat_in_value = jnp.log(rate)
    flat_in_logarithm = jnp.log(rate / jnp.abs(value))
    if each.prior is None:
        flat = {"between": flat_in_value, "decades": flat_in_logarithm}
        return flat.get(each.scale, jnp.zeros(()))
    density = flat_in_value if isinstance(each.prior, Normal) else flat_in_logarithm
    return density - 0.5 * each.prior.residual(value) ** 2


def _predicted(
    problem: Problem, chain: Float[np.ndarray, "draws free"], drawn: np.random.Generator
) -> list[Float[np.ndarray, "3 samples"]]:
    """What would be observed of every series, by draws from the chain."""
    chosen = chain[drawn.permutation(len(chain))[:SHOWN]]
    rows: list[list[np.ndarray]] = [[] for _ in problem.observed]
    for z in chosen:
        whole, _ = columns(numbers_at(jnp.asarray(z), problem), *problem.run)
        for row, each in zip(rows, problem.observed, strict=True):
            noise = float(each.sigma) * drawn.standard_normal(each.values.size)
            row.append(np.asarray(seen_in(whole, each)) + noise)
    return [np.percentile(np.array(row), LEVELS, axis=0) for row in rows]


def _check(fit: Fit, known: Certainty) -> None:
    """Refuse a density that has no integral."""
    for each, estimate in zip(fit.problem.free, known.estimates, strict=True):
        endless = each.scale in ("above", "anywhere") and each.prior is None
        if endless and estimate.interval is None:
            raise InputError(
                f"{each.name} cannot be sampled, for {estimate.words}, and it has neither a prior "
                f"nor two bounds; give free.{each.name} one of them"
            )


def library() -> Any:
    """The library that samples.

    Raises:
        InputError: it is not installed.
    """
    try:
        import emcee
    except ImportError as error:
        raise InputError(
            "sampling needs emcee: python -m pip install 'glymphax[sample]', or certainty=laplace"
        ) from error
    return emcee
