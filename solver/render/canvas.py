"""What everything that is drawn into a scene shares. Only the drawing process imports this.

Inside a scene lengths are fractions of the visible height: VTK has tolerances that micrometres
offend.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyvista
from jaxtyping import Float, Int

from solver.render.cutaway import View
from solver.render.fields import Fields
from solver.render.palette import Theme
from solver.render.preset import Preset

DOT = 540.0  # rows of a picture in which a line is one pixel wide


@dataclass(frozen=True)
class Canvas:
    """A scene that is being drawn.

    Attributes:
        plotter: of pyvista.
        fields: what is shown, the wall's motion exaggerated as the preset says.
        rest: points at rest, m.
        level: signed height of every point over the opening, m, positive is taken away; found at
            rest, so that the opening keeps still in a film.
        view: from where.
        preset: what is shown.
        ranges: lowest and highest of every quantity, SI.
        theme: what it stands on.
        rows: of the picture.
    """

    plotter: pyvista.Plotter
    fields: Fields
    rest: Float[np.ndarray, "points 3"]
    level: Float[np.ndarray, " points"]
    view: View
    preset: Preset
    ranges: Mapping[str, tuple[float, float]]
    theme: Theme
    rows: int

    @property
    def dots(self) -> float:
        """Width of a thin line, pixels."""
        return self.rows / DOT

    def scaled(self, points: Float[np.ndarray, "points 3"]) -> Float[np.ndarray, "points 3"]:
        """Points (m) in the lengths of the scene."""
        return (points - self.view.centre) / self.view.height

    def grid(self, cells: Int[np.ndarray, "cells 4"]) -> pyvista.UnstructuredGrid:
        """Tetrahedra with the quantities on them, SI."""
        grid = pyvista.UnstructuredGrid(
            {pyvista.CellType.TETRA: cells}, self.scaled(self.fields.points)
        )
        grid["concentration"] = self.fields.scalar("concentration")
        grid["pressure"] = self.fields.scalar("pressure")
        velocity = self.fields.vector("velocity")
        grid["velocity"], grid["speed"] = velocity, np.linalg.norm(velocity, axis=1)
        return grid

    def surface(self, triangles: Int[np.ndarray, "triangles 3"]) -> pyvista.PolyData:
        """Triangles in the lengths of the scene."""
        return pyvista.PolyData.from_regular_faces(self.scaled(self.fields.points), triangles)

    def near(self, mesh: pyvista.PolyData, share: float = 1.0) -> pyvista.PolyData:
        """What of a mesh a close-up shows: a cylinder about the plane's point.

        Args:
            mesh: in the lengths of the scene.
            share: of the reach, along the normal.
        """
        if self.view.plane is None:
            return mesh
        point, normal = self.view.plane
        off = mesh.points - self.scaled(point[None])
        along = off @ normal
        across = np.linalg.norm(off - np.outer(along, normal), axis=1)
        reach = self.view.reach / self.view.height
        mesh["far"] = np.maximum(np.abs(along) / share, across) - reach
        return mesh.clip_scalar(scalars="far", value=0.0)
