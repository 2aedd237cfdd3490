"""A fit: searches for the free numbers that the data call for.

Where a noise is unknown, the fit is made twice: first each series is weighed by its own spread,
then by what the first fit left of it.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np

from meshes.errors import InputError
from solver.fit.memory import Memory
from solver.fit.observed import check_seen, noises
from solver.fit.parameters import start
from solver.fit.problem import Problem, numbers_at
from solver.fit.residuals import predict, residuals, weight
from solver.fit.search import METHODS, Iteration, Method, Point, Search, values
from solver.fit.several import of_animal, owner
from solver.fit.simulated import columns

SCATTER = 1.0  # standard deviation of further starts, in coordinates without bounds [choice]


@dataclass(frozen=True, eq=False)
class Fit:
    """What a search leaves.

    Attributes:
        problem: with the noise that was found; `z`: coordinates of the estimate.
        loss: there: the negative logarithm of the likelihood of data and priors, counted from
            that of a model that predicts nothing, with each unknown noise a series' spread.
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

    def values_of(self, animal: str) -> dict[str, float]:
        """Estimates, SI, by the names that an animal's own model has for them; of one model alone
        the animal has no name.
        """
        found, start = self.values, of_animal(animal, "")
        return {
            leaf.removeprefix(start): found[each.name]
            for each in self.problem.free
            for leaf in each.leaves
            if leaf.startswith(start)
        }


def fit(
    problem: Problem,
    *,
    method: Method = "least_squares",
    limit: int = 50,
    starts: int = 1,
    seed: int = 0,
    rate: float = 0.05,
    memory: Memory | None = None,
    on_iteration: Callable[[Iteration], None] | None = None,
) -> Fit:
    """Search for the free numbers that the data call for.

    Args:
        method: least squares, L-BFGS or Adam.
        limit: most evaluations of one search.
        starts: searches, the first from where the model is, others drawn around it by `seed`.
        rate: of Adam, in coordinates.
        memory: of evaluations, with which a fit that was stopped goes on.
        on_iteration: called at every accepted point.

    Raises:
        InputError: a column that the run lacks, times outside the run, an unknown method, a limit
            or number of starts below 1, a run that does not converge at the start, a series on
            which the run has no answer at all.
    """
    if method not in METHODS:
        raise InputError(f"fit.method is {method!r}; use one of {', '.join(METHODS)}")
    if limit < 1 or starts < 1:
        raise InputError(f"fit.limit = {limit} and fit.starts = {starts}; give 1 or more")
    begun = np.asarray(start(problem.free))
    _check(problem, begun)

    order = itertools.count(1)

    def search(problem: Problem, begun: Point) -> Fit:
        made = Search(problem, limit, memory=memory, listen=on_iteration, order=next(order))
        return _searched(made, begun, method, rate)

    best = search(problem, begun)
    if not all(each.known for each in problem.observed) and not best.interrupted:
        best = search(with_noise_of(best), best.z)
    losses, drawn = [best.loss], np.random.default_rng(seed)
    for _ in range(starts - 1):
        if best.interrupted:
            break
        other = search(best.problem, begun + SCATTER * drawn.standard_normal(begun.size))
        losses.append(other.loss)
        best = min(best, other, key=lambda each: each.loss)
    return replace(best, losses=tuple(losses))


def loss_at(problem: Problem, z: Point) -> tuple[float, bool]:
    """The loss at a point, and whether the run converged there."""
    rows, solved = residuals(jnp.asarray(z), problem)
    return 0.5 * float(rows @ rows) + weight(problem), bool(solved)


def with_noise_of(fit: Fit) -> Problem:
    """The problem with every unknown noise as large as what the fit leaves of its series."""
    problem = fit.problem
    found = predict(jnp.asarray(fit.z), problem)
    samples = sum(each.values.size for each in problem.observed)
    each_takes = len(problem.free) / samples  # parameters are shared out among the samples
    series = list(problem.observed)
    for alike in noises(series):
        squares, left = 0.0, 0.0
        for each, seen in ((series[place], found[place]) for place in alike):
            squares += float(((each.values - seen) ** 2).sum())
            left += each.values.size * (1.0 - each_takes) - 2 * each.scaled
        for place in alike:
            if not series[place].known:
                sigma = jnp.asarray((squares / max(left, 1.0)) ** 0.5)
                series[place] = replace(series[place], sigma=sigma)
    return replace(problem, observed=tuple(series))


def _check(problem: Problem, begun: Point) -> None:
    """Refuse a run that fails at the start, and a series that it cannot or does not answer to."""
    arguments = numbers_at(jnp.asarray(begun), problem), *problem.run
    found = jax.eval_shape(columns, *arguments)[0]
    for each in problem.observed:
        like, animal = 1 if each.places is None else 2, owner(each.sees)[0]
        if animal not in (problem.animals or ("",)):
            raise InputError(
                f"{each.name}: sees {each.sees!r}, the column of no animal; write the name of one "
                f"in front, of {', '.join(problem.animals)}"
            )
        names = [
            owner(name)[1]
            for name, values in found.items()
            if values.ndim == like and owner(name)[0] == animal
        ]
        check_seen(each, names, problem.until(each.sees))
    whole, converged = columns(*arguments)
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


def _searched(search: Search, begun: Point, method: Method, rate: float) -> Fit:
    """One search; one stopped by hand ends at the last accepted point."""
    interrupted = False
    try:
        ending = search.run(begun, method, rate)
        z, done, words = ending.z, ending.done, ending.words
    except KeyboardInterrupt:
        z, done, words, interrupted = begun, False, "stopped by hand", True
        z = begun if search.last is None else search.last
    loss, solved = loss_at(search.problem, z)
    if not solved:
        words = "the run does not converge at the estimate"
    return Fit(
        problem=search.problem,
        z=z,
        loss=loss,
        converged=done and solved,
        interrupted=interrupted,
        words=words,
    )
