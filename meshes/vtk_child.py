"""Child process: reads VTK files for `vtk_grid`, so that what ends VTK does not end the caller.

Every line that comes in is JSON, [reader of VTK, path]; what goes out is a pickled dictionary of
arrays with VTK's own complaints. Ends when nothing more comes in. Imports nothing of the project.
"""

import json
import pickle
import sys
from typing import Any

import numpy as np
from vtkmodules import vtkIOLegacy, vtkIOXML
from vtkmodules.util.misc import calldata_type
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonCore import VTK_STRING, vtkCommand, vtkOutputWindow

VERTEX, LINE, POLYLINE, STRIP, POLYGON = 1, 3, 4, 6, 7  # VTK's numbers of cells
COMPLAINTS: list[str] = []


def read(name: str, path: str) -> dict[str, Any]:
    """What the reader gives: points, cells, their types, numeric arrays; and what it says."""
    reader = getattr(vtkIOLegacy if hasattr(vtkIOLegacy, name) else vtkIOXML, name)()
    if hasattr(reader, "ReadAllScalarsOn"):
        reader.ReadAllScalarsOn()
        reader.ReadAllFieldsOn()
    reader.SetFileName(path)
    COMPLAINTS.clear()
    reader.Update()
    output = reader.GetOutput()
    if output is None:
        return {"complaints": [*COMPLAINTS, "it gives no data"]}
    points = output.GetPoints()
    return {
        "complaints": list(COMPLAINTS),
        "points": np.zeros((0, 3)) if points is None else vtk_to_numpy(points.GetData()),
        "cells": _cells(output),
        "point_data": _arrays(output.GetPointData()),
        "cell_data": _arrays(output.GetCellData()),
    }


def _cells(output: Any) -> list[tuple[Any, ...]]:
    """Tables of cells in VTK's order: types, connectivity and offsets as they are, unchecked."""
    if output.IsA("vtkPolyData"):
        kinds = (VERTEX, LINE, POLYGON, STRIP)
        tables = (output.GetVerts(), output.GetLines(), output.GetPolys(), output.GetStrips())
        return [(kind, *_table(table)) for kind, table in zip(kinds, tables, strict=True)]
    if output.GetCells() is None:
        return []
    return [(vtk_to_numpy(output.GetCellTypes()), *_table(output.GetCells()))]


def _table(cells: Any) -> tuple[Any, Any]:
    return vtk_to_numpy(cells.GetConnectivityArray()), vtk_to_numpy(cells.GetOffsetsArray())


def _arrays(data: Any) -> dict[str, Any]:
    """Numeric arrays by their names."""
    found = (data.GetArray(index) for index in range(data.GetNumberOfArrays()))
    return {str(array.GetName()): vtk_to_numpy(array) for array in found if array is not None}


@calldata_type(VTK_STRING)
def listen(caller: object, event: str, words: str) -> None:
    """Note an error of VTK's."""
    COMPLAINTS.append(str(words))


def main() -> None:
    """Answer every line."""
    vtkOutputWindow.GetInstance().AddObserver(vtkCommand.ErrorEvent, listen)
    for line in sys.stdin:
        pickle.dump(read(*json.loads(line)), sys.stdout.buffer)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
