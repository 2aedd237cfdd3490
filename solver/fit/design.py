"""Design by gradient: which numbers of the wall's answer move most, for the same effort.

    make    |G(z)|, G a column's total over the run     largest
    while   E(z) = mean over steps of (dR/dt)^2         stays what it is at the start

R is the mean radius of the vessels. At a given amplitude the effort rises with the square of the
frequency: it is what a wall of constant viscosity dissipates, up to a factor. Goal and effort come
from one run, their gradients by forward mode; the search is sequential quadratic programming
(scipy, Kraft 1988), in coordinates without bounds; what it finds is the best nearby.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

import jax
import jax.numpy as jnp
import numpy as np
import scipy.optimize
from jaxtyping import Array, Float

from meshes.errors import InputError
from solver.fit.free import Free
from solver.fit.parameters import start
from solver.fit.problem import Problem, directions_at, numbers_at
from solver.fit.search import Point, values
from solver.fit.simulated import columns, tangents

RADIUS = "mean_radius_m"
RATE = "_per_s"  # ends the name of a column whose total is its integral over time
CLOSE = 1e-3  # relative, to which the effort is kept


@dataclass(frozen=True, eq=False)
class Design:
    """What a design found.

    Attributes:
        start, values: of the free numbers, SI, by name: before and after.
        goal: total of the column, before and after; `effort`: m2/s2, before and after.
        brings: what 1 % more of each number brings at the start, in % of goal and of effort.
        converged, words: whether the search did, and why it ended.
    """

    start: dict[str, float]
    values: dict[str, float]
    goal: tuple[float, float]
    effort: tuple[float, float]
    brings: dict[str, tuple[float, float]]
    converged: bool
    words: str


def design(
    problem: Problem,
    goal: str,
    *,
    limit: int = 50,
    on_point: Callable[[int, float, float, dict[str, float]], None] | None = None,
) -> Design:
    """Search for the free numbers that make most of a column at the effort of the start.

    Args:
        problem: its series play no part.
        goal: a column of the run; of a rate the integral, else the change from start to end.
        limit: most steps of the search.
        on_point: called with the number of runs made, goal and effort (over those at the start)
            and the numbers.

    Raises:
        InputError: a column that the run lacks; a start at which nothing moves, the goal is zero,
            or the run does not converge.
    """
    begun = np.asarray(start(problem.free))
    _check(problem, begun, goal)
    seen: dict[bytes, tuple[np.ndarray, np.ndarray]] = {}

    def both(z: Point) -> tuple[np.ndarray, np.ndarray]:
        """Logarithms of goal and effort over those at the start, and their gradients."""
        if z.tobytes() not in seen:
            found, slopes = (np.asarray(each) for each in _measured(jnp.asarray(z), problem, goal))
            seen[z.tobytes()] = np.log(np.abs(found)), slopes / found[:, None]
            if on_point:
                ratios = np.exp(seen[z.tobytes()][0] - seen[begun.tobytes()][0])
                on_point(len(seen), float(ratios[0]), float(ratios[1]), values(problem, z))
        return seen[z.tobytes()]

    first = both(begun)[0]
    found = scipy.optimize.minimize(
        lambda z: -both(z)[0][0],
        begun,
        jac=lambda z: -both(z)[1][0],
        method="SLSQP",
        constraints={
            "type": "eq",
            "fun": lambda z: both(z)[0][1] - first[1],
            "jac": lambda z: both(z)[1][1],
        },
        options={"maxiter": limit, "ftol": 1e-7},
    )
    last = both(found.x)[0]
    kept = abs(last[1] - first[1]) < CLOSE
    return Design(
        start=values(problem, begun),
        values=values(problem, found.x),
        goal=(float(np.exp(first[0])), float(np.exp(last[0]))),
        effort=(float(np.exp(first[1])), float(np.exp(last[1]))),
        brings={
            each.name: _brings(each, float(z), slope)
            for each, z, slope in zip(problem.free, begun, both(begun)[1].T, strict=True)
        },
        converged=bool(found.success and kept),
        words=" ".join(str(found.message).lower().split()),
    )


def measures(
    whole: Mapping[str, Float[Array, " times"]], goal: str
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """Goal and effort of a run."""
    steps = jnp.diff(whole["time_s"])
    return total_of(whole, goal), ((jnp.diff(whole[RADIUS]) / steps) ** 2).mean()


def total_of(whole: Mapping[str, Float[Array, " times"]], goal: str) -> Float[Array, ""]:
    """A column over the run: of a rate its integral, else its change from start to end."""
    column = whole[goal]
    if goal.endswith(RATE):
        return (column[1:] * jnp.diff(whole["time_s"])).sum()
    return column[-1] - column[0]


def _measured(
    z: Float[Array, " free"], problem: Problem, goal: str
) -> tuple[Float[Array, "2"], Float[Array, "2 free"]]:
    """Goal and effort, and how they change with each coordinate."""
    numbers, directions = numbers_at(z, problem), directions_at(z, problem)
    names = ("time_s", *sorted({goal, RADIUS}))
    whole, changes, _ = tangents(names, numbers, directions, *problem.run)
    found, push = jax.linearize(lambda each: jnp.stack(measures(each, goal)), whole)
    return found, jax.vmap(push, out_axes=1)(changes)


def _brings(each: Free, z: float, slope: Float[np.ndarray, "2"]) -> tuple[float, float]:
    """Relative change of goal and effort over that of a number, from those over its coordinate."""
    number, rate = jax.value_and_grad(each.value)(z)
    goal, effort = (float(one * number / rate) for one in slope)
    return goal, effort


def _check(problem: Problem, begun: Point, goal: str) -> None:
    arguments = numbers_at(jnp.asarray(begun), problem), *problem.run
    names = [k for k, v in jax.eval_shape(columns, *arguments)[0].items() if v.ndim == 1]
    if goal not in names:
        near = get_close_matches(goal, names, n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(near)}?" if near else f"use one of {', '.join(names)}"
        raise InputError(f"design.goal: the run has no column {goal!r}; {hint}")
    whole, converged = columns(*arguments)
    total, effort = (float(each) for each in measures(whole, goal))
    if not converged:
        raise InputError("the run does not converge where the design starts; see pvs-simulate")
    if not effort > 0 or total == 0:
        raise InputError(
            f"design: effort {effort:g} m2/s2 and {goal} {total:g} at the start; begin where the "
            "wall moves and something is reached"
        )
