"""Files that announce more than they hold are refused before anything is allocated."""

import time
from pathlib import Path

import pytest
import pyvista

from meshes.errors import InputError
from meshes.vtk_grid import read_grid

WRONG = [str(10**12).encode(), b"-1"]


def saved(folder: Path, name: str, binary: bool = True) -> Path:
    grid = pyvista.UnstructuredGrid([2, 0, 1, 2, 1, 2], [3, 3], [[0.0, 0, 0], [0, 0, 1], [0, 0, 2]])
    grid.point_data["radius"] = [1.0, 1, 1]
    grid.field_data["three"] = [1.0, 2, 3]
    mesh = grid if name.endswith((".vtu", ".vtk")) else grid.extract_surface(algorithm=None)
    mesh.save(folder / name, binary=binary)
    return folder / name


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize(
    "old",
    [
        b"POINTS 3",
        b"CELLS 3",
        b"CELLS 3 4",
        b"CELL_TYPES 2",
        b"POINT_DATA 3",
        b"three 1 3",
        b"SCALARS radius double ",
    ],
)
def test_legacy_headers(tmp_path, old, binary, wrong):
    path = saved(tmp_path, "a.vtk", binary)
    assert len(read_grid(path).points) == 3
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, old.rpartition(b" ")[0] + b" " + wrong))
    begun = time.perf_counter()
    with pytest.raises(InputError, match=rf"a\.vtk, line \d+: announces {wrong.decode()} values"):
        read_grid(path)
    assert time.perf_counter() - begun < 1.0


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("key", [b"NumberOfPoints", b"NumberOfCells", b"NumberOfTuples"])
def test_xml_headers(tmp_path, key, wrong):
    path = saved(tmp_path, "a.vtu")
    content = path.read_bytes()
    before, _, after = content.partition(key + b'="')
    assert after
    path.write_bytes(before + key + b'="' + wrong + after[after.index(b'"') :])
    with pytest.raises(InputError, match=r"line \d+: announces (10+|-1) values, which its"):
        read_grid(path)


def test_a_large_file_of_one_value_is_read(tmp_path):
    """Compression packs equal values far denser than a byte each."""
    path = tmp_path / "zeros.vtu"
    grid = pyvista.ImageData(dimensions=(60, 60, 60)).cast_to_unstructured_grid()
    grid.point_data["zero"] = [0.0] * grid.n_points
    grid.save(path)
    assert len(read_grid(path).points) == 60**3
