"""Cells: orientation, overlap, slivers. Signs and angles judge; stretched layers are wanted."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from meshes.check.report import Row
from meshes.check.subject import KINDS, Subject
from meshes.face_table import triangle_codes
from meshes.sweep.faces import OUTWARD
from meshes.volumes.interface import doubled_points

SHARP = {"PVS": 1.0, "tissue": 5.0, "free fluid": 5.0}  # degrees; thin layers have small angles
FLAT = 175.0  # degrees; such an angle is a sliver anywhere
NOTHING = 1e-12  # volume below this times the cubed longest edge counts as zero
AT_ONCE = 1 << 17  # cells, so that their corners stay in the cache
EDGES = ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3))


class Shape(NamedTuple):
    """Measures of tetrahedra.

    Attributes:
        longest: edge, m.
        smallest: dihedral angle, degrees.
        largest: dihedral angle, degrees.
    """

    longest: Float[np.ndarray, " cells"]
    smallest: Float[np.ndarray, " cells"]
    largest: Float[np.ndarray, " cells"]


def shape_of(points: Float[np.ndarray, "points 3"], cells: Int[np.ndarray, "cells 4"]) -> Shape:
    """Longest edge and extreme dihedral angles of tetrahedra."""
    longest, smallest, largest = np.empty((3, len(cells)))
    for start in range(0, len(cells), AT_ONCE):
        here = slice(start, start + AT_ONCE)
        corner = [np.ascontiguousarray(points[cells[here, k]].T) for k in range(4)]
        side = {(i, j): corner[j] - corner[i] for i, j in EDGES}
        longest[here] = np.sqrt(np.max([_dot(s, s) for s in side.values()], axis=0))
        normals = [
            _cross(side[1, 3], side[1, 2]),
            _cross(side[0, 2], side[0, 3]),
            _cross(side[0, 3], side[0, 1]),
            _cross(side[0, 1], side[0, 2]),
        ]
        length = [np.sqrt(_dot(n, n)) for n in normals]
        with np.errstate(invalid="ignore", divide="ignore"):  # flat cells have no angles
            cosine = np.array(
                [-_dot(normals[i], normals[j]) / (length[i] * length[j]) for i, j in EDGES]
            )
        smallest[here] = np.degrees(np.arccos(np.clip(cosine.max(axis=0), -1.0, 1.0)))
        largest[here] = np.degrees(np.arccos(np.clip(cosine.min(axis=0), -1.0, 1.0)))
    flat = ~np.isfinite(smallest)
    smallest[flat], largest[flat] = 0.0, 180.0
    return Shape(longest, smallest, largest)


def _dot(a: Float[np.ndarray, "3 n"], b: Float[np.ndarray, "3 n"]) -> Float[np.ndarray, " n"]:
    total: np.ndarray = a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
    return total


def _cross(a: Float[np.ndarray, "3 n"], b: Float[np.ndarray, "3 n"]) -> Float[np.ndarray, "3 n"]:
    return np.stack(
        [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
    )


def check_cells(subject: Subject, shape: Shape) -> list[Row]:
    """Inverted, overlapping and crowded cells, points that are doubled, and slivers by region."""
    mesh = subject.mesh
    flat = subject.volumes <= NOTHING * shape.longest**3
    rows = [
        subject.count("inverted cells", flat, mesh.cells),
        _overlaps(subject),
        _crowded(subject),
        _doubled(subject),
    ]
    for name, kind in KINDS.items():
        here = np.flatnonzero(subject.kind == kind)
        if not here.size:
            continue
        low, high = shape.smallest[here], shape.largest[here]
        sliver = (low < SHARP[name]) | (high > FLAT)
        rows += [
            Row(f"{name} cells", len(here)),
            subject.judge(
                f"{name} smallest dihedral",
                *(float(low.min()), "degree", SHARP[name], mesh.cells[here[np.argmin(low)]]),
            ),
            subject.judge(
                f"{name} largest dihedral",
                *(float(high.max()), "degree", FLAT, mesh.cells[here[np.argmax(high)]]),
                most=True,
            ),
            subject.count(f"{name} slivers", sliver, mesh.cells[here], "warn"),
        ]
    return rows


def _overlaps(subject: Subject) -> Row:
    """Two cells on one face must lie on its two sides."""
    faces, points = subject.faces, subject.mesh.points
    inner = np.flatnonzero(faces.second >= 0)
    a, b, c, d = (points[k].T for k in (*faces.triangles[inner].T, faces.apex[inner, 1]))
    folded = _dot(_cross(b - a, c - a), d - a) <= 0.0
    cells = subject.mesh.cells[faces.first[inner[folded]]]
    return subject.count("cells that overlap a neighbour", np.ones(len(cells), dtype=bool), cells)


def _crowded(subject: Subject) -> Row:
    """Faces that belong to three or more cells."""
    name = "faces of three cells or more"
    if subject.faces.crowded < 0:
        return Row(name, 0, bound="= 0")
    triangles = subject.mesh.cells[:, OUTWARD].reshape(-1, 3)
    (code,) = triangle_codes(triangles)
    _, first, counts = np.unique(code, return_index=True, return_counts=True)
    return subject.count(name, counts > 2, triangles[first])


def _doubled(subject: Subject) -> Row:
    """Points of one region at one place, where the mesh is torn."""
    mesh = subject.mesh
    pairs = doubled_points(mesh.points, mesh.cells, mesh.regions)
    return subject.count("points doubled in a region", np.ones(len(pairs), dtype=bool), pairs)
