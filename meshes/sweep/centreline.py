"""Smooth centrelines: branches resampled by radius, with tangents, frames and both radii."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from jaxtyping import Float
from scipy.ndimage import gaussian_filter1d
from scipy.spatial import cKDTree

from meshes.shape import Shape
from meshes.sweep.graph import Branch
from meshes.tree import VesselTree

SAMPLE = 0.25  # sample spacing over the local lumen radius
STRAIGHTER = 3.0  # factor on the width of the filter at a junction, where rays fan out
FADE = 3.0  # sheath radii over which that factor fades


@dataclass(frozen=True, eq=False)
class Centreline:
    """One branch, sampled evenly by arc length `s` from its start. Any one unit of length.

    Attributes:
        s: arc length from the branch's start.
        points: smoothed axis.
        tangent: unit, away from the mouth.
        start: a direction across the first tangent, from which the frame is carried along.
        inner: lumen radius R1.
        outer: sheath radius R2.
        path: distance from the mouth to the branch's start, along the tree.
        shape: of the sheath's section; None for round and concentric.
    """

    s: Float[np.ndarray, " samples"]
    points: Float[np.ndarray, "samples 3"]
    tangent: Float[np.ndarray, "samples 3"]
    start: Float[np.ndarray, " 3"]
    inner: Float[np.ndarray, " samples"]
    outer: Float[np.ndarray, " samples"]
    path: float
    shape: Shape | None = None

    @property
    def farthest(self) -> Float[np.ndarray, " samples"]:
        """Largest distance from the axis to the sheath."""
        return self.shape.farthest(self.inner, self.outer) if self.shape else self.outer

    @cached_property
    def normal(self) -> Float[np.ndarray, "samples 3"]:
        """Unit, at right angles to the tangent, carried along without rotation."""
        return carried_normals(self.points, self.tangent, self.start)

    @property
    def length(self) -> float:
        """Arc length of the branch."""
        return float(self.s[-1])

    def at(self, s: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Sampled values interpolated at arc lengths s."""
        if values.ndim == 1:
            return np.interp(s, self.s, values)
        return np.stack([np.interp(s, self.s, column) for column in values.T], axis=-1)

    def with_normal(self, start: np.ndarray) -> "Centreline":
        """The same line with its frame started from another direction."""
        return replace(self, start=start)


def smooth_branch(
    tree: VesselTree, branch: Branch, outer: np.ndarray, smoothing: float
) -> tuple[Centreline, float]:
    """One branch smoothed and resampled, its path unknown, and the distance it moved.

    A Gaussian of width `smoothing` times the sheath radius runs along it, reflected through the
    ends, which stay where they are: straight lines and linear tapers are left alone. Towards a
    junction the Gaussian is wider, because a junction's columns are straight rays.
    """
    inner, sheath = tree.radius[branch.nodes].copy(), outer[branch.nodes].copy()
    if branch.from_junction:  # the junction node carries the radius of the vessel it ends
        inner[0], sheath[0] = inner[1], sheath[1]
    knots = np.column_stack([tree.points[branch.nodes], inner, sheath])
    count = max(12, int(np.ceil(_arc(knots)[-1] / (SAMPLE * np.median(inner)))))
    table, step = _evenly(knots, count)
    raw, typical = table, float(np.median(sheath))
    if smoothing > 0.0:
        width = smoothing * typical / step
        table = _filtered(raw, width)
        away = step * np.arange(count + 1)
        near = np.zeros(count + 1)
        ends = ((branch.from_junction, away), (branch.to_junction, away[::-1]))
        for at_junction, distance in ends:
            if at_junction:
                near = np.maximum(near, np.exp(-0.5 * (distance / (FADE * typical)) ** 2))
        if near.any():
            table = table + near[:, None] * (_filtered(raw, STRAIGHTER * width) - table)
    shift = float(cKDTree(raw[:, :3]).query(table[:, :3])[0].max())
    return line_through(table, count), shift


def with_paths(branches: list[Branch], lines: list[Centreline]) -> list[Centreline]:
    """The lines with their distances from the mouth set anew."""
    done: list[Centreline] = []
    for branch, line in zip(branches, lines, strict=True):
        before = done[branch.before] if branch.before >= 0 else None
        done.append(replace(line, path=before.path + before.length if before else 0.0))
    return done


def line_through(table: Float[np.ndarray, "knots 5"], count: int) -> Centreline:
    """A line through knots (point, inner, outer) with `count` even steps; its path is unknown."""
    table, step = _evenly(table, count)
    axis, even = table[:, :3], step * np.arange(count + 1)
    tangent = np.gradient(axis, even, axis=0, edge_order=2)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    start = np.eye(3)[np.argmin(np.abs(tangent[0]))]
    return Centreline(even, axis, tangent, start, table[:, 3], table[:, 4], 0.0)


def _arc(table: np.ndarray) -> Float[np.ndarray, " knots"]:
    return np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(table[:, :3], axis=0), axis=1))])


def _evenly(table: np.ndarray, count: int) -> tuple[np.ndarray, float]:
    """The table at even steps of arc length, and the step."""
    arc = _arc(table)
    even = np.linspace(0.0, arc[-1], count + 1)
    return np.stack([np.interp(even, arc, column) for column in table.T], axis=1), float(even[1])


def _filtered(table: np.ndarray, width: float) -> np.ndarray:
    """Gaussian filter with odd reflection at both ends, which keeps the end values."""
    pad = min(int(np.ceil(4.0 * width)), 20 * len(table))
    padded = np.pad(table, ((pad, pad), (0, 0)), mode="reflect", reflect_type="odd")
    smoothed: np.ndarray = gaussian_filter1d(padded, width, axis=0, truncate=4.0)
    return smoothed[pad : pad + len(table)]


def carried_normals(points: np.ndarray, tangent: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Rotation-minimising normals by double reflection (Wang et al. 2008, ACM TOG 27:2 [R])."""
    normal = np.empty_like(points)
    first = start - (start @ tangent[0]) * tangent[0]
    normal[0] = first / np.linalg.norm(first)
    for i in range(len(points) - 1):
        step = points[i + 1] - points[i]
        size = step @ step
        n = normal[i] - (2.0 / size) * (step @ normal[i]) * step
        t = tangent[i] - (2.0 / size) * (step @ tangent[i]) * step
        back = tangent[i + 1] - t
        size = back @ back
        if size > 1e-30:
            n = n - (2.0 / size) * (back @ n) * back
        n = n - (n @ tangent[i + 1]) * tangent[i + 1]
        normal[i + 1] = n / np.linalg.norm(n)
    return normal
