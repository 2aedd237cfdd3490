"""Which of several models the data prefer: information criteria of a fit.

    AIC = 2 k - 2 log L          BIC = k log n - 2 log L

k counts free numbers, unknown noises, scales and offsets; n samples. Of models fitted to the same
data the one with the least is preferred; 2 is little, 10 is much (Burnham & Anderson 2002). AIC
asks which predicts new data best, BIC which is likelier true; priors take no part.
"""

import math
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np

from solver.fit.observed import noises
from solver.fit.residuals import predict
from solver.fit.solve import Fit


@dataclass(frozen=True)
class Criteria:
    """Logarithm of the likelihood at the estimate, numbers fitted, and the criteria."""

    log_likelihood: float
    fitted: int
    samples: int

    @property
    def akaike(self) -> float:
        """AIC."""
        return 2.0 * self.fitted - 2.0 * self.log_likelihood

    @property
    def bayes(self) -> float:
        """BIC."""
        return self.fitted * math.log(self.samples) - 2.0 * self.log_likelihood


def criteria(fit: Fit) -> Criteria:
    """The criteria of a fit; an unknown noise is the likeliest, not the unbiased one."""
    log_likelihood, unknown = 0.0, 0
    series = fit.problem.observed
    seen = predict(jnp.asarray(fit.z), fit.problem)
    for alike in noises(series):
        left = np.concatenate([np.asarray(series[at].values - seen[at]) for at in alike])
        first = series[alike[0]]
        variance = float(first.sigma) ** 2 if first.known else float((left**2).mean())
        log_likelihood -= 0.5 * float((left**2).sum()) / variance
        log_likelihood -= 0.5 * left.size * math.log(2.0 * math.pi * variance)
        unknown += (not first.known) + 2 * sum(series[at].scaled for at in alike)
    return Criteria(
        log_likelihood, len(fit.problem.free) + unknown, sum(each.values.size for each in series)
    )
