"""How fast things of a run go up and down: the spectra of its signals, and how its solves went."""

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from solver.observe.spectra import spectrum
from solver.render import palette
from solver.render.save import save_figure
from solver.store import read_run

SERIES = (
    ("norepinephrine_relative", "norepinephrine", palette.NOREPINEPHRINE),
    ("mean_radius_m", "vessel radius", palette.WALL),
    ("flow_inlet_m3_per_s", "flow through the mouth", palette.FLUID),
)
SOLVES = (
    ("iterations", "Krylov iterations of the flow", palette.FLUID),
    ("tracer_iterations", "iterations of the tracer", palette.SOLID),
)
FAINTEST = 1e-6  # of the largest, at which the axis ends


def plot_spectra(run_folder: str | Path, output_png: str | Path) -> Path | None:
    """Plot the spectra of norepinephrine, radius and flow, each over its largest value.

    Returns:
        The file; None where the record is too short for any spectrum.

    Raises:
        InputError: if the folder is not a run, or the plot cannot be written.
    """
    signals = read_run(run_folder).signals
    found = {}
    for name, word, colour in SERIES:
        if name in signals and signals[name].std() > 0:
            try:
                found[word] = colour, spectrum(signals["time_s"], signals[name])
            except ValueError:  # too short
                continue
    if not found:
        return None
    figure = Figure(figsize=(10.0, 3.4), dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    for word, (colour, each) in found.items():
        shown = each.frequencies > 0
        share = each.density[shown] / each.density[shown].max()
        axes.loglog(each.frequencies[shown], share, color=colour, linewidth=1.7, label=word)
    resolution = next(iter(found.values()))[1].resolution
    axes.set(ylim=(FAINTEST, 2.0), xlabel=f"frequency (Hz); resolution {resolution:.2g} Hz")
    axes.set_title("spectra, each over its largest value", loc="left", fontsize=10.5)
    _dress(axes)
    return save_figure(figure, output_png)


def plot_solves(run_folder: str | Path, output_png: str | Path) -> Path | None:
    """Plot how many iterations every step took; None where the run does not say.

    Raises:
        InputError: if the folder is not a run, or the plot cannot be written.
    """
    run = read_run(run_folder)
    solves = run.summary.get("solves") or {}
    shown = [(word, colour, solves[name]) for name, word, colour in SOLVES if solves.get(name)]
    if not shown:
        return None
    figure = Figure(figsize=(10.0, 2.6), dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    for word, colour, values in shown:
        axes.plot(range(1, len(values) + 1), values, color=colour, linewidth=1.5, label=word)
    axes.set(xlabel="step", ylim=(0, None))
    axes.set_title("iterations of every step", loc="left", fontsize=10.5)
    _dress(axes)
    return save_figure(figure, output_png)


def _dress(axes: Axes) -> None:
    axes.grid(color="#e4e8ee", linewidth=0.7)
    axes.tick_params(length=0, labelsize=9, which="both")
    axes.legend(frameon=False, fontsize=9)
    for side in axes.spines.values():
        side.set_visible(False)
