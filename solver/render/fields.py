"""A `.vtu` of a run or a mesh as plain arrays, read with meshio (SI units)."""

from dataclasses import dataclass, field
from pathlib import Path

import meshio
import numpy as np
from jaxtyping import Float, Int, Shaped

from meshes.errors import InputError
from solver.render import palette

VENOUS_REGION = 3  # venous perivascular space, as `meshes.tags` numbers it
PVS_REGIONS = (1, VENOUS_REGION)  # with the arterial one
FREE_REGION = 4  # free cerebrospinal fluid


@dataclass(frozen=True)
class Fields:
    """Tetrahedra with what is known on them.

    Attributes:
        points: m.
        cells: tetrahedra, perivascular space and tissue.
        pvs: per cell, whether it is perivascular space.
        data: per point, by name; cell arrays are averaged to the points.
        free: per cell, whether it is free fluid; empty where none is.
        venous: likewise, whether it is the perivascular space of a vein.
    """

    points: Float[np.ndarray, "points 3"]
    cells: Int[np.ndarray, "cells 4"]
    pvs: Shaped[np.ndarray, " cells"]
    data: dict[str, Float[np.ndarray, "points ..."]]
    free: Shaped[np.ndarray, " cells"] = field(default_factory=lambda: np.zeros(0, dtype=bool))
    venous: Shaped[np.ndarray, " cells"] = field(default_factory=lambda: np.zeros(0, dtype=bool))

    def groups(self) -> list[tuple[str, Shaped[np.ndarray, " cells"]]]:
        """Colour and cells of every kind of region, tissue first."""
        free = self.free if len(self.free) else np.zeros(len(self.cells), dtype=bool)
        return [
            (palette.TISSUE, ~self.pvs & ~free),
            (palette.FREE, free),
            (palette.FLUID, self.pvs),
        ]

    def vector(self, name: str) -> Float[np.ndarray, "points 3"]:
        """A point vector, zero if the file has none of that name."""
        return self.data.get(name, np.zeros_like(self.points))

    def scalar(self, name: str) -> Float[np.ndarray, " points"]:
        """A point scalar, zero if the file has none of that name."""
        return self.data.get(name, np.zeros(len(self.points)))

    def quantity(self, name: str) -> Float[np.ndarray, " points"]:
        """A quantity of `palette.QUANTITIES`, SI; the speed is that of the velocity."""
        if name == "speed":
            return np.asarray(np.linalg.norm(self.vector("velocity"), axis=1))
        return self.scalar(name)


def read_fields(path: str | Path, unit: float = 1.0) -> Fields:
    """Read tetrahedra, regions and data; lengths in the file are multiples of `unit` (m).

    Raises:
        InputError: if the file is missing, unreadable or without tetrahedra.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file; give the path of a .vtu file.")
    try:
        mesh = meshio.read(path)
    except (Exception, SystemExit) as error:  # meshio raises many kinds, and leaves on some files
        raise InputError(f"{path}: cannot be read as a mesh ({error}); write it again.") from error
    if "tetra" not in mesh.cells_dict:
        raise InputError(f"{path}: no tetrahedra in it; give a volume mesh.")
    cells = mesh.cells_dict["tetra"].astype(np.int64)
    on_cells = {
        name: np.asarray(blocks["tetra"])
        for name, blocks in mesh.cell_data_dict.items()
        if "tetra" in blocks
    }
    region = on_cells.pop("region", np.full(len(cells), PVS_REGIONS[0]))
    data = {name: np.asarray(values, dtype=float) for name, values in mesh.point_data.items()}
    for name, values in on_cells.items():
        if name not in data:
            data[name] = _to_points(len(mesh.points), cells, values.astype(float))
    return Fields(
        points=np.asarray(mesh.points, dtype=float) * unit,
        cells=cells,
        pvs=np.isin(region, PVS_REGIONS),
        data=data,
        free=region == FREE_REGION,
        venous=region == VENOUS_REGION,
    )


def _to_points(
    count: int, cells: Int[np.ndarray, "cells 4"], values: Float[np.ndarray, "cells ..."]
) -> Float[np.ndarray, "points ..."]:
    """The mean over the cells around each point."""
    total = np.zeros((count, *values.shape[1:]))
    number = np.zeros(count)
    for corner in cells.T:
        np.add.at(total, corner, values)
        np.add.at(number, corner, 1.0)
    return total / np.maximum(number, 1.0).reshape(-1, *[1] * (values.ndim - 1))
