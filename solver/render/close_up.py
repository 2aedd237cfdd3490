"""A near view across one vessel: a plane at a distance from the mouth, seen obliquely.

The place is where the point array `path` (m along the vessel from the mouth) has the wanted value;
the plane's normal is the direction in which the vessel runs there. Lengths are metres.
"""

import numpy as np
from jaxtyping import Float
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from meshes.errors import InputError
from solver.render.cutaway import View
from solver.render.fields import Fields

TILT, TURN = np.deg2rad(38.0), np.deg2rad(35.0)  # of the eye off the vessel's direction
REACH = 2.6  # of what is shown, in outer radii of the perivascular space
FIELD = 5.0  # visible height, likewise
NEAR = 600  # perivascular cells among which a piece of vessel is sought


def close_up(
    fields: Fields, distance: float, aspect: float, free: tuple[float, float] = (0.0, 0.0)
) -> View:
    """The view onto a plane across the vessel, `distance` (m) from the mouth.

    The eye stands on the mouth's side. A distance beyond the vessel is taken as its middle.

    Args:
        fields: at rest.
        distance: along the vessel from the mouth, m.
        aspect: width over height of the picture.
        free: parts of the height kept free at the bottom and at the top.

    Raises:
        InputError: if no vessel, or no `path`, is in the fields.
    """
    inside = np.unique(fields.cells[fields.pvs]) if fields.pvs.any() else np.zeros(0, dtype=int)
    if not len(inside) or "path" not in fields.data:
        raise InputError(
            "no perivascular space with the point array path is in the fields, so no section can "
            "be placed; choose another preset, as render=overview."
        )
    path = fields.data["path"]
    low, high = float(path[inside].min()), float(path[inside].max())
    place = low + distance if low + distance < high else 0.5 * (low + high)
    centre, normal, outer = piece(fields, place)
    vertical = np.eye(3)[np.argmin(np.abs(normal))]
    vertical = vertical - (vertical @ normal) * normal
    vertical /= np.linalg.norm(vertical)
    side = np.cross(vertical, normal)
    toward = np.cos(TILT) * normal + np.sin(TILT) * (np.cos(TURN) * vertical + np.sin(TURN) * side)
    right = np.cross(vertical, toward)
    right /= np.linalg.norm(right)
    up = np.cross(toward, right)
    height = FIELD * outer / (1.0 - sum(free))
    middle = centre - 0.5 * (free[0] - free[1]) * height * up + 0.4 * outer * normal
    flat = np.stack([side, vertical, normal])
    plane = np.stack([centre, normal])
    return View(middle, right, up, toward, height, aspect, flat, plane, REACH * outer)


def piece(
    fields: Fields, place: float
) -> tuple[Float[np.ndarray, "3"], Float[np.ndarray, "3"], float]:
    """The largest connected piece of perivascular space at a distance from the mouth.

    Args:
        fields: with the point array `path`.
        place: value of `path`, m.

    Returns:
        Its middle (m), the direction towards the mouth, and its outer radius (m).
    """
    cells, path = fields.cells[fields.pvs], fields.data["path"]
    off = np.abs(path[cells].mean(axis=1) - place)
    near = cells[off <= np.partition(off, min(NEAR, len(off) - 1))[min(NEAR, len(off) - 1)]]
    links = np.concatenate([near[:, [a, b]] for a, b in ((0, 1), (1, 2), (2, 3))])
    count = len(fields.points)
    graph = coo_array((np.ones(len(links)), (links[:, 0], links[:, 1])), shape=(count, count))
    points = np.unique(near)
    label = connected_components(graph, directed=False)[1][points]
    ring = points[label == np.bincount(label).argmax()]
    centre = fields.points[ring].mean(axis=0)
    across = fields.points[ring] - centre
    lever = path[ring] - path[ring].mean()
    slope, *_ = np.linalg.lstsq(across, lever, rcond=None)
    normal = -slope / np.linalg.norm(slope)
    flat = across - np.outer(across @ normal, normal)
    return centre, normal, float(np.linalg.norm(flat, axis=1).max())
