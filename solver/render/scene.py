"""The three-dimensional picture, drawn by pyvista in a process of its own.

Run as `python -m solver.render.scene request.json`: on a machine without GL libraries off-screen
rendering ends the interpreter, so nothing imports this module. It draws no text; `overlay` adds it.
Inside, lengths are fractions of the visible height: VTK has tolerances that micrometres offend.
"""

import json
import sys
from pathlib import Path

import numpy as np
import pyvista
from jaxtyping import Float, Int

from solver.render import cutaway, palette
from solver.render.fields import Fields, read_fields

ARROW_LENGTH = 0.085  # of the fastest, in visible heights
SLOWEST = 0.03  # of the fastest: below it an arrow is a dot


def main(request_path: str) -> None:
    """Draw what a request file asks; `solver.render.pictures` writes it."""
    request = json.loads(Path(request_path).read_text(encoding="utf-8"))
    fields = read_fields(request["field"], request["unit"])
    width, height = request["size"]
    view = cutaway.look(fields, width / height, request["free"])
    plotter = pyvista.Plotter(off_screen=True, window_size=[width, height], lighting="none")
    plotter.background_color = pyvista.Color(palette.BACKGROUND)
    level = cutaway.before_sheet(fields, view)
    if request["style"] == "mesh":
        _add_cells(plotter, fields, view, level)
    else:
        _add_tracer(plotter, fields, view, level)
        _add_arrows(plotter, fields, view, level, request["fastest"])
    _add_vessel(plotter, fields, view, edges=request["style"] == "mesh")
    _aim(plotter, view)
    plotter.enable_anti_aliasing("ssaa")
    plotter.screenshot(request["output"])
    plotter.close()


def _add_tracer(
    plotter: pyvista.Plotter,
    fields: Fields,
    view: cutaway.View,
    level: Float[np.ndarray, " points"],
) -> None:
    """Tissue and perivascular space, opened, coloured by concentration; the sheath as a line."""
    grid = _grid(fields, view, fields.cells)
    grid["level"], grid["concentration"] = level, fields.scalar("concentration")
    opened = grid.clip_scalar(scalars="level", value=0.0)
    plotter.add_mesh(
        opened.extract_surface(algorithm="dataset_surface"),
        scalars="concentration",
        clim=(0.0, 1.0),
        cmap=palette.CONCENTRATION.colour_map(),
        show_scalar_bar=False,
        ambient=0.5,
        diffuse=0.55,
    )
    endfeet = _surface(fields, view, cutaway.sheath(fields))
    endfeet["level"] = level
    if endfeet.n_cells:
        plotter.add_mesh(
            endfeet.contour([0.0], scalars="level"),
            color=palette.SHEATH,
            line_width=1.5,
            lighting=False,
            opacity=0.7,
        )


def _add_cells(
    plotter: pyvista.Plotter,
    fields: Fields,
    view: cutaway.View,
    level: Float[np.ndarray, " points"],
) -> None:
    """Whole tetrahedra behind the opening, with their edges, coloured by region."""
    behind = level[fields.cells].mean(axis=1) < 0
    for colour, inside in fields.groups():
        cells = fields.cells[inside & behind]
        if len(cells):
            plotter.add_mesh(
                _surface(fields, view, cutaway.faces(cells)),
                color=colour,
                show_edges=True,
                edge_color=palette.BACKGROUND,
                edge_opacity=0.55,
                line_width=1,
                ambient=0.35,
                diffuse=0.7,
            )


def _add_vessel(
    plotter: pyvista.Plotter, fields: Fields, view: cutaway.View, *, edges: bool
) -> None:
    """The vessel wall as a whole red tube, where there is a vessel."""
    if not fields.pvs.any():
        return
    tube = _surface(fields, view, cutaway.wall(fields)).clean()
    plotter.add_mesh(
        tube if edges else tube.compute_normals(split_vertices=True, feature_angle=60),
        color=palette.WALL,
        smooth_shading=not edges,
        show_edges=edges,
        edge_color=palette.BACKGROUND,
        edge_opacity=0.4,
        ambient=0.25,
        diffuse=0.75,
        specular=0.35,
        specular_power=18,
    )


def _add_arrows(
    plotter: pyvista.Plotter,
    fields: Fields,
    view: cutaway.View,
    level: Float[np.ndarray, " points"],
    fastest: float,
) -> None:
    """Velocity in the perivascular space, a sparse set of arrows, length and colour by speed."""
    seeds = cutaway.arrow_seeds(fields, level, spacing=0.04 * view.height)
    velocity = fields.vector("velocity")[seeds]
    speed = np.linalg.norm(velocity, axis=1)
    moving = speed > SLOWEST * fastest
    if not moving.any():
        return
    cloud = pyvista.PolyData(_scaled(fields.points[seeds[moving]], view))
    cloud["direction"] = velocity[moving] / fastest
    cloud["speed"] = speed[moving]
    arrow = pyvista.Arrow(tip_length=0.36, tip_radius=0.14, shaft_radius=0.055)
    plotter.add_mesh(
        cloud.glyph(orient="direction", scale="direction", factor=ARROW_LENGTH, geom=arrow),
        scalars="speed",
        clim=(0.0, fastest),
        cmap=palette.SPEED.colour_map(),
        show_scalar_bar=False,
        ambient=0.6,
        diffuse=0.5,
    )


def _aim(plotter: pyvista.Plotter, view: cutaway.View) -> None:
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


def _scaled(
    points: Float[np.ndarray, "points 3"], view: cutaway.View
) -> Float[np.ndarray, "points 3"]:
    return (points - view.centre) / view.height


def _grid(
    fields: Fields, view: cutaway.View, cells: Int[np.ndarray, "cells 4"]
) -> pyvista.UnstructuredGrid:
    return pyvista.UnstructuredGrid({pyvista.CellType.TETRA: cells}, _scaled(fields.points, view))


def _surface(
    fields: Fields, view: cutaway.View, triangles: Int[np.ndarray, "triangles 3"]
) -> pyvista.PolyData:
    return pyvista.PolyData.from_regular_faces(_scaled(fields.points, view), triangles)


if __name__ == "__main__":
    main(sys.argv[1])
