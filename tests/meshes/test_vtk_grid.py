"""VTK reads in a child process: what ends it is one sentence, and the next file is read again."""

from pathlib import Path

import numpy as np
import pytest
import pyvista

from meshes import vtk_grid
from meshes.errors import InputError
from meshes.vtk_grid import read_grid

LEGACY = """# vtk DataFile Version 3.0
a vessel
ASCII
DATASET POLYDATA
POINTS 4 float
0 0 0 0 0 1 0 0 2 0 0 3
LINES 2 7
3 0 1 2 2 2 3
{field}"""
FIELD = "CELL_DATA 2\nFIELD FieldData 1\nradius 1 2 float\n1\n2\n"


def legacy(folder: Path, field: str = FIELD) -> Path:
    path = folder / "a.vtk"
    path.write_text(LEGACY.format(field=field))
    return path


def test_lines_polylines_and_arrays(tmp_path):
    grid = read_grid(legacy(tmp_path))
    assert grid.kinds.tolist() == [vtk_grid.POLYLINE, vtk_grid.LINE]
    assert grid.offsets.tolist() == [0, 3, 5]
    assert grid.connectivity.tolist() == [0, 1, 2, 2, 3]
    assert grid.cell_data["radius"].tolist() == [1, 2]


def test_a_path_is_meant_from_where_the_caller_is(tmp_path, monkeypatch):
    read_grid(legacy(tmp_path))
    (tmp_path / "below").mkdir()
    legacy(tmp_path / "below", FIELD.replace("1\n2\n", "1\n2.5\n"))
    monkeypatch.chdir(tmp_path / "below")
    assert read_grid(Path("a.vtk")).cell_data["radius"].tolist() == [1, 2.5]


def test_cells_come_in_the_order_of_their_data(tmp_path):
    """Polydata keep points, lines and faces apart; data follow that order."""
    mesh = pyvista.PolyData(np.eye(4, 3), verts=[1, 3], lines=[2, 0, 1], faces=[3, 0, 1, 2])
    mesh.cell_data["number"] = [0, 1, 2]
    mesh.save(tmp_path / "a.vtp")
    grid = read_grid(tmp_path / "a.vtp")
    assert grid.kinds.tolist() == [1, 3, 7]
    assert np.diff(grid.offsets).tolist() == [1, 2, 3]
    assert grid.cell_data["number"].tolist() == [0, 1, 2]


def test_a_file_that_ends_vtk_is_refused_and_the_next_is_read(tmp_path):
    path = legacy(tmp_path)
    assert len(read_grid(path).points) == 4
    crash = "FIELD FieldData 1\nradius 1 2 float\nradius 1 2 float\n1\n2\n"
    with pytest.raises(InputError, match=r"a\.vtk: VTK (breaks down|stops) inside it"):
        read_grid(legacy(tmp_path, crash))
    assert len(read_grid(legacy(tmp_path)).points) == 4


def test_a_file_that_takes_too_long_is_refused_and_the_next_is_read(tmp_path, monkeypatch):
    path = legacy(tmp_path)
    vtk_grid._end()
    with monkeypatch.context() as impatient:
        impatient.setattr(vtk_grid, "PATIENCE", 0.0)
        with pytest.raises(InputError, match=r"a\.vtk: VTK breaks down inside it"):
            read_grid(path)
    assert len(read_grid(path).points) == 4


def test_a_child_killed_between_two_files_is_replaced(tmp_path):
    path = legacy(tmp_path)
    read_grid(path)
    dead = vtk_grid._children[0]
    dead.kill()
    dead.wait()
    assert len(read_grid(path).points) == 4
    assert vtk_grid._children[0] is not dead


def test_a_child_that_died_over_half_a_question_is_ended_quietly(tmp_path):
    read_grid(legacy(tmp_path))
    dead = vtk_grid._children[0]
    dead.kill()
    dead.wait()
    dead.stdin.write(b"half a question")  # lies in the buffer: flushing it would break the pipe
    vtk_grid._end()
    assert dead.stdin.closed
    assert dead.stdout.closed
