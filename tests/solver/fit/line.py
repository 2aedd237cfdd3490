"""The smallest model there is, y = level + slope t + bend t^2: its posteriors are known exactly."""

from dataclasses import field

import jax.numpy as jnp
import numpy as np

from solver.fit.observed import observed
from solver.fit.parameters import free
from solver.fit.problem import Problem
from solver.fit.slab import Window
from solver.record import record

TIMES = np.linspace(0.0, 10.0, 21)


@record
class Line:
    level: float = 1.0
    slope: float = 0.5
    bend: float = 0.0
    further: dict[str, float] = field(default_factory=dict)

    def columns(self, prepared):
        time = jnp.asarray(prepared.times)
        y = self.level + self.slope * time + self.bend * time**2
        return {"time_s": time, "y": y, "twice": 2.0 * y, "level": self.level + 0.0 * time}


def problem(given, *, sees=("y",), noise=0.1, seed=0, truth=Line(), **how):  # noqa: B008
    drawn = np.random.default_rng(seed)
    window = Window(0.5, 20)
    exact = truth.columns(window)
    series = tuple(
        observed(
            name,
            name,
            TIMES,
            np.asarray(exact[name]) + noise * drawn.standard_normal(TIMES.size),
            **how,
        )
        for name in sees
    )
    return Problem(Line(), window, {}, free(Line(), given), series)
