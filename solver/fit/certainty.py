"""How sure a fit is: the Laplace posterior, and in words what the data cannot tell.

At the estimate, in coordinates without bounds, J = dr/dz and

    H = J'J (Gauss-Newton),   covariance = 1 / H,   interval = value(z +- t sd)

with t of Student where a noise was found from the same data. The eigenvectors of H with small
eigenvalues are the combinations that the data leave open (sloppy directions, Gutenkunst et al.
2007, PLoS Comput Biol 3:e189). A coordinate is open if it is no better known than before: by its
prior, or by bounds alone (a uniform density between bounds is the logistic one in z, of standard
deviation pi / sqrt 3, and about that leaves a positive number open by a factor of a thousand).
"""

import math
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float
from scipy import stats

from solver.fit.free import Free
from solver.fit.problem import Problem
from solver.fit.residuals import jacobian, predict
from solver.fit.solve import Fit

BEFORE = math.pi / math.sqrt(3.0)  # sd of a coordinate of which only the bounds are known
LEARNT = 0.9  # of what was open before, below which the data have said something [choice]
SHARE = 0.3  # of an eigenvector, from which a parameter takes part in it [choice]
EDGE = 5.0  # |z| from which an estimate lies on a bound, within .7 % of the range [choice]
FAR = 1e3  # sd of an unbounded coordinate, in its unit, from which it counts as open [choice]
LEVEL = 0.95


@dataclass(frozen=True)
class Estimate:
    """One number as fitted, SI.

    Attributes:
        name, value: the estimate.
        interval: 95 %, or None where the data do not say.
        words: what a reader must know, or nothing.
    """

    name: str
    value: float
    interval: tuple[float, float] | None
    words: str = ""


@dataclass(frozen=True, eq=False)
class Certainty:
    """What a fit knows.

    Attributes:
        estimates: in the order of the free numbers.
        deviations: of their coordinates, standard.
        correlation: of their coordinates; NaN for those of which the data say nothing.
        spectrum: eigenvalues of the data's Fisher information in coordinates, largest first.
        open: sentences on combinations that the data cannot tell.
        noise: standard deviation of each series, in its unit.
        linked: correlation of each series' residuals with the sample before.
    """

    estimates: tuple[Estimate, ...]
    deviations: Float[np.ndarray, " free"]
    correlation: Float[np.ndarray, "free free"]
    spectrum: Float[np.ndarray, " free"]
    open: tuple[str, ...]
    noise: dict[str, float]
    linked: dict[str, float]


def certainty(fit: Fit) -> Certainty:
    """The Laplace posterior of a fit."""
    problem, z = fit.problem, jnp.asarray(fit.z)
    slopes = np.asarray(jacobian(z, problem)[1])
    samples = sum(each.values.size for each in problem.observed)
    informed, whole = slopes[:samples].T @ slopes[:samples], slopes.T @ slopes
    sizes, directions = np.linalg.eigh(whole)
    sizes = np.maximum(sizes, np.finfo(float).tiny ** 0.5)
    covariance = (directions / sizes) @ directions.T
    deviations = np.sqrt(np.diag(covariance))
    before = np.array([_before(each, fit.z[i]) for i, each in enumerate(problem.free)])
    told = deviations < LEARNT * before
    sentences = _open(problem.free, sizes, directions, before)
    reach = student(problem)
    estimates = tuple(
        _estimate(each, float(fit.z[i]), reach * deviations[i], bool(told[i]), sentences)
        for i, each in enumerate(problem.free)
    )
    correlation = covariance / np.outer(deviations, deviations)
    correlation[~told] = correlation[:, ~told] = np.nan
    found = predict(z, problem)
    left = {
        each.name: np.asarray(each.values - seen)
        for each, seen in zip(problem.observed, found, strict=True)
    }
    return Certainty(
        estimates=estimates,
        deviations=deviations,
        correlation=correlation,
        spectrum=np.linalg.eigvalsh(informed)[::-1],
        open=tuple(dict.fromkeys(sentences.values())),
        noise={each.name: float(each.sigma) for each in problem.observed},
        linked={name: _linked(rest) for name, rest in left.items()},
    )


def student(problem: Problem) -> float:
    """Half the width of a 95 % interval in standard deviations."""
    samples = sum(each.values.size for each in problem.observed)
    all_known = all(each.known for each in problem.observed)
    freedom = np.inf if all_known else max(samples - len(problem.free), 1)
    return float(stats.t.ppf(0.5 + 0.5 * LEVEL, freedom))


def _before(each: Free, z: float) -> float:
    """Standard deviation of a coordinate before the data: of its prior, or of its bounds."""
    if each.prior is None:
        return BEFORE if each.scale != "anywhere" else FAR
    size = 1e-6
    above, below = (float(each.prior.residual(each.value(z + d))) for d in (size, -size))
    return min(2.0 * size / max(abs(above - below), 1e-300), BEFORE)


def _open(
    parameters: tuple[Free, ...],
    sizes: Float[np.ndarray, " free"],
    directions: Float[np.ndarray, "free free"],
    before: Float[np.ndarray, " free"],
) -> dict[str, str]:
    """For each parameter in a combination that stays open, the sentence about it."""
    said: dict[str, str] = {}
    for size, direction in zip(sizes, directions.T, strict=True):
        part = np.abs(direction) > SHARE
        left = part & (np.abs(direction) / np.sqrt(size) > LEARNT * before)
        names = [each.name for each, open_ in zip(parameters, left, strict=True) if open_]
        for name in names:
            said.setdefault(name, _sentence(names))
    return said


def _sentence(names: list[str]) -> str:
    if len(names) == 1:
        return f"these data say nothing about {names[0]}"
    listed = f"{', '.join(names[:-1])} and {names[-1]}"
    return f"{listed} cannot be told apart by these data; fix one, or give it a prior"


def _estimate(each: Free, z: float, reach: float, told: bool, open_: dict[str, str]) -> Estimate:
    value = float(each.value(z))
    if not told:
        return Estimate(each.name, value, None, open_.get(each.name, _sentence([each.name])))
    ends = float(each.value(z - reach)), float(each.value(z + reach))
    words = ""
    if each.scale in ("between", "decades") and abs(z) > EDGE:
        bound, side = (each.high, "high") if z > 0 else (each.low, "low")
        words = f"it lies on its bound {side} = {float(bound):g}; its interval means little"
    return Estimate(each.name, value, ends, words)


def _linked(left: Float[np.ndarray, " samples"]) -> float:
    """Correlation of residuals with those one sample before; 0 if they are as noise should be."""
    around = left - left.mean()
    power = float((around**2).sum())
    return float((around[1:] * around[:-1]).sum() / power) if power > 0 else 0.0
