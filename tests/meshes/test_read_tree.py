"""Trees from files: what is read, and what each kind of bad file is told."""

from pathlib import Path

import numpy as np
import pytest
import pyvista

from meshes.errors import InputError
from meshes.read_tree import read_tree

VESSELS = Path(__file__).parents[2].parent / "shared" / "data" / "vessels"
um = 1e-6

GOOD = """# a Y
1 2 0 0 0 10 -1
2 2 0 0 100 10 1
7 2 30 0 150 8 2
8 2 -30 0 150 7.5 2
"""


def swc(folder: Path, text: str | bytes, name: str = "tree.swc") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def refused(path: Path, *words: str, units: str | None = None) -> None:
    """Reading fails with one sentence that names the file and holds all the words."""
    with pytest.raises(InputError) as caught:
        read_tree(path, units)
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    for word in words:
        assert word in message, message


def test_swc_is_micrometres_by_convention(tmp_path):
    tree = read_tree(swc(tmp_path, GOOD))
    np.testing.assert_allclose(tree.points[2], [30 * um, 0, 150 * um])
    np.testing.assert_allclose(tree.radius, np.array([10, 10, 8, 7.5]) * um)
    assert tree.parent.tolist() == [-1, 0, 1, 1]
    assert any("SWC convention" in note for note in tree.notes)


@pytest.mark.parametrize(("unit", "metres"), [("um", 1e-6), ("µm", 1e-6), ("nm", 1e-9)])
def test_stated_units_are_used(tmp_path, unit, metres):
    text = GOOD if unit != "nm" else GOOD.replace("10 ", "10000 ").replace("8 2\n", "8000 2\n")
    text = text if unit != "nm" else text.replace("7.5 2", "7500 2")
    tree = read_tree(swc(tmp_path, text), unit)
    assert tree.radius[0] == pytest.approx((10000 if unit == "nm" else 10) * metres)


def test_children_may_stand_before_parents(tmp_path):
    tree = read_tree(swc(tmp_path, "2 2 0 0 50 9 1\n1 2 0 0 0 10 -1\n"))
    assert tree.parent.tolist() == [1, -1]


def test_duplicate_consecutive_nodes_are_merged_and_told(tmp_path):
    text = "1 2 0 0 0 10 -1\n2 2 0 0 0 10 1\n3 2 0 0 0 9 2\n4 2 0 0 80 9 3\n5 2 0 20 0 9 2\n"
    tree = read_tree(swc(tmp_path, text))
    assert tree.parent.tolist() == [-1, 0, 0]
    np.testing.assert_allclose(tree.points[:, 2], [0, 80 * um, 0])
    assert any("2 zero-length segments" in note for note in tree.notes)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1 2 0 0 0 10 -1\n2 2 0 0 50 9 1\n3 2 0 0 nan 9 2\n", ("node 3 (line 3)", "correct")),
        ("1 2 0 0 0 10 -1\n2 2 0 0 50 0 1\n", ("node 2 (line 2)", "radius 0", "positive")),
        ("1 2 0 0 0 10 -1\n2 2 0 0 50 -4 1\n", ("node 2 (line 2)", "radius -4", "positive")),
        ("1 2 0 0 0 10 -1\n2 2 0 0 50 9 2\n", ("node 2 (line 2)", "own parent", "correct")),
        ("1 2 0 0 0 10 -1\n1 2 0 0 50 9 1\n", ("node 1 (line 2)", "repeats an id", "own")),
        ("1 2 0 0 0 10 -1\n2 2 0 0 50 9 9\n", ("node 2 (line 2)", "node 9", "correct")),
        (
            "1 2 0 0 0 9 -1\n2 2 0 0 50 9 -1\n3 2 0 0 90 9 1\n4 2 9 0 0 9 2\n",
            ("2 separate pieces", "node 2 (line 2)", "=largest"),
        ),
        ("1 2 0 0 0 10 2\n2 2 0 0 50 9 1\n", ("0 roots", "one node of parent -1")),
        (
            "1 2 0 0 0 10 -1\n2 2 0 0 50 9 4\n3 2 0 0 60 9 2\n4 2 0 0 70 9 3\n",
            ("(line 2)", "cycle", "cut"),
        ),
        ("1 2 0 0 0 10 -1\n2 2 0 0 5", ("line 2", "seven numbers", "complete")),
        ("1 2 0 0 0 10 -1\n2 2 a 0 5 9 1\n", ("line 2", "seven numbers")),
        ("1.5 2 0 0 0 10 -1\n2 2 1 0 5 9 1\n", ("line 1", "seven numbers")),
        ("# nothing\n", ("0 nodes", "at least two")),
        ("1 2 0 0 0 10 -1\n2 2 0 0 0 10 1\n", ("coincide", "two distinct")),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00", ("binary", "mesh.path")),
        ("", ("empty", "again")),
    ],
    ids=[
        "nan", "zero radius", "negative radius", "own parent", "duplicate id", "missing parent",
        "two roots", "no root", "cycle", "truncated", "not a number", "fractional id",
        "only comments", "all coincide", "binary", "empty",
    ],
)  # fmt: skip
def test_bad_swc(tmp_path, text, words):
    refused(swc(tmp_path, text), *words)


