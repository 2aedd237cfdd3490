"""NetworkX graphs and the files it reads."""

import numpy as np
import pytest

from meshes.clean.cleaning import Cleaning
from meshes.errors import InputError
from meshes.read_tree import read_tree, tree_from_networkx

networkx = pytest.importorskip("networkx")


def fork(kind=networkx.Graph, **attributes):
    graph = kind(**attributes)
    for name, place, radius in (
        ("a", (0, 0, 0), 10), ("b", (0, 0, 100), 10), ("c", (30, 0, 150), 8),
        ("d", (-30, 0, 150), 7),
    ):  # fmt: skip
        graph.add_node(name, **dict(zip("xyz", place, strict=True)), radius=radius)
    graph.add_edges_from([("a", "b"), ("b", "c"), ("b", "d")])
    return graph


def test_graph_of_nodes_with_coordinates():
    tree = tree_from_networkx(fork(name="pial"), "um")
    assert tree.parent.tolist() == [-1, 0, 1, 1]
    assert tree.name == "pial"
    np.testing.assert_allclose(tree.radius, np.array([10, 10, 8, 7]) * 1e-6)
    assert tree_from_networkx(fork(units="um")).radius[0] == pytest.approx(10e-6)


def test_positions_and_radii_of_edges():
    graph = networkx.Graph()
    graph.add_node(0, pos=np.array([0.0, 0, 0]))
    graph.add_node(1, pos=(0, 0, 50))
    graph.add_node(2, pos=[0, 0, 90])
    graph.add_edge(0, 1, diameter=20)
    graph.add_edge(1, 2, diameter=10)
    tree = tree_from_networkx(graph, "um")
    np.testing.assert_allclose(tree.radius, np.array([10, 7.5, 5]) * 1e-6)


def test_a_source_of_a_directed_graph_is_the_mouth():
    graph = networkx.DiGraph(fork())
    graph.remove_edges_from(
        [("a", "b"), ("c", "b"), ("b", "d"), ("b", "c"), ("b", "a"), ("d", "b")]
    )
    graph.add_edges_from([("d", "b"), ("b", "a"), ("b", "c")])
    assert tree_from_networkx(graph, "um").parent.tolist() == [1, 3, 1, -1]


def test_cleaning_by_name():
    assert tree_from_networkx(fork(), "um", Cleaning(root="c")).parent.tolist() == [1, 2, -1, 1]
    cropped = tree_from_networkx(fork(), "um", Cleaning(crop=[None, None, [None, 120e-6]]))
    assert cropped.points[:, 2].max() == pytest.approx(120e-6)


@pytest.mark.parametrize("ending", [".graphml", ".gml"])
def test_files(tmp_path, ending):
    path = tmp_path / f"tree{ending}"
    write = networkx.write_graphml if ending == ".graphml" else networkx.write_gml
    write(fork(units="um"), path)
    tree = read_tree(path)
    np.testing.assert_allclose(tree.points[2], [30e-6, 0, 150e-6])
    assert sorted(tree.parent.tolist()) == [-1, 0, 1, 1]


def without(graph, node, key):
    del graph.nodes[node][key]
    return graph


def changed(graph, node, **values):
    graph.nodes[node].update(values)
    return graph


def joined(graph, *edges):
    graph.add_edges_from(edges)
    return graph


@pytest.mark.parametrize(
    ("graph", "words"),
    [
        (lambda: networkx.Graph(), ("0 nodes",)),
        (lambda: without(fork(), "c", "z"), ("node c", "no position")),
        (lambda: changed(fork(), "c", pos=(1, 2)), ("node c", "no position")),
        (lambda: changed(fork(), "c", x="east"), ("node c", "no position")),
        (lambda: changed(fork(), "c", x=np.nan), ("node c", "finite")),
        (lambda: changed(fork(), "c", radius="wide"), ("'radius' is not a number",)),
        (lambda: without(fork(), "c", "radius"), ("node c", "radius nan")),
        (lambda: changed(fork(), "c", radius=0), ("node c", "zero_radius")),
        (lambda: changed(fork(), "c", x=-30), ("node d", "lies on node c")),
        (lambda: joined(fork(), ("c", "d")), ("1 cycle",)),
        (lambda: joined(fork(), ("c", "c")), ("edge 3 (c to c)", "to itself")),
        (lambda: joined(fork(networkx.MultiGraph), ("a", "b")), ("(a to b) repeats edge 0",)),
        (lambda: changed(joined(fork(), ("e", "a")), "e", x=0, y=0, z=-9), ("radius nan",)),
    ],
)  # fmt: skip
def test_bad_graphs(graph, words):
    with pytest.raises(InputError) as caught:
        tree_from_networkx(graph(), "um")
    assert str(caught.value).startswith("graph: ")
    for word in words:
        assert word in str(caught.value), str(caught.value)


def test_a_graph_without_radius_or_unit():
    bare = fork()
    for node in bare:
        del bare.nodes[node]["radius"]
    with pytest.raises(InputError, match=r"no radius among the attributes of nodes \(x, y, z\)"):
        tree_from_networkx(bare, "um")
    with pytest.raises(InputError, match=r"set mesh.units, for its median radius mesh.units=um"):
        tree_from_networkx(fork())
    with pytest.raises(InputError, match=r"unknown length unit 'feet'"):
        tree_from_networkx(fork(units="feet"))


@pytest.mark.parametrize("ending", ["graphml", "gml"])
def test_damaged_files(tmp_path, refused, ending):
    path = tmp_path / f"tree.{ending}"
    (networkx.write_graphml if ending == "graphml" else networkx.write_gml)(fork(), path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    refused(path, "networkx stops inside it", "export it again")
    path.write_bytes(bytes(range(256)))
    refused(path, "networkx stops inside it")
