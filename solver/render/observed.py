"""What instruments saw: a panel for every column, a map for a line in time, images at moments,
each image the mean along the shortest side of its box.

Reads `signals.csv`, `observed/` and the names in `config.yaml`; SI, shown in micrometres.
"""

from pathlib import Path

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure, SubFigure

import solver.store
from solver.render import palette
from solver.render.save import save_figure
from solver.store import RunFiles, Variable, columns_of, read_observed
from solver.units import unit_of

SHOWN = {  # unit as a column's name has it, or a file: as shown, and its size
    "m": ("µm", 1e-6),
    "m_per_s": ("µm/s", 1e-6),
    "m s-1": ("µm/s", 1e-6),
    "m3": ("pL", 1e-15),
}
MOMENTS = 4  # images of a run that are shown
WIDTH, HEIGHT, TALL = 10.0, 1.55, 2.6  # inches, of a row, and of one with images


def plot_observed(run_folder: str | Path, output_png: str | Path) -> Path | None:
    """Plot what the instruments of a run saw; None if it had none.

    Raises:
        InputError: if the folder is not a run, or the plot cannot be written.
    """
    run = solver.store.read_run(run_folder)
    owned = columns_of(run.config.get("observe") or {}, run.signals)
    columns = [(name, column) for name in owned for column in owned[name]]
    files = {name: read_observed(path) for name, path in run.observed.items()}
    lines, images = (
        [(name, key) for name, file in files.items() for key in file if len(file[key].axes) == axes]
        for axes in (2, 4)
    )
    if not (columns or lines or images):
        return None
    heights = [1.0 + HEIGHT * (len(columns) + len(lines))] * bool(columns or lines)
    heights += [TALL] * len(images)
    figure = Figure(figsize=(WIDTH, sum(heights)), dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    parts = list(figure.subfigures(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0])
    if columns or lines:
        count = len(columns) + len(lines)
        rows = parts.pop(0).subplots(count, 1, sharex=True, squeeze=False)[:, 0]
        for axes, (name, column) in zip(rows, columns, strict=False):
            _curve(axes, name, column, run)
        for axes, (name, key) in zip(rows[len(columns) :], lines, strict=True):
            _map(axes, f"{name}: {key}", files[name], key)
        rows[-1].set_xlim(*_ends(run.signals["time_s"]))
        rows[-1].set_xlabel("time (s)")
    for part, (name, key) in zip(parts, images, strict=True):
        _images(part, f"{name}: {key}", files[name], key)
    return save_figure(figure, output_png)


def _curve(axes: Axes, name: str, column: str, run: RunFiles) -> None:
    quantity, suffix = unit_of(column)
    unit, size = SHOWN.get(suffix, ("", 1.0))
    axes.plot(run.signals["time_s"], run.signals[column] / size, color=palette.FLUID, linewidth=1.7)
    _dress(axes, f"{name}: {quantity.removeprefix(f'{name}_').replace('_', ' ')}", unit)
    axes.grid(color="#e4e8ee", linewidth=0.7)


def _map(axes: Axes, title: str, variables: dict[str, Variable], key: str) -> None:
    """A line's values against time, from one end of the line (bottom) to the other."""
    shown = variables[key]
    unit, size = SHOWN.get(shown.unit, (shown.unit, 1.0))
    line = variables[shown.axes[1]]
    length, scale = SHOWN.get(line.unit, (line.unit, 1.0))
    values = shown.values.T / size
    most = float(np.abs(values).max()) or 1.0
    mesh = axes.pcolormesh(
        variables["time"].values,
        line.values / scale,
        values,
        cmap="RdBu_r",
        vmin=-most,
        vmax=most,
        shading="gouraud",
    )
    _dress(axes, f"{title} against {shown.axes[1].replace('_', ' ')}", length)
    axes.figure.colorbar(mesh, cax=axes.inset_axes((1.01, 0.0, 0.012, 1.0)), label=unit)


def _images(part: SubFigure, title: str, variables: dict[str, Variable], key: str) -> None:
    """Means along the shortest side of the box, at a few moments."""
    shown, times = variables[key], variables["time"].values
    thin = int(np.argmin(shown.values.shape[1:]))
    flat = shown.values.mean(axis=1 + thin)
    across, up = (name for at, name in enumerate(shown.axes[1:]) if at != thin)
    at = np.unique(np.linspace(0, len(times) - 1, MOMENTS + 1).round().astype(int))[1:]
    many = part.subplots(1, max(len(at), 1), squeeze=False)[0]
    x, y = (variables[name].values * 1e6 for name in (across, up))
    for axes, moment in zip(many, at, strict=False):
        mesh = axes.pcolormesh(
            x,
            y,
            flat[moment].T,
            cmap=palette.CONCENTRATION.colour_map(),
            vmin=0.0,
            vmax=float(flat[at].max()) or 1.0,
            shading="nearest",
        )
        axes.set_aspect("equal")
        _dress(
            axes, f"{title}, {times[moment]:g} s" if axes is many[0] else f"{times[moment]:g} s", ""
        )
        axes.set_xlabel(f"{across} (µm)", fontsize=9)
    many[0].set_ylabel(f"{up} (µm)")
    part.colorbar(mesh, ax=list(many), pad=0.01)


def _dress(axes: Axes, title: str, unit: str) -> None:
    axes.set_title(title, loc="left", fontsize=10.5)
    axes.set_ylabel(unit)
    axes.tick_params(length=0, labelsize=9)
    for side in axes.spines.values():
        side.set_visible(False)


def _ends(times: Float[np.ndarray, " steps"]) -> tuple[float, float]:
    return float(times[0]), max(float(times[-1]), float(times[0]) + 1e-9)
