"""How a scene shows the tracer in the tissue: a cloud, or nested surfaces of equal concentration.

The cloud is the concentration resampled to a uniform grid, its opacity growing with it. Of both,
what lies before the opening is left out, so that the vessel is seen. Only the drawing process
imports this.
"""

import numpy as np
import pyvista

from solver.render import palette
from solver.render.canvas import Canvas

SAMPLES = 160  # of the uniform grid, along its longest side
LEVELS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.45, 0.65, 0.85)  # of equal concentration, of the highest
FAINTEST = 0.01  # of the highest: below it there is nothing to see


def add_cloud(canvas: Canvas) -> None:
    """The concentration as a cloud that glows where it is high."""
    grid = canvas.grid(canvas.fields.cells)
    grid["level"] = canvas.level
    low, high = np.array(grid.bounds).reshape(3, 2).T
    spacing = (high - low).max() / SAMPLES
    size = np.maximum(np.ceil((high - low) / spacing).astype(int) + 1, 2)
    box = pyvista.ImageData(dimensions=tuple(size), spacing=(spacing,) * 3, origin=tuple(low))
    sampled = box.sample(grid)
    shown = (sampled["vtkValidPointMask"] > 0) & (sampled["level"] < 0)
    tracer = np.where(shown, sampled["concentration"], 0.0)
    box["concentration"] = np.clip(tracer, *canvas.ranges["concentration"]).astype(np.float32)
    if box["concentration"].max() < FAINTEST * canvas.ranges["concentration"][1]:
        return
    canvas.plotter.add_volume(
        box,
        scalars="concentration",
        clim=canvas.ranges["concentration"],
        cmap=palette.CONCENTRATION.colour_map(),
        opacity=_opacity(),
        opacity_unit_distance=0.03,
        shade=False,
        blending="composite",
        show_scalar_bar=False,
    )


def add_shells(canvas: Canvas) -> None:
    """Nested translucent surfaces of equal concentration in the tissue, denser inside."""
    fields = canvas.fields
    tissue = fields.cells[~fields.pvs]
    if not len(tissue):
        return
    grid = canvas.grid(tissue)
    grid["level"] = canvas.level
    grid = grid.clip_scalar(scalars="level", value=0.0)
    highest = canvas.ranges["concentration"][1]
    for place, level in enumerate(LEVELS):
        shell = grid.contour([level * highest], scalars="concentration")
        if shell.n_cells:
            canvas.plotter.add_mesh(
                shell.compute_normals(split_vertices=False),
                color=palette.CONCENTRATION.colour_map()(level)[:3],
                opacity=0.22 + 0.6 * place / len(LEVELS),
                smooth_shading=True,
                ambient=0.5,
                diffuse=0.5,
                specular=0.2,
            )


def _opacity() -> np.ndarray:
    """Opacity over concentration: none at nothing, quickly seen, never quite opaque."""
    share = np.linspace(0.0, 1.0, 256)
    return 255.0 * np.clip(1.15 * share**0.7 - 0.03, 0.0, 0.8)
