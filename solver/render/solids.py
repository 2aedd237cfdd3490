"""What of a scene is solid or glass: vessel wall, tissue, slices, cells.

Glass is clear where it faces the viewer and opaque at its rim, so that shapes are read through it:
opacity `a + b (1 - |n.v|)^3`. Only the drawing process imports this: it needs pyvista.
"""

import numpy as np
import pyvista
from jaxtyping import Float, Int

from solver.render import close_up, cutaway, palette
from solver.render.canvas import Canvas

PEELS = 8  # translucent layers that are sorted
CLEAR, RIM = 0.03, 0.8  # opacity of tissue seen squarely, and added at its rim
SHEATH_CLEAR, SHEATH_RIM = 0.06, 0.5
WALL_REACH, SHEATH_REACH = 0.5, 0.3  # of a close-up's reach, before its plane


def add_wall(canvas: Canvas) -> None:
    """The walls of arteries as red tubes and of veins as blue ones, where there are any."""
    for kind in cutaway.walls(canvas.fields):
        tube = canvas.near(canvas.surface(kind.triangles).clean(), WALL_REACH)
        if tube.n_cells:
            _add_tube(canvas, tube, kind.colour)


def _add_tube(canvas: Canvas, tube: pyvista.PolyData, colour: str) -> None:
    edges = canvas.preset.tissue == "cells"
    canvas.plotter.add_mesh(
        tube if edges else tube.compute_normals(split_vertices=True, feature_angle=60),
        color=colour,
        smooth_shading=not edges,
        opacity=canvas.preset.wall,
        show_edges=edges,
        edge_color=palette.BACKGROUND,
        edge_opacity=0.4,
        ambient=0.25,
        diffuse=0.75,
        specular=0.45,
        specular_power=24,
    )


def add_glass(canvas: Canvas) -> None:
    """Tissue and endfoot sheath, translucent."""
    fields = canvas.fields
    tissue = fields.cells[~fields.pvs]
    if len(tissue):
        _glass(canvas, cutaway.faces(tissue), canvas.theme.glass, CLEAR, RIM, smooth=12)
    if fields.pvs.any() and len(tissue):
        sheath = cutaway.sheath(fields)
        _glass(canvas, sheath, palette.SHEATH, SHEATH_CLEAR, SHEATH_RIM, smooth=0)


def add_opened(canvas: Canvas) -> None:
    """Tissue and perivascular space cut open, coloured by a quantity; the sheath as a line."""
    level = canvas.level
    grid = canvas.grid(canvas.fields.cells)
    grid["level"] = level
    if canvas.view.plane is None:
        _coloured(canvas, grid.clip_scalar(scalars="level", value=0.0), flat=False)
    else:
        face = grid.contour([0.0], scalars="level").triangulate().subdivide(2)
        _coloured(canvas, canvas.near(face), flat=True)
    endfeet = canvas.surface(cutaway.sheath(canvas.fields))
    endfeet["level"] = level
    if endfeet.n_cells:
        canvas.plotter.add_mesh(
            endfeet.contour([0.0], scalars="level"),
            color=palette.SHEATH,
            line_width=1.5 * canvas.dots,
            lighting=False,
            opacity=0.7,
        )


def add_rest(canvas: Canvas) -> None:
    """In a close-up: the sheath as glass before the plane, and the wall's outline at rest."""
    if canvas.view.plane is None:
        return
    sheath = canvas.near(canvas.surface(cutaway.sheath(canvas.fields)), SHEATH_REACH)
    _add_glass(canvas, sheath, palette.SHEATH, 2 * SHEATH_CLEAR, SHEATH_RIM)
    canvas.plotter.renderer.enable_depth_peeling(number_of_peels=PEELS)
    wall = pyvista.PolyData.from_regular_faces(
        canvas.scaled(canvas.rest), cutaway.wall(canvas.fields)
    )
    point, normal = canvas.view.plane
    outline = canvas.near(wall.slice(normal=normal, origin=canvas.scaled(point[None])[0]))
    if outline.n_points:
        outline.translate(0.004 * normal, inplace=True)  # before the face that it lies on
        canvas.plotter.add_mesh(
            outline, color=canvas.theme.text, line_width=1.5 * canvas.dots, lighting=False
        )


