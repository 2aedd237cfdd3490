"""Where the cells of a branch are inverted, flat or slivers."""

import numpy as np
from jaxtyping import Float

from meshes.check.cells import FLAT as STRAIGHT
from meshes.check.cells import SHARP, shape_of
from meshes.sweep.columns import Columns, prisms_to_tets, quads_of, stacked_points, triangles_of
from meshes.sweep.faces import tet_volumes
from meshes.sweep.junction import Junction
from meshes.sweep.rings import Fan, Rings

FLAT = 1e-6  # least volume of a tetrahedron over the mean of its branch


def judged(
    rings: Rings,
    ends: tuple[Junction | None, Junction | None],
    fans: tuple[Fan | None, Fan | None],
    heights: Float[np.ndarray, " levels"],
) -> tuple[Float[np.ndarray, "places 3"], Float[np.ndarray, "places 3"]]:
    """Wall points of the cells of a branch that are inverted or flat, and of slivers.

    Args:
        rings: of the branch.
        ends: the junctions at its start and end.
        fans: theirs.
        heights: share of the gap at which each layer ends.
    """
    count, around = rings.wall.shape[:2]
    wall, sheath = rings.wall.copy(), rings.sheath.copy()
    number = np.arange(2 * around, (count + 2) * around).reshape(count, around)
    for row, at, junction, fan in zip((0, -1), (0, around), ends, fans, strict=True):
        if junction and fan:
            rays = junction.direction[fan.ring]
            wall[row] = junction.centre + junction.wall[fan.ring, None] * rays
            sheath[row] = junction.centre + junction.sheath[fan.ring, None] * rays
            number[row] = at + np.argsort(np.argsort(fan.ring))  # junctions' columns come first
    rank = np.argsort(number.ravel())  # columns in the order in which they are numbered
    place = np.empty_like(rank)
    place[rank] = np.arange(len(rank))
    columns = Columns(
        wall=wall.reshape(-1, 3)[rank],
        sheath=sheath.reshape(-1, 3)[rank],
        radial=np.zeros((len(rank), 3)),
        path=np.repeat(rings.s, around)[rank],
        radius=np.ones(len(rank)),
        branch=np.zeros(len(rank), dtype=int),
        s=np.repeat(rings.s, around)[rank],
        quads=quads_of(place.reshape(count, around)),
        inlet=place[:around],
        tips=[place[-around:]],
    )
    triangles = triangles_of(columns)
    cells, owner = prisms_to_tets(triangles, len(heights) - 1, len(heights))
    points = stacked_points(columns, heights)
    volumes, shape = tet_volumes(points, cells), shape_of(points, cells)
    bad = volumes <= FLAT * np.abs(volumes).mean()
    thin = (shape.smallest < SHARP["PVS"]) | (shape.largest > STRAIGHT)
    one, other = (columns.wall[np.unique(triangles[owner[which]])] for which in (bad, thin))
    return one, other
