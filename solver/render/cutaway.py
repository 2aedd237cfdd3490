"""What a picture shows: the vessel whole, and everything around it opened along the vessel.

The view is a parallel projection along the direction in which the vessels spread least, slightly
turned. The opening is a curved sheet through the vessel axes: at each place of the picture its
depth is the mean depth of the axes nearby, weighted by inverse distance to the fourth, and nowhere
above a cone that stands on an axis point, so that no vessel hides behind tissue. What lies before
the sheet is taken away. Lengths are metres.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from scipy.spatial import cKDTree

from solver.render import palette
from solver.render.fields import Fields

FACES = np.array([[1, 2, 3], [0, 3, 2], [0, 1, 3], [0, 2, 1]])  # of a positive tetrahedron, outward
TURN = (np.deg2rad(14.0), np.deg2rad(24.0))  # about the vertical and the horizontal of the picture
AXIS_SAMPLES = 600  # wall points at which the vessel axis is found
STEEPEST = 1.5  # rise over run of the slopes beside a vessel that lies deep
MARGIN = 1.07


class Wall(NamedTuple):
    """The wall of one kind of vessel.

    Attributes:
        name: in words.
        colour: as it is drawn.
        triangles: seen from the vessel.
    """

    name: str
    colour: str
    triangles: Int[np.ndarray, "triangles 3"]


@dataclass(frozen=True)
class View:
    """A parallel projection.

    Attributes:
        centre: m, what stands in the middle.
        right: unit vector.
        up: unit vector.
        toward: unit vector to the viewer.
        height: m, of the visible field.
        aspect: width over height of the picture.
        flat: the vessels' own frame (right, up, toward) before the turn, as rows.
        plane: a point (m) and a normal, as rows, of a plane that cuts in place of the sheet.
        reach: m from the plane's point, both along and across: beyond it nothing is shown.
    """

    centre: Float[np.ndarray, "3"]
    right: Float[np.ndarray, "3"]
    up: Float[np.ndarray, "3"]
    toward: Float[np.ndarray, "3"]
    height: float
    aspect: float
    flat: Float[np.ndarray, "3 3"]
    plane: Float[np.ndarray, "2 3"] | None = None
    reach: float = np.inf

    def project(self, points: Float[np.ndarray, "points 3"]) -> Float[np.ndarray, "points 3"]:
        """Coordinates in the picture: rightward, upward, toward the viewer, m from the centre."""
        return (points - self.centre) @ np.stack([self.right, self.up, self.toward]).T


def faces(cells: Int[np.ndarray, "cells 4"]) -> Int[np.ndarray, "faces 3"]:
    """Outward faces that belong to exactly one of the cells."""
    every = cells[:, FACES].reshape(-1, 3)
    _, first, count = np.unique(
        np.sort(every, axis=1), axis=0, return_index=True, return_counts=True
    )
    return every[first[count == 1]]


def wall(fields: Fields) -> Int[np.ndarray, "triangles 3"]:
    """Triangles of the vessel wall, seen from the vessel.

    With a point array `fraction` (0 on the wall) they are the perivascular faces on which it
    vanishes; without, all perivascular faces that the tissue does not share, ends included.
    """
    skin = faces(fields.cells[fields.pvs])
    if "fraction" in fields.data:
        inner = np.all(np.abs(fields.data["fraction"][skin]) < 1e-6, axis=1)
    else:
        in_tissue = np.zeros(len(fields.points), dtype=bool)
        in_tissue[fields.cells[~fields.pvs]] = True
        inner = ~np.all(in_tissue[skin], axis=1)
    return skin[inner] if inner.any() else skin


def walls(fields: Fields) -> list[Wall]:
    """The wall of every kind of vessel there is, those of arteries first."""
    if not fields.pvs.any():
        return []
    triangles = wall(fields)
    if not fields.venous.any():
        return [Wall("vessel wall", palette.WALL, triangles)]
    of_vein = np.zeros(len(fields.points), dtype=bool)
    of_vein[fields.cells[fields.venous]] = True
    venous = of_vein[triangles].all(axis=1)
    kinds = [
        Wall("arterial wall", palette.WALL, triangles[~venous]),
        Wall("venous wall", palette.VEIN, triangles[venous]),
    ]
    return [kind for kind in kinds if len(kind.triangles)]


def sheath(fields: Fields) -> Int[np.ndarray, "triangles 3"]:
    """Triangles between perivascular space and tissue."""
    skin = faces(fields.cells[fields.pvs])
    if "fraction" in fields.data:
        return skin[np.all(fields.data["fraction"][skin] > 1 - 1e-6, axis=1)]
    in_tissue = np.zeros(len(fields.points), dtype=bool)
    in_tissue[fields.cells[~fields.pvs]] = True
    return skin[np.all(in_tissue[skin], axis=1)]


def look(fields: Fields, aspect: float, free: tuple[float, float] = (0.0, 0.0)) -> View:
    """The view: long axis of the vessels across, the mouth at the left if the file tells it.

    The mouth is where the point array `path` is least, else where `concentration` is largest, else
    the upper end. Without a vessel the long axis of all cells takes its place.

    Args:
        fields: what is looked at.
        aspect: width over height of the picture.
        free: parts of the height kept free at the bottom and at the top.
    """
    on_wall = np.unique(wall(fields) if fields.pvs.any() else fields.cells)
    vessel = fields.points[on_wall]
    middle = vessel.mean(axis=0)
    _, _, flat = np.linalg.svd(vessel - middle, full_matrices=False)
    along = (vessel - middle) @ flat[0]
    hints = (fields.scalar("path"), -fields.scalar("concentration"), -fields.points[:, 2])
    sides = (float(along @ (hint[on_wall] - hint[on_wall].mean())) for hint in hints)
    if next((side for side in sides if side != 0), 1.0) < 0:
        flat[0] *= -1
    if flat[1][np.argmax(np.abs(flat[1]))] < 0:
        flat[1] *= -1
    flat[2] = np.cross(flat[0], flat[1])
    yaw, pitch = TURN
    toward = np.cos(yaw) * np.cos(pitch) * flat[2] + np.sin(pitch) * flat[1]
    toward = toward - np.sin(yaw) * np.cos(pitch) * flat[0]
    right = np.cross(flat[1], toward)
    right /= np.linalg.norm(right)
    up = np.cross(toward, right)
    spread = (fields.points - middle) @ np.stack([right, up]).T
    low, high = spread.min(axis=0), spread.max(axis=0)
    width, tall = high - low
    height = MARGIN * max(tall / (1.0 - sum(free)), width / aspect)
    shift = 0.5 * (low + high) - [0.0, 0.5 * (free[0] - free[1]) * height]
    centre = middle + np.stack([right, up]).T @ shift
    return View(centre, right, up, toward, height, aspect, flat)


def before_sheet(fields: Fields, view: View) -> Float[np.ndarray, " points"]:
    """Signed height of every point over the opening sheet, m; positive is taken away.

    Without a vessel the sheet is a plane through the middle; a view's own plane goes before.
    """
    if view.plane is not None:
        return (fields.points - view.plane[0]) @ view.plane[1]
    if not fields.pvs.any():
        depth = (fields.points - view.centre) @ view.flat[2]
        return depth - 0.5 * (depth.min() + depth.max())
    axis = vessel_axis(fields)
    place, over = view.project(fields.points)[:, :2], (fields.points - view.centre) @ view.flat[2]
    axis_place, axis_over = view.project(axis)[:, :2], (axis - view.centre) @ view.flat[2]
    blur = np.ptp(axis_place, axis=0).max() / 150.0
    height = np.empty(len(place))
    for block in np.array_split(np.arange(len(place)), 1 + len(place) // 4000):
        distance = np.linalg.norm(place[block, None] - axis_place[None], axis=2)
        weight = 1.0 / (distance**2 + blur**2) ** 2
        mean = weight @ axis_over / weight.sum(axis=1)
        cones = (axis_over + STEEPEST * distance).min(axis=1)
        height[block] = over[block] - np.minimum(mean, cones)
    return height


def vessel_axis(fields: Fields) -> Float[np.ndarray, "samples 3"]:
    """Centres of the largest balls that touch the wall from inside the vessel, m.

    The ball at a wall point `p` with inward normal `n` is stopped by the wall point `q` that makes
    `|q - p|^2 / (2 n . (q - p))` smallest: its radius (Ma et al. 2012, the shrinking ball).
    """
    triangles = wall(fields)
    a, b, c = (fields.points[corner] for corner in triangles.T)
    normals = np.zeros_like(fields.points)
    for corner in triangles.T:
        np.add.at(normals, corner, np.cross(b - a, c - a))
    on_wall = np.unique(triangles)
    chosen = on_wall[:: 1 + len(on_wall) // AXIS_SAMPLES]
    inward = normals[chosen] / np.linalg.norm(normals[chosen], axis=1, keepdims=True)
    radius = np.empty(len(chosen))
    for index, (start, normal) in enumerate(zip(fields.points[chosen], inward, strict=True)):
        chord = fields.points[on_wall] - start
        length, depth = np.linalg.norm(chord, axis=1), chord @ normal
        across = depth > 0.3 * length  # nearer ones tell of the roughness of the mesh
        ball = length[across] ** 2 / (2.0 * depth[across])
        radius[index] = ball.min() if across.any() else 0.0
    return fields.points[chosen] + radius[:, None] * inward


def section(
    cells: Int[np.ndarray, "cells 4"], level: Float[np.ndarray, " points"]
) -> tuple[Int[np.ndarray, "triangles 3 2"], Float[np.ndarray, "triangles 3"]]:
    """Where a surface `level = 0` cuts tetrahedra.

    Returns:
        Triangles whose corners lie on mesh edges: the two end points of each edge, and the weight
        of the second.
    """
    above = level[cells] > 0
    order = np.argsort(~above, axis=1, kind="stable")  # corners above the surface first
    sorted_cells = np.take_along_axis(cells, order, axis=1)
    number = above.sum(axis=1)
    cuts = {
        1: [[(0, 1), (0, 2), (0, 3)]],
        3: [[(0, 3), (1, 3), (2, 3)]],
        2: [[(0, 2), (0, 3), (1, 3)], [(0, 2), (1, 3), (1, 2)]],
    }
    found = [
        sorted_cells[number == count][:, np.array(triangle)]
        for count, triangles in cuts.items()
        for triangle in triangles
    ]
    edges = np.concatenate(found)
    return edges, _crossing(edges, level)


def contour(
    triangles: Int[np.ndarray, "triangles 3"], level: Float[np.ndarray, " points"]
) -> tuple[Int[np.ndarray, "segments 2 2"], Float[np.ndarray, "segments 2"]]:
    """Where a surface `level = 0` cuts triangles: segments, in the form of `section`."""
    above = level[triangles] > 0
    lone = np.where(above.sum(axis=1) == 1, above.argmax(axis=1), (~above).argmax(axis=1))
    cut = np.flatnonzero(above.any(axis=1) & ~above.all(axis=1))
    corner = [triangles[cut, (lone[cut] + turn) % 3] for turn in range(3)]
    edges = np.stack([np.stack(corner[:2], axis=1), np.stack(corner[::2], axis=1)], axis=1)
    return edges, _crossing(edges, level)


def at_corners(
    values: Float[np.ndarray, "points ..."],
    edges: Int[np.ndarray, "pieces corners 2"],
    weight: Float[np.ndarray, "pieces corners"],
) -> Float[np.ndarray, "pieces corners ..."]:
    """Point values carried to the corners of a `section` or `contour`."""
    weight = weight.reshape(*weight.shape, *[1] * (values.ndim - 1))
    return values[edges[..., 0]] * (1.0 - weight) + values[edges[..., 1]] * weight


def arrow_seeds(
    fields: Fields, level: Float[np.ndarray, " points"], spacing: float
) -> Int[np.ndarray, " arrows"]:
    """Perivascular points in mid gap and in sight, no two nearer than `spacing` (m)."""
    inside = np.zeros(len(fields.points), dtype=bool)
    inside[fields.cells[fields.pvs]] = True
    fraction = fields.data.get("fraction", np.full(len(fields.points), 0.5))
    gap = np.median(np.abs(level[inside]))
    seen = np.flatnonzero(inside & (np.abs(fraction - 0.5) < 0.3) & (level > -0.3 * gap))
    speed = np.linalg.norm(fields.vector("velocity")[seen], axis=1)
    seen = seen[np.argsort(-speed, kind="stable")]
    return seen[apart(fields.points[seen], spacing)]


def apart(points: Float[np.ndarray, "points 3"], spacing: float) -> Int[np.ndarray, " kept"]:
    """Indices of points, earlier ones first, no two of them nearer than `spacing` (m)."""
    tree = cKDTree(points)
    free = np.ones(len(points), dtype=bool)
    kept = []
    for index in range(len(points)):
        if free[index]:
            kept.append(index)
            free[tree.query_ball_point(points[index], spacing)] = False
    return np.array(kept, dtype=int)


def _crossing(
    edges: Int[np.ndarray, "pieces corners 2"], level: Float[np.ndarray, " points"]
) -> Float[np.ndarray, "pieces corners"]:
    """Weight of the second end of every edge where `level` crosses zero."""
    first, second = level[edges[..., 0]], level[edges[..., 1]]
    return first / (first - second)