def test_paths_that_are_no_file(tmp_path):
    refused(tmp_path / "absent.swc", "no such file", "mesh.path")
    refused(tmp_path, "directory", "mesh.path")
    refused(swc(tmp_path, "x", "tree.hoc"), "'.hoc'", ".swc")


def test_units_that_make_no_vessel_are_refused_with_a_better_one(tmp_path):
    path = swc(tmp_path, GOOD)
    refused(path, "10 mm", "node 1", "mesh.units=um", units="mm")
    refused(path, "furlong", "um, mm, m, cm, nm", units="furlong")
    metres = swc(tmp_path, "1 2 0 0 0 6e-4 -1\n2 2 0 0 0.01 6e-4 1\n", "metres.swc")
    refused(metres, "mesh.units=m ")
    one = swc(tmp_path, GOOD.replace("7.5 2", "7500 2"), "outlier.swc")
    refused(one, "7500 um", "node 8", "correct it")


def polyline(folder: Path, points, lines, name="lines.vtp", **data) -> Path:
    """Write polydata; `data` named p_... is point data, c_... cell data."""
    mesh = pyvista.PolyData()
    mesh.points = np.asarray(points, dtype=float)
    mesh.lines = np.concatenate([[len(line), *line] for line in lines])
    for key, values in data.items():
        (mesh.point_data if key.startswith("p_") else mesh.cell_data)[key[2:]] = np.asarray(values)
    path = folder / name
    grid = mesh.cast_to_unstructured_grid() if name.endswith(".vtu") else mesh
    grid.save(path)
    return path


Y = [[0, 0, 0], [0, 0, 100], [30, 0, 150], [-30, 0, 150]]
BRANCHES = [[0, 1], [1, 2], [1, 3]]
WIDTHS = [10.0, 10.0, 8.0, 7.0]


@pytest.mark.parametrize("name", ["a.vtp", "a.vtk", "a.vtu"])
def test_vtk_lines_take_the_widest_tip_as_root(tmp_path, name):
    tree = read_tree(polyline(tmp_path, Y, BRANCHES, name, p_Radius=WIDTHS), "um")
    assert tree.parent.tolist() == [-1, 0, 1, 1]
    np.testing.assert_allclose(tree.radius, np.array(WIDTHS) * um)
    assert any("widest tip" in note for note in tree.notes)


def test_root_mark_wins(tmp_path):
    path = polyline(tmp_path, Y, BRANCHES, p_radius=WIDTHS, p_root=[1, 0, 1, 2])
    assert read_tree(path, "um").parent.tolist() == [1, 3, 1, -1]


def test_diameter_and_cell_radius(tmp_path):
    tree = read_tree(polyline(tmp_path, Y, BRANCHES, c_diameter=[20.0, 16.0, 12.0]), "um")
    np.testing.assert_allclose(tree.radius, np.array([10, 10, 8, 6]) * um)


def test_polylines_that_repeat_the_trunk_become_one_tree(tmp_path):
    """Centreline programs write each path from the mouth to a tip with points of its own."""
    points = [Y[0], Y[1], Y[2], Y[0], Y[1], Y[3]]
    path = polyline(tmp_path, points, [[0, 1, 2], [3, 4, 5]], p_radius=[10, 10, 8, 10, 10, 7])
    tree = read_tree(path, "um")
    assert tree.parent.tolist() == [-1, 0, 1, 1]
    assert any("2 points merged" in note for note in tree.notes)


