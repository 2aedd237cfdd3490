"""DUNE grid files: what is read, what each kind of bad file is told."""

from pathlib import Path

import numpy as np
import pytest

from meshes.clean.cleaning import Cleaning
from meshes.read_tree import read_tree

VESSELS = Path(__file__).parents[3].parent / "shared" / "data" / "vessels"
Y = """DGF
% a Y
Vertex
parameters 1 # pressure
0 0 0 1
0 0 100 2 % the junction

30 0 150 3
-30 0 150 4
#
SIMPLEX
parameters 1 # radius
0 1 10
1 2 8
1 3 7
#
BOUNDARYDOMAIN
default 1
#
"""


def dgf(folder: Path, text: str | bytes) -> Path:
    path = folder / "tree.dgf"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_segments_with_their_radius(tmp_path):
    tree = read_tree(dgf(tmp_path, Y), "um")
    assert tree.parent.tolist() == [-1, 0, 1, 1]
    np.testing.assert_allclose(tree.radius, np.array([10, 10, 8, 7]) * 1e-6)
    np.testing.assert_allclose(tree.points[3], [-30e-6, 0, 150e-6])


@pytest.mark.parametrize(
    ("old", "new", "radius"),
    [
        ("parameters 1 # radius", "parameters 1", 10),
        ("parameters 1 # radius", "Parameters 1 % Diameter", 5),
        ("parameters 1 # pressure", "parameters 1 % radius", 10),
        ("Vertex\n", "VERTEX\nfirstindex 5\n", 10),
    ],
    ids=["unnamed", "diameter", "vertices too", "first index"],
)
def test_other_ways_to_say_it(tmp_path, old, new, radius):
    text = Y.replace(old, new)
    if "firstindex" in new:
        text = text.replace("0 1 10", "5 6 10").replace("1 2 8", "6 7 8").replace("1 3 7", "6 8 7")
    assert read_tree(dgf(tmp_path, text), "um").radius[0] == pytest.approx(radius * 1e-6)


def test_radius_of_vertices_and_several_parameters(tmp_path):
    text = Y.replace("# pressure", "% radius").replace("# radius", "% flow")
    np.testing.assert_allclose(
        read_tree(dgf(tmp_path, text), "um").radius, np.array([1, 2, 3, 4]) * 1e-6
    )
    text = Y.replace("parameters 1 # radius", "parameters 2 # id radius")
    for row in ("0 1 10", "1 2 8", "1 3 7"):
        text = text.replace(row, f"{row[:3]} 99 {row[4:]}")
    assert read_tree(dgf(tmp_path, text), "um").radius[0] == pytest.approx(10e-6)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("DGF\n", "", ("line 1", "does not say DGF")),
        ("Vertex", "Interval", ("no block VERTEX", "interval")),
        ("SIMPLEX", "Elements", ("no block SIMPLEX", "elements")),
        ("0 0 100 2 %", "0 0 100 %", ("line 6", "3 numbers and 1 parameters")),
        ("1 2 8", "1 2 8 9", ("line 14", "2 numbers and 1 parameters")),
        ("1 2 8", "1 two 8", ("line 14", "correct or complete")),
        ("1 2 8", "1 2.5 8", ("line 14", "whole numbers")),
        ("1 2 8", "1 99 8", ("line 14", "vertex 99", "does not exist")),
        ("1 2 8", "1 1 8", ("line 14", "vertex 1 to itself")),
        ("1 2 8", "1 0 8", ("line 14", "repeats the segment of line 13")),
        ("1 2 8", "nan 2 8", ("line 14", "whole numbers")),
        ("30 0 150", "nan 0 150", ("vertex 2 (line 8)", "finite")),
        ("-30 0 150", "30 0 150", ("vertex 3 (line 9)", "lies on vertex 2", "merge=0")),
        ("1 2 8", "1 2 0", ("vertex 1 (line 6)", "positive radius", "zero_radius")),
        ("# radius", "# flow", ("none of its 1 segment and 1 vertex parameters", "radius")),
        ("1 # radius", "1000000000 # radius", ("line 13", "1000000000 parameters")),
        ("1 # radius", "1e3 # radius", ("line 12", "correct")),
        ("-30 0 150 4\n#\n", "-30 0 150 4\n", ("line 10", "'SIMPLEX'")),
        ("1 3 7\n", "", ("2 separate pieces", "piece=largest")),
        ("1 3 7", "1 3 7\n2 3 7", ("1 cycle", "cycles=cut")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_bad_files(tmp_path, refused, old, new, words):
    assert old in Y
    text = Y.replace(old, new)
    if words[0] == "2 separate pieces":
        text = text.replace("1 2 8", "2 3 8")
    refused(dgf(tmp_path, text), *words)


def test_damaged_files(tmp_path, refused):
    refused(dgf(tmp_path, Y[: Y.index("1 3 7")]), "SIMPLEX has no end '#'", "cut short")
    refused(dgf(tmp_path, b"DGF\n\x00\xff"), "binary")
    refused(dgf(tmp_path, "DGF\nVertex\n#\nSimplex\n0 1\n#\n"), "line 2", "empty")
    refused(dgf(tmp_path, Y), "mesh.units=um", units=None)


@pytest.mark.skipif(not VESSELS.is_dir(), reason="the real vessel files are not here")
def test_the_capillaries_need_choices(refused):
    path = VESSELS / "mouse_cortex_capillaries.dgf"
    refused(path, "mesh.units=m ", units=None)
    refused(path, "24 separate pieces", "mesh.clean.piece=largest", units="m")
    one = Cleaning(piece="largest", cycles="cut")
    tree = read_tree(path, "m", one)
    assert len(tree.points) == 1458
    notes = " ".join(tree.notes)
    assert "dropped 23 others" in notes
    assert "13 cycles opened" in notes
    assert "vertex 215 (line 225)" in notes
    whole = read_tree(path, "m", Cleaning(piece="largest", cycles="remove"))
    assert len(whole.points) < len(tree.points)
