"""The worst places of a mesh as its check found them: where they lie, and each from near by.

Lengths are metres. Every close-up looks along the middle axis of what is at fault, so that a flat
cell is seen from its edge; facets and points are seen from the side on which they spread most.
"""

from pathlib import Path

import numpy as np
from jaxtyping import Float, Int
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import to_rgba

from meshes.check import Report, Row
from meshes.mesh import Mesh
from meshes.tags import SPACES, Patch, Region
from solver.render import overlay, palette
from solver.render.save import save_figure

SHOWN = 6  # close-ups
CELLS = 160  # most that are drawn around a place
SKIN = 30_000  # most triangles in the overview
LINES: tuple[tuple[str, str, tuple[Region, ...]], ...] = (
    (palette.FAINT, "tissue", (Region.TISSUE,)),
    (palette.FREE, "free fluid", (Region.CSF,)),
    (palette.FLUID, "perivascular space", SPACES),
)
COLOURS = {"fail": "#ff5c5c", "warn": "#ffc14d", "ok": "#7fd39b"}
EDGES = np.array([[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]])
FACES = np.array([[1, 2, 3], [0, 3, 2], [0, 1, 3], [0, 2, 1]])


def worst_picture(
    mesh: Mesh, report: Report, output_png: str | Path, *, size: tuple[int, int] = (1920, 1080)
) -> Path:
    """Picture the worst places of a mesh: those that fail first, at most six.

    Raises:
        InputError: the picture cannot be written.
    """
    rows = _places(report)
    figure, _ = overlay.canvas(size)
    counts = [sum(row.verdict == verdict for row in report.rows) for verdict in ("fail", "warn")]
    words = f"{counts[0]} rows fail, {counts[1]} warn; the table has all of them"
    for height, text, colour, points in (
        (0.96, f"{report.name}: worst places", palette.TEXT, 20.0),
        (0.915, words, palette.FAINT, 11.5),
    ):
        figure.text(0.02, height, text, color=colour, fontsize=points, va="top")
    present = [line for line in LINES if np.isin(mesh.regions, line[2]).any()]
    for place, (colour, word, _) in enumerate(present):
        figure.text(0.62 + 0.13 * place, 0.96, word, color=colour, fontsize=11.5, va="top")
    _overview(figure.add_axes((0.01, 0.02, 0.33, 0.86)), mesh, rows)
    middles = mesh.points[mesh.cells].mean(axis=1)
    for place, row in enumerate(rows):
        across, down = place % 3, place // 3
        axes = figure.add_axes((0.36 + 0.215 * across, 0.5 - 0.455 * down, 0.2, 0.355))
        _close_up(axes, mesh, middles, row, place + 1)
    return save_figure(figure, output_png)


def _places(report: Report) -> list[Row]:
    """The worst rows, one for each place."""
    rows: dict[object, Row] = {}
    for row in report.worst:
        rows.setdefault(row.where, row)
    return list(rows.values())[:SHOWN]