def test_repeated_lines_count_once(tmp_path):
    path = polyline(tmp_path, Y, [*BRANCHES, [1, 0], [0, 1]], p_radius=WIDTHS)
    tree = read_tree(path, "um")
    assert tree.parent.tolist() == [-1, 0, 1, 1]
    assert "2 repeated segments dropped" in tree.notes


def test_vtk_without_units_suggests_one(tmp_path):
    refused(polyline(tmp_path, Y, BRANCHES, p_radius=WIDTHS), "mesh.units=um (radius 9 um)")


@pytest.mark.parametrize(
    ("points", "lines", "data", "words"),
    [
        (Y, [*BRANCHES, [2, 3]], {"p_radius": WIDTHS}, ("1 cycle", "point 2", "point 3", "=cut")),
        (
            Y,
            [[0, 1], [2, 3]],
            {"p_radius": WIDTHS},
            ("2 separate pieces", "point 2", "piece=largest"),
        ),
        (Y, [*BRANCHES, [1, 1]], {"p_radius": WIDTHS}, ("line 3", "point 1 to itself", "remove")),
        (Y, BRANCHES, {"p_radius": [10, 0, 8, 7]}, ("point 1", "radius 0", "positive")),
        (Y, BRANCHES, {"p_radius": [10, np.nan, 8, 7]}, ("point 1", "radius nan", "positive")),
        (Y, BRANCHES, {"p_flow": WIDTHS}, ("no radius", "flow", "add")),
        ([*Y[:3], [np.inf, 0, 0]], BRANCHES, {"p_radius": WIDTHS}, ("point 3", "finite")),
    ],
    ids=["loop", "pieces", "self-loop", "zero", "nan radius", "no radius", "infinite"],
)
def test_bad_lines(tmp_path, points, lines, data, words):
    refused(polyline(tmp_path, points, lines, **data), *words, units="um")


def test_damaged_vtk_files(tmp_path):
    whole = polyline(tmp_path, Y, BRANCHES, "whole.vtk", p_radius=WIDTHS).read_bytes()
    cut = swc(tmp_path, whole[: len(whole) // 2], "cut.vtk")
    refused(cut, "cut short", units="um")
    whole = polyline(tmp_path, Y, BRANCHES, "whole.vtp", p_radius=WIDTHS).read_bytes()
    refused(swc(tmp_path, whole[: len(whole) // 2], "cut.vtp"), "export it again", units="um")
    noise = np.random.default_rng(0).integers(0, 256, 2000, dtype=np.uint8).tobytes()
    for name in ("noise.vtk", "noise.vtp", "noise.vtu"):
        refused(swc(tmp_path, noise, name), "does not begin like a VTK file", units="um")
    old = polyline(tmp_path, Y, BRANCHES, "old.vtk", p_radius=WIDTHS)
    old.write_bytes(old.read_bytes().replace(b"Version 5.1", b"Version 3.0"))
    refused(old, "version 3.0", "first line", units="um")
    pyvista.Sphere().save(tmp_path / "surface.vtp")
    refused(tmp_path / "surface.vtp", "no lines", "centreline", units="um")
    pyvista.ImageData(dimensions=(3, 3, 3)).save(tmp_path / "image.vtk")
    refused(tmp_path / "image.vtk", "STRUCTURED_POINTS", "unstructured grid", units="um")


@pytest.mark.skipif(not VESSELS.is_dir(), reason="the real vessel files are not here")
@pytest.mark.parametrize(
    ("name", "units", "nodes", "tips"),
    [
        ("human_arteries.vtk", "m", 12709, 147),
        ("human_veins.vtk", "m", 24830, None),
        ("penetrating_artery.vtk", "um", 1274, 2),
    ],
)
def test_real_vessels(name, units, nodes, tips):
    tree = read_tree(VESSELS / name, units)
    assert len(tree.points) == nodes
    assert np.sum(tree.parent < 0) == 1
    degree = np.bincount(tree.parent[tree.parent >= 0], minlength=nodes) + (tree.parent >= 0)
    assert tips is None or np.sum(degree == 1) == tips
    refused(VESSELS / name, "mesh.units=" + units)
