"""From norepinephrine to clearance.

In the order in which data travels: a `signal` says what norepinephrine does, a `wall` answers,
`flow` moves fluid, a `tracer` is carried, a `route` says what lies beyond; a `Model` names one of
each on a mesh, `prepare` sets up what no parameter changes, `simulate` runs, `trajectory` is the
same run as one differentiable function, `spread` shares many of them among devices, `observe`
reads a run, `store` keeps it in a folder and `render` draws it. SI throughout (`units`).
"""

from solver import flow, observe, render, route, signal, store, tracer, units, wall
from solver.simulate import Fields, Progress, Run, prepare, simulate, trajectory
from solver.spread import spread
from solver.state import Model, Prepared, State

__all__ = [  # noqa: RUF022 - in the order in which data travels
    "units",
    "signal",
    "wall",
    "flow",
    "tracer",
    "route",
    "Model",
    "prepare",
    "Prepared",
    "simulate",
    "trajectory",
    "spread",
    "State",
    "Progress",
    "Fields",
    "Run",
    "observe",
    "store",
    "render",
]
