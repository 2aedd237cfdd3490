"""run.nc: the signals of a run with time, patch, region and tracer as axes, and how solves went.

    flow, tracer_out          of time and patch, ends by name, `sheath`, `outer`: out of the model
    fluid, tracer_volume      of time and region: `pvs`, `tissue`, compartments, windkessels
    tracer_...                of the tracer too; the one without a name is called `first`
    iterations, residual ...  of the steps, at whose ends the axis `step` stands

Opens with xarray.open_dataset("run.nc"). What a run does not have is NaN.
"""

import re
from pathlib import Path

import numpy as np
from jaxtyping import Float

from solver import store
from solver.simulate import Run
from solver.units import WRITTEN, unit_of

from .solves import NAMES

FIRST = "first"
UNITS = WRITTEN | {"pa": "Pa"}
PLACES = (  # quantity, axis, what its columns look like; `{of}` is the name of a tracer
    ("flow", "patch", r"flow_(\w+)_m3_per_s", "m3 s-1"),
    ("tracer_out", "patch", r"tracer_{of}out_(\w+)_m3_per_s", "m3 s-1"),
    ("tracer_volume", "region", r"tracer_{of}(\w+)_m3", "m3"),
    ("fluid_out", "region", r"fluid_out_(\w+)_m3_per_s", "m3 s-1"),
    ("fluid", "region", r"fluid_(\w+)_m3", "m3"),
    ("fluid", "region", r"(pvs)_volume_m3", "m3"),
)

Found = dict[tuple[str, ...], Float[np.ndarray, " times"]]  # by label on each axis


def save_labelled(folder: Path, run: Run) -> Path:
    """Write `run.nc` from the signals and solves of a run."""
    variables = {"time": store.Variable("s", ("time",), run.times)}
    groups: dict[tuple[str, str, tuple[str, ...]], Found] = {}
    for column, read in run.signals.items():
        if column != "time_s":
            name, unit, where = _read(column, run.tracers)
            groups.setdefault((name, unit, tuple(where)), {})[tuple(where.values())] = read
    labels = _labels(groups)
    variables |= {axis: store.Variable("", (axis,), np.array(of)) for axis, of in labels.items()}
    for (name, unit, axes), found in groups.items():
        values = np.full((*(len(labels[axis]) for axis in axes), len(run.times)), np.nan)
        for place, read in found.items():
            at = [labels[axis].index(label) for axis, label in zip(axes, place, strict=True)]
            values[tuple(at)] = read
        variables[name] = store.Variable(unit, ("time", *axes), np.moveaxis(values, -1, 0))
    variables["step"] = store.Variable("s", ("step",), run.times[1:])
    for key, name in NAMES.items():
        if key in run.solves:
            variables[name] = store.Variable("1", ("step",), np.asarray(run.solves[key], float))
    words = "signals of a run of glymphax, and how its solves went"
    return store.save_arrays(folder / store.ARRAYS, words, variables)


def _read(column: str, tracers: tuple[str, ...]) -> tuple[str, str, dict[str, str]]:
    """Name, unit and, by axis, the labels of a column."""
    owners = [name for name in tracers if column.startswith(f"tracer_{name}_")]
    owner = max(owners, key=len, default="")
    of = f"{owner}_" if owner else ""
    carried = {"tracer": owner or FIRST} if column.startswith("tracer_") else {}
    for name, axis, pattern, unit in PLACES:
        found = re.fullmatch(pattern.replace("{of}", re.escape(of)), column)
        if found:
            return name, unit, carried | {axis: found[1]}
    quantity, unit = unit_of(column)
    if not unit and column.endswith("_pa"):
        quantity, unit = column.removesuffix("_pa"), "pa"
    if carried:
        quantity = f"tracer_{quantity.removeprefix(f'tracer_{of}')}"
    return quantity, UNITS.get(unit, "1"), carried


def _labels(groups: dict[tuple[str, str, tuple[str, ...]], Found]) -> dict[str, list[str]]:
    """Labels of every axis, in the order in which the columns have them."""
    labels: dict[str, list[str]] = {}
    for (_, _, axes), found in groups.items():
        for place in found:
            for axis, label in zip(axes, place, strict=True):
                known = labels.setdefault(axis, [])
                if label not in known:
                    known.append(label)
    return labels
