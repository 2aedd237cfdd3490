"""The figure of a fit: what was observed beside what the fitted model predicts, and what is left.

Reads `predicted.csv` of the folder.
"""

import csv
from collections import defaultdict
from pathlib import Path

import numpy as np
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
    path = Path(folder) / "predicted.csv"
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = [*csv.DictReader(file)]
    except OSError as error:
        raise InputError(f"{path}: cannot be read; give the folder of a fit.") from error
    series: dict[tuple[str, str], list[list[float]]] = defaultdict(list)
    for row in rows:
        numbers = [float(row[key]) for key in ("time_s", "observed", "predicted", "sigma")]
        series[row["series"], row["sees"]].append(numbers)
    figure = Figure(figsize=(10.0, 2.8 * len(series)), layout="constrained", dpi=120)
    FigureCanvasAgg(figure)
    panels = figure.subplots(len(series), 2, squeeze=False, width_ratios=[3, 1])
    for (name, sees), (wide, narrow) in zip(series, panels, strict=True):
        time, observed, predicted, sigma = np.array(sorted(series[name, sees])).T
        wide.plot(time, observed, ".", color=palette.FAINT, label=f"observed ({name})")
        wide.plot(time, predicted, "-", color=palette.FLUID, label="predicted")
        wide.set(xlabel="time (s)", ylabel=sees)
        wide.legend(frameon=False, fontsize="small")
        narrow.axhline(0.0, color=palette.FAINT, linewidth=0.8)
        narrow.plot(time, (observed - predicted) / sigma, ".", color=palette.WALL)
        narrow.set(xlabel="time (s)", ylabel="residual / noise")
    return save_figure(figure, output_png)
