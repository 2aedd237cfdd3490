"""Cross-validation: what a model says of a series that it was not fitted to.

Each series is left out in turn, the others are fitted, and the one left out is predicted:

    explained = 1 - sum (y - f)^2 / sum (y - mean y)^2

1 is perfect, 0 as good as a level line at the series' own mean, negative worse. The log density is
that of the values left out, under the series' own noise: as given, or as the fit to all data left.
Unlike AIC and BIC it needs no count of numbers, and it notices a model that fits for wrong reasons
(Gelman, Hwang & Vehtari 2014, Stat Comput 24:997).

An animal all of whose series are left out is predicted as one that nobody has seen: each number of
its own that has no prior is the mean of the others', in its coordinate.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import jax.numpy as jnp
import numpy as np

from meshes.errors import InputError
from solver.fit.memory import Memory
from solver.fit.problem import Problem
from solver.fit.residuals import predict
from solver.fit.search import Point
from solver.fit.several import owner
from solver.fit.solve import Fit, fit


@dataclass(frozen=True)
class LeftOut:
    """How a series was predicted without it.

    Attributes:
        name, sees: of the series.
        error: root mean square of observed less predicted, in its unit.
        explained: share of its variance.
        log_density: of its values, by the prediction.
        values: numbers as fitted without it, SI, by name.
        converged: whether that fit did.
    """

    name: str
    sees: str
    error: float
    explained: float
    log_density: float
    values: dict[str, float]
    converged: bool


def check_several(series: Sequence[object]) -> None:
    """Refuse to leave one series out of one.

    Raises:
        InputError: fewer than two series.
    """
    if len(series) < 2:
        raise InputError(
            "validate: one series cannot be left out of one; give further ones in more, or "
            "validate=false"
        )


def without(problem: Problem, number: int) -> Problem:
    """The problem with one of its series left out."""
    kept = problem.observed[:number] + problem.observed[number + 1 :]
    return replace(problem, observed=kept)


def as_the_others(fit: Fit) -> Point:
    """Coordinates of a fit, an animal of which it saw nothing having the mean of the others'."""
    z, problem = fit.z.copy(), fit.problem
    seen = {owner(each.sees)[0] for each in problem.observed}
    own = {  # of one animal alone: whose number, and which
        i: each.leaves[0].partition(".")[::2]
        for i, each in enumerate(problem.free)
        if problem.animals and len(each.leaves) == 1
    }
    for i, (animal, number) in own.items():
        each = problem.free[i]
        others = [j for j, (one, same) in own.items() if one in seen and same == number]
        if animal not in seen and each.prior is None and others:
            values = [problem.free[j].value(fit.z[j]) for j in others]
            z[i] = np.mean([float(each.coordinate(value)) for value in values])
    return z


def cross_validate(
    whole: Fit,
    *,
    leave_out: Callable[[Problem, int], Problem] = without,
    limit: int = 50,
    memory: Memory | None = None,
    on_series: Callable[[str], None] | None = None,
) -> tuple[LeftOut, ...]:
    """Leave out each series in turn.

    Args:
        whole: the fit to all series, that tells their noise.
        leave_out: makes the problem without a series, where more than the series has to go.
        limit: most evaluations of a search.
        on_series: called with the name of the series that is left out next.

    Raises:
        InputError: fewer than two series.
    """
    problem = whole.problem
    check_several(problem.observed)
    found = []
    for number, series in enumerate(problem.observed):
        if on_series:
            on_series(series.name)
        rest = fit(leave_out(problem, number), limit=limit, memory=memory)
        if rest.interrupted:
            raise KeyboardInterrupt
        asked = replace(rest.problem, observed=(series,))
        rest = replace(rest, z=as_the_others(rest))
        left = np.asarray(series.values - predict(jnp.asarray(rest.z), asked)[0])
        around = np.asarray(series.values - series.values.mean())
        variance = float(series.sigma) ** 2
        density = -0.5 * float(left @ left) / variance
        density -= 0.5 * left.size * math.log(2.0 * math.pi * variance)
        found.append(
            LeftOut(
                name=series.name,
                sees=series.sees,
                error=float(np.sqrt((left**2).mean())),
                explained=1.0 - float(left @ left) / float(around @ around),
                log_density=density,
                values=rest.values,
                converged=rest.converged,
            )
        )
    return tuple(found)
