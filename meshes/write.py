"""Write a `Mesh` to a file that `read_mesh` reads back identically: VTU, XDMF, or gmsh 2.2.

A VTU file carries everything: tags, parts, fields, vessel coordinates, tree, notes, and that it is
in metres. So does an XDMF file, whose numbers lie in an .h5 beside it and whose facets are a grid
of their own. A gmsh file carries tags, fields and vessel coordinates; its reader must be told
`units="m"`, and its volumes are called by their regions. Facets have nan in fields.
"""

import base64
import os
import tempfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from xml.sax.saxutils import quoteattr

import meshio
import numpy as np

from meshes.errors import InputError
from meshes.mesh import Mesh
from meshes.tags import Patch, Region
from meshes.tree import VesselTree
from meshes.volumes.fields import PART, RESERVED
from meshes.volumes.xdmf_writer import Grid, write_xdmf

BLOCK = 1 << 15  # bytes compressed at a time
VTK_TETRA, VTK_TRIANGLE = 10, 5
VTK_TYPES = {"f8": "Float64", "i8": "Int64", "i4": "Int32", "u1": "UInt8"}


def write_mesh(mesh: Mesh, path: str | Path) -> Path:
    """Write a mesh, through a temporary file that takes its name only when complete.

    Args:
        mesh: the mesh, in metres.
        path: .vtu (compressed), .xdmf (with an .h5) or .msh (gmsh 2.2 binary).

    Returns:
        The path.

    Raises:
        InputError: unknown format, the folder does not exist, or a field has the name of a tag.
    """
    path = Path(path)
    writers: dict[str, Callable[[Mesh, Path], None]] = {
        ".vtu": _write_vtu,
        ".msh": _write_gmsh,
        ".xdmf": lambda mesh, partial: _write_xdmf(mesh, partial, path.with_suffix(".h5")),
    }
    if path.suffix.lower() not in writers:
        raise InputError(f"{path}: cannot write {path.suffix!r}; use one of {', '.join(writers)}")
    if not path.parent.is_dir():
        raise InputError(f"{path}: the folder {path.parent} does not exist; create it first")
    taken = {*RESERVED, "gmsh:physical", "gmsh:geometrical"} & set(mesh.fields)
    if taken:
        raise InputError(f"{path}: tags are written as {', '.join(taken)}; rename that field")
    handle, partial = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".partial")
    os.close(handle)
    try:
        writers[path.suffix.lower()](mesh, Path(partial))
        Path(partial).chmod(0o644)
        os.replace(partial, path)
    except BaseException:
        Path(partial).unlink(missing_ok=True)
        raise
    return path


def _point_arrays(mesh: Mesh) -> dict[str, np.ndarray]:
    vessel = mesh.vessel
    return {
        "path": vessel.path,
        "radius": vessel.radius,
        "fraction": vessel.fraction,
        "radial": vessel.radial,
        "gap": vessel.gap,
        "column": vessel.column.astype(np.int64),
    }


def _own_arrays(mesh: Mesh) -> dict[str, np.ndarray]:
    """What only our own reader understands."""
    return (
        {
            "metres_per_unit": np.ones(1),
            "widening": np.array([mesh.widening]),
            "notes": _text("\n".join(mesh.notes)),
            "parts": _text("\n".join(mesh.parts)),
        }
        | _network("tree", mesh.tree)
        | _network("veins", mesh.veins)
    )


def _network(word: str, tree: VesselTree | None) -> dict[str, np.ndarray]:
    """A centreline tree as arrays whose names start with a word."""
    if tree is None:
        return {}
    return {
        f"{word}_points": tree.points,
        f"{word}_radius": tree.radius,
        f"{word}_parent": tree.parent.astype(np.int64),
        f"{word}_name": _text(tree.name),
        f"{word}_notes": _text("\n".join(tree.notes)),
    }


