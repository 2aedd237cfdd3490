"""The state as fields on the moved mesh, for files and pictures."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from meshes.tags import Region
from solver.state import Model, Prepared, State


@dataclass(frozen=True, eq=False)
class Fields:
    """Fields at one moment on the moved mesh: PVS points first, then the tissue's.

    Attributes:
        time: s.
        points: m; `cells`: tetrahedra on them.
        point_data: velocity (m/s; zero in the tissue), pressure (Pa), concentration, fraction of
            the gap, path from the mouth (m).
        cell_data: region codes.
    """

    time: float
    points: Float[np.ndarray, "points 3"]
    cells: Int[np.ndarray, "cells 4"]
    point_data: dict[str, np.ndarray]
    cell_data: dict[str, np.ndarray]


def fields(model: Model, prepared: Prepared, state: State) -> Fields:
    """The state as fields on PVS and tissue points together."""
    space = prepared.space
    fluid, tissue = space.fluid.vertices, space.tissue.vertices
    cells = [_positive(space.fluid), _positive(space.tissue) + fluid]
    join = partial(np.concatenate, axis=-1)
    return Fields(
        time=float(state.index) * prepared.step,
        points=join([np.asarray(state.points), np.asarray(space.tissue_rest)]).T.copy(),
        cells=np.concatenate(cells),
        point_data={
            "velocity": join([np.asarray(state.velocity), np.zeros((3, tissue))]).T.copy(),
            "pressure": join([np.asarray(state.pressure), np.asarray(state.tissue_pressure)]),
            "concentration": join([np.asarray(c) for c in state.concentration[:2]]),
            **{
                f"concentration_{name}": join([np.asarray(c) for c in concentration[:2]])
                for name, concentration in state.tracers.items()
            },
            "fraction": join([np.asarray(space.fraction), np.ones(tissue)]),
            "path": model.mesh.vessel.path[join([space.fluid_points, space.tissue_points])],
        },
        cell_data={
            "region": np.repeat(
                [Region.ARTERIAL_PVS, Region.TISSUE], [len(part) for part in cells]
            ).astype(np.int32)
        },
    )


def _positive(graph: Any) -> np.ndarray:
    """Cells of a graph, positively oriented again."""
    cells = np.asarray(graph.cells).T.copy()
    flipped = np.asarray(graph.orientation) < 0
    cells[flipped] = cells[flipped][:, [0, 1, 3, 2]]
    return cells
