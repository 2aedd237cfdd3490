"""The plots of a run: what norepinephrine, vessel, fluid and tracer did in time.

Reads `signals.csv` (SI) and shows micrometres and the litres that fit.
"""

from pathlib import Path

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import solver.store
from meshes.errors import InputError
from solver.render import palette
from solver.render.observed import plot_observed
from solver.render.pictures import PictureReport, picture
from solver.render.save import save_figure
from solver.render.staging import norepinephrine_source

Curve = tuple[str, Float[np.ndarray, " steps"], str]  # word, values, colour
LITRES = (
    ("L", 1e-3),
    ("mL", 1e-6),
    ("µL", 1e-9),
    ("nL", 1e-12),
    ("pL", 1e-15),
    ("fL", 1e-18),
    ("aL", 1e-21),
)
CLOSED = 1e-9  # share of the largest flow below which an end counts as closed
END_COLOURS = ("#145a86", "#5aa9d6", "#4aa08c", "#93b84b", "#8592a8")


def figures(run_folder: str | Path) -> PictureReport:
    """Draw `figures/signals.png` and `figures/scene.png` into a run folder, and
    `figures/observed.png` if it had instruments.

    Returns:
        What came of the scene.

    Raises:
        InputError: if the folder is not a run or cannot be written.
    """
    folder = Path(run_folder) / "figures"
    plot_signals(run_folder, folder / "signals.png")
    plot_observed(run_folder, folder / "observed.png")
    return picture(run_folder, folder / "scene.png")


def plot_signals(run_folder: str | Path, output_png: str | Path) -> Path:
    """Plot the signals of a run: norepinephrine, radius, volumes, flows, tracer.

    Raises:
        InputError: if the folder is not a run, holds no signals, or the plot cannot be written.
    """
    run = solver.store.read_run(run_folder)
    if len(run.signals.get("time_s", ())) == 0:
        raise InputError(f"{run_folder}: no signals in it; run again.")
    panels = [panel for panel in _panels(run) if panel[2]]
    figure = Figure(figsize=(10.0, 1.0 + 1.75 * len(panels)), dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    rows = figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
    for axes, (title, unit, curves) in zip(rows, panels, strict=True):
        _plot(axes, title, unit, run.signals["time_s"], curves)
    rows[-1].set_xlabel("time (s)")
    return save_figure(figure, output_png)


def _panels(run: solver.store.RunFiles) -> list[tuple[str, str, list[Curve]]]:
    """Title, unit and curves of every panel, in the order in which things happen."""
    columns = run.signals

    def pick(*wanted: tuple[str, str, str]) -> list[Curve]:
        return [(word, columns[name], colour) for name, word, colour in wanted if name in columns]

    source = norepinephrine_source(run)
    norepinephrine = pick(("norepinephrine_relative", "", palette.NOREPINEPHRINE))
    radius = [
        (word, values * 1e6, colour)
        for word, values, colour in pick(("mean_radius_m", "", palette.BLOOD))
    ]
    volumes = [
        (word, values - values[0], colour)
        for word, values, colour in pick(
            ("blood_volume_m3", "blood", palette.BLOOD),
            ("pvs_volume_m3", "perivascular space", palette.FLUID),
        )
    ]
    ends = [name for name in columns if name.startswith("flow_") and name != "flow_sheath_m3_per_s"]
    largest = max((float(np.abs(columns[name]).max()) for name in ends), default=0.0)
    # An end that lets nothing pass is closed; a curve along zero would only crowd the legend.
    ends = [name for name in ends if np.abs(columns[name]).max() > CLOSED * largest]
    flows = pick(
        *(
            (
                name,
                name.removeprefix("flow_").removesuffix("_m3_per_s").replace("_", " "),
                END_COLOURS[place % len(END_COLOURS)],
            )
            for place, name in enumerate(ends)
        ),
        ("flow_sheath_m3_per_s", "sheath, into the tissue", palette.SOLID),
    )
    tracer = pick(
        ("tracer_pvs_m3", "perivascular space", palette.FLUID),
        ("tracer_tissue_m3", "tissue", palette.SOLID),
    )
    return [
        (f"norepinephrine, relative change ({source})", "", norepinephrine),
        ("mean vessel radius", "µm", radius),
        ("change of volume since the start", *_litres(volumes)),
        ("flow out of the perivascular space", *_litres(flows, per="/s")),
        (
            "tracer, as the volume of fluid from the mouth that holds as much",
            *_litres(tracer),
        ),
    ]


def _litres(curves: list[Curve], per: str = "") -> tuple[str, list[Curve]]:
    """Cubic metres as the litre that makes the largest value readable."""
    largest = max((float(np.nanmax(np.abs(values))) for _, values, _ in curves), default=0.0)
    unit, size = next(((u, s) for u, s in LITRES if largest >= s), LITRES[-1])
    return unit + per, [(word, values / size, colour) for word, values, colour in curves]


def _plot(
    axes: Axes, title: str, unit: str, times: Float[np.ndarray, " steps"], curves: list[Curve]
) -> None:
    """One panel: few lines, few words, the unit on the axis."""
    for word, values, colour in curves:
        axes.plot(times, values, color=colour, linewidth=1.7, label=word)
    axes.set_title(title, loc="left", fontsize=10.5)
    axes.set_ylabel(unit)
    axes.set_xlim(times[0], max(times[-1], times[0] + 1e-9))
    axes.grid(color="#e4e8ee", linewidth=0.7)
    axes.tick_params(length=0, labelsize=9)
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(False)
    if len(curves) > 1:
        axes.legend(
            frameon=False, fontsize=9, ncols=6, loc="lower right", bbox_to_anchor=(1.0, 0.97)
        )
