"""One search: least squares on forward mode for a few parameters, gradients in reverse for many.

    least_squares    trust region with the whole Jacobian (scipy, Branch, Coleman & Li 1999)
    lbfgs            quasi-Newton on the gradient of the loss (scipy, Byrd et al. 1995)
    adam             first-order steps of a fixed rate (optax, Kingma & Ba 2015)

Least squares adds to the residuals a thousandth of the way from the start, in coordinates: what the
data leave open stays where it began, and what they tell is moved by a millionth of its variance
times that way.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import jax.numpy as jnp
import numpy as np
import optax
import scipy.optimize
from jaxtyping import Float

from solver.fit.memory import Arrays, Memory, digest
from solver.fit.problem import Problem
from solver.fit.residuals import gradient, jacobian, residuals, weight

Method = Literal["least_squares", "lbfgs", "adam"]
Point = Float[np.ndarray, " free"]
METHODS = ("least_squares", "lbfgs", "adam")
FLAT = 1e-3  # of the gradient's norm at the start, below which Adam and L-BFGS may stop [choice]
HOLD = 1e-3  # of the way from the start, that counts as a residual [choice]
WORDS = {  # by the status of scipy's least squares
    0: "fit.limit = {limit}, the maximum number of evaluations, was reached",
    1: "the gradient is flat",
    2: "the loss falls no more",
    3: "the numbers move no more",
}


@dataclass(frozen=True, eq=False)
class Iteration:
    """Where a search is.

    Attributes:
        search: which of a fit's.
        number: of accepted points so far; `most`: there may be.
        loss: as `Fit.loss`; `gradient`: norm of its gradient in coordinates.
        step: length of the last step, in coordinates; 0 at first.
        seconds: since the search began; `first`: when its first point was told.
        values: of the free numbers, SI, by name.
    """

    search: int
    number: int
    most: int
    loss: float
    gradient: float
    step: float
    seconds: float
    first: float
    values: dict[str, float]

    @property
    def seconds_left(self) -> float | None:
        """At most, at the pace so far; unknown at the first point, that waits for the compiler."""
        if self.number == 1:
            return None
        return (self.seconds - self.first) / (self.number - 1) * (self.most - self.number)


@dataclass(frozen=True, eq=False)
class Ending:
    """Where a search ended, whether it found what it looked for, and why it ended."""

    z: Point
    done: bool
    words: str


class Search:
    """Evaluates a problem for one search, and tells of the points that it accepts."""

    def __init__(
        self,
        problem: Problem,
        limit: int,
        *,
        memory: Memory | None = None,
        listen: Callable[[Iteration], None] | None = None,
        order: int = 1,
        held: int | None = None,
    ) -> None:
        """A search that has not begun.

        Args:
            limit: most evaluations.
            order: of this search among those of a fit.
            memory: of evaluations made before.
            held: a coordinate that stays where it is put.
        """
        self.problem, self.limit, self.held = problem, limit, held
        self.last: Point | None = None
        self._memory = Memory() if memory is None else memory
        self._listen, self._order = listen, order
        self._digest, self._number = digest(problem), 0
        self._weight, self._begun, self._first = weight(problem), time.monotonic(), 0.0

    def run(self, begun: Point, method: Method, rate: float) -> Ending:
        """Search from a point, by a method; `rate` is Adam's."""
        if method == "least_squares":
            return self._least_squares(begun)
        return self._lbfgs(begun) if method == "lbfgs" else self._adam(begun, rate)

    def _least_squares(self, begun: Point) -> Ending:
        hold = HOLD * np.eye(begun.size)

        def rows(z: Point) -> np.ndarray:
            found, converged = self._evaluate("residuals", z)
            found = np.concatenate([found, hold @ (z - begun)])
            return found if converged else np.full(found.shape, np.nan)

        def slopes(z: Point) -> np.ndarray:
            found, slopes, _ = self._evaluate("jacobian", z)
            if self.held is not None:
                slopes = slopes * (np.arange(z.size) != self.held)
            self._tell(z, 0.5 * float(found @ found), slopes.T @ found)
            return np.concatenate([slopes, hold])

        if not np.isfinite(rows(begun)).all():
            return Ending(begun, False, "the run does not converge where the search starts")
        found = scipy.optimize.least_squares(
            rows, begun, slopes, x_scale="jac", max_nfev=self.limit
        )
        words = WORDS.get(found.status, WORDS[2]).format(limit=self.limit)
        return Ending(found.x, found.status > 0, words)

    def _lbfgs(self, begun: Point) -> Ending:
        def both(z: Point) -> tuple[float, Point]:
            loss, slope, converged = self._evaluate("gradient", z)
            return float(loss) if converged else np.inf, slope

        first = np.abs(both(begun)[1]).max()
        found = scipy.optimize.minimize(
            both,
            begun,
            jac=True,
            method="L-BFGS-B",
            callback=lambda z: self._tell(z, *both(z)),
            options={"maxfun": self.limit, "gtol": FLAT * first},
        )
        return Ending(found.x, bool(found.success), " ".join(str(found.message).lower().split()))

    def _adam(self, begun: Point, rate: float) -> Ending:
        rule = optax.adam(rate)
        z, first = jnp.asarray(begun), None
        moments = rule.init(z)
        for _ in range(self.limit):
            point = np.asarray(z)
            loss, slope, converged = self._evaluate("gradient", point)
            if not converged:
                words = "the run does not converge on the way; lower fit.rate"
                return Ending(point, False, words)
            self._tell(point, float(loss), slope)
            first = np.abs(slope).max() if first is None else first
            if np.abs(slope).max() <= FLAT * first:
                words = f"the gradient fell below {FLAT:g} of that at the start"
                return Ending(point, True, words)
            change, moments = rule.update(jnp.asarray(slope), moments, z)
            z = optax.apply_updates(z, change)
        words = f"the gradient is not yet flat after fit.limit = {self.limit} steps"
        return Ending(np.asarray(z), False, words)

    def _evaluate(self, what: str, z: Point) -> Arrays:
        """Residuals, Jacobian or gradient at a point, or what the memory holds of it."""
        function = {"residuals": residuals, "jacobian": jacobian, "gradient": gradient}[what]
        key = f"{self._digest} {what} {np.asarray(z).tobytes().hex()}"
        return self._memory.recall(
            key, lambda: tuple(map(np.asarray, function(jnp.asarray(z), self.problem)))
        )

    def _tell(self, z: Point, loss: float, gradient: Point) -> None:
        """A point is accepted."""
        step = 0.0 if self.last is None else float(np.linalg.norm(z - self.last))
        self._number, self.last = self._number + 1, z.copy()
        seconds = time.monotonic() - self._begun
        self._first = seconds if self._number == 1 else self._first
        if self._listen:
            self._listen(
                Iteration(
                    search=self._order,
                    number=self._number,
                    most=max(self.limit, self._number),
                    loss=loss + self._weight,
                    gradient=float(np.linalg.norm(gradient)),
                    step=step,
                    seconds=seconds,
                    first=self._first,
                    values=values(self.problem, z),
                )
            )


def values(problem: Problem, z: Point) -> dict[str, float]:
    """The free numbers at a point, SI, by name."""
    return {each.name: float(each.value(z[i])) for i, each in enumerate(problem.free)}
