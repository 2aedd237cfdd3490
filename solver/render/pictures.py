"""A picture of a run or of a mesh, from its files: three-dimensional where the machine can.

The scene is drawn in a child process with a time limit, because VTK ends the interpreter where GL
libraries are missing. If the child fails, matplotlib draws the same view flat, and the report says
what would bring the third dimension.
"""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import matplotlib.image
import numpy as np

import solver.store
from meshes.errors import InputError
from solver.render import cutaway, overlay, palette, projection
from solver.render.fields import Fields, read_fields
from solver.render.save import save_figure

SCENE = ("-P", "-m", "solver.render.scene")  # what the child process runs
TIME_LIMIT = 120.0  # s, for the child


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
    time: float | None = None,
    size: tuple[int, int] = (1920, 1080),
) -> PictureReport:
    """Picture vessel, flow and tracer at one time of a run.

    Args:
        run_folder: what `pvs-simulate` left.
        output_png: where the picture goes.
        time: s, the nearest field is taken; by default, of the last third of the run, the one at
            which most fluid passes the mouth.
        size: pixels.

    Raises:
        InputError: if the folder is not a run or holds no fields.
    """
    run = solver.store.read_run(run_folder)
    if not len(run.times):
        raise InputError(f"{run_folder}: no fields in it; run again with fields written.")
    chosen = _strongest(run) if time is None else int(np.argmin(np.abs(run.times - time)))
    fields = read_fields(run.fields[chosen])
    speed = np.linalg.norm(fields.vector("velocity")[np.unique(fields.cells[fields.pvs])], axis=1)
    peak = float(np.percentile(speed, 99.5)) if len(speed) else 0.0
    fastest = _round_up(peak) if peak > 0 else palette.SPEED.per_unit
    moment = float(run.times[chosen])
    caption = overlay.Caption(
        title=f"t = {moment:.0f} s",
        note="tracer and fluid around the artery, opened along the vessel",
        bars=((palette.CONCENTRATION, 0.0, 1.0), (palette.SPEED, 0.0, fastest)),
        keys=((palette.WALL, "vessel wall"), (palette.SHEATH, "endfoot sheath")),
        signals=run.signals,
        time=moment,
        source=norepinephrine_source(run),
    )
    return _draw(run.fields[chosen], fields, 1.0, Path(output_png), size, "run", fastest, caption)


def mesh_picture(
    vtu_path: str | Path,
    output_png: str | Path,
    *,
    unit: float = 1.0,
    size: tuple[int, int] = (1920, 1080),
) -> PictureReport:
    """Picture the cells of a mesh, opened along the vessel.

    Args:
        vtu_path: tetrahedra with a cell array `region`.
        output_png: where the picture goes.
        unit: m per unit of length in the file.
        size: pixels.

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
    vessel = [(palette.WALL, "vessel wall")] if fields.pvs.any() else []
    caption = overlay.Caption(
        title=Path(vtu_path).stem.replace("_", " "),
        note=f"tetrahedra: {counts}",
        keys=(*vessel, *((colour, words[colour]) for colour, _ in shown)),
    )
    return _draw(Path(vtu_path), fields, unit, Path(output_png), size, "mesh", 1.0, caption)


def norepinephrine_source(run: solver.store.RunFiles) -> str:
    """Whether the run's norepinephrine is synthetic or recorded, by its configuration."""
    told = json.dumps(run.config.get("signal", ""), default=str).lower()
    return "recorded" if "record" in told or "trace" in told else "synthetic"


def _draw(
    field: Path,
    fields: Fields,
    unit: float,
    output: Path,
    size: tuple[int, int],
    style: Literal["run", "mesh"],
    fastest: float,
    caption: overlay.Caption,
) -> PictureReport:
    """Draw in three dimensions, or flat if that fails; annotate; save."""
    free = (overlay.STRIP if style == "run" else 0.0, overlay.HEADER)
    view = cutaway.look(fields, size[0] / size[1], free)
    figure, axes = overlay.canvas(size)
    with tempfile.TemporaryDirectory() as scratch:
        bare = Path(scratch) / "bare.png"
        request = Path(scratch) / "request.json"
        asked = {
            "field": str(field.resolve()),
            "unit": unit,
            "output": str(bare),
            "size": size,
            "free": free,
            "style": style,
            "fastest": fastest,
        }
        request.write_text(json.dumps(asked), encoding="utf-8")
        reason = _run_scene(request)
        if not reason and not bare.is_file():
            reason = "the drawing process left no picture"
        if reason:
            projection.draw(axes, fields, view, style=style, fastest=fastest)
        else:
            overlay.lay_image(axes, matplotlib.image.imread(bare))
    overlay.annotate(figure, view, caption)
    save_figure(figure, output)
    if reason:
        return PictureReport(output, "projection", f"Drawn flat, not in 3D: {reason}.")
    return PictureReport(output, "scene")


def _run_scene(request: Path) -> str:
    """Run the child; empty if it drew, else why not and what to do."""
    package = str(Path(__file__).resolve().parents[2])
    paths = [package, *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths), "JAX_PLATFORMS": "cpu"}
    try:
        child = subprocess.run(
            [sys.executable, *SCENE, str(request)],
            env=environment,
            cwd=request.parent,  # should it die with a core file, that goes with the scratch
            capture_output=True,
            text=True,
            errors="replace",
            timeout=TIME_LIMIT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"the drawing process took longer than {TIME_LIMIT:.0f} s"
    if child.returncode == 0:
        return ""
    remedy = "install the system package libegl1 or libosmesa6"
    absent = re.search(r"(lib[\w.+-]+\.so[\w.]*): cannot open shared object", child.stderr)
    if absent:
        return f"the system library {absent[1]} is missing; {remedy}, and the one that holds it"
    if child.returncode < 0:
        name = signal.Signals(-child.returncode).name
        return f"off-screen rendering ended with {name}, as it does without GL; {remedy}"
    last = (child.stderr.strip().splitlines() or ["no message"])[-1]
    return f"the drawing process failed ({last})"


def _strongest(run: solver.store.RunFiles) -> int:
    """Index of the field, in the last third of the run, with the largest flow through the mouth."""
    late = np.flatnonzero(run.times >= run.times[-1] - (run.times[-1] - run.times[0]) / 3)
    flow = run.signals.get("flow_inlet_m3_per_s")
    if flow is None or not len(flow):
        return len(run.times) - 1
    strength = np.abs(np.interp(run.times[late], run.signals["time_s"], flow))
    return int(late[np.argmax(strength)])


def _round_up(value: float) -> float:
    """The next of 1, 1.5, 2, 3, 5, 7.5 times a power of ten."""
    power = 10.0 ** np.floor(np.log10(value))
    return float(next(s for s in (1, 1.5, 2, 3, 5, 7.5, 10) if s * power >= value * 0.999) * power)
