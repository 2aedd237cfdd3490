"""The three-dimensional pictures, drawn by pyvista in a process of its own.

Run as `python -m solver.render.scene request.json`: on a machine without GL libraries off-screen
rendering ends the interpreter, so nothing imports this module. It draws no text; `overlay` adds it.
All shots of a film are drawn by one such process.
"""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyvista
from jaxtyping import Float

from solver.render import cloud, cutaway, solids, streams
from solver.render.canvas import Canvas
from solver.render.cutaway import View
from solver.render.palette import THEMES
from solver.render.preset import Preset
from solver.render.shot import Shot

Levels = dict[Path | None, Float[np.ndarray, " points"]]  # of an opening, by the field at rest


def main(request_path: str) -> None:
    """Draw what a request file asks; `solver.render.drawing` writes it."""
    request = json.loads(Path(request_path).read_text(encoding="utf-8"))
    interactive = bool(request["interactive"])
    levels: Levels = {}
    for number, asked in enumerate(request["shots"]):
        plotter = pyvista.Plotter(
            off_screen=not interactive, window_size=request["size"], lighting="none"
        )
        _fill(plotter, request, Shot.from_asked(asked), levels)
        if interactive:
            plotter.show(title="glymphax")
        else:
            plotter.screenshot(Path(request["output"]) / f"{number:05d}.png")
            plotter.close()


def _fill(plotter: pyvista.Plotter, request: dict[str, Any], shot: Shot, levels: Levels) -> None:
    """Everything that a preset shows, seen as the shot says; `levels` are kept between shots."""
    preset = Preset(**request["preset"])
    theme = THEMES[request["theme"]]
    fields, rest = shot.fields(preset.motion)
    ranges = {name: (low, high) for name, (low, high) in request["ranges"].items()}
    if shot.rest not in levels:
        levels[shot.rest] = cutaway.before_sheet(replace(fields, points=rest), shot.view)
    canvas = Canvas(
        plotter,
        fields,
        rest,
        levels[shot.rest],
        shot.view,
        preset,
        ranges,
        theme,
        request["size"][1],
    )
    plotter.background_color = pyvista.Color(theme.background)
    _aim(plotter, shot.view)
    solids.add_wall(canvas)
    if preset.tissue == "cells":
        solids.add_cells(canvas)
    elif preset.tissue == "opened":
        solids.add_opened(canvas)
        solids.add_rest(canvas)
    else:
        solids.add_slices(canvas)
        {"volume": cloud.add_cloud, "shells": cloud.add_shells}.get(
            preset.tracer, lambda canvas: None
        )(canvas)
        solids.add_glass(canvas)
        plotter.renderer.enable_depth_peeling(number_of_peels=solids.PEELS)
        plotter.renderer.SetUseDepthPeelingForVolumes(True)
    if preset.arrows:
        streams.add_arrows(canvas)
    streams.add_streamlines(canvas)
    plotter.disable_anti_aliasing()  # pictures are drawn large and averaged; msaa undoes peeling


def _aim(plotter: pyvista.Plotter, view: View) -> None:
    """Camera as the view says; a key light over the left shoulder and a soft fill."""
    plotter.camera.focal_point = (0.0, 0.0, 0.0)
    plotter.camera.position = tuple(5.0 * view.toward)
    plotter.camera.up = tuple(view.up)
    plotter.camera.parallel_projection = True
    plotter.camera.parallel_scale = 0.5
    plotter.camera.clipping_range = (0.1, 20.0)
    for direction, strength in (
        (-0.5 * view.right + 0.8 * view.up + view.toward, 0.85),
        (0.8 * view.right - 0.3 * view.up + view.toward, 0.35),
    ):
        light = pyvista.Light(position=tuple(5.0 * direction), intensity=strength)
        light.positional = False
        plotter.add_light(light)


if __name__ == "__main__":
    main(sys.argv[1])
