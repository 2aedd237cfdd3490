"""Profile likelihood: how much worse the best fit is with one number held elsewhere.

    D(v) = 2 (min over the others of loss(v, .) - loss at the estimate)

The interval holds every v with D(v) < t^2, t of Student (of the normal distribution where every
noise is known), as the Laplace one does where the loss is a parabola; here it may be lopsided, or
have no end (Raue et al. 2009, Bioinformatics 25:1923). Ends lie where the signed root of D, nearly
a line, passes -t and t between the points tried.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from meshes.errors import InputError
from solver.fit.certainty import Certainty, student
from solver.fit.free import Free
from solver.fit.memory import Memory
from solver.fit.search import Search
from solver.fit.solve import Fit, loss_at

STEPS = (0.6, 1.2, 1.8, 2.4, 3.2, 4.5)  # of the Laplace deviation, tried on either side [choice]
LIMIT = 25  # evaluations of one search for the others [choice]


@dataclass(frozen=True, eq=False)
class Profile:
    """The profile of one number.

    Attributes:
        name: of the number; `values`: tried, SI, rising; `deviance`: D at each.
        interval: 95 %, SI; -inf or inf where no value tried was excluded.
    """

    name: str
    values: Float[np.ndarray, " tried"]
    deviance: Float[np.ndarray, " tried"]
    interval: tuple[float, float]


def chosen(names: Sequence[str], free: Sequence[Free]) -> tuple[str, ...]:
    """The numbers to profile, of those that are free.

    Raises:
        InputError: a name that is not free.
    """
    known = [each.name for each in free]
    for name in names:
        if name not in known:
            raise InputError(f"profile: {name} is not free; choose from {', '.join(known)}")
    return tuple(names)


def profile(fit: Fit, known: Certainty, name: str, memory: Memory | None = None) -> Profile:
    """The profile of one number of a fit, of which its data say something."""
    at = [each.name for each in fit.problem.free].index(name)
    reach = student(fit.problem)
    tried = {0.0: 0.0}
    for side in (-1.0, 1.0):
        z = fit.z.copy()
        for share in STEPS:
            z[at] = fit.z[at] + side * share * known.deviations[at]
            ending = Search(fit.problem, LIMIT, memory=memory, held=at).run(z, "least_squares", 0.0)
            z = ending.z.copy()  # the others begin the next search where this one ended
            worse = loss_at(fit.problem, z)[0] - fit.loss
            tried[side * share] = max(2.0 * worse, 0.0) if ending.done else math.nan
            if tried[side * share] > reach**2:
                break
    shares = np.array(sorted(share for share in tried if not math.isnan(tried[share])))
    deviance = np.array([tried[share] for share in shares])
    values = np.array(
        [float(fit.problem.free[at].value(fit.z[at] + x * known.deviations[at])) for x in shares]
    )
    return Profile(name, values, deviance, _ends(values, np.sign(shares) * deviance**0.5, reach))


def _ends(
    values: Float[np.ndarray, " tried"], roots: Float[np.ndarray, " tried"], reach: float
) -> tuple[float, float]:
    """Where the signed root of the deviance passes -reach and reach."""
    rising = np.maximum.accumulate(roots)
    low = float(np.interp(-reach, rising, values)) if roots[0] < -reach else -math.inf
    high = float(np.interp(reach, rising, values)) if roots[-1] > reach else math.inf
    return low, high
