"""Tissue round a perivascular mesh: a structured Krogh cylinder, or tetrahedra that fill an offset.

The sheath's triangles are kept exactly; perivascular space and tissue share points there only.
"""

import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int
from scipy.spatial import cKDTree

from meshes.errors import InputError
from meshes.fill.cap import cap, loops_of
from meshes.fill.offset import offset_surface
from meshes.fill.tetrahedralise import MISSING
from meshes.mesh import Mesh, VesselCoordinates
from meshes.sweep.build import Build
from meshes.sweep.columns import prisms_to_tets, triangles_of
from meshes.sweep.faces import boundary_and_interface, tet_volumes
from meshes.tags import Patch, Region

COARSE = 0.25  # spacing on the tissue's outer face over its distance
LARGEST = 0.3  # volume of a tetrahedron over its cubed spacing, at most
QUALITY = 1.8  # TetGen's bound on circumradius over shortest edge


def with_krogh_tissue(mesh: Mesh, build: Build, distance: float, widen: float) -> Mesh:
    """The mesh of a straight tube with layers of tissue out to `distance` from the axis, m."""
    columns, scale = build.columns, build.scale
    around, count = len(columns.inlet), len(columns.wall)
    line = build.lines[0]
    axis = line.at(columns.s, line.points)
    start = np.linalg.norm(columns.sheath - axis, axis=1)
    ratio = widen * distance / scale / start
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
    return _joined(mesh, fresh, number.reshape(-1)[cells], outer=number[:, -1])


def with_tissue(mesh: Mesh, build: Build, distance: float, time_limit: float) -> Mesh:
    """The mesh with tissue out to `distance` from the centreline, flush with the mouth's plane, m.

    Raises:
        InputError: the tree passes behind the plane of its mouth, the tetrahedraliser is missing,
            fails or takes too long.
    """
    surface = _surface(mesh, build, distance)
    points, triangles, shared, lumen = surface
    spacing = COARSE * distance / build.scale
    filled, cells = _fill(points, triangles, LARGEST * spacing**3, time_limit, mesh.name)
    if np.abs(filled[: len(points)] - points).max() > 1e-6:  # rounding of mmg's own scaling passes
        raise InputError(
            f"{mesh.name}: the tetrahedraliser moved the sheath; use tissue=0 for the PVS alone"
        )
    used, cells = np.unique(cells, return_inverse=True)
    cells = cells.reshape(-1, 4)
    sheath = used < len(shared)
    number = np.empty(len(used), dtype=int)
    number[sheath] = shared[used[sheath]]
    number[~sheath] = len(mesh.points) + np.arange(int((~sheath).sum()))
    fresh = filled[used[~sheath]] * build.scale
    closing = number[np.isin(used, lumen)]
    return _joined(mesh, fresh, number[cells], closing=closing)


def _surface(
    mesh: Mesh, build: Build, distance: float
) -> tuple[
    Float[np.ndarray, "points 3"],
    Int[np.ndarray, "triangles 3"],
    Int[np.ndarray, " shared"],
    Int[np.ndarray, " lumen"],
]:
    """Closed surface of the tissue in scaled units: sheath points first, outward triangles.

    Also the mesh points of the first ones, and the numbers of the disk points that close tips.
    """
    columns, scale = build.columns, build.scale
    stack = len(mesh.points) // len(columns.wall)
    origin, frame = _mouth(build)
    spacing = COARSE * distance / scale
    sheath = columns.sheath
    behind = (sheath - origin) @ frame[2] < -1e-9
    behind[columns.inlet] = False
    if behind.any():
        x, y, z = sheath[behind][0] * scale * 1e6
        raise InputError(
            f"{mesh.name}: the vessel at ({x:.1f}, {y:.1f}, {z:.1f}) um lies behind the plane of "
            "the mouth, where the tissue ends; root the tree farther out, or use tissue=0"
        )
    disks, centres = [], []
    for number, tip in enumerate(columns.tips):
        centres.append(sheath[tip].mean(axis=0))
        fan = np.full(len(tip), len(sheath) + number)
        disks.append(np.stack([tip, np.roll(tip, -1), fan], axis=1))
    axis = np.concatenate([(line.points - origin) @ frame.T for line in build.lines])
    skin = offset_surface(axis, distance / scale, spacing)
    loops = loops_of(skin.points, skin.triangles)
    rim = ((sheath[columns.inlet] - origin) @ frame.T)[:, :2]
    flat = cap(rim, [skin.points[loop, :2] for loop in loops], skin.section[:, :2], spacing)
    if flat is None:
        raise InputError(
            f"{mesh.name}: the tissue's face at the mouth cannot be cut; change tissue by a few "
            "per cent, or use tissue=0"
        )
    plane, pieces = flat
    before = len(sheath) + len(centres)
    edge = np.concatenate([columns.inlet, before + np.concatenate(loops)])
    new = before + len(skin.points) + np.arange(len(plane) - len(edge))
    pieces = np.concatenate([edge, new])[pieces][:, [0, 2, 1]]
    inner = plane[len(edge) :]
    local = np.concatenate([skin.points, np.column_stack([inner, np.zeros(len(inner))])])
    points = np.concatenate([sheath, np.array(centres), origin + local @ frame])
    inward = triangles_of(columns)[:, [0, 2, 1]]
    triangles = np.concatenate([inward, *disks, skin.triangles + before, pieces])
    shared = np.arange(len(sheath)) * stack + stack - 1
    return points, triangles, shared, np.arange(len(sheath), before)


