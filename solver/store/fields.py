"""The series that ParaView opens: fields.pvd lists times in seconds and one .vtu for each."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.etree import ElementTree

import meshio
import numpy as np
from jaxtyping import Float, Int, Shaped

from meshes.errors import InputError
from solver.store.names import FIELDS, SERIES
from solver.store.writing import write


def add_fields(
    folder: str | Path,
    time: float,
    points: Float[np.ndarray, "points 3"],
    cells: Int[np.ndarray, "cells 4"],
    point_data: Mapping[str, Shaped[np.ndarray, "points ..."]],
    cell_data: Mapping[str, Shaped[np.ndarray, "cells ..."]],
) -> Path:
    """Append one time (s) to the series: a compressed `.vtu`, then the `.pvd` that lists it.

    Args:
        folder: the run folder.
        time: s, later than those already there.
        points: m, of the mesh as it has moved.
        cells: tetrahedra.
        point_data: velocity (m/s), pressure (Pa), concentration (1), fraction (0 wall, 1 sheath).
        cell_data: region, and whatever else lives in cells.

    Returns:
        The path of the `.vtu`.
    """
    folder = Path(folder)
    series = read_series(folder / SERIES)
    if series and not time > series[-1][0]:
        raise ValueError(f"time {time} s does not come after {series[-1][0]} s in the series")
    name = f"{FIELDS}/step_{len(series):05d}.vtu"
    mesh = meshio.Mesh(
        np.asarray(points, dtype=float),
        [("tetra", np.asarray(cells))],
        point_data={key: np.asarray(value) for key, value in point_data.items()},
        cell_data={key: [np.asarray(value)] for key, value in cell_data.items()},
    )
    write(folder / name, lambda path: meshio.write(path, mesh, "vtu", compression="zlib"))
    _save_series(folder / SERIES, [*series, (float(time), name)])
    return folder / name


def cut_fields(folder: str | Path, time: float) -> None:
    """Take away what the series holds after a time (s), and files that it does not list."""
    folder = Path(folder)
    series = read_series(folder / SERIES)
    kept = [(moment, name) for moment, name in series if moment <= time]
    if len(kept) < len(series):
        _save_series(folder / SERIES, kept)
    for path in folder.glob(f"{FIELDS}/step_*.vtu"):
        if path.relative_to(folder).as_posix() not in {name for _, name in kept}:
            path.unlink()


def read_series(path: Path) -> list[tuple[float, str]]:
    """Times and file names of a `.pvd`; none if it is not there.

    Raises:
        InputError: for a file that is no series.
    """
    if not path.is_file():
        return []
    try:
        entries = ElementTree.parse(path).iter("DataSet")
        return [(float(entry.attrib["timestep"]), entry.attrib["file"]) for entry in entries]
    except (ElementTree.ParseError, KeyError, ValueError) as error:
        raise InputError(f"{path}: not a series of fields ({error}); run again.") from error


def _save_series(path: Path, series: Sequence[tuple[float, str]]) -> None:
    root = ElementTree.Element("VTKFile", type="Collection", version="0.1")
    collection = ElementTree.SubElement(root, "Collection")
    for moment, file in series:
        ElementTree.SubElement(collection, "DataSet", timestep=repr(moment), part="0", file=file)
    ElementTree.indent(root)
    write(path, lambda partial: partial.write_bytes(ElementTree.tostring(root)))
