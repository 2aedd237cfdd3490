"""Pressures in time: a number, an oscillation, or a recorded trace.

p(t) = mean + amplitude sin(2 pi f t + phase)            (Pa, Hz, s)
"""

import re
from pathlib import Path
from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float

from meshes.errors import InputError
from solver.columns import read_columns
from solver.record import record

Number = float | Float[Array, ""]
NAMES = ("pressure", "p", "icp", "value")  # usual headers of a pressure column, without their unit
PASCALS_PER = {"pa": 1.0, "kpa": 1e3, "mmhg": 133.322, "cmh2o": 98.0665}
BARE_UNITS = ("pa", "kpa", "mmhg", "cmho")  # as left of a header: letters alone


@record
class Oscillation:
    """A pressure that oscillates: breathing (0.3 Hz), the heart (1 Hz), slow waves.

    Attributes:
        mean, amplitude: Pa; frequency: Hz; phase: rad at t = 0.
    """

    mean: Number = 0.0
    amplitude: Number = 0.0
    frequency: Number = 1.0
    phase: Number = 0.0

    def __call__(self, time: Number) -> Float[Array, ""]:
        """Pressure at a time, Pa."""
        turn = 2.0 * jnp.pi * self.frequency * time + self.phase
        return self.mean + self.amplitude * jnp.sin(turn)


@record
class Trace:
    """A pressure known at some times, linear between them and constant beyond."""

    times: Float[Array, " samples"]
    values: Float[Array, " samples"]

    def __call__(self, time: Number) -> Float[Array, ""]:
        """Pressure at a time, Pa."""
        return jnp.interp(time, jnp.asarray(self.times), jnp.asarray(self.values))


Pressure = Number | Oscillation | Trace


def at(pressure: Any, time: Number) -> Float[Array, ""]:
    """A pressure at a time, Pa."""
    return jnp.asarray(pressure(time) if callable(pressure) else pressure)


def read_pressure(
    path: str | Path, time_column: str | None = None, value_column: str | None = None
) -> Trace:
    """Read a pressure from a CSV file with a header line; its first row is at t = 0.

    Args:
        path: the file; comma, semicolon or tab separated.
        time_column: header of the time column; otherwise found among the usual names (time, t). A
            unit in it is read, as in `time (min)`; seconds otherwise.
        value_column: header of the pressure column; otherwise the first that is named pressure, p,
            ICP or value, with or without a unit. Its unit is read, as in `ICP (mmHg)`; Pa
            otherwise.

    Raises:
        InputError: for a missing file or column, a unit that is no pressure, fewer than two rows,
            a cell that is not a finite number, or time that repeats or runs backwards.
    """
    usual = tuple(name + unit for unit in ("", *BARE_UNITS) for name in NAMES)
    found = read_columns(path, usual, time_column=time_column, value_column=value_column)
    named = re.search(r"[\[(]\s*(\S+?)\s*[\])]|_([^_\s]+)$", found.name.lower())
    unit = (named[1] or named[2]) if named else "pa"
    if unit not in PASCALS_PER:
        if named and named[1]:
            raise InputError(
                f"{path}, line 1: the unit in {found.name!r} is no pressure; write one of "
                "Pa, kPa, mmHg, cmH2O"
            )
        unit = "pa"
    return Trace(jnp.asarray(found.times), jnp.asarray(PASCALS_PER[unit] * found.values))
