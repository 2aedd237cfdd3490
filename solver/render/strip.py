"""The signals under a picture: small curves with the moment marked, and the vigilance state.

Columns of `signals.csv` (SI), shown in the units beside them.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from solver.render import palette

STATE = "state_"  # how the columns of the states' weights begin
WORDS = {"nrem": "NREM", "rem": "REM"}
SHADES = {"nrem": "#3f6fb5", "rem": "#5aa08c", "wake": "#d19a3d"}
OTHER_SHADE = "#8592a8"
DASHES = ("-", (0, (3, 2)))  # of the first and the second run
Curve = tuple[str, str, float]  # column, colour, SI value of one displayed unit
CURVES: dict[str, tuple[str, tuple[Curve, ...]]] = {
    "norepinephrine_relative": (
        "norepinephrine",
        (("norepinephrine_relative", palette.NOREPINEPHRINE, 1.0),),
    ),
    "mean_radius_m": ("vessel radius\n(µm)", (("mean_radius_m", palette.WALL, 1e-6),)),
    "tracer": (
        "tracer in PVS\nand tissue (pL)",
        (("tracer_pvs_m3", palette.FLUID, 1e-15), ("tracer_tissue_m3", palette.SOLID, 1e-15)),
    ),
}


def state_at(signals: Mapping[str, Float[np.ndarray, " steps"]], time: float) -> str:
    """The vigilance state of most weight at a time (s); empty if the run tells none."""
    columns = [name for name in signals if name.startswith(STATE)]
    if not columns:
        return ""
    row = int(np.argmin(np.abs(signals["time_s"] - time)))
    name = max(columns, key=lambda column: signals[column][row]).removeprefix(STATE)
    return WORDS.get(name, name)


def add_signals(figure: Figure, caption: Any) -> None:
    """Curves at the bottom left of a figure, what the caption names of its signals."""
    theme = palette.THEMES[caption.theme]
    rows = [name for name in caption.curves if _lines(name, caption.signals)]
    for row, name in enumerate(rows):
        axes = figure.add_axes((0.115, 0.122 - 0.08 * row, 0.51, 0.062))
        axes.set_facecolor("none")
        times = caption.signals[0]["time_s"]
        for run, dashes in zip(caption.signals, DASHES, strict=False):
            _curves(axes, name, run, dashes, caption.time, theme)
        axes.axvline(caption.time, color=theme.text, linewidth=0.8, alpha=0.6)
        if row == 0:
            _states(axes, caption.signals[0])
        axes.set_xlim(times[0], times[-1])
        axes.tick_params(colors=theme.faint, labelsize=9.5, length=0, pad=3)
        axes.locator_params(axis="y", nbins=3)
        for side in axes.spines.values():
            side.set_visible(False)
        label = CURVES.get(name, (name.replace("_", " "), ()))[0]
        source = f"\n({caption.source})" if name.startswith("norepinephrine") else ""
        axes.set_ylabel(
            label + source,
            color=theme.text,
            fontsize=10.5,
            rotation=0,
            ha="right",
            va="center",
            labelpad=8,
        )
        if row < len(rows) - 1:
            axes.set_xticklabels([])
        else:
            axes.set_xlabel("time (s)", color=theme.faint, fontsize=10, labelpad=1)


def _lines(name: str, signals: Sequence[Mapping[str, Any]]) -> list[Curve]:
    """Curves of a row that the first run has."""
    wanted = CURVES.get(name, ("", ((name, palette.FLUID, 1.0),)))[1]
    return [curve for curve in wanted if curve[0] in signals[0]]


def _curves(
    axes: Axes,
    name: str,
    signals: Mapping[str, Float[np.ndarray, " steps"]],
    dashes: Any,
    time: float,
    theme: palette.Theme,
) -> None:
    """The curves of one run, and a dot on each where the time is."""
    for column, colour, unit in _lines(name, [signals]):
        values = signals[column] / unit
        axes.plot(signals["time_s"], values, color=colour, linewidth=1.8, linestyle=dashes)
        now = np.interp(time, signals["time_s"], values)
        axes.plot(
            time,
            now,
            "o",
            color=colour,
            markersize=6.5,
            markeredgecolor=theme.text,
            markeredgewidth=1.2,
            clip_on=False,
            zorder=5,
        )


def _states(axes: Axes, signals: Mapping[str, Float[np.ndarray, " steps"]]) -> None:
    """Bands behind a curve, one shade for each vigilance state."""
    columns = [name for name in signals if name.startswith(STATE)]
    if not columns:
        return
    times = signals["time_s"]
    most = np.argmax([signals[name] for name in columns], axis=0)
    turns = [0, *(np.flatnonzero(np.diff(most)) + 1), len(most) - 1]
    for start, end in pairwise(turns):
        name = columns[most[start]].removeprefix(STATE)
        shade = SHADES.get(name, OTHER_SHADE)
        axes.axvspan(times[start], times[end], color=shade, alpha=0.28, linewidth=0, zorder=0)
