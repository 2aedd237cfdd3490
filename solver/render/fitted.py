"""Figures of a fit: what was observed beside what the fitted model predicts, and what is left.

Read `predicted.csv` of the folder; of a sampled posterior, `predictive.csv` and `posterior.csv`.
"""

import csv
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from meshes.errors import InputError
from solver.render import palette
from solver.render.save import save_figure


def plot_fit(folder: str | Path, output_png: str | Path) -> Path:
    """Draw a row for every series: observed and predicted, and residuals over their noise.

    Raises:
        InputError: a folder without the predictions of a fit, or a place that cannot be written.
    """
    series = _read(Path(folder) / "predicted.csv", ("time_s", "observed", "predicted", "sigma"))
    figure = Figure(figsize=(10.0, 2.8 * len(series)), layout="constrained", dpi=120)
    FigureCanvasAgg(figure)
    panels = figure.subplots(len(series), 2, squeeze=False, width_ratios=[3, 1])
    for (name, sees), (wide, narrow) in zip(series, panels, strict=True):
        time, observed, predicted, sigma = _by_time(series[name, sees])
        wide.plot(time, observed, ".", color=palette.FAINT, label=f"observed ({name})")
        wide.plot(time, predicted, "-", color=palette.FLUID, label="predicted")
        wide.set(xlabel="time (s)", ylabel=sees)
        wide.legend(frameon=False, fontsize="small")
        narrow.axhline(0.0, color=palette.FAINT, linewidth=0.8)
        narrow.plot(time, (observed - predicted) / sigma, ".", color=palette.WALL)
        narrow.set(xlabel="time (s)", ylabel="residual / noise")
    return save_figure(figure, output_png)


def plot_posterior(folder: str | Path, output_png: str | Path) -> Path:
    """Draw a row for every series, with the band that holds 95 % of what would be observed, and
    a histogram for every number.

    Raises:
        InputError: a folder without a sampled posterior, or a place that cannot be written.
    """
    columns = ("time_s", "observed", "low", "median", "high")
    series = _read(Path(folder) / "predictive.csv", columns)
    path = Path(folder) / "posterior.csv"
    names = path.read_text(encoding="utf-8").splitlines()[0].split(",")
    draws = np.loadtxt(path, delimiter=",", skiprows=1, ndmin=2)
    figure = Figure(figsize=(10.0, 2.8 * len(series) + 2.4), layout="constrained", dpi=120)
    FigureCanvasAgg(figure)
    parts = figure.subfigures(2, 1, squeeze=False, height_ratios=[2.8 * len(series), 2.4])
    upper, lower = parts[:, 0]
    panels = upper.subplots(len(series), 1, squeeze=False)[:, 0]
    for (name, sees), axes in zip(series, panels, strict=True):
        time, observed, low, median, high = _by_time(series[name, sees])
        axes.fill_between(time, low, high, color=palette.FLUID, alpha=0.25, linewidth=0)
        axes.plot(time, median, "-", color=palette.FLUID, label="posterior, median and 95 %")
        axes.plot(time, observed, ".", color=palette.FAINT, label=f"observed ({name})")
        axes.set(xlabel="time (s)", ylabel=sees)
        axes.legend(frameon=False, fontsize="small")
    for axes, name, drawn in zip(
        lower.subplots(1, len(names), squeeze=False)[0], names, draws.T, strict=True
    ):
        axes.hist(drawn, bins=40, density=True, color=palette.WALL)
        axes.set(xlabel=name, yticks=[])
    return save_figure(figure, output_png)


def _by_time(rows: list[list[float]]) -> Float[np.ndarray, "columns times"]:
    """Columns in the order of time, the first; of an image's many values at a time their means."""
    ordered = np.array(sorted(rows))
    times, which, count = np.unique(ordered[:, 0], return_inverse=True, return_counts=True)
    if len(times) == len(ordered):
        return ordered.T
    return np.array([np.bincount(which, column) / count for column in ordered.T])


def _read(path: Path, columns: Sequence[str]) -> dict[tuple[str, str], list[list[float]]]:
    """Rows of numbers by series and what it sees."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = [*csv.DictReader(file)]
    except OSError as error:
        raise InputError(f"{path}: cannot be read; give the folder of a fit.") from error
    series: dict[tuple[str, str], list[list[float]]] = defaultdict(list)
    for row in rows:
        series[row["series"], row["sees"]].append([float(row[key]) for key in columns])
    return series
