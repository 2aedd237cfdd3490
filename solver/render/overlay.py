"""What is written over a picture: scale bar, colour bars with units, time, and the signals below.

Lengths are metres, times seconds; they are shown in the units of `palette` and in micrometres.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float, UInt8
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from solver.render import palette
from solver.render.cutaway import View

STRIP = 0.2  # of the height, at the bottom, for signals and colour bars
HEADER = 0.1  # of the height, at the top, for the title
DOTS = 100  # per inch, at a picture 1080 high; text grows with the picture


@dataclass(frozen=True)
class Caption:
    """What the overlay says.

    Attributes:
        title: upper left, large.
        note: a line under the title.
        bars: colour bars as (quantity, lowest, highest), SI.
        keys: (colour, word) of what has one colour.
        signals: the run's signals; empty for a mesh.
        time: s, marked on the signals.
        source: of the norepinephrine: synthetic, recorded.
    """

    title: str
    note: str = ""
    bars: Sequence[tuple[palette.Quantity, float, float]] = ()
    keys: Sequence[tuple[str, str]] = ()
    signals: dict[str, Float[np.ndarray, " steps"]] = field(default_factory=dict)
    time: float = 0.0
    source: str = "synthetic"


def canvas(size: tuple[int, int]) -> tuple[Figure, Axes]:
    """A dark figure of `size` pixels and axes that fill it, 0 to 1 both ways."""
    dots = DOTS * size[1] / 1080
    figure = Figure(
        figsize=(size[0] / dots, size[1] / dots), dpi=dots, facecolor=palette.BACKGROUND
    )
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_axis_off()
    axes.set(xlim=(0, 1), ylim=(0, 1))
    return figure, axes


def lay_image(axes: Axes, image: UInt8[np.ndarray, "rows columns 3"]) -> None:
    """Fill the axes with a rendered image."""
    axes.imshow(image, extent=(0, 1, 0, 1), aspect="auto", interpolation="none")


def annotate(figure: Figure, view: View, caption: Caption) -> None:
    """Write the caption over a picture."""
    figure.text(0.025, 0.955, caption.title, color=palette.TEXT, fontsize=20, va="top")
    figure.text(0.025, 0.908, caption.note, color=palette.FAINT, fontsize=11.5, va="top")
    _scale_bar(figure, view, STRIP if caption.bars else 0.0)
    for place, (quantity, low, high) in enumerate(caption.bars):
        _colour_bar(figure, quantity, low, high, 0.115 - 0.085 * place)
    _key(figure, caption.keys)
    if len(caption.signals.get("time_s", ())) > 1:
        _signals(figure, caption)


def round_length(length: float) -> float:
    """The largest of 1, 2 or 5 times a power of ten that is not above `length`."""
    power = 10.0 ** np.floor(np.log10(length) + 1e-9)
    return float(max(step for step in (1.0, 2.0, 5.0) if step * power <= length * 1.000001) * power)


def _scale_bar(figure: Figure, view: View, base: float) -> None:
    width = view.height * view.aspect
    length = round_length(0.16 * width)
    right, height = 0.972, base + 0.035
    figure.add_artist(
        Line2D([right - length / width, right], [height] * 2, color=palette.TEXT, linewidth=3)
    )
    shown = f"{length * 1e6:g} µm" if length < 1e-3 else f"{length * 1e3:g} mm"
    middle = right - 0.5 * length / width
    figure.text(middle, height + 0.012, shown, color=palette.TEXT, fontsize=12, ha="center")


def _colour_bar(
    figure: Figure, quantity: palette.Quantity, low: float, high: float, height: float
) -> None:
    axes = figure.add_axes((0.70, height, 0.27, 0.016))
    span = Normalize(low / quantity.per_unit, high / quantity.per_unit)
    bar = figure.colorbar(
        ScalarMappable(span, quantity.colour_map()), cax=axes, orientation="horizontal"
    )
    bar.outline.set_visible(False)
    axes.tick_params(colors=palette.FAINT, labelsize=10.5, length=0, pad=4)
    unit = "" if quantity.unit == "1" else f" ({quantity.unit})"
    axes.set_title(quantity.label + unit, color=palette.TEXT, fontsize=11.5, loc="left", pad=5)


def _key(figure: Figure, keys: Sequence[tuple[str, str]]) -> None:
    for place, (colour, word) in enumerate(reversed(keys)):
        left = 0.885 - 0.125 * place
        ends = [left - 0.018, left - 0.006]
        figure.add_artist(
            Line2D(ends, [0.938] * 2, color=colour, linewidth=5, solid_capstyle="butt")
        )
        figure.text(left, 0.938, word, color=palette.FAINT, fontsize=11.5, va="center")


def _signals(figure: Figure, caption: Caption) -> None:
    """Norepinephrine and mean radius under the picture, the moment of the picture marked."""
    times = caption.signals["time_s"]
    curves = [
        (name, label, colour, scale)
        for name, label, colour, scale in (
            (
                "norepinephrine_relative",
                f"norepinephrine\n({caption.source})",
                palette.NOREPINEPHRINE,
                1.0,
            ),
            ("mean_radius_m", "vessel radius\n(µm)", palette.WALL, 1e6),
        )
        if name in caption.signals
    ]
    for row, (name, label, colour, scale) in enumerate(curves):
        axes = figure.add_axes((0.115, 0.122 - 0.08 * row, 0.51, 0.062))
        axes.set_facecolor("none")
        axes.plot(times, caption.signals[name] * scale, color=colour, linewidth=1.8)
        axes.axvline(caption.time, color=palette.TEXT, linewidth=1.0)
        axes.set_xlim(times[0], times[-1])
        axes.tick_params(colors=palette.FAINT, labelsize=9.5, length=0, pad=3)
        axes.locator_params(axis="y", nbins=3)
        for side in axes.spines.values():
            side.set_visible(False)
        axes.set_ylabel(
            label,
            color=palette.TEXT,
            fontsize=10.5,
            rotation=0,
            ha="right",
            va="center",
            labelpad=8,
        )
        if row < len(curves) - 1:
            axes.set_xticklabels([])
        else:
            axes.set_xlabel("time (s)", color=palette.FAINT, fontsize=10, labelpad=1)
