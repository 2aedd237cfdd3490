"""A structured box: fluid for 0 < y < height, tissue for -depth < y < 0, the sheath at y = 0.

Flow in the x-y plane; the sides z = 0 and z = width are planes of symmetry (`INLET`, to be closed)
and the ends x = 0 and x = length belong to the wall, so that velocities can be given on them.
"""

from dataclasses import replace
from itertools import permutations

import jax.numpy as jnp
import numpy as np

from meshes.mesh import Mesh, VesselCoordinates
from meshes.sweep.faces import boundary_and_interface
from meshes.tags import Patch, Region
from solver.flow.boundary import Boundary


def slab(
    length: float,
    height: float,
    depth: float,
    width: float,
    *,
    along: int,
    across: int,
    layers: int,
    aside: int,
    held_ends: bool = False,
) -> Mesh:
    """A box of hexahedra, all cut alike into Kuhn's six tetrahedra.

    Args:
        length: along x.
        height: of the fluid; depth: of the tissue, along y.
        width: along z.
        along: cells along x.
        across: cells across the fluid; layers: across the tissue.
        aside: cells along z.
        held_ends: the tissue's ends in x are outer faces too, else no flow passes them.
    """
    rows = layers + across + 1
    levels = np.concatenate(
        [np.linspace(-depth, 0.0, layers + 1), np.linspace(0.0, height, across + 1)[1:]]
    )
    column, row, side = (
        index.ravel()
        for index in np.meshgrid(
            np.arange(along + 1), np.arange(rows), np.arange(aside + 1), indexing="ij"
        )
    )
    points = np.stack(
        [column * length / along, levels[row], side * width / aside], axis=1, dtype=float
    )
    cells, cell_row = _cells(along, rows - 1, aside)
    regions = np.where(cell_row >= layers, Region.ARTERIAL_PVS, Region.TISSUE).astype(np.int32)
    boundary, sheath = boundary_and_interface(cells, regions)
    triangles = boundary.triangles
    tissue = regions[boundary.cells] == Region.TISSUE

    def all_on(numbers: np.ndarray, *values: int) -> np.ndarray:
        return np.any([np.all(numbers[triangles] == value, axis=1) for value in values], axis=0)

    ends = all_on(column, 0, along)
    patches = np.select(
        [all_on(row, 0), ends & tissue, tissue, ends, all_on(row, rows - 1)],
        [
            Patch.TISSUE_OUTER,
            Patch.TISSUE_OUTER if held_ends else Patch.LUMEN,
            Patch.LUMEN,
            Patch.WALL,
            Patch.WALL,
        ],
        Patch.INLET,
    )
    fluid = row >= layers
    top = (column * rows + rows - 1) * (aside + 1) + side
    vessel = VesselCoordinates(
        path=points[:, 0],
        radius=np.full(len(points), float(height)),
        fraction=np.where(fluid, (rows - 1 - row) / across, 1.0),
        radial=np.where(fluid[:, None], [0.0, -1.0, 0.0], 0.0),
        gap=np.where(fluid, float(height), 0.0),
        column=np.where(fluid, top, -1),
    )
    return Mesh(
        points,
        cells,
        regions,
        np.concatenate([triangles, sheath.triangles]),
        np.concatenate([patches, np.full(len(sheath.triangles), Patch.SHEATH)]).astype(np.int32),
        vessel,
        name="slab",
    )


def _cells(along: int, rows: int, aside: int) -> tuple[np.ndarray, np.ndarray]:
    """Kuhn's six tetrahedra a hexahedron, and each one's row."""
    start = np.stack(
        [
            index.ravel()
            for index in np.meshgrid(
                np.arange(along), np.arange(rows), np.arange(aside), indexing="ij"
            )
        ]
    )

    def corner(step: np.ndarray) -> np.ndarray:
        x, y, z = start + step[:, None]
        return (x * (rows + 1) + y) * (aside + 1) + z

    tets = []
    for axes in permutations(range(3)):
        steps = np.zeros((4, 3), dtype=int)
        for number, axis in enumerate(axes):
            steps[number + 1 :, axis] = 1
        tet = np.stack([corner(step) for step in steps], axis=1)
        odd = np.linalg.det(np.eye(3)[list(axes)]) < 0
        tets.append(tet[:, [0, 1, 3, 2]] if odd else tet)
    return np.concatenate(tets), np.tile(start[1], 6)


def exact_data(exact):
    """Boundary data of an exact problem: its velocity on walls, its pressure on outer faces."""

    def data(space, given: Boundary) -> Boundary:
        on_wall = space.wall.slot < space.wall.vertices.shape[0]
        velocity = jnp.asarray(exact.velocity(np.asarray(space.fluid_rest)))
        pressure = jnp.asarray(exact.tissue_pressure(np.asarray(space.tissue_rest)))
        return replace(
            given,
            velocity=jnp.where(on_wall, velocity, 0.0),
            tissue_pressure=space.tissue_outer * pressure,
        )

    return data
