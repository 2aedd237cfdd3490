"""The picture without GL: the same view and opening drawn flat by matplotlib, painter's order.

Lengths are metres, in the coordinates of the picture (`View.project`).
"""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float, Int
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import Normalize, to_rgb
from matplotlib.path import Path
from matplotlib.tri import Triangulation

from solver.render import cutaway, palette
from solver.render.fields import Fields
from solver.render.preset import Preset


def draw(
    axes: Axes,
    fields: Fields,
    view: cutaway.View,
    preset: Preset,
    ranges: Mapping[str, tuple[float, float]],
) -> None:
    """Draw the opened tissue, the vessel and, in a run, the arrows into axes that span the view."""
    reach = 0.5 * view.height
    axes.set(xlim=(-reach * view.aspect, reach * view.aspect), ylim=(-reach, reach))
    level = cutaway.before_sheet(fields, view)
    if preset.tissue == "cells":
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
        _draw_section(axes, fields, view, level, preset.colour, ranges[preset.colour])
    _draw_vessel(axes, fields, view)
    if preset.arrows:
        _draw_arrows(axes, fields, view, level, ranges["speed"][1])


def _draw_section(
    axes: Axes,
    fields: Fields,
    view: cutaway.View,
    level: Float[np.ndarray, " points"],
    name: str,
    ends: tuple[float, float],
) -> None:
    """The section along the vessel, coloured by a quantity; the sheath as a line."""
    edges, weight = cutaway.section(fields.cells, level)
    values = fields.quantity(name)
    if view.plane is not None:
        edges, weight = _near(fields, view, edges, weight)
    corners = cutaway.at_corners(view.project(fields.points), edges, weight)
    number = np.arange(3 * len(corners)).reshape(-1, 3)
    if len(corners):
        face = axes.tripcolor(
            Triangulation(corners[..., 0].ravel(), corners[..., 1].ravel(), number),
            cutaway.at_corners(values, edges, weight).ravel(),
            shading="gouraud",
            cmap=palette.QUANTITIES[name].colour_map(),
            norm=Normalize(*ends),
        )
        if view.plane is not None:
            face.set_clip_path(_disc(view), axes.transData)
    edges, weight = cutaway.contour(cutaway.sheath(fields), level)
    if view.plane is not None:
        edges, weight = _near(fields, view, edges, weight)
    lines = cutaway.at_corners(view.project(fields.points), edges, weight)[..., :2]
    axes.add_collection(
        LineCollection(list(lines), colors=palette.SHEATH, linewidths=0.9, alpha=0.7, zorder=2)
    )


def _near(
    fields: Fields,
    view: cutaway.View,
    edges: Int[np.ndarray, "pieces corners 2"],
    weight: Float[np.ndarray, "pieces corners"],
) -> tuple[Int[np.ndarray, "kept corners 2"], Float[np.ndarray, "kept corners"]]:
    """Of a section those pieces that a close-up shows."""
    assert view.plane is not None
    middles = cutaway.at_corners(fields.points, edges, weight).mean(axis=1)
    kept = np.linalg.norm(middles - view.plane[0], axis=1) < 2.0 * view.reach
    return edges[kept], weight[kept]


def _disc(view: cutaway.View) -> Path:
    """The rim of a close-up's plane, as far as it is shown."""
    assert view.plane is not None
    angle = np.linspace(0.0, 2.0 * np.pi, 100)[:, None]
    circle = view.reach * (np.cos(angle) * view.flat[0] + np.sin(angle) * view.flat[1])
    return Path(view.project(view.plane[0] + circle)[:, :2])


def _draw_vessel(axes: Axes, fields: Fields, view: cutaway.View) -> None:
    """The walls, far triangles first, shaded by how squarely they face the viewer."""
    kinds = cutaway.walls(fields)
    if not kinds:
        return
    corners = fields.points[np.concatenate([kind.triangles for kind in kinds])]
    colours = np.repeat(
        [to_rgb(kind.colour) for kind in kinds], [len(kind.triangles) for kind in kinds], axis=0
    )
    if view.plane is not None:
        off = corners.mean(axis=1) - view.plane[0]
        along = off @ view.plane[1]
        near = (along > 0) & (along < 0.5 * view.reach) & (np.linalg.norm(off, axis=1) < view.reach)
        corners, colours = corners[near], colours[near]
    triangles = view.project(corners.reshape(-1, 3)).reshape(-1, 3, 3)
    normals = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    facing = np.abs(normals[:, 2]) / np.maximum(np.linalg.norm(normals, axis=1), 1e-300)
    far_first = np.argsort(triangles[:, :, 2].mean(axis=1))
    shade = (0.35 + 0.65 * facing)[far_first, None] * colours[far_first]
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
    if view.plane is not None:
        off = np.linalg.norm(fields.points[seeds] - view.plane[0], axis=1)
        seeds = seeds[(level[seeds] > 0) & (off < 0.5 * view.reach)]
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
