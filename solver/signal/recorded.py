"""A recorded norepinephrine trace: `n = (NE - NE0) / NE0`, linear between samples.

The trace is held at its ends. Units: seconds; `n` is dimensionless. A column that already is a
relative change (dF/F) is taken as `n = value - NE0`, without division. The onset of
`solver.signal.onset` multiplies the trace so that the motion starts from rest.
"""

import math
from pathlib import Path
from typing import Literal

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from meshes.errors import InputError
from solver.columns import bare, read_columns
from solver.record import record, static
from solver.signal.onset import Signal, rise
from solver.signal.states import check_state, constantly

VALUE_NAMES = ("norepinephrine", "ne", "value", "dff", "deltaff", "norepinephrinerelative", "n")
RELATIVE_NAMES = ("dff", "deltaff", "norepinephrinerelative", "n")  # already (NE - NE0) / NE0


@record
class Recorded(Signal):
    """A norepinephrine trace given by samples.

    Attributes:
        times: s, strictly increasing; the run starts at 0.
        values: the relative change `n` at those times (1).
        onset: s over which the trace fades in after t = 0; 0 uses it as it is, also before t = 0.
        state: the vigilance state in which it was recorded, throughout.
    """

    times: Float[Array, " samples"]
    values: Float[Array, " samples"]
    onset: float | Float[Array, ""] = 5.0
    state: str = static(default="nrem")

    def __post_init__(self) -> None:
        """Check the state."""
        check_state("signal.state", self.state)

    def __call__(self, time: Float[Array, "*t"]) -> Float[Array, "*t"]:
        """The relative change of norepinephrine at `time` (s)."""
        return rise(time, self.onset) * jnp.interp(time, self.times, self.values)

    def states(self, time: Float[Array, "*t"]) -> Float[Array, "states *t"]:
        """The state of the recording at every `time`."""
        return constantly(self.state, time)


def read_trace(
    path: str | Path,
    *,
    time_column: str | None = None,
    value_column: str | None = None,
    baseline: float | Literal["mean"] = "mean",
    onset: float = 5.0,
    state: str = "nrem",
) -> Recorded:
    """Read a norepinephrine trace from a CSV file with a header line.

    Args:
        path: the file; comma, semicolon or tab separated.
        time_column: header of the time column; otherwise found among the usual names (time, t). A
            unit in the header is read: `time (min)`, `time_h`; seconds otherwise.
        value_column: header of the value column; otherwise found among the usual names (NE,
            norepinephrine, value, dF/F). A header dF/F means that the values are relative changes
            already; with a percent sign in it they are divided by 100.
        baseline: NE0 in the file's own unit, or "mean" for the time average of the trace.
        onset: s, see `Recorded`; `state` likewise.

    Returns:
        The trace, its first row at t = 0.

    Raises:
        InputError: for a missing file or column, fewer than two rows, a cell that is not a finite
            number, time that repeats or runs backwards, or a baseline of zero.
    """
    path = Path(path)
    found = read_columns(path, VALUE_NAMES, time_column=time_column, value_column=value_column)
    return Recorded(
        jnp.asarray(found.times),
        jnp.asarray(_relative(path, found.times, found.values, found.name, baseline)),
        onset,
        state,
    )


def _relative(
    path: Path,
    seconds: Float[np.ndarray, " samples"],
    values: Float[np.ndarray, " samples"],
    name: str,
    baseline: float | Literal["mean"],
) -> Float[np.ndarray, " samples"]:
    """The values as a relative change of norepinephrine."""
    if baseline == "mean":
        level = float(np.trapezoid(values, seconds) / (seconds[-1] - seconds[0]))
    else:
        try:
            level = float(baseline)
        except (TypeError, ValueError):
            level = math.nan
    if not math.isfinite(level):
        raise InputError(f"{path}: baseline is {baseline!r}; give 'mean' or a finite number.")
    if bare(name) in RELATIVE_NAMES:
        return (values - level) * (0.01 if "%" in name else 1.0)
    if level <= 0:
        raise InputError(
            f"{path}, column {name!r}: the baseline is {level:g}, and a relative change needs a "
            "positive one; give baseline=<number>, or name the column dF/F if it is relative."
        )
    return (values - level) / level
