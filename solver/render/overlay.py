"""What is written over a picture: scale bar, colour bars with units, time, and the signals below.

Lengths are metres, times seconds; they are shown in the units of `palette` and in micrometres.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, UInt8
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from solver.render import palette, strip
from solver.render.cutaway import View

STRIP = 0.2  # of the height, at the bottom, for signals and colour bars
HEADER = 0.1  # of the height, at the top, for the title
DOTS = 100  # per inch, at a picture 1080 high; text grows with the picture


Signals = Mapping[str, Float[np.ndarray, " steps"]]


@dataclass(frozen=True)
class Caption:
    """What the overlay says.

    Attributes:
        title: upper left, large.
        note: a line under the title.
        bars: colour bars as (quantity, lowest, highest), SI.
        keys: (colour, word) of what has one colour.
        signals: those of each run; none for a mesh.
        curves: columns of the signals that are drawn.
        time: s, marked on the signals.
        source: of the norepinephrine: synthetic, recorded.
        panels: a word for each of several panels.
        theme: what it stands on.
    """

    title: str
    note: str = ""
    bars: Sequence[tuple[palette.Quantity, float, float]] = ()
    keys: Sequence[tuple[str, str]] = ()
    signals: Sequence[Signals] = ()
    curves: Sequence[str] = ()
    time: float = 0.0
    source: str = "synthetic"
    panels: Sequence[str] = ()
    theme: str = "dark"


def canvas(size: tuple[int, int], theme: str = "dark") -> tuple[Figure, Axes]:
    """A figure of `size` pixels and axes that fill it, 0 to 1 both ways."""
    dots = DOTS * size[1] / 1080
    figure = Figure(
        figsize=(size[0] / dots, size[1] / dots),
        dpi=dots,
        facecolor=palette.THEMES[theme].background,
    )
    FigureCanvasAgg(figure)
    return figure, panel(figure, 0, 1)


def panel(figure: Figure, number: int, count: int) -> Axes:
    """Axes, 0 to 1 both ways, that fill one of `count` equal columns of the figure."""
    axes = figure.add_axes((number / count, 0.0, 1.0 / count, 1.0))
    axes.set_axis_off()
    axes.set(xlim=(0, 1), ylim=(0, 1))
    return axes


def lay_image(axes: Axes, image: UInt8[np.ndarray, "rows columns 3"]) -> None:
    """Fill the axes with a rendered image."""
    axes.imshow(image, extent=(0, 1, 0, 1), aspect="auto", interpolation="none")


def annotate(figure: Figure, view: View, caption: Caption) -> None:
    """Write the caption over a picture; `view` is that of one panel."""
    theme = palette.THEMES[caption.theme]
    count = max(len(caption.panels), 1)
    figure.text(0.025, 0.955, caption.title, color=theme.text, fontsize=20, va="top")
    figure.text(0.025, 0.908, caption.note, color=theme.faint, fontsize=11.5, va="top")
    for place, words in enumerate(caption.panels):
        left = place / count + 0.025
        figure.text(left, 0.865, words, color=theme.text, fontsize=12.5, va="top")
        if place:
            line = Line2D([place / count] * 2, [STRIP + 0.02, 0.87], color=theme.faint, linewidth=1)
            line.set_alpha(0.5)
            figure.add_artist(line)
    _scale_bar(figure, view, STRIP if caption.bars else 0.0, theme, count)
    for place, (quantity, low, high) in enumerate(caption.bars):
        _colour_bar(figure, quantity, low, high, 0.115 - 0.085 * place, theme)
    _key(figure, caption.keys, theme)
    if caption.curves and len(caption.signals[0].get("time_s", ())) > 1:
        strip.add_signals(figure, caption)


def round_length(length: float) -> float:
    """The largest of 1, 2 or 5 times a power of ten that is not above `length`."""
    power = 10.0 ** np.floor(np.log10(length) + 1e-9)
    return float(max(step for step in (1.0, 2.0, 5.0) if step * power <= length * 1.000001) * power)


def _scale_bar(figure: Figure, view: View, base: float, theme: palette.Theme, panels: int) -> None:
    width = view.height * view.aspect * panels
    length = round_length(0.16 * width / panels**0.5)
    right, height = 0.972, base + 0.035
    figure.add_artist(
        Line2D([right - length / width, right], [height] * 2, color=theme.text, linewidth=3)
    )
    shown = f"{length * 1e6:g} µm" if length < 1e-3 else f"{length * 1e3:g} mm"
    middle = right - 0.5 * length / width
    figure.text(middle, height + 0.012, shown, color=theme.text, fontsize=12, ha="center")


def _colour_bar(
    figure: Figure,
    quantity: palette.Quantity,
    low: float,
    high: float,
    height: float,
    theme: palette.Theme,
) -> None:
    axes = figure.add_axes((0.70, height, 0.27, 0.016))
    span = Normalize(low / quantity.per_unit, high / quantity.per_unit)
    shades = ScalarMappable(span, quantity.colour_map())
    beyond: Literal["both", "max"] = "both" if low < 0 else "max"  # what is larger has that colour
    bar = figure.colorbar(
        shades, cax=axes, orientation="horizontal", extend=beyond, extendfrac=0.025
    )
    bar.outline.set_visible(False)
    axes.locator_params(axis="x", nbins=6)
    axes.tick_params(colors=theme.faint, labelsize=10.5, length=0, pad=4)
    unit = "" if quantity.unit == "1" else f" ({quantity.unit})"
    axes.set_title(quantity.label + unit, color=theme.text, fontsize=11.5, loc="left", pad=5)


def _key(figure: Figure, keys: Sequence[tuple[str, str]], theme: palette.Theme) -> None:
    for place, (colour, word) in enumerate(reversed(keys)):
        left = 0.885 - 0.125 * place
        ends = [left - 0.018, left - 0.006]
        figure.add_artist(
            Line2D(ends, [0.938] * 2, color=colour, linewidth=5, solid_capstyle="butt")
        )
        figure.text(left, 0.938, word, color=theme.faint, fontsize=11.5, va="center")
