"""A picture of a run or of a mesh, from its files: three-dimensional where the machine can.

Where it cannot, matplotlib draws the opened view flat, and the report says what would bring the
third dimension.
"""

import os
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from meshes.errors import InputError
from solver.render import cutaway, drawing, overlay, palette, projection
from solver.render.fields import read_fields
from solver.render.preset import MESH, OPENED, Preset
from solver.render.save import save_figure
from solver.render.shot import Shot
from solver.render.staging import Ranges, Staging, stage, strongest
from solver.store import RunFiles


@dataclass(frozen=True)
class PictureReport:
    """What came of a picture.

    Attributes:
        path: the PNG.
        kind: "scene" in three dimensions, "projection" flat.
        message: empty for a scene; else why not, and what to install.
    """

    path: Path
    kind: Literal["scene", "projection"]
    message: str = ""


def picture(
    run_folder: str | Path,
    output_png: str | Path,
    *,
    preset: Preset = OPENED,
    time: float | None = None,
    size: tuple[int, int] = (1920, 1080),
    dpi: float | None = None,
    theme: str = "dark",
    ranges: Ranges | None = None,
    against: str | Path | None = None,
) -> PictureReport:
    """Picture vessel, flow and tracer at one time of a run.

    Args:
        run_folder: what `pvs-simulate` left.
        output_png: where the picture goes.
        preset: what is shown.
        time: s, the nearest field is taken; by default, of the last third of the run, the field at
            which most fluid passes the mouth.
        size: pixels.
        dpi: dots per inch that the file states, for print.
        theme: "dark" or "white".
        ranges: lowest and highest of quantities, SI, if not those of the run.
        against: a second run, beside the first at the same time, scale and ranges.

    Raises:
        InputError: if a folder is not a run or holds no fields.
    """
    folders = [run_folder, *([against] if against else [])]
    staging = stage(folders, preset, size, theme, ranges)
    run = staging.runs[0]
    moment = strongest(run) if time is None else nearest(run, time)
    with tempfile.TemporaryDirectory() as scratch:
        shots = staging.shots(moment)
        reason = drawing.draw(shots, preset, staging.ranges, theme, staging.panel, Path(scratch))
        figure = compose(staging, moment, Path(scratch), range(len(shots)), flat=bool(reason))
    return reported(save_figure(figure, output_png, dpi), reason)


def show(
    run_folder: str | Path,
    *,
    preset: Preset,
    time: float | None = None,
    size: tuple[int, int] = (1600, 900),
    theme: str = "dark",
    ranges: Ranges | None = None,
    against: str | Path | None = None,
) -> None:
    """Open a window in which the scene of a run turns, and wait until it is closed.

    Two runs are shown one after the other. Arguments as of `picture`.

    Raises:
        InputError: no window can be opened, or a folder is not a run or holds no fields.
    """
    if sys.platform == "linux" and not {"DISPLAY", "WAYLAND_DISPLAY"} & set(os.environ):
        raise InputError(
            "no display to open a window on; leave interactive=true out, or make a page that turns "
            "in a browser with as=html."
        )
    folders = [run_folder, *([against] if against else [])]
    staging = stage(folders, preset, size, theme, ranges)
    run = staging.runs[0]
    moment = strongest(run) if time is None else nearest(run, time)
    with tempfile.TemporaryDirectory() as scratch:
        reason = drawing.draw(
            staging.shots(moment),
            preset,
            staging.ranges,
            theme,
            size,
            Path(scratch),
            interactive=True,
        )
    if reason:
        raise InputError(f"the window could not be opened: {reason}.")


def compose(
    staging: Staging, time: float, scratch: Path, numbers: Iterable[int], *, flat: bool
) -> Figure:
    """Drawn shots of one time laid side by side, and what is written over them.

    Args:
        staging: what is on stage.
        time: s.
        scratch: where the shots were drawn.
        numbers: of the shots, one for each panel.
        flat: draw the panels flat instead of laying images.
    """
    figure, whole = overlay.canvas(staging.size, staging.theme)
    for place, (number, shot) in enumerate(zip(numbers, staging.shots(time), strict=True)):
        axes = whole if len(staging.runs) == 1 else overlay.panel(figure, place, len(staging.runs))
        if flat:
            _draw_flat(axes, shot, staging.preset, staging.ranges)
        else:
            overlay.lay_image(axes, drawing.image(scratch, number))
    overlay.annotate(figure, staging.views[0], staging.caption(time))
    return figure


def mesh_picture(
    vtu_path: str | Path,
    output_png: str | Path,
    *,
    unit: float = 1.0,
    size: tuple[int, int] = (1920, 1080),
    dpi: float | None = None,
    theme: str = "dark",
) -> PictureReport:
    """Picture the cells of a mesh, opened along the vessel.

    Args:
        vtu_path: tetrahedra with a cell array `region`.
        output_png: where the picture goes.
        unit: m per unit of length in the file.
        size: pixels.
        dpi: dots per inch that the file states, for print.
        theme: "dark" or "white".

    Raises:
        InputError: if the file cannot be read or holds no tetrahedra.
    """
    fields = read_fields(vtu_path, unit)
    words = {
        palette.FLUID: "perivascular space",
        palette.TISSUE: "tissue",
        palette.FREE: "free fluid",
    }
    shown = [(colour, int(cells.sum())) for colour, cells in fields.groups()[::-1] if cells.any()]
    counts = " and ".join(f"{count} in the {words[colour]}" for colour, count in shown)
    vessel = [(kind.colour, kind.name) for kind in cutaway.walls(fields)]
    caption = overlay.Caption(
        title=Path(vtu_path).stem.replace("_", " "),
        note=f"tetrahedra: {counts}",
        keys=(*vessel, *((colour, words[colour]) for colour, _ in shown)),
        theme=theme,
    )
    view = cutaway.look(fields, size[0] / size[1], (0.0, overlay.HEADER))
    shot = Shot(Path(vtu_path), view, unit=unit)
    figure, axes = overlay.canvas(size, theme)
    with tempfile.TemporaryDirectory() as scratch:
        reason = drawing.draw([shot], MESH, {}, theme, size, Path(scratch))
        if reason:
            _draw_flat(axes, shot, MESH, {})
        else:
            overlay.lay_image(axes, drawing.image(Path(scratch), 0))
    overlay.annotate(figure, view, caption)
    return reported(save_figure(figure, output_png, dpi), reason)


def nearest(run: RunFiles, time: float) -> float:
    """The time (s) of the field nearest to a time."""
    return float(run.times[np.argmin(np.abs(run.times - time))])


def _draw_flat(axes: Axes, shot: Shot, preset: Preset, ranges: Ranges) -> None:
    fields, _ = shot.fields(preset.motion)
    projection.draw(axes, fields, shot.view, preset, ranges)


def reported(path: Path, reason: str) -> PictureReport:
    """What came of a picture; `reason` is why it was drawn flat, or nothing."""
    if reason:
        return PictureReport(path, "projection", f"Drawn flat, not in 3D: {reason}.")
    return PictureReport(path, "scene")
