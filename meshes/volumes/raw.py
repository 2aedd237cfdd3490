"""Open a volume mesh of any format: points, blocks of cells and arrays that can be relied on."""

import re
import warnings
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import meshio
import numpy as np

from meshes.errors import InputError
from meshes.files import existing_file
from meshes.volumes.damage import check_announced, first_damage
from meshes.volumes.elements import SURFACES, VOLUMES
from meshes.volumes.gmsh_data import read_gmsh
from meshes.volumes.join import add_grid, has_volumes
from meshes.volumes.vtk_data import read_vtk
from meshes.volumes.xdmf import read_xdmf

FORMATS = (".msh", ".vtu", ".vtk", ".xdmf")
FARTHEST = 1e15  # in any unit of length; beyond it numbers are damage, and squares overflow


def read_raw(path: Path) -> meshio.Mesh:
    """What meshio finds in a file with volume cells.

    Raises:
        InputError: the file cannot be used; the message names line, point or cell, and remedy.
    """
    raw = _open(path)
    if not has_volumes(raw):
        kinds = ", ".join(sorted({block.type for block in raw.cells})) or "none"
        raise InputError(
            f"{path}: holds no volume cells (only: {kinds}); a vessel tree of lines is read by "
            "read_tree, a surface must be meshed first"
        )
    strange = sorted({b.type for b in raw.cells if b.dim == 3 and b.type not in VOLUMES})
    if strange:
        raise InputError(
            f"{path}: has cells of the kind {', '.join(strange)}; export tetrahedra, hexahedra, "
            "prisms or pyramids"
        )
    return raw


def read_facets(path: Path, raw: meshio.Mesh) -> tuple[meshio.Mesh, list[str]]:
    """A mesh with the tagged surfaces of another file in the place of its own, and notes.

    Args:
        path: file of facets on the points of the mesh, in the same units, any numbering.

    Raises:
        InputError: the file has no surfaces, or they are not of this mesh.
    """
    facets = _open(existing_file(path, "mesh.facets"))
    if not any(block.type in SURFACES and len(block.data) for block in facets.cells):
        raise InputError(f"{path}: holds no triangles or quadrilaterals; give facets there")
    own = [k for k, block in enumerate(raw.cells) if block.type in SURFACES]
    notes = [f"surfaces taken from {path.name}, those of the mesh file left"] if own else []
    flat = [k for k, block in enumerate(facets.cells) if block.type in SURFACES]
    return add_grid(path, _only(raw, own, keep=False), _only(facets, flat, keep=True)), notes


def holds_volumes(path: Path) -> bool:
    """Whether a .vtk or .vtu file has volume cells; a damaged one counts as if it had."""
    with path.open("rb") as file:
        if re.search(rb"^\s*DATASET\s+POLYDATA", file.read(1024), re.MULTILINE | re.IGNORECASE):
            return False
    try:
        return has_volumes(_open(path))
    except InputError:
        return True


def _only(raw: meshio.Mesh, chosen: list[int], *, keep: bool) -> meshio.Mesh:
    """A mesh of some blocks of another, or of all but them."""
    kept = [k for k in range(len(raw.cells)) if (k in chosen) == keep]
    return meshio.Mesh(
        raw.points,
        [raw.cells[k] for k in kept],
        point_data=raw.point_data if not keep else {},
        cell_data={name: [arrays[k] for k in kept] for name, arrays in raw.cell_data.items()},
        field_data=raw.field_data,
    )


def _open(path: Path) -> meshio.Mesh:
    """Read any format; whatever goes wrong inside is one sentence, with the line where known."""
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        raise InputError(
            f"{path}: unknown mesh format {path.suffix!r}; use one of {', '.join(FORMATS)}"
        )
    check_announced(path)
    readers = {".msh": read_gmsh, ".xdmf": read_xdmf, ".vtk": read_vtk, ".vtu": read_vtk}
    said = StringIO()
    try:
        with redirect_stdout(said), redirect_stderr(said), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # meshio's, of what it will stop to support
            raw = readers[suffix](path)
            _check_blocks(path, raw)
    except InputError:
        raise
    except (Exception, SystemExit) as error:  # meshio ends the interpreter on some files
        where = first_damage(path) or _in_words(error, said.getvalue())
        raise InputError(
            f"{path}: cannot be read as {path.suffix} ({where}); it is cut short, damaged or of "
            "another format: export it again"
        ) from error
    return raw


def _in_words(error: BaseException, said: str) -> str:
    """What a reader stumbled over, where no line can be named."""
    if isinstance(error, MemoryError):
        return "it announces more than memory holds"
    if isinstance(error, KeyError | IndexError):
        return f"it refers to something that it does not hold: {' '.join(str(error).split())[:80]}"
    told = str(error) if not isinstance(error, SystemExit) else said.partition("Error: Couldn't")[0]
    words = " ".join(told.split())[:120]
    return words or "its sections do not fit together"


def _check_blocks(path: Path, raw: meshio.Mesh) -> None:
    """Hold points and cells against each other."""
    if raw.points.ndim != 2 or raw.points.shape[1] != 3 or raw.points.dtype.kind not in "fiu":
        raise InputError(f"{path}: its points are not three-dimensional; export a volume mesh")
    bad = np.flatnonzero(~(np.abs(raw.points) < FARTHEST).all(axis=1))
    if bad.size:
        raise InputError(
            f"{path}: point {bad[0]} has a coordinate that is not a finite number below "
            f"{FARTHEST:g} ({bad.size} such); remesh or export again"
        )
    for block in raw.cells:
        if block.type not in VOLUMES and block.type not in SURFACES:
            continue
        nodes = np.asarray(block.data)
        if nodes.ndim != 2 or nodes.dtype.kind not in "iu":
            raise InputError(
                f"{path}: its {block.type} cells are no table of points; it is damaged"
            )
        wrong = np.flatnonzero(np.any((nodes < 0) | (nodes >= len(raw.points)), axis=1))
        if wrong.size:
            raise InputError(
                f"{path}: {block.type} {wrong[0]} uses a point that does not exist (there are "
                f"{len(raw.points)}); the file is damaged, export it again"
            )
