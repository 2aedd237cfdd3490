"""A Krogh cylinder: layers of tissue on the columns of one unbranched vessel, without the extra."""

import numpy as np

from meshes.errors import InputError
from meshes.fill.join import with_cells
from meshes.mesh import Mesh
from meshes.sweep.build import Build
from meshes.sweep.columns import prisms_to_tets, triangles_of
from meshes.sweep.room import BEND, tangent_circles


def krogh_cylinder(mesh: Mesh, builds: list[Build], radius: float, widen: float) -> Mesh:
    """The mesh with layers of tissue out to `radius` from the axis, m, flat at both ends.

    Raises:
        InputError: there are several branches, or a bend is tighter than the cylinder is wide.
    """
    branches = sum(len(build.lines) for build in builds)
    if branches > 1:
        raise InputError(
            f"{mesh.name}: a Krogh cylinder surrounds one vessel, here are {branches} branches; "
            "give tissue as a distance or a box"
        )
    build = builds[0]
    columns, scale = build.columns, build.scale
    line = build.lines[0]
    room = BEND * tangent_circles(line, 2.0 * radius / scale) * scale
    tightest = int(np.argmin(room))
    if room[tightest] < radius:
        x, y, z = line.points[tightest] * scale * 1e6
        raise InputError(
            f"{mesh.name}: the vessel bends at ({x:.1f}, {y:.1f}, {z:.1f}) um, which leaves room "
            f"for a Krogh cylinder of {room[tightest] * 1e6:.1f} um; use that radius, or give "
            "tissue as a distance or a box"
        )
    around, count = len(columns.inlet), len(columns.wall)
    axis = line.at(columns.s, line.points)
    start = np.linalg.norm(columns.sheath - axis, axis=1)
    ratio = widen * radius / scale / start
    layers = max(2, round(float(np.log(ratio.mean())) * around / (2.0 * np.pi)))
    reach = start[:, None] * ratio[:, None] ** (np.arange(1, layers + 1) / layers)
    fresh = (axis[:, None] + reach[..., None] * columns.radial[:, None]).reshape(-1, 3) * scale
    stack = len(mesh.points) // count
    number = np.concatenate(
        [
            np.arange(count)[:, None] * stack + stack - 1,
            len(mesh.points) + np.arange(count * layers).reshape(count, layers),
        ],
        axis=1,
    )
    cells, _ = prisms_to_tets(triangles_of(columns), layers, layers + 1)
    return with_cells(mesh, fresh, number.reshape(-1)[cells], outer=number[:, -1])
