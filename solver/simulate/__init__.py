"""The only room that knows the order: norepinephrine rises, the artery narrows, the space widens,
fluid moves, tracer is carried, the probe sees it.

`prepare` does on the host what needs no number that a fit frees; `advance` is one step, a pure
function; `trajectory` scans it and is differentiable end to end; `simulate` runs it with progress.
"""

from solver.simulate.fields import Fields, fields
from solver.simulate.march import Progress, simulate
from solver.simulate.preparation import prepare
from solver.simulate.readings import readings_at_rest
from solver.simulate.run import Run
from solver.simulate.step import advance, begin, respond, trajectory

__all__ = [
    "Fields",
    "Progress",
    "Run",
    "advance",
    "begin",
    "fields",
    "prepare",
    "readings_at_rest",
    "respond",
    "simulate",
    "trajectory",
]
