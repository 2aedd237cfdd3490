"""The figure of a claim: its experiments side by side in the three observables."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from solver.render import palette
from solver.render.save import save_figure

COLOURS = (palette.SOLID, palette.FLUID, palette.NOREPINEPHRINE)
FEWEST_LEGIBLE = 0.35  # inches a row


def plot_claim(
    title: str,
    observables: Mapping[str, Mapping[str, tuple[float, Sequence[float]]]],
    output_png: str | Path,
) -> Path:
    """Draw a bar for every experiment in every observable, its variations as dots beside it.

    Args:
        title: the sentence claimed.
        observables: by title with unit: for each experiment its value and those of the variations.

    Raises:
        InputError: the place cannot be written.
    """
    experiments = [*next(iter(observables.values()))]
    size = (10.0, 1.4 + FEWEST_LEGIBLE * max(3, len(experiments)))
    figure = Figure(figsize=size, dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title, fontsize=10.5, x=0.01, ha="left", wrap=True)
    places = np.arange(len(experiments))
    columns = figure.subplots(1, len(observables), sharey=True, squeeze=False)[0]
    for axes, (words, found), colour in zip(columns, observables.items(), COLOURS, strict=False):
        axes.barh(places, [found[name][0] for name in experiments], color=colour, height=0.6)
        for place, name in enumerate(experiments):
            others = found[name][1]
            axes.plot(others, np.full(len(others), place), ".", color="#20242c", markersize=4)
        axes.set_title(words, loc="left", fontsize=9)
        axes.grid(axis="x", color="#e4e8ee", linewidth=0.7)
        axes.set_axisbelow(True)
        axes.tick_params(length=0, labelsize=8)
        for side in ("top", "right", "left", "bottom"):
            axes.spines[side].set_visible(False)
    columns[0].set_yticks(places, experiments)
    columns[0].invert_yaxis()
    return save_figure(figure, output_png)
