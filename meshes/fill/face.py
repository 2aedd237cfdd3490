"""The closed surface of the tissue: sheaths inside, a box or an offset of the centrelines outside.

The sheaths' points come first; a vessel's end is a hole in a flat face, or closed by a disk.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from meshes.fill.cap import cap, loops_of
from meshes.fill.ends import Plane
from meshes.fill.offset import offset_surface
from meshes.fill.run import CannotFill

Ring = Int[np.ndarray, " around"]
AXES = ("x", "y", "z")


@dataclass(frozen=True, eq=False)
class Skin:
    """The sheaths that the tissue touches, in any one unit.

    Attributes:
        points: of the sheaths.
        triangles: of the sheaths.
        blind: rings of ends inside the tissue.
        open: for each flat face of the tissue, the rings of ends in it.
        cavities: a point inside each vessel that has no open end.
    """

    points: Float[np.ndarray, "points 3"]
    triangles: Int[np.ndarray, "triangles 3"]
    blind: list[Ring]
    open: list[list[Ring]]
    cavities: Float[np.ndarray, "cavities 3"]


@dataclass(frozen=True, eq=False)
class Surface:
    """A closed surface: the skin's points first, then the centres of disks, then the outer faces.

    Attributes:
        points: of all.
        triangles: in no particular sense.
        disks: numbers of the centres of disks.
    """

    points: Float[np.ndarray, "points 3"]
    triangles: Int[np.ndarray, "triangles 3"]
    disks: Int[np.ndarray, " blind"]


def box_surface(
    skin: Skin, low: np.ndarray, high: np.ndarray, spacing: float, name: str
) -> Surface:
    """Tissue between the skin and a box; `skin.open` in the order low x, high x, low y, ...

    Raises:
        CannotFill: a face cannot be cut round the vessels that leave through it.
    """
    counts = np.maximum(2, np.ceil((high - low) / spacing).astype(int))
    ticks = [np.linspace(a, b, n + 1) for a, b, n in zip(low, high, counts, strict=True)]
    faces: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    for number in range(6):
        axis, others = number // 2, [i for i in range(3) if i != number // 2]
        rims = skin.open[number]
        loop, inner = _rectangle(*(ticks[i] for i in others))
        flat = cap([skin.points[rim][:, others] for rim in rims], [loop], inner, spacing)
        if flat is None:
            raise CannotFill(
                f"{name}: the {('lower', 'upper')[number % 2]} {AXES[axis]} face of the box cannot "
                "be cut round the vessels that leave through it; move that face, or prune a vessel"
            )
        plane, local = flat
        shared = np.concatenate([*rims, np.zeros(0, dtype=int)])
        place = np.empty((len(plane), 3))
        place[:, others] = plane
        place[:, axis] = (low, high)[number % 2][axis]
        faces.append((place[len(shared) :], shared, local))
    every = np.concatenate([place for place, _, _ in faces])
    outer, number_of = np.unique(every, axis=0, return_inverse=True)
    own = np.split(number_of.ravel(), np.cumsum([len(place) for place, _, _ in faces])[:-1])
    before = len(skin.points) + len(skin.blind)
    triangles = [
        np.concatenate([shared, before + numbers])[local]
        for (_, shared, local), numbers in zip(faces, own, strict=True)
    ]
    return _closed(skin, outer, np.concatenate(triangles))


def _rectangle(
    x: Float[np.ndarray, " columns"], y: Float[np.ndarray, " rows"]
) -> tuple[Float[np.ndarray, "corners 2"], Float[np.ndarray, "nodes 2"]]:
    """Points on the sides of a rectangle in order, and staggered points inside."""
    sides = [
        np.stack([x, np.full_like(x, y[0])], axis=1)[:-1],
        np.stack([np.full_like(y, x[-1]), y], axis=1)[:-1],
        np.stack([x, np.full_like(x, y[-1])], axis=1)[:0:-1],
        np.stack([np.full_like(y, x[0]), y], axis=1)[:0:-1],
    ]
    rows = [
        np.stack([x[1:-1] if k % 2 else 0.5 * (x[1:] + x[:-1]), np.full(n, height)], axis=1)
        for k, height in enumerate(y[1:-1])
        for n in [len(x) - 2 if k % 2 else len(x) - 1]
    ]
    return np.concatenate(sides), np.concatenate(rows)


def offset_face(
    skin: Skin,
    axis: Float[np.ndarray, "samples 3"],
    distance: float,
    spacing: float,
    plane: Plane | None,
    name: str,
) -> Surface:
    """Tissue out to a distance from the axes, and only to the plane if there is one.

    Raises:
        CannotFill: the plane's face cannot be cut round the vessels that leave through it.
    """
    before = len(skin.points) + len(skin.blind)
    if plane is None:
        round_it = offset_surface(axis, distance, spacing, cut=False)
        return _closed(skin, round_it.points, round_it.triangles + before)
    normal = np.eye(3)[np.argmin(np.abs(plane.normal))]
    normal = np.cross(plane.normal, normal) / np.linalg.norm(np.cross(plane.normal, normal))
    frame = np.stack([normal, np.cross(-plane.normal, normal), -plane.normal])
    outside = offset_surface((axis - plane.origin) @ frame.T, distance, spacing, cut=True)
    loops = loops_of(outside.points, outside.triangles)
    rims = skin.open[0]
    flat = loops and cap(
        [((skin.points[rim] - plane.origin) @ frame.T)[:, :2] for rim in rims],
        [outside.points[loop, :2] for loop in loops],
        outside.section[:, :2],
        spacing,
    )
    if not loops or not flat:
        raise CannotFill(
            f"{name}: the tissue's face at the mouth cannot be cut; change tissue by a few "
            "per cent, or use tissue=0"
        )
    points, triangles = flat
    edge = np.concatenate([*rims, before + np.concatenate(loops)])
    inner = points[len(edge) :]
    number = np.concatenate([edge, before + len(outside.points) + np.arange(len(inner))])
    local = np.concatenate([outside.points, np.column_stack([inner, np.zeros(len(inner))])])
    every = np.concatenate([outside.triangles + before, number[triangles]])
    return _closed(skin, plane.origin + local @ frame, every)


def _closed(
    skin: Skin, outer: Float[np.ndarray, "outer 3"], triangles: Int[np.ndarray, "outer 3"]
) -> Surface:
    """Skin, disks and outer faces as one."""
    disks = len(skin.points) + np.arange(len(skin.blind))
    centres = [skin.points[ring].mean(axis=0) for ring in skin.blind]
    fans = [
        np.stack([ring, np.roll(ring, -1), np.full(len(ring), disk)], axis=1)
        for ring, disk in zip(skin.blind, disks, strict=True)
    ]
    points = np.concatenate([skin.points, np.reshape(centres, (-1, 3)), outer])
    return Surface(points, np.concatenate([skin.triangles, *fans, triangles]), disks)
