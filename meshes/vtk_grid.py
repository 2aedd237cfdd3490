"""Open a VTK file of any kind as an unstructured grid; what VTK only prints becomes an error."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from meshes.announced import check_announced
from meshes.errors import InputError

if TYPE_CHECKING:
    import pyvista

LEGACY_VERSION = re.compile(rb"# vtk DataFile Version (\d+\.\d+)[ \t]*\r?\n")
HARMLESS = "InformationKey"  # VTK's own note of the range of an array, which may hold nan


def read_grid(path: Path) -> "pyvista.UnstructuredGrid":
    """The polydata or unstructured grid in a .vtk, .vtp or .vtu file.

    Raises:
        InputError: not a VTK file, cut short, damaged, or neither of the two.
    """
    import pyvista  # slow to import, and only VTK files need it

    suffix = path.suffix.lower()
    content = path.read_bytes()
    head = content[:1024]
    version = LEGACY_VERSION.match(head)
    if version is None if suffix == ".vtk" else b"<VTKFile" not in head:
        raise InputError(f"{path}: does not begin like a VTK file; export it again")
    if version and float(version[1]) < 5.0 and b"OFFSETS " in content:  # VTK ends the interpreter
        raise InputError(
            f"{path}: says version {version[1].decode()} but is written as 5.1; correct its first "
            "line"
        )
    check_announced(path, content)
    catcher = pyvista.VtkErrorCatcher(raise_errors=False, send_to_logging=False)
    with pyvista.vtk_verbosity("off"), catcher:
        output, complaints = _run_reader(path, suffix, head)
    complaints += [str(event.alert) for event in catcher.error_events]
    fatal = [words for words in complaints if HARMLESS not in words]
    if fatal or output is None:
        said = " ".join(fatal[0].split())[-160:] if fatal else "it gives no data"
        raise InputError(
            f"{path}: VTK stops inside it ({said}); it is cut short or damaged: export it again"
        )
    for cells in _cell_arrays(output):
        _check_cells(path, cells, output.GetNumberOfPoints())
    data = pyvista.wrap(output)
    if isinstance(data, pyvista.PolyData):
        data = data.cast_to_unstructured_grid()
    for arrays, size in ((data.point_data, data.n_points), (data.cell_data, data.n_cells)):
        for name in (key for key in arrays if isinstance(key, str)):
            if len(arrays[name]) != size:
                raise InputError(
                    f"{path}: its array {name} has {len(arrays[name])} values for {size} places; "
                    "it is damaged: export it again"
                )
    return data


def _cell_arrays(output: Any) -> list[Any]:
    """VTK's tables of cells, before anything walks through them."""
    from vtkmodules.vtkCommonDataModel import vtkCellArray

    if output.IsA("vtkPolyData"):
        return [output.GetVerts(), output.GetLines(), output.GetPolys(), output.GetStrips()]
    return [output.GetCells() or vtkCellArray()]  # VTK gives none where there are no cells


def _check_cells(path: Path, cells: Any, points: int) -> None:
    from vtkmodules.util.numpy_support import vtk_to_numpy

    vertices = vtk_to_numpy(cells.GetConnectivityArray())
    offsets = vtk_to_numpy(cells.GetOffsetsArray())
    sound = len(offsets) == 0 or (
        offsets[0] == 0 and offsets[-1] == len(vertices) and np.all(np.diff(offsets) >= 0)
    )
    if not sound or np.any((vertices < 0) | (vertices >= points)):
        raise InputError(
            f"{path}: its cells use points that do not exist (there are {points}); it is damaged: "
            "export it again"
        )


def _run_reader(path: Path, suffix: str, head: bytes) -> tuple[Any, list[str]]:
    """The output of the right reader of VTK, and every error it tells on the way."""
    from vtkmodules.util.misc import calldata_type
    from vtkmodules.vtkCommonCore import VTK_STRING
    from vtkmodules.vtkIOLegacy import vtkPolyDataReader, vtkUnstructuredGridReader
    from vtkmodules.vtkIOXML import vtkXMLPolyDataReader, vtkXMLUnstructuredGridReader

    complaints: list[str] = []

    @calldata_type(VTK_STRING)
    def listen(caller: object, event: str, words: str) -> None:
        complaints.append(str(words))

    if suffix == ".vtk":
        legacy = {b"POLYDATA": vtkPolyDataReader, b"UNSTRUCTURED_GRID": vtkUnstructuredGridReader}
        words = head.upper().partition(b"DATASET")[2].split()[:1] or [b"nothing known"]
        if words[0] not in legacy:
            raise InputError(
                f"{path}: holds {words[0].decode('ascii', 'replace')}, not lines or cells; export "
                "polydata or an unstructured grid"
            )
        reader: Any = legacy[words[0]]()
        reader.ReadAllScalarsOn()
        reader.ReadAllFieldsOn()
    else:
        reader = vtkXMLPolyDataReader() if suffix == ".vtp" else vtkXMLUnstructuredGridReader()
    reader.SetFileName(str(path))
    for speaker in (reader, reader.GetExecutive()):
        speaker.AddObserver("ErrorEvent", listen)
    reader.Update()
    return reader.GetOutput(), complaints
