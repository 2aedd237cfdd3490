"""The perivascular mesh of finished columns: cells, tagged facets, vessel coordinates."""

import numpy as np
from jaxtyping import Float, Int

from meshes.mesh import Mesh, VesselCoordinates
from meshes.sweep.build import Build
from meshes.sweep.columns import Columns, prisms_to_tets, stacked_points, triangles_of
from meshes.sweep.faces import boundary_and_interface
from meshes.tags import Patch, Region


def perivascular_mesh(
    build: Build,
    heights: Float[np.ndarray, " levels"],
    widen: float,
    region: Region = Region.ARTERIAL_PVS,
) -> Mesh:
    """Mesh of the perivascular space alone, m; the sheath is boundary."""
    columns, scale, layers = build.columns, build.scale, len(heights) - 1
    points = stacked_points(columns, heights) * scale
    cells, _ = prisms_to_tets(triangles_of(columns), layers, layers + 1)
    regions = np.full(len(cells), region, dtype=np.int32)
    boundary, _ = boundary_and_interface(cells, regions)
    patches = _patches(boundary.triangles, columns, layers)
    stack = layers + 1
    gap = np.linalg.norm(columns.sheath - columns.wall, axis=1) * scale
    vessel = VesselCoordinates(
        path=np.repeat(columns.path * scale, stack),
        radius=np.repeat(columns.radius * scale, stack),
        fraction=np.tile(heights, len(columns.wall)),
        radial=np.repeat(columns.radial, stack, axis=0),
        gap=np.repeat(gap, stack),
        column=np.repeat(np.arange(len(columns.wall)) * stack, stack),
    )
    return Mesh(
        points,
        cells,
        regions,
        boundary.triangles,
        patches,
        vessel,
        build.tree,
        name=build.tree.name,
        notes=(*build.tree.notes, *build.notes),
        widening=widen,
    )


def _patches(
    triangles: Int[np.ndarray, "facets 3"], columns: Columns, layers: int
) -> Int[np.ndarray, " facets"]:
    """Patch of each boundary triangle from layer and column numbers."""
    layer, column = triangles % (layers + 1), triangles // (layers + 1)
    end = np.zeros(len(columns.wall), dtype=np.int32)
    end[columns.inlet] = Patch.INLET
    for tip in columns.tips:
        end[tip] = Patch.DISTAL
    patches: np.ndarray = np.select(
        [np.all(layer == 0, axis=1), np.all(layer == layers, axis=1)],
        [Patch.WALL, Patch.SHEATH],
        end[column[:, 0]],
    )
    return patches.astype(np.int32)
