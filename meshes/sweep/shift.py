"""Axes moved smoothly: vessels that overlap parted, junctions slid to where their vessels part."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float
from scipy.sparse import coo_array, csc_array
from scipy.sparse.linalg import splu

from meshes.sweep.centreline import Centreline, line_through, with_paths
from meshes.sweep.crease import feet
from meshes.sweep.graph import Branch, members_of
from meshes.sweep.room import LEAST, ROOM, touching

DECAY = 3.0  # sheath radii over which a shift dies away
FIRM, HARD = 100.0, 1e8  # weight of a wanted shift against none elsewhere
SLACK = 0.01  # lumen radii that two vessels may lack
PARTINGS = 40  # rounds of parting


def parted(branches: list[Branch], lines: list[Centreline]) -> list[Centreline]:
    """Lines moved apart where less than a fifth of the gaps fits between two vessels."""
    for _ in range(PARTINGS):
        touch = touching(branches, lines)
        points, tangent, inner, outer = (
            np.concatenate([getattr(line, name) for line in lines])
            for name in ("points", "tangent", "inner", "outer")
        )
        here, there = touch.here, touch.there
        wanted = (inner + LEAST * (outer - inner)) / ROOM
        lacks = 1.05 * (wanted[here] + wanted[there]) - touch.distance
        tight = lacks > SLACK * inner[here]
        if not tight.any():
            break
        here, there, lacks = here[tight], there[tight], lacks[tight]
        away = points[here] - points[there]
        apart = np.linalg.norm(away, axis=1)
        across = (
            np.cross(tangent[here], tangent[there]) * np.where(here < there, 1.0, -1.0)[:, None]
        )
        size = np.linalg.norm(across, axis=1)
        crossing = (apart < 0.5 * inner[here]) & (size > 0.1)
        across *= np.where(np.einsum("ij,ij->i", across, away) < 0.0, -1.0, 1.0)[:, None]
        way = np.where(crossing[:, None], across / np.maximum(size, 1e-9)[:, None], away)
        way /= np.maximum(np.linalg.norm(way, axis=1), 1e-9)[:, None]
        push, count = np.zeros_like(points), np.zeros(len(points))
        order = np.argsort(lacks)  # the last, largest one stays
        push[here[order]] = (0.5 * lacks[:, None] * way)[order]
        count[here] = FIRM
        lines = _moved(branches, lines, _spread(branches, lines, push, count))
    return lines


def slid(
    branches: list[Branch], lines: list[Centreline], lacks: Float[np.ndarray, " branches"]
) -> tuple[list[Centreline], bool]:
    """Junctions at the ends of branches too short slid downstream, to where the next vessels part.

    Args:
        branches: of the tree.
        lines: theirs.
        lacks: length each branch lacks, if positive.
    """
    ends = np.cumsum([len(line.s) for line in lines]) - 1
    push, weight = np.zeros((int(ends[-1]) + 1, 3)), np.zeros(int(ends[-1]) + 1)
    for members in members_of(branches):
        before = members[0][0]
        if lacks[before] <= 0.0 or not branches[before].from_junction:
            continue
        free = min(feet(lines, members)[1:]) - 0.5 * float(lines[before].outer[-1])
        if free <= 0.05 * lines[before].outer[-1]:
            continue
        way = np.sum([lines[i].tangent[0] for i, _ in members[1:]], axis=0)
        push[ends[before]] = min(free, 1.1 * lacks[before]) * way / max(np.linalg.norm(way), 1e-9)
        weight[ends[before]] = HARD
    if not weight.any():
        return lines, False
    return _moved(branches, lines, _spread(branches, lines, push, weight)), True


def _spread(
    branches: list[Branch],
    lines: list[Centreline],
    push: Float[np.ndarray, "samples 3"],
    weight: Float[np.ndarray, " samples"],
) -> Float[np.ndarray, "samples 3"]:
    """The shift that follows `push` where it has weight, dies away elsewhere, and tears nothing."""
    sizes = np.array([len(line.s) for line in lines])
    first = np.cumsum(sizes) - sizes
    number = np.arange(sizes.sum())
    for branch, start in zip(branches, first, strict=True):
        if branch.before >= 0:
            number[start] = number[first[branch.before] + sizes[branch.before] - 1]
    step = np.repeat([line.s[1] for line in lines], sizes)
    outer = np.concatenate([line.outer for line in lines])
    inside = np.ones(len(number), dtype=bool)
    inside[first + sizes - 1] = False
    a, b = number[:-1][inside[:-1]], number[1:][inside[:-1]]
    stiff = ((DECAY * outer) ** 2 / step)[:-1][inside[:-1]]
    mass = np.bincount(number, weights=step * (1.0 + weight), minlength=len(number))
    mass[mass == 0.0] = 1.0
    diagonal = mass + np.bincount(a, stiff, len(number)) + np.bincount(b, stiff, len(number))
    every = np.arange(len(number))
    matrix = csc_array(
        coo_array(
            (
                np.concatenate([diagonal, -stiff, -stiff]),
                (np.concatenate([every, a, b]), np.concatenate([every, b, a])),
            )
        )
    )
    load = np.stack(
        [np.bincount(number, step * weight * push[:, k], len(number)) for k in range(3)], axis=1
    )
    shift: np.ndarray = splu(matrix).solve(load)[number]
    return shift


def _moved(
    branches: list[Branch], lines: list[Centreline], shift: Float[np.ndarray, "samples 3"]
) -> list[Centreline]:
    """The lines after a shift; those that stay are kept as they are."""
    cuts = np.cumsum([len(line.s) for line in lines])[:-1]
    done = []
    for line, move in zip(lines, np.split(shift, cuts), strict=True):
        if np.abs(move).max() < 1e-6 * line.inner.min():
            done.append(line)
            continue
        table = np.column_stack([line.points + move, line.inner, line.outer])
        done.append(replace(line_through(table, len(line.s) - 1), path=line.path))
    return with_paths(branches, done)
