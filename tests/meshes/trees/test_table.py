"""CSV tables of nodes and edges: what is read, what each kind of bad file is told."""

from pathlib import Path

import numpy as np
import pytest

from meshes.read_tree import read_tree

NODES = """id,x,y,z,radius
mouth,0,0,0,10
fork,0,0,100,10
left,-30,0,150,7
right,30,0,150,8
"""
EDGES = "source,target\nmouth,fork\nfork,left\nfork,right\n"


def tables(folder: Path, nodes: str | bytes = NODES, edges: str | bytes = EDGES) -> Path:
    for name, text in (("a_nodes.csv", nodes), ("a_edges.csv", edges)):
        (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder / "a_nodes.csv"


def test_nodes_and_edges(tmp_path):
    tree = read_tree(tables(tmp_path), "um")
    assert tree.parent.tolist() == [-1, 0, 1, 1]
    np.testing.assert_allclose(tree.radius, np.array([10, 10, 7, 8]) * 1e-6)
    again = read_tree(tmp_path / "a_edges.csv", "um")
    np.testing.assert_array_equal(again.points, tree.points)
    assert tree.name == "a_nodes.csv"


@pytest.mark.parametrize(
    "header",
    ["id,x [um],y [um],z [um],radius [um]", "ID,X (µm),Y (µm),Z (µm),Radius (µm)",
     "node_id,x_um,y_um,z_um,radius_um", "Name,x um,y um,z um,vessel radius um"],
)  # fmt: skip
def test_units_in_the_header(tmp_path, refused, header):
    path = tables(tmp_path, NODES.replace("id,x,y,z,radius", header))
    assert read_tree(path).radius[0] == pytest.approx(10e-6)
    assert read_tree(path, "um").radius[0] == pytest.approx(10e-6)
    refused(path, "unit is um", "mesh.units says mm", units="mm")


def test_radius_of_edges_semicolons_comments_and_spare_columns(tmp_path):
    nodes = "# traced\nz;y;x;id\n0;0;0;1\n\n100;0;0;2\n150;0;-30;3\n"
    edges = "flow\tFrom\tTo\tDiameter\n0.1\t1\t2\t20\n0.2\t2\t3\t12\n"
    tree = read_tree(tables(tmp_path, nodes, edges), "um")
    np.testing.assert_allclose(tree.radius, np.array([10, 8, 6]) * 1e-6)
    np.testing.assert_allclose(tree.points[2], [-30e-6, 0, 150e-6])


@pytest.mark.parametrize(
    ("nodes", "edges", "words"),
    [
        (NODES.replace("radius", "flow"), EDGES, ("id, x, y, z, flow", "needs radius")),
        (NODES.replace(",z,", ",height,"), EDGES, ("needs id, x, y and z",)),
        (NODES, EDGES.replace("target", "goal"), ("a_edges.csv", "needs source and target")),
        (NODES.replace("100,10", "100"), EDGES, ("line 3", "4 values under 5 columns")),
        (NODES.replace("100,10", "hundred,10"), EDGES, ("line 3", "'hundred'", "'z'")),
        (NODES.replace("100,10", "inf,10"), EDGES, ("node fork (line 3)", "finite")),
        (NODES.replace("100,10", ",10"), EDGES, ("node fork (line 3)", "finite")),
        (NODES.replace("100,10", "100,"), EDGES, ("node fork (line 3)", "radius nan")),
        (NODES.replace("100,10", "100,0"), EDGES, ("node fork (line 3)", "zero_radius")),
        (NODES.replace("right,", "left,"), EDGES, ("node left (line 5)", "repeats a name")),
        (NODES.replace("right,30", "right,-30"), EDGES, ("node right (line 5)", "merge=0")),
        (NODES.replace("y", "x"), EDGES, ("line 1", "two columns are 'x'")),
        (NODES, EDGES.replace("mouth,fork", "mouth,spoon"), ("line 2 in a_edges", "node spoon")),
        (NODES, EDGES.replace("mouth,fork", "fork,fork"), ("line 2 in a_edges", "to itself")),
        (NODES, EDGES + "left,fork\n", ("line 5 in a_edges", "repeats the edge of line 3")),
        (NODES, EDGES + "left,right\n", ("1 cycle",)),
        (NODES.replace("-30,0,150", "0,0,0"), EDGES, ("left (line 4)", "on node mouth")),
        (NODES, "source,target\n", ("a_edges.csv", "1 lines")),
        ("", EDGES, ("empty",)),
        (b"id,x\x00", EDGES, ("binary",)),
        (NODES.replace("x,", "x [um],"), EDGES, ("differ in unit", "y in no unit")),
        (NODES.replace("x,y,z,radius", "x_mm,y_mm,z_mm,radius_um"), EDGES, ("differ in unit",)),
    ],
)  # fmt: skip
def test_bad_tables(tmp_path, refused, nodes, edges, words):
    refused(tables(tmp_path, nodes, edges), *words, names=str(tmp_path))


def test_the_two_files_find_each_other(tmp_path, refused):
    path = tables(tmp_path)
    (tmp_path / "a_edges.csv").unlink()
    refused(path, "holds nodes", "a_edges.csv is not beside it")
    other = path.rename(tmp_path / "tree.csv")
    refused(other, "neither nodes nor edges", "..edges.csv")
