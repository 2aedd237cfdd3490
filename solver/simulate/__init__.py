"""The only room that knows the order: norepinephrine rises, the artery narrows, the space widens,
fluid moves, tracer is carried, the probe sees it.

`prepare` does on the host what needs no number that a fit frees; `advance` is one step, a pure
function; `trajectory` scans it and is differentiable end to end; `simulate` runs it with progress,
from a `Moment` on if one is given.
"""

from solver.simulate.fields import Fields, fields
from solver.simulate.march import Progress, simulate
from solver.simulate.moment import Moment, as_arrays, from_arrays, identity, single_numbers
from solver.simulate.preparation import prepare
from solver.simulate.readings import readings_at_rest
from solver.simulate.run import Run
from solver.simulate.step import advance, begin, respond, trajectory

__all__ = [
    "Fields",
    "Moment",
    "Progress",
    "Run",
    "advance",
    "as_arrays",
    "begin",
    "fields",
    "from_arrays",
    "identity",
    "prepare",
    "readings_at_rest",
    "respond",
    "simulate",
    "single_numbers",
    "trajectory",
]
