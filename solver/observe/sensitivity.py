"""What an instrument sees of the tracer, as linear maps to gather through.

A target (a region, a voxel, the view of a fibre) gives every place x a weight s(x) and reads

    tracer = int s c dV_f        fluid = int s dV_f

with V_f the fluid that dissolves tracer: all of the PVS, porosity and storage in the tissue. The
maps hold the share of each corner a in each cell k,

    s_ak = (1 / V_k) int_k s lambda_a dV,

by the mean over a lattice of places, so that s = 1 gives a quarter of a cell to each corner: the
dual volumes of the tracer scheme, and its masses to round-off. Shares are found at rest and go with
the mesh; the volumes they multiply are those of now. m, m3.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from meshes.errors import InputError
from solver.algebra.sparse import gather_sum, members_of
from solver.geometry.material import Property, scalar_on_cells
from solver.geometry.metric import Points, cell_volumes, cross, dot
from solver.geometry.space import Space
from solver.record import record, static
from solver.state import Model, State

ORDERS = (0, 4, 8, 16, 32)  # of lattices: places along an edge, less one
FINENESS = 8  # places along a cell's edge for each length over which a law changes
WIDTH = 32  # items that one row of a table adds up
BLOCK = 1_000_000  # places looked at together

Places = Float[np.ndarray, "places 3"]
Seen = tuple[Int[np.ndarray, " places"], Float[np.ndarray, " places"]]


@dataclass(frozen=True)
class Law:
    """Which target sees a place, and how well.

    Attributes:
        at: target (-1: none) and weight of every place, m.
        resolution: length over which that changes, m; infinite for one target everywhere.
        whole: whether a cell whose corners one target sees is that target's altogether, weight 1.
    """

    at: Callable[[Places], Seen]
    resolution: float
    whole: bool = False


@cache
def lattice(order: int) -> Float[np.ndarray, "places 4"]:
    """Barycentric places inside a tetrahedron, alike for all corners, of equal weight."""
    steps = [(*at, order - sum(at)) for at in product(range(order + 1), repeat=3)]
    return (np.array([step for step in steps if step[-1] >= 0]) + 0.25) / (order + 1)


class Shares(NamedTuple):
    """Pieces of cells that targets see.

    Attributes:
        target, cell: of each piece.
        corner: share of each corner.
    """

    target: Int[np.ndarray, " pieces"]
    cell: Int[np.ndarray, " pieces"]
    corner: Float[np.ndarray, "4 pieces"]


@record
class Sensitivity:
    """The maps of an instrument's targets.

    Attributes:
        corners: PVS vertices of each piece; `orientation` of its cell, `share` of its corners.
        rungs: tables that add pieces up, rung by rung, to targets.
        vertices: tissue vertex of each entry; `dissolving` m3, `storing` m3/Pa seen there.
        tissue_rungs: tables that add entries up to targets.
        volume: int s dV over the mesh at rest, solid included, of all targets together, m3.
        tracer_name: which tracer is seen; empty for the first.
    """

    corners: Int[Array, "4 pieces"]
    orientation: Float[Array, " pieces"]
    share: Float[Array, "4 pieces"]
    rungs: tuple[Int[Array, "width rows"], ...]
    vertices: Int[Array, " entries"]
    dissolving: Float[Array, " entries"]
    storing: Float[Array, " entries"]
    tissue_rungs: tuple[Int[Array, "width rows"], ...]
    volume: float | Float[Array, ""]
    tracer_name: str = static(default="")

    @property
    def blind(self) -> bool:
        """Whether nothing is seen."""
        return self.corners.shape[1] == 0 and self.vertices.shape[0] == 0

    def fluid(self, state: State) -> Float[Array, " targets"]:
        """Weighted volume of the fluid that dissolves tracer, m3."""
        return self._add(*self._volumes(state.points, state.tissue_pressure))

    def fluid_at_rest(self, space: Space) -> Float[Array, " targets"]:
        """That of the mesh as it was given, m3."""
        return self._add(*self._volumes(space.fluid_rest, jnp.zeros(space.tissue.vertices)))

    def tracer(self, state: State) -> Float[Array, " targets"]:
        """Weighted mass of tracer, m3, concentration being relative."""
        pvs, tissue = self._volumes(state.points, state.tissue_pressure)
        found = state.tracers[self.tracer_name] if self.tracer_name else state.concentration
        fluid, solid = found[:2]
        return self._add(pvs * fluid[self.corners], tissue * solid[self.vertices])

    def over(self, whole: Float[Array, ""]) -> "Sensitivity":
        """The same with all weights divided by a number."""
        parts = {name: getattr(self, name) / whole for name in ("share", "dissolving", "storing")}
        return replace(self, **parts)

    def _volumes(
        self, points: Points, pressure: Float[Array, " tissue_vertices"]
    ) -> tuple[Float[Array, "4 pieces"], Float[Array, " entries"]]:
        """Weighted fluid at every corner of every piece, and at every tissue entry, m3."""
        v0, v1, v2, v3 = (points[:, corner] for corner in self.corners)
        volumes = self.orientation * dot(v3 - v0, cross(v1 - v0, v2 - v0)) / 6.0
        return volumes * self.share, self.dissolving + self.storing * pressure[self.vertices]

    def _add(
        self, pvs: Float[Array, "4 pieces"], tissue: Float[Array, " entries"]
    ) -> Float[Array, " targets"]:
        return climb(pvs.sum(axis=0), self.rungs) + climb(tissue, self.tissue_rungs)


def sensitivity(
    law: Law,
    model: Model,
    space: Space,
    *,
    targets: int = 1,
    pvs: Bool[np.ndarray, " cells"] | bool = True,
    tissue: Bool[np.ndarray, " tissue_cells"] | bool = True,
    tracer: str | None = None,
) -> Sensitivity:
    """The maps of a law of sensitivity. Host only.

    Args:
        law: target and weight of every place (m).
        targets: how many there are.
        pvs, tissue: which cells are looked at at all.
        tracer: name of one of the model's further tracers.

    Raises:
        InputError: the model has no tracer of that name.
    """
    if tracer and tracer not in model.tracers:
        known = ", ".join(model.tracers) or "no further tracer"
        raise InputError(f"an instrument is to see the tracer {tracer!r}; the model has {known}")
    cells = np.asarray(space.fluid.cells)
    seen = shares(np.asarray(space.fluid_rest).T, cells.T, law, pvs)
    solid = np.asarray(space.tissue.cells)
    held = shares(np.asarray(space.tissue_rest).T, solid.T, law, tissue)
    volumes = np.asarray(space.tissue_shape.cell_volumes)[held.cell]
    room = np.asarray(cell_volumes(space.fluid_rest, space.fluid))
    material = space.tissue_material
    vertices = space.tissue.vertices
    keys, entry = np.unique(
        held.target * max(vertices, 1) + solid[:, held.cell], return_inverse=True
    )

    def on_entries(given: Property) -> Float[np.ndarray, " entries"]:
        values = np.asarray(scalar_on_cells(given, material))[held.cell] * volumes
        return np.bincount(entry.ravel(), (values * held.corner).ravel(), len(keys))

    target, vertex = np.divmod(keys, max(vertices, 1))
    return Sensitivity(
        corners=cells[:, seen.cell],
        orientation=np.asarray(space.fluid.orientation)[seen.cell],
        share=seen.corner,
        rungs=ladder(seen.target, targets),
        vertices=vertex.astype(np.int32),
        dissolving=on_entries((model.tracers[tracer] if tracer else model.tracer).porosity),
        storing=on_entries(model.flow.tissue.storage),
        tissue_rungs=ladder(target, targets),
        volume=float(seen.corner.sum(axis=0) @ room[seen.cell] + held.corner.sum(axis=0) @ volumes),
        tracer_name=tracer or "",
    )


def shares(
    points: Float[np.ndarray, "points 3"],
    cells: Int[np.ndarray, "cells 4"],
    law: Law,
    chosen: Bool[np.ndarray, " cells"] | bool = True,
) -> Shares:
    """Shares of cell corners that the targets of a law see. Host only."""
    looked = np.flatnonzero(np.broadcast_to(chosen, len(cells)))
    found = [Shares(*(np.zeros(0, dtype=np.int64),) * 2, np.zeros((4, 0)))]
    order = _orders(points, cells[looked], law)
    for fine in ORDERS:
        alike = looked[order == fine]
        at = lattice(fine)
        for block in np.array_split(alike, 1 + len(alike) * len(at) // BLOCK):
            places = np.einsum("pa,kai->kpi", at, points[cells[block]]).reshape(-1, 3)
            target, weight = law.at(places)
            kept = np.flatnonzero((target >= 0) & (weight > 0))
            place, cell = kept % len(at), block[kept // len(at)]
            keys, piece = np.unique(target[kept] * len(cells) + cell, return_inverse=True)
            corner = at[place].T * weight[kept] / len(at)
            summed = [np.bincount(piece, row, len(keys)) for row in corner]
            found.append(Shares(*np.divmod(keys, max(len(cells), 1)), np.array(summed)))
    return Shares(*(np.concatenate(part, axis=-1) for part in zip(*found, strict=True)))


def _orders(
    points: Float[np.ndarray, "points 3"], cells: Int[np.ndarray, "cells 4"], law: Law
) -> Int[np.ndarray, " cells"]:
    """How fine a lattice every cell needs: by its longest edge, one place where it is whole."""
    corner = points[cells]
    edge = np.linalg.norm(corner[:, :, None] - corner[:, None], axis=-1).max(axis=(1, 2))
    needed = np.searchsorted(ORDERS, FINENESS * edge / law.resolution)
    if law.whole:
        target = law.at(corner.reshape(-1, 3))[0].reshape(-1, 4)
        needed[(target[:, :1] == target).all(axis=1) & (target[:, 0] >= 0)] = 0
    return np.array(ORDERS)[np.minimum(needed, len(ORDERS) - 1)]


def ladder(
    targets: Int[np.ndarray, " items"], count: int
) -> tuple[Int[np.ndarray, "width rows"], ...]:
    """Tables that add items up to their targets in rows of at most `WIDTH`. Host only."""
    rungs = []
    while np.bincount(targets, minlength=1).max() > WIDTH:
        order = np.argsort(targets, kind="stable")
        ordered = targets[order]
        rank = np.empty(len(targets), dtype=np.int64)
        rank[order] = np.arange(len(targets)) - np.searchsorted(ordered, ordered)
        groups, row = np.unique(targets * len(targets) + rank // WIDTH, return_inverse=True)
        rungs.append(members_of(row, len(groups)))
        targets = groups // len(targets)
    return (*rungs, members_of(targets, count))


def climb(
    values: Float[Array, " items"], rungs: tuple[Int[Array, "width rows"], ...]
) -> Float[Array, " targets"]:
    """Sums of values by target, through the tables of `ladder`."""
    for table in rungs:
        values = gather_sum(jnp.asarray(values), table)
    return values