def _mouth(build: Build) -> tuple[Float[np.ndarray, " 3"], Float[np.ndarray, "3 3"]]:
    """Origin and right-handed frame of the mouth's plane; the third axis points into the tissue."""
    line = build.lines[0]
    tangent, normal = line.tangent[0], line.normal[0]
    return line.points[0], np.stack([normal, np.cross(tangent, normal), tangent])


def _fill(
    points: np.ndarray, triangles: np.ndarray, volume: float, time_limit: float, name: str
) -> tuple[Float[np.ndarray, "points 3"], Int[np.ndarray, "cells 4"]]:
    """Tetrahedra inside a closed surface, by a child process."""
    child = Path(__file__).parent / "fill" / "tetrahedralise.py"
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "surface.npz", Path(folder) / "cells.npz"
        np.savez(source, points=points, triangles=triangles, volume=volume, ratio=QUALITY)
        command = [sys.executable, str(child), str(source), str(target)]
        try:
            run = subprocess.run(command, capture_output=True, timeout=time_limit, check=False)
        except subprocess.TimeoutExpired:
            raise InputError(
                f"{name}: the tissue took more than {time_limit:.0f} s to mesh; raise time_limit, "
                "use less tissue, or tissue=0"
            ) from None
        if run.returncode == MISSING:
            raise InputError(
                f"{name}: tissue needs tetgen and mmgpy: pip install 'glymphax[mesh]', or make the "
                "perivascular space alone with tissue=0"
            )
        if run.returncode != 0 or not target.exists():
            said = (run.stderr or run.stdout).decode(errors="replace").strip().splitlines()
            last = said[-1] if said else f"exit status {run.returncode}"
            raise InputError(
                f"{name}: the tetrahedraliser failed on the tissue ({last}); "
                "use a smaller gap, other tissue, or tissue=0"
            )
        with np.load(target) as made:
            return made["points"], made["cells"]


def _joined(
    mesh: Mesh,
    fresh: Float[np.ndarray, "fresh 3"],
    cells: Int[np.ndarray, "cells 4"],
    *,
    outer: Int[np.ndarray, " outer"] | None = None,
    closing: Int[np.ndarray, " closing"] | None = None,
) -> Mesh:
    """One mesh of the perivascular space and tissue cells on new and shared points.

    Tissue facets are `LUMEN` where they hold a point of `closing` (tip disks), or, given the points
    `outer` of a cylinder's side, where they are not on it; all others `TISSUE_OUTER`.
    """
    points = np.concatenate([mesh.points, fresh])
    if tet_volumes(points, cells).min() <= 0.0:
        raise InputError(
            f"{mesh.name}: a tetrahedron of the tissue is inverted; use tissue=0 for the PVS alone"
        )
    every = np.concatenate([mesh.cells, cells])
    regions = np.concatenate([mesh.regions, np.full(len(cells), Region.TISSUE, dtype=np.int32)])
    boundary, interface = boundary_and_interface(every, regions)
    faces = boundary.triangles[regions[boundary.cells] == Region.TISSUE]
    if outer is not None:
        lumen = ~np.isin(faces, outer).all(axis=1)
    else:
        lumen = np.isin(faces, [] if closing is None else closing).any(axis=1)
    own = mesh.patches != Patch.SHEATH
    side = np.where(lumen, Patch.LUMEN, Patch.TISSUE_OUTER)
    patches = [mesh.patches[own], np.full(len(interface.cells), Patch.SHEATH), side]
    return replace(
        mesh,
        points=points,
        cells=every,
        regions=regions,
        facets=np.concatenate([mesh.facets[own], interface.triangles, faces]),
        patches=np.concatenate(patches).astype(np.int32),
        vessel=_extended(mesh, fresh),
    )


def _extended(mesh: Mesh, fresh: Float[np.ndarray, "fresh 3"]) -> VesselCoordinates:
    """Vessel coordinates, tissue points with path and radius of the nearest sheath point."""
    vessel = mesh.vessel
    sheath = np.unique(mesh.facets_of(Patch.SHEATH))
    nearest = sheath[cKDTree(mesh.points[sheath]).query(fresh)[1]]
    count = len(fresh)
    return VesselCoordinates(
        path=np.concatenate([vessel.path, vessel.path[nearest]]),
        radius=np.concatenate([vessel.radius, vessel.radius[nearest]]),
        fraction=np.concatenate([vessel.fraction, np.ones(count)]),
        radial=np.concatenate([vessel.radial, np.zeros((count, 3))]),
        gap=np.concatenate([vessel.gap, np.zeros(count)]),
        column=np.concatenate([vessel.column, np.full(count, -1)]),
    )
