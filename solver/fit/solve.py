"""The search: least squares on forward mode for a few parameters, gradients in reverse for many.

    least_squares    trust region with the whole Jacobian (scipy, Branch, Coleman & Li 1999)
    lbfgs            quasi-Newton on the gradient of the loss (scipy, Byrd et al. 1995)
    adam             first-order steps of a fixed rate (optax, Kingma & Ba 2015)

Where a noise is unknown, the fit is made twice: first each series is weighed by its own spread,
then by what the first fit left of it.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np
import optax
import scipy.optimize
from jaxtyping import Float

from meshes.errors import InputError
from solver.fit.observed import check_seen
from solver.fit.parameters import start
from solver.fit.residuals import (
    Problem,
    columns,
    gradient,
    jacobian,
    numbers_at,
    predict,
    residuals,
)
from solver.simulate import trajectory

Method = Literal["least_squares", "lbfgs", "adam"]
Point = Float[np.ndarray, " free"]
METHODS = ("least_squares", "lbfgs", "adam")
FLAT = 1e-3  # of the gradient's norm at the start, below which Adam and L-BFGS may stop [choice]
SCATTER = 1.0  # standard deviation of further starts, in coordinates without bounds [choice]


@dataclass(frozen=True, eq=False)
class Iteration:
    """Where a search is.

    Attributes:
        number: of accepted points so far; `most`: there may be.
        loss: half the sum of squares; `gradient`: norm of its gradient in coordinates.
        step: length of the last step, in coordinates; 0 at first.
        seconds: since the search began.
        values: of the free numbers, SI, by name.
    """

    number: int
    most: int
    loss: float
    gradient: float
    step: float
    seconds: float
    values: dict[str, float]

    @property
    def seconds_left(self) -> float:
        """At most, at the pace so far."""
        return self.seconds / self.number * (self.most - self.number)


@dataclass(frozen=True, eq=False)
class Fit:
    """What a search leaves.

    Attributes:
        problem: with the noise that was found; `z`: coordinates of the estimate.
        loss: there.
        converged: whether the search and every solve of the run at the estimate did.
        interrupted: whether it was stopped by hand.
        words: why it ended.
        losses: where the searches from further starts ended.
    """

    problem: Problem
    z: Point
    loss: float
    converged: bool
    interrupted: bool
    words: str
    losses: tuple[float, ...] = ()

    @property
    def values(self) -> dict[str, float]:
        """Estimates, SI, by name."""
        return values(self.problem, self.z)


def values(problem: Problem, z: Point) -> dict[str, float]:
    """The free numbers at a point, SI, by name."""
    return {each.name: float(each.value(z[i])) for i, each in enumerate(problem.free)}


def check(problem: Problem) -> None:
    """Refuse what cannot be fitted, before anything expensive is compiled.

    Raises:
        InputError: a column that the run lacks, times outside the run.
    """
    shapes = jax.eval_shape(trajectory, problem.model, problem.prepared, problem.looks)[1]
    single = [name for name, each in shapes.items() if each.ndim == 1]
    for each in problem.observed:
        check_seen(each, single, problem.prepared.until)


def fit(
    problem: Problem,
    *,
    method: Method = "least_squares",
    limit: int = 50,
    starts: int = 1,
    seed: int = 0,
    rate: float = 0.05,
    on_iteration: Callable[[Iteration], None] | None = None,
) -> Fit:
    """Search for the free numbers that the data call for.

    Args:
        method: least squares, L-BFGS or Adam.
        limit: most evaluations of one search.
        starts: searches, the first from where the model is, others drawn around it by `seed`.
        rate: of Adam, in coordinates.
        on_iteration: called at every accepted point.

    Raises:
        InputError: as `check`; an unknown method, a limit or number of starts below 1, a run that
            does not converge at the start, a series on which the run has no answer at all.
    """
    if method not in METHODS:
        raise InputError(f"fit.method is {method!r}; use one of {', '.join(METHODS)}")
    if limit < 1 or starts < 1:
        raise InputError(f"fit.limit = {limit} and fit.starts = {starts}; give 1 or more")
    check(problem)
    begun = np.asarray(start(problem.free))
    _check_start(problem, begun)
    tell = _Teller(problem, limit, on_iteration)
    searched = _search(problem, begun, method, limit, rate, tell)
    if not all(each.known for each in problem.observed) and not searched.interrupted:
        noise = with_noise_of(searched)
        tell.problem = noise
        searched = _search(noise, searched.z, method, limit, rate, tell)
    losses = [searched.loss]
    drawn = np.random.default_rng(seed)
    for _ in range(starts - 1):
        if searched.interrupted:
            break
        other = _search(
            searched.problem,
            begun + SCATTER * drawn.standard_normal(begun.size),
            method,
            limit,
            rate,
            tell,
        )
        losses.append(other.loss)
        searched = min(searched, other, key=lambda each: each.loss)
    return replace(searched, losses=tuple(losses))


def with_noise_of(fit: Fit) -> Problem:
    """The problem with every unknown noise as large as what the fit leaves of its series."""
    problem = fit.problem
    found = predict(jnp.asarray(fit.z), problem)
    samples = sum(each.values.size for each in problem.observed)
    each_takes = len(problem.free) / samples  # parameters are shared out among the samples
    series = []
    for each, seen in zip(problem.observed, found, strict=True):
        left = each.values.size * (1.0 - each_takes) - 2 * each.scaled
        sigma = jnp.sqrt(((each.values - seen) ** 2).sum() / max(left, 1.0))
        series.append(each if each.known else replace(each, sigma=sigma))
    return replace(problem, observed=tuple(series))


def _check_start(problem: Problem, begun: Point) -> None:
    """Refuse a run that fails at the start, and a series that it does not answer to."""
    whole, converged = columns(numbers_at(jnp.asarray(begun), problem), *problem.run)
    if not converged:
        raise InputError(
            "the run does not converge at the start of the fit; see with pvs-simulate what it does"
        )
    for each in problem.observed:
        column = np.asarray(whole[each.sees])
        if each.scaled and not np.ptp(column) > 1e-12 * np.abs(column).max():
            raise InputError(
                f"{each.name}: {each.sees} does not change in this run, so that its scale cannot "
                "be told; choose another column, or data.scaled=false"
            )


class _Teller:
    """Counts accepted points and tells of them."""

    def __init__(
        self, problem: Problem, most: int, listen: Callable[[Iteration], None] | None
    ) -> None:
        self.problem, self.most, self.listen = problem, most, listen
        self.number, self.begun = 0, time.monotonic()
        self.last: Point | None = None

    def begin(self) -> None:
        """A search begins anew."""
        self.number, self.begun, self.last = 0, time.monotonic(), None

    def __call__(self, z: Point, loss: float, gradient: Point) -> None:
        """A point is accepted."""
        step = 0.0 if self.last is None else float(np.linalg.norm(z - self.last))
        self.number, self.last = self.number + 1, z.copy()
        if self.listen:
            self.listen(
                Iteration(
                    number=self.number,
                    most=max(self.most, self.number),
                    loss=loss,
                    gradient=float(np.linalg.norm(gradient)),
                    step=step,
                    seconds=time.monotonic() - self.begun,
                    values=values(self.problem, z),
                )
            )


def _search(
    problem: Problem, begun: Point, method: Method, limit: int, rate: float, tell: _Teller
) -> Fit:
    """One search; one stopped by hand ends at the last accepted point."""
    tell.begin()
    interrupted = False
    try:
        if method == "least_squares":
            z, done, words = _least_squares(problem, begun, limit, tell)
        elif method == "lbfgs":
            z, done, words = _lbfgs(problem, begun, limit, tell)
        else:
            z, done, words = _adam(problem, begun, limit, rate, tell)
    except KeyboardInterrupt:
        z, done, words, interrupted = begun, False, "stopped by hand", True
        z = begun if tell.last is None else tell.last
    rows, solved = residuals(jnp.asarray(z), problem)
    if not solved:
        words = "the run does not converge at the estimate"
    return Fit(
        problem=problem,
        z=z,
        loss=0.5 * float((rows**2).sum()),
        converged=done and bool(solved),
        interrupted=interrupted,
        words=words,
    )


def _least_squares(
    problem: Problem, begun: Point, limit: int, tell: _Teller
) -> tuple[Point, bool, str]:
    def rows(z: Point) -> np.ndarray:
        found, converged = residuals(jnp.asarray(z), problem)
        return np.asarray(found) if converged else np.full(found.shape, np.nan)

    def slopes(z: Point) -> np.ndarray:
        found, slopes, _ = jacobian(jnp.asarray(z), problem)
        tell(z, 0.5 * float((found**2).sum()), np.asarray(slopes.T @ found))
        return np.asarray(slopes)

    if not np.isfinite(rows(begun)).all():
        return begun, False, "the run does not converge where the search starts"
    found = scipy.optimize.least_squares(rows, begun, slopes, x_scale="jac", max_nfev=limit)
    return found.x, found.status > 0, " ".join(found.message.split()).rstrip(".")


def _lbfgs(problem: Problem, begun: Point, limit: int, tell: _Teller) -> tuple[Point, bool, str]:
    seen: dict[bytes, tuple[float, Point]] = {}

    def both(z: Point) -> tuple[float, Point]:
        loss, slope, converged = gradient(jnp.asarray(z), problem)
        seen[z.tobytes()] = float(loss) if converged else np.inf, np.asarray(slope)
        return seen[z.tobytes()]

    first = np.abs(both(begun)[1]).max()
    found = scipy.optimize.minimize(
        both,
        begun,
        jac=True,
        method="L-BFGS-B",
        callback=lambda z: tell(z, *seen[z.tobytes()]),
        options={"maxfun": limit, "gtol": FLAT * first},
    )
    return found.x, bool(found.success), " ".join(str(found.message).lower().split())


def _adam(
    problem: Problem, begun: Point, limit: int, rate: float, tell: _Teller
) -> tuple[Point, bool, str]:
    rule = optax.adam(rate)
    z, first = jnp.asarray(begun), None
    memory = rule.init(z)
    for _ in range(limit):
        loss, slope, converged = gradient(z, problem)
        if not converged:
            return np.asarray(z), False, "the run does not converge on the way; lower fit.rate"
        tell(np.asarray(z), float(loss), np.asarray(slope))
        first = float(jnp.abs(slope).max()) if first is None else first
        if float(jnp.abs(slope).max()) <= FLAT * first:
            return np.asarray(z), True, f"the gradient fell below {FLAT:g} of that at the start"
        change, memory = rule.update(slope, memory, z)
        z = optax.apply_updates(z, change)
    return np.asarray(z), False, f"the gradient is not yet flat after fit.limit = {limit} steps"