def _write_vtu(mesh: Mesh, path: Path) -> None:
    tets, triangles = len(mesh.cells), len(mesh.facets)
    cells = {
        "connectivity": np.concatenate([mesh.cells.ravel(), mesh.facets.ravel()]).astype(np.int64),
        "offsets": np.cumsum(np.repeat([4, 3], [tets, triangles])),
        "types": np.repeat([VTK_TETRA, VTK_TRIANGLE], [tets, triangles]).astype(np.uint8),
    }
    tags = {
        "region": np.concatenate([mesh.regions, np.zeros(triangles)]).astype(np.int32),
        "patch": np.concatenate([np.zeros(tets), mesh.patches]).astype(np.int32),
        PART: np.concatenate([mesh.part, np.full(triangles, -1)]).astype(np.int32),
    }
    with path.open("w", encoding="ascii") as out:
        out.write(
            '<?xml version="1.0"?>\n<VTKFile type="UnstructuredGrid" version="1.0" '
            'byte_order="LittleEndian" header_type="UInt64" compressor="vtkZLibDataCompressor">\n'
            "<UnstructuredGrid>\n"
        )
        out.write(_section("FieldData", _own_arrays(mesh)))
        out.write(f'<Piece NumberOfPoints="{len(mesh.points)}" NumberOfCells="{tets + triangles}">')
        out.write(_section("Points", {"Points": mesh.points}))
        out.write(_section("Cells", cells))
        out.write(_section("PointData", _point_arrays(mesh)))
        out.write(_section("CellData", tags | _fields(mesh, triangles)))
        out.write("</Piece>\n</UnstructuredGrid>\n</VTKFile>\n")


def _fields(mesh: Mesh, facets: int) -> dict[str, np.ndarray]:
    """Fields with nan on facets, a tensor in one row."""
    written = {}
    for name, values in mesh.fields.items():
        width = values[0].size
        blank = np.full((facets, width), np.nan)
        rows = np.concatenate([values.reshape(-1, width).astype(float), blank])
        written[name] = rows if width > 1 else rows[:, 0]
    return written


def _text(words: str) -> np.ndarray:
    return np.frombuffer(words.encode(), dtype=np.uint8)


def _section(tag: str, arrays: Mapping[str, np.ndarray]) -> str:
    """One XML element with its arrays, empty ones left out."""
    inside = "".join(
        _array(name, values, tag == "FieldData") for name, values in arrays.items() if values.size
    )
    return f"<{tag}>\n{inside}</{tag}>\n"


def _array(name: str, values: np.ndarray, loose: bool) -> str:
    """One array in VTK's compressed inline form: header and data in base 64, data by blocks."""
    values = np.ascontiguousarray(values)
    raw = values.astype(values.dtype.newbyteorder("<")).tobytes()
    blocks = [zlib.compress(raw[at : at + BLOCK]) for at in range(0, len(raw), BLOCK)]
    header = np.array([len(blocks), BLOCK, len(raw) % BLOCK, *map(len, blocks)], dtype="<u8")
    text = (base64.b64encode(header.tobytes()) + base64.b64encode(b"".join(blocks))).decode()
    kind = VTK_TYPES[f"{values.dtype.kind}{values.dtype.itemsize}"]
    components = f' NumberOfComponents="{values.shape[1]}"' if values.ndim == 2 else ""
    tuples = f' NumberOfTuples="{len(values)}"' if loose else ""
    called = quoteattr(name).encode("ascii", "xmlcharrefreplace").decode()
    return (
        f'<DataArray type="{kind}" Name={called}{components}{tuples} format="binary">\n'
        f"{text}\n</DataArray>\n"
    )


def _write_xdmf(mesh: Mesh, path: Path, heavy: Path) -> None:
    fields = {
        name: values.reshape(len(values), -1) if values.ndim > 1 else values
        for name, values in mesh.fields.items()
    }
    grids = [
        Grid("mesh", mesh.cells, {"region": mesh.regions, PART: mesh.part} | fields),
        Grid("facets", mesh.facets, {"patch": mesh.patches}),
    ]
    write_xdmf(path, heavy, mesh.points, grids, _point_arrays(mesh), _own_arrays(mesh))


def _write_gmsh(mesh: Mesh, path: Path) -> None:
    names = {r.name.lower(): np.array([r.value, 3]) for r in Region if np.any(mesh.regions == r)}
    names |= {p.name.lower(): np.array([p.value, 2]) for p in Patch if np.any(mesh.patches == p)}
    tags = [mesh.regions.astype(np.int32), mesh.patches.astype(np.int32)]
    meshio.gmsh.write(
        path,
        meshio.Mesh(
            mesh.points,
            [("tetra", mesh.cells), ("triangle", mesh.facets)],
            point_data={name: a.astype(float) for name, a in _point_arrays(mesh).items()},
            cell_data={"gmsh:physical": tags, "gmsh:geometrical": tags}
            | {
                name: np.split(values, [len(mesh.cells)])
                for name, values in _fields(mesh, len(mesh.facets)).items()
            },
            field_data=names,
        ),
        fmt_version="2.2",
        binary=True,
    )
