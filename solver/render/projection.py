"""The picture without GL: the same view and opening drawn flat by matplotlib, painter's order.

Lengths are metres, in the coordinates of the picture (`View.project`).
"""

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import Normalize, to_rgb
from matplotlib.tri import Triangulation

from solver.render import cutaway, palette
from solver.render.fields import Fields


def draw(axes: Axes, fields: Fields, view: cutaway.View, *, style: str, fastest: float) -> None:
    """Draw the opened tissue, the vessel and, in a run, the arrows into axes that span the view."""
    reach = 0.5 * view.height
    axes.set(xlim=(-reach * view.aspect, reach * view.aspect), ylim=(-reach, reach))
    level = cutaway.before_sheet(fields, view)
    if style == "mesh":
        for colour, inside in fields.groups():
            edges, weight = cutaway.section(fields.cells[inside], level)
            corners = cutaway.at_corners(view.project(fields.points), edges, weight)
            axes.add_collection(
                PolyCollection(
                    list(corners[..., :2]),
                    facecolors=colour,
                    edgecolors=palette.BACKGROUND,
                    linewidths=0.2,
                )
            )
    else:
        _draw_tracer(axes, fields, view, level)
    _draw_vessel(axes, fields, view)
    if style != "mesh":
        _draw_arrows(axes, fields, view, level, fastest)


def _draw_tracer(
    axes: Axes, fields: Fields, view: cutaway.View, level: Float[np.ndarray, " points"]
) -> None:
    """The section along the vessel, coloured by concentration; the sheath as a line."""
    edges, weight = cutaway.section(fields.cells, level)
    corners = cutaway.at_corners(view.project(fields.points), edges, weight)
    number = np.arange(3 * len(corners)).reshape(-1, 3)
    tracer = cutaway.at_corners(fields.scalar("concentration"), edges, weight)
    axes.tripcolor(
        Triangulation(corners[..., 0].ravel(), corners[..., 1].ravel(), number),
        tracer.ravel(),
        shading="gouraud",
        cmap=palette.CONCENTRATION.colour_map(),
        norm=Normalize(0.0, 1.0),
    )
    edges, weight = cutaway.contour(cutaway.sheath(fields), level)
    lines = cutaway.at_corners(view.project(fields.points), edges, weight)[..., :2]
    axes.add_collection(
        LineCollection(list(lines), colors=palette.SHEATH, linewidths=0.9, alpha=0.7, zorder=2)
    )


def _draw_vessel(axes: Axes, fields: Fields, view: cutaway.View) -> None:
    """The wall, far triangles first, shaded by how squarely they face the viewer."""
    triangles = view.project(fields.points)[cutaway.wall(fields)]
    normals = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    facing = np.abs(normals[:, 2]) / np.maximum(np.linalg.norm(normals, axis=1), 1e-300)
    far_first = np.argsort(triangles[:, :, 2].mean(axis=1))
    shade = (0.35 + 0.65 * facing)[far_first, None] * np.array(to_rgb(palette.WALL))
    axes.add_collection(
        PolyCollection(
            list(triangles[far_first, :, :2]),
            facecolors=shade,
            edgecolors=shade,
            linewidths=0.3,
            zorder=3,
        )
    )


def _draw_arrows(
    axes: Axes,
    fields: Fields,
    view: cutaway.View,
    level: Float[np.ndarray, " points"],
    fastest: float,
) -> None:
    """Velocity in the perivascular space, length and colour by speed."""
    seeds = cutaway.arrow_seeds(fields, level, spacing=0.04 * view.height)
    if not len(seeds):
        return
    velocity = fields.vector("velocity")[seeds]
    frame = np.stack([view.right, view.up]).T
    start = view.project(fields.points[seeds])
    shown = velocity @ frame
    axes.quiver(
        start[:, 0],
        start[:, 1],
        shown[:, 0],
        shown[:, 1],
        np.linalg.norm(velocity, axis=1),
        cmap=palette.SPEED.colour_map(),
        norm=Normalize(0.0, fastest),
        angles="xy",
        scale_units="height",
        scale=fastest / 0.085,
        width=0.0022,
        zorder=4,
    )
