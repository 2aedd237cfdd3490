"""The perivascular gap: cells across it, stretch along it, and the columns that span it."""

import numpy as np
from jaxtyping import Int

from meshes.check.cells import Shape
from meshes.check.report import Row
from meshes.check.subject import Subject
from meshes.tags import Patch

# Cells across: layered meshes are within 8 % of the exact resistance at 4, Delaunay ones within 6 %
# at 6 and off by a quarter at 2.
ENOUGH_ACROSS, ENOUGH_LAYERS = 6, 4
STRETCH = 10.0  # longest edge over gap
FAR = np.iinfo(np.int32).max


def check_gap(subject: Subject, shape: Shape) -> list[Row]:
    """Cells across: edges on the shortest way from the wall to each sheath point."""
    mesh = subject.mesh
    cells = mesh.cells[subject.is_pvs]
    wall, sheath = np.unique(mesh.facets_of(Patch.WALL)), np.unique(mesh.facets_of(Patch.SHEATH))
    if not wall.size or not sheath.size:
        words = f"no facet is tagged {'WALL' if not wall.size else 'SHEATH'}"
        return [Row("cells across the gap, least", 0, "", f">= {ENOUGH_ACROSS}", "fail", words)]
    steps = steps_from(wall, cells, len(mesh.points))[sheath]
    least, middle = int(np.argmin(steps)), float(np.median(steps))
    layered = is_layered(subject)
    enough = ENOUGH_LAYERS if layered else ENOUGH_ACROSS
    rows = [
        subject.judge("cells across the gap, least", int(steps[least]), "", enough, sheath[least]),
        subject.judge("cells across the gap, median", middle, "", enough),
    ]
    if not subject.has_coordinates:
        return rows
    gap = mesh.vessel.gap[cells].mean(axis=1)
    stretch = shape.longest[subject.is_pvs] / np.maximum(gap, np.finfo(float).tiny)
    far = int(np.argmax(stretch))
    most = float(stretch[far])
    rows.append(subject.judge("longest edge over gap", most, "", STRETCH, cells[far], most=True))
    if layered:
        ends = np.bincount(mesh.vessel.column[sheath], minlength=len(mesh.points))
        alone = ends[wall] != 1
        name = "wall points without one sheath point"
        rows.append(subject.count(name, alone, wall[:, None], "warn"))
    return rows


def steps_from(
    start: Int[np.ndarray, " start"], cells: Int[np.ndarray, "cells 4"], points: int
) -> Int[np.ndarray, " points"]:
    """Edges on the shortest way from some points to all others; `FAR` where there is none."""
    steps = np.full(points, FAR, dtype=np.int32)
    steps[start] = 0
    front, left = 0, cells
    while len(left):
        near = left[(steps[left] == front).any(axis=1)]
        if not len(near):
            break
        steps[near[steps[near] == FAR]] = front + 1
        left = left[(steps[left] == FAR).any(axis=1)]
        front += 1
    return steps


def is_layered(subject: Subject) -> bool:
    """Whether every wall point carries a column of equally many points."""
    column = subject.mesh.vessel.column
    sizes = np.bincount(column[column >= 0])
    sizes = sizes[sizes > 0]
    return bool(len(sizes) and sizes[0] > 1 and np.all(sizes == sizes[0]))