def add_slices(canvas: Canvas) -> None:
    """Opaque discs across the vessel, evenly along its longest way from the mouth.

    Each is as wide as the tissue beside the vessel there.
    """
    fields, count = canvas.fields, canvas.preset.slices
    if not count or "path" not in fields.data or not fields.pvs.any():
        return
    path, grid = fields.data["path"], canvas.grid(fields.cells)
    inside = np.unique(fields.cells[fields.pvs])
    skin = fields.points[np.unique(cutaway.faces(fields.cells[~fields.pvs]))]
    low, high = path[inside].min(), path[inside].max()
    for place in low + (high - low) * (np.arange(count) + 0.5) / count:
        centre, normal, ring = close_up.piece(fields, place)
        away = (skin - centre) - np.outer((skin - centre) @ normal, normal)
        level = np.abs((skin - centre) @ normal) < ring
        beyond = np.linalg.norm(away, axis=1)[level]
        beyond = beyond[beyond > 1.5 * ring]
        if not len(beyond):
            continue
        reach = np.percentile(beyond, 20) / canvas.view.height
        middle = canvas.scaled(centre[None])[0]
        disc = grid.slice(normal=normal, origin=middle)
        disc["reach"] = np.linalg.norm(disc.points - middle, axis=1)
        disc = disc.clip_scalar(scalars="reach", value=reach)
        if disc.n_points:
            _coloured(canvas, disc, flat=True)


def add_cells(canvas: Canvas) -> None:
    """Whole tetrahedra behind the opening, with their edges, coloured by region."""
    fields = canvas.fields
    behind = canvas.level[fields.cells].mean(axis=1) < 0
    for colour, inside in fields.groups():
        cells = fields.cells[inside & behind]
        if len(cells):
            canvas.plotter.add_mesh(
                canvas.surface(cutaway.faces(cells)),
                color=colour,
                show_edges=True,
                edge_color=palette.BACKGROUND,
                edge_opacity=0.55,
                line_width=canvas.dots,
                ambient=0.35,
                diffuse=0.7,
            )


def _coloured(canvas: Canvas, mesh: pyvista.DataSet, *, flat: bool) -> None:
    quantity = canvas.preset.colour
    canvas.plotter.add_mesh(
        mesh
        if isinstance(mesh, pyvista.PolyData)
        else mesh.extract_surface(algorithm="dataset_surface"),
        scalars=quantity,
        clim=canvas.ranges[quantity],
        cmap=palette.QUANTITIES[quantity].colour_map(),
        show_scalar_bar=False,
        lighting=not flat,  # what is flat has exactly the colours of its bar
        ambient=0.5,
        diffuse=0.55,
    )


def _glass(
    canvas: Canvas,
    triangles: Int[np.ndarray, "triangles 3"],
    colour: str,
    clear: float,
    rim: float,
    smooth: int,
) -> None:
    shell = canvas.surface(triangles).clean()
    if smooth:
        shell = shell.smooth_taubin(n_iter=smooth, pass_band=0.1)
    _add_glass(canvas, shell, colour, clear, rim)


def _add_glass(
    canvas: Canvas, shell: pyvista.PolyData, colour: str, clear: float, rim: float
) -> None:
    shell = shell.compute_normals(split_vertices=False, consistent_normals=False)
    facing = np.abs(shell.point_data["Normals"] @ canvas.view.toward)
    shell["glass"] = _rgba(colour, clear + rim * (1.0 - facing) ** 3)
    canvas.plotter.add_mesh(
        shell,
        scalars="glass",
        rgba=True,
        smooth_shading=True,
        ambient=0.35,
        diffuse=0.5,
        specular=0.6,
        specular_power=40,
        show_scalar_bar=False,
    )


def _rgba(colour: str, opacity: Float[np.ndarray, " points"]) -> np.ndarray:
    shade = np.array(pyvista.Color(colour).int_rgb, dtype=np.uint8)
    alpha = np.clip(255 * opacity, 0, 255).astype(np.uint8)
    return np.column_stack([np.broadcast_to(shade, (len(alpha), 3)), alpha])
