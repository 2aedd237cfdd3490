"""Columns to tetrahedra: straight stacks of points between wall and sheath, prisms cut in three.

Point `column * (layers + 1) + layer`. Every quad of four columns is cut along the diagonal from
its lowest column, every prism by the same order, so all cuts agree. Numbers grow around a ring and
along a branch, so nearly all quads are cut alike: mirrored cuts would make two kinds of vertices,
between which the pressure alternates.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int


@dataclass(frozen=True, eq=False)
class Columns:
    """All columns of a tree and the quads between them.

    Attributes:
        wall: foot of each column on the wall.
        sheath: its head on the sheath.
        radial: unit vector from the axis along the column.
        path: distance of its ring's origin from the mouth.
        radius: lumen radius of its ring.
        branch: branch it belongs to (for a junction's column, one of the branches).
        s: arc length of its ring on that branch.
        quads: columns of each wall quad, right-handed seen from outside.
        inlet: columns of the mouth's ring.
        tips: columns of every tip's ring.
    """

    wall: Float[np.ndarray, "columns 3"]
    sheath: Float[np.ndarray, "columns 3"]
    radial: Float[np.ndarray, "columns 3"]
    path: Float[np.ndarray, " columns"]
    radius: Float[np.ndarray, " columns"]
    branch: Int[np.ndarray, " columns"]
    s: Float[np.ndarray, " columns"]
    quads: Int[np.ndarray, "quads 4"]
    inlet: Int[np.ndarray, " around"]
    tips: list[Int[np.ndarray, " around"]]


def layer_heights(layers: int, growth: float) -> Float[np.ndarray, " levels"]:
    """Share of the gap at which each layer ends, from 0 on the wall to 1 on the sheath.

    Layers grow by the factor `growth` from either side to the middle.
    """
    rank = np.minimum(np.arange(layers), np.arange(layers)[::-1])
    ends: np.ndarray = np.concatenate([[0.0], np.cumsum(growth**rank)])
    return ends / ends[-1]


def quads_of(grid: Int[np.ndarray, "rings around"]) -> Int[np.ndarray, "quads 4"]:
    """Quads between the rings of a grid of columns, right-handed seen from outside."""
    low, high = grid[:-1], grid[1:]
    after = np.roll(np.arange(grid.shape[1]), -1)
    return np.stack([low, low[:, after], high[:, after], high], axis=-1).reshape(-1, 4)


def stacked_points(
    columns: Columns, heights: Float[np.ndarray, " levels"]
) -> Float[np.ndarray, "points 3"]:
    """Points of all columns at shares of the way from wall to sheath."""
    stack = columns.wall[:, None] + heights[:, None] * (columns.sheath - columns.wall)[:, None]
    stack[:, -1] = columns.sheath
    return stack.reshape(-1, 3)


def triangles_of(columns: Columns) -> Int[np.ndarray, "triangles 3"]:
    """Column triangles of the quads, right-handed seen from outside, lowest column first."""
    turn = np.argmin(columns.quads, axis=1)
    quads = np.take_along_axis(columns.quads, (turn[:, None] + np.arange(4)) % 4, axis=1)
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])


def prisms_to_tets(
    triangles: Int[np.ndarray, "triangles 3"],
    layers: int,
    stride: int,
    first: int = 0,
) -> tuple[Int[np.ndarray, "cells 4"], Int[np.ndarray, " cells"]]:
    """Three tetrahedra a prism and the triangle each stands on; `stride` points a column.

    A prism with columns a < b < c is cut into (a0 b0 c0 c1), (a0 b0 b1 c1), (a0 a1 b1 c1):
    each quad along the diagonal from its lower column's foot.
    """
    order = np.argsort(triangles, axis=1)
    ranked = np.take_along_axis(triangles, order, axis=1)
    odd = np.isin(order @ [9, 3, 1], [0 * 9 + 2 * 3 + 1, 1 * 9 + 0 * 3 + 2, 2 * 9 + 1 * 3 + 0])
    a, b, c = (ranked * stride).T
    stacks = []
    for layer in range(first, first + layers):
        low, high = layer, layer + 1
        stacks += [
            np.stack([a + low, b + low, c + low, c + high], axis=1),
            np.stack([a + low, b + low, c + high, b + high], axis=1),
            np.stack([a + low, b + high, c + high, a + high], axis=1),
        ]
    cells = np.stack(stacks, axis=1)
    cells[odd] = cells[odd][:, :, [0, 2, 1, 3]]
    owner = np.repeat(np.arange(len(triangles)), 3 * layers)
    return cells.reshape(-1, 4), owner
