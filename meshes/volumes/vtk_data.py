"""VTK files that meshio does not read: binary legacy ones of VTK 9, and those compressed by LZ4.

VTK itself reads both, but ends the interpreter on some damaged files, so it runs in a child process
that writes the file anew.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import meshio

HEAD = 4096  # bytes in which a file says how it is compressed
TIME_LIMIT = 120  # s, for the child
CONVERT = """
import sys
from vtkmodules import vtkIOLegacy, vtkIOXML
source, target = sys.argv[1:]
legacy = source.endswith(".vtk")
kind = vtkIOLegacy.vtkUnstructuredGridReader if legacy else vtkIOXML.vtkXMLUnstructuredGridReader
reader = kind()
if legacy:
    reader.ReadAllScalarsOn()
    reader.ReadAllVectorsOn()
    reader.ReadAllTensorsOn()
    reader.ReadAllFieldsOn()
reader.SetFileName(source)
reader.Update()
writer = vtkIOXML.vtkXMLUnstructuredGridWriter()
writer.SetInputData(reader.GetOutput())
writer.SetCompressorTypeToNone()
writer.SetDataModeToBinary()
writer.SetFileName(target)
sys.exit(0 if reader.GetErrorCode() == 0 and writer.Write() else 1)
"""


def read_vtk(path: Path) -> meshio.Mesh:
    """What `meshio.read` gives, for all that VTK writes.

    Raises:
        Exception: of any kind, on a damaged file.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
    title = [line.strip() for line in head.splitlines()[:3]]
    foreign = b"5.1" in title[0] and title[2:] == [b"BINARY"] and b"meshio" not in title[1]
    if not foreign and b"vtkLZ4DataCompressor" not in head:
        return meshio.read(path)
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "anew.vtu"
        source = Path(folder) / f"source{path.suffix.lower()}"
        source.write_bytes(path.read_bytes())
        command = [sys.executable, "-P", "-c", CONVERT, str(source), str(target)]
        child = subprocess.run(
            command, cwd=folder, capture_output=True, timeout=TIME_LIMIT, check=False
        )
        if child.returncode != 0 or not target.is_file():
            raise ValueError("VTK cannot read it either")
        return meshio.read(target)
