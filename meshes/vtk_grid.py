"""Open a VTK file of any kind as an unstructured grid; what VTK only prints becomes an error."""

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from meshes.errors import InputError

if TYPE_CHECKING:
    import pyvista


HARMLESS = "InformationKey"  # VTK's own note of the range of an array, which may hold nan


def read_grid(path: Path) -> "pyvista.UnstructuredGrid":
    """The polydata or unstructured grid in a .vtk, .vtp or .vtu file.

    Raises:
        InputError: not a VTK file, cut short, damaged, or neither of the two.
    """
    import pyvista  # slow to import, and only VTK files need it

    head = path.read_bytes()[:1024]
    legacy = path.suffix.lower() == ".vtk"
    if not (head.startswith(b"# vtk DataFile") if legacy else b"<VTKFile" in head):
        raise InputError(f"{path}: does not begin like a VTK file; export it again")
    with (
        warnings.catch_warnings(record=True) as warned,
        pyvista.VtkErrorCatcher(raise_errors=False, send_to_logging=False) as caught,
    ):
        warnings.simplefilter("always")
        try:
            data = pyvista.read(path)
        except Exception as error:
            said = " ".join(str(error).split())[:160]
            raise InputError(f"{path}: VTK cannot read it ({said}); export it again") from error
    complaints = [str(event.alert) for event in caught.error_events]
    complaints += [str(w.message) for w in warned if issubclass(w.category, UserWarning)]
    fatal = [words for words in complaints if HARMLESS not in words]
    if fatal:
        said = " ".join(fatal[0].split())[-160:]
        raise InputError(
            f"{path}: VTK stops inside it ({said}); it is cut short or damaged: export it again"
        )
    if isinstance(data, pyvista.PolyData):
        return data.cast_to_unstructured_grid()
    if not isinstance(data, pyvista.UnstructuredGrid):
        raise InputError(
            f"{path}: holds a {type(data).__name__}, not cells; export polydata or an "
            "unstructured grid"
        )
    return data