def _overview(axes: Axes, mesh: Mesh, rows: list[Row]) -> None:
    """The wall, or without one all tagged surfaces, flat, with the places numbered on it."""
    axes.set_axis_off()
    axes.set_aspect("equal", adjustable="datalim")
    triangles = mesh.facets_of(Patch.WALL)
    triangles = triangles if len(triangles) else mesh.facets
    triangles = triangles if len(triangles) else mesh.cells[:, :3]
    triangles = triangles[:: 1 + len(triangles) // SKIN]
    middle = mesh.points[triangles].mean(axis=(0, 1))
    frame = _axes_of(mesh.points[np.unique(triangles)])
    frame = frame[[1, 0]] * [[1], [np.sign(frame[0, 2]) or 1.0]]  # the long axis upright
    corners = (mesh.points[triangles] - middle) @ frame.T
    axes.add_collection(
        PolyCollection(list(corners), facecolors=palette.TISSUE, edgecolors="none", alpha=0.25)
    )
    for place, row in reversed(list(enumerate(rows, 1))):
        x, y = frame @ (np.array(row.where) - middle)
        colour = COLOURS[row.verdict]
        axes.plot(x, y, "o", color=colour, markersize=15, markeredgecolor=palette.BACKGROUND)
        axes.annotate(
            str(place),
            (x, y),
            color=palette.BACKGROUND,
            fontsize=10,
            weight="bold",
            ha="center",
            va="center_baseline",
        )
    axes.margins(0.08)
    axes.autoscale_view()


def _close_up(
    axes: Axes, mesh: Mesh, middles: Float[np.ndarray, "cells 3"], row: Row, place: int
) -> None:
    """Cells around one place, the one at fault filled."""
    centre = np.array(row.where)
    near = np.argsort(np.sum((middles - centre) ** 2, axis=1))[:CELLS]
    found = _at_fault(mesh, middles, near, centre)
    around = mesh.points[found] if len(found) > 2 else mesh.points[mesh.cells[near[:8]]]
    frame = _axes_of(around.reshape(-1, 3))[[0, 2] if len(found) == 4 else [0, 1]]
    reach = 1.6 * np.abs((around - centre) @ frame.T).max()
    shown = near[np.abs((middles[near] - centre) @ frame.T).max(axis=1) < 1.3 * reach]
    flat = (mesh.points - centre) @ frame.T
    for colour, _, regions in LINES:
        cells = mesh.cells[shown[np.isin(mesh.regions[shown], regions)]]
        lines = flat[np.unique(np.sort(cells[:, EDGES].reshape(-1, 2), axis=1), axis=0)]
        axes.add_collection(LineCollection(list(lines), colors=colour, linewidths=0.6, alpha=0.65))
    colour = COLOURS[row.verdict]
    faces = found[FACES] if len(found) == 4 else found[None] if len(found) == 3 else found[:0]
    axes.add_collection(
        PolyCollection(
            list(flat[faces]), facecolors=to_rgba(colour, 0.55), edgecolors=colour, linewidths=1.6
        )
    )
    axes.plot(0.0, 0.0, "+", color=palette.TEXT, markersize=9)
    axes.set(xlim=(-reach, reach), ylim=(-reach, reach), xticks=[], yticks=[], aspect="equal")
    axes.set_facecolor("none")
    for side in axes.spines.values():
        side.set(color=colour, linewidth=1.6)
    unit = f" {row.unit}" if row.unit else ""
    title = f"{place}  {row.name}\n{row.value:.5g}{unit}, wanted {row.bound}: {row.verdict}"
    axes.set_title(title, color=palette.TEXT, fontsize=11, loc="left")
    width = f"{2e6 * reach:.3g} µm" if reach < 5e-4 else f"{2e3 * reach:.3g} mm"
    axes.set_xlabel(f"{row.place}; {width} wide", color=palette.FAINT, fontsize=9.5)


def _at_fault(
    mesh: Mesh,
    middles: Float[np.ndarray, "cells 3"],
    near: Int[np.ndarray, " near"],
    centre: Float[np.ndarray, "3"],
) -> Int[np.ndarray, " corners"]:
    """Corners of the cell or facet whose middle a place is; else the nearest point."""
    exact = 1e-9 * float(np.ptp(mesh.points, axis=0).max())
    if np.linalg.norm(middles[near[0]] - centre) <= exact:
        return mesh.cells[near[0]]
    for triangles in (mesh.facets, mesh.cells[near][:, FACES].reshape(-1, 3)):
        if len(triangles):
            apart = np.linalg.norm(mesh.points[triangles].mean(axis=1) - centre, axis=1)
            if apart.min() <= exact:
                return triangles[int(np.argmin(apart))]
    corners = np.unique(mesh.cells[near])
    apart = np.linalg.norm(mesh.points[corners] - centre, axis=1)
    return corners[[int(np.argmin(apart))]]


def _axes_of(points: Float[np.ndarray, "points 3"]) -> Float[np.ndarray, "3 3"]:
    """Principal axes of some points as rows, the longest first."""
    axes: np.ndarray = np.linalg.svd(points - points.mean(axis=0), full_matrices=False)[2]
    return axes
