"""Open a VTK file of lines or cells. VTK runs in a child process: it may crash or wait for ever."""

import atexit
import json
import pickle
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import Any

import numpy as np
from jaxtyping import Float, Int, Shaped

from meshes.announced import check_announced
from meshes.errors import InputError

LEGACY_VERSION = re.compile(rb"# vtk DataFile Version (\d+\.\d+)[ \t]*\r?\n")
LEGACY = {b"POLYDATA": "vtkPolyDataReader", b"UNSTRUCTURED_GRID": "vtkUnstructuredGridReader"}
XML = {".vtp": "vtkXMLPolyDataReader", ".vtu": "vtkXMLUnstructuredGridReader"}
HARMLESS = "InformationKey"  # VTK's own note of the range of an array, which may hold nan
LINE, POLYLINE = 3, 4  # VTK's numbers of cells
PATIENCE, PACE = 30.0, 1e6  # s for any file, and bytes a further second is given for

_children: list[subprocess.Popen[bytes]] = []


@dataclass(frozen=True, eq=False)
class Grid:
    """Points and cells of a VTK file, in its own unit.

    Attributes:
        points: positions.
        kinds: VTK's number of each cell's type.
        connectivity: points of all cells, one cell after the other.
        offsets: where each cell begins in `connectivity`, and the end.
        point_data, cell_data: numeric arrays by name.
    """

    points: Float[np.ndarray, "points 3"]
    kinds: Int[np.ndarray, " cells"]
    connectivity: Int[np.ndarray, " entries"]
    offsets: Int[np.ndarray, " cells+1"]
    point_data: dict[str, Shaped[np.ndarray, " points ..."]]
    cell_data: dict[str, Shaped[np.ndarray, " cells ..."]]


def read_grid(path: Path) -> Grid:
    """The polydata or unstructured grid in a .vtk, .vtp or .vtu file.

    Raises:
        InputError: not a VTK file, cut short, damaged, or neither of the two.
    """
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
    answer = _ask(path, _reader(path, head), PATIENCE + len(content) / PACE)
    fatal = [words for words in answer["complaints"] if HARMLESS not in words]
    if fatal:
        said = " ".join(fatal[0].split())[-160:]
        raise InputError(
            f"{path}: VTK stops inside it ({said}); it is cut short or damaged: export it again"
        )
    kinds, connectivity, offsets = _joined(path, answer["cells"], len(answer["points"]))
    sizes = {"point_data": len(answer["points"]), "cell_data": len(kinds)}
    for arrays, size in ((answer[key], size) for key, size in sizes.items()):
        for name, values in arrays.items():
            if len(values) != size:
                raise InputError(
                    f"{path}: its array {name} has {len(values)} values for {size} places; "
                    "it is damaged: export it again"
                )
    points = np.asarray(answer["points"], dtype=float)
    return Grid(points, kinds, connectivity, offsets, answer["point_data"], answer["cell_data"])


def _reader(path: Path, head: bytes) -> str:
    """Name of the reader of VTK for a file."""
    if path.suffix.lower() != ".vtk":
        return XML[path.suffix.lower()]
    words = head.upper().partition(b"DATASET")[2].split()[:1] or [b"nothing known"]
    if words[0] not in LEGACY:
        raise InputError(
            f"{path}: holds {words[0].decode('ascii', 'replace')}, not lines or cells; export "
            "polydata or an unstructured grid"
        )
    return LEGACY[words[0]]


def _joined(
    path: Path, tables: list[tuple[Any, ...]], points: int
) -> tuple[Int[np.ndarray, " cells"], Int[np.ndarray, " entries"], Int[np.ndarray, " cells+1"]]:
    """One table of all cells, after each has been checked: kinds, connectivity, offsets."""
    none = np.zeros(0, dtype=np.int64)
    kinds, entries, lengths = [none], [none], [none]
    for given, connectivity, offsets in tables:
        sizes = np.diff(offsets)
        own = np.full(len(sizes), given) if np.ndim(given) == 0 else given
        sound = len(own) == len(sizes) and np.all(sizes >= 0)
        if len(offsets):
            sound = sound and offsets[0] == 0 and offsets[-1] == len(connectivity)
        if not sound or np.any((connectivity < 0) | (connectivity >= points)):
            raise InputError(
                f"{path}: its cells use points that do not exist (there are {points}); it is "
                "damaged: export it again"
            )
        kinds.append(np.where((own == LINE) & (sizes != 2), POLYLINE, own).astype(np.int64))
        entries.append(connectivity.astype(np.int64))
        lengths.append(sizes.astype(np.int64))
    offsets = np.append(0, np.cumsum(np.concatenate(lengths)))
    return np.concatenate(kinds), np.concatenate(entries), offsets


def _ask(path: Path, reader: str, patience: float) -> dict[str, Any]:
    """What the child reads, or an error if it dies or is not done in `patience` seconds."""
    child = _child()
    assert child.stdin and child.stdout
    timer = Timer(patience, child.kill)
    timer.start()
    try:
        child.stdin.write(json.dumps([reader, str(path.absolute())]).encode() + b"\n")
        child.stdin.flush()
        answer: dict[str, Any] = pickle.load(child.stdout)
    except (EOFError, OSError, pickle.UnpicklingError):
        _end()
        raise InputError(
            f"{path}: VTK breaks down inside it; it is cut short or damaged: export it again"
        ) from None
    except BaseException:  # stopped by hand: the answer may still come, to the next question
        _end()
        raise
    finally:
        timer.cancel()
    return answer


def _child() -> subprocess.Popen[bytes]:
    """The child process, started where none is alive."""
    if _children and _children[0].poll() is not None:  # killed from outside, between two questions
        _end()
    if not _children:
        script = Path(__file__).with_name("vtk_child.py")
        _children.append(
            subprocess.Popen(
                [sys.executable, "-P", str(script)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        )
    return _children[0]


@atexit.register
def _end() -> None:
    """End the child."""
    while _children:
        child = _children.pop()
        child.kill()
        child.communicate()  # closes both pipes, also where half a question is left in one
