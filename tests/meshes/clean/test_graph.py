"""Merging, pieces, cycles and the root: what makes one tree of a network."""

import numpy as np
import pytest
from scipy.sparse.csgraph import connected_components

from meshes.clean.cycles import open_cycles
from meshes.clean.near import merge_near
from meshes.clean.piece import keep_piece
from meshes.clean.root import choose_root
from meshes.errors import InputError
from meshes.trees.doubles import check_doubles
from meshes.trees.network import parents


def random_network(vessels, seed, nodes=60, more=12):
    """A connected network with `more` edges too many."""
    random = np.random.default_rng(seed)
    edges = {(int(random.integers(i)), i) for i in range(1, nodes)}
    while len(edges) < nodes - 1 + more:
        a, b = sorted(random.choice(nodes, 2, replace=False).tolist())
        edges.add((a, b))
    points = random.uniform(0, 100, (nodes, 3))
    return vessels(points, sorted(edges), random.uniform(1, 5, nodes))


@pytest.mark.parametrize("seed", range(5))
def test_cycles_are_cut_where_they_are_narrowest(vessels, seed):
    """Every segment cut is the narrowest of the cycle that it closes with the tree left."""
    network = random_network(vessels, seed)
    tree = open_cycles(network, "cut")
    assert len(tree.edges) == len(tree.points) - 1
    assert connected_components(tree.graph(), directed=False)[0] == 1
    assert any("12 cycles opened" in note for note in tree.notes)
    kept = {tuple(sorted(edge)) for edge in tree.edges.tolist()}
    parent = parents(tree, 0)
    for a, b in network.edges.tolist():
        if (a, b) in kept:
            continue
        around = set(up(parent, a)) ^ set(up(parent, b))
        widths = [tree.radius[[x, parent[x]]].mean() for x in around]
        assert network.radius[[a, b]].mean() <= min(widths) + 1e-12


def up(parent, node):
    """The node and all above it."""
    way = [node]
    while parent[way[-1]] >= 0:
        way.append(int(parent[way[-1]]))
    return way


def test_a_whole_vessel_is_taken_out(vessels):
    ring = vessels(
        [[-9, 0, 0], [0, 0, 0], [1, 1, 0], [2, 1, 0], [3, 0, 0], [2, -1, 0], [9, 0, 0]],
        [[0, 1], [1, 2], [2, 3], [3, 4], [4, 5], [5, 1], [4, 6]],
        [3, 3, 2, 1, 3, 2.5, 3],
    )
    with pytest.raises(
        InputError, match=r"1 cycle, one narrowest at node 2 to node 3.*=cut.*=remove"
    ):
        open_cycles(ring)
    assert open_cycles(ring, "remove").labels.tolist() == ["0", "1", "4", "5", "6"]
    assert len(open_cycles(ring, "cut").edges) == 6


def test_pieces(vessels):
    two = vessels([[0, 0, 0], [0, 0, 1], [5, 0, 0], [5, 0, 3]], [[0, 1], [2, 3]])
    with pytest.raises(InputError, match=r"2 separate pieces \(3 m with node 2, 1 m with node 0\)"):
        keep_piece(two)
    assert keep_piece(two, "largest").labels.tolist() == ["2", "3"]
    assert keep_piece(two, 1).labels.tolist() == ["0", "1"]
    kept = keep_piece(two, [0.1, 0, 0])
    assert kept.labels.tolist() == ["0", "1"]
    assert any("dropped 1 others of 3 m and 2 nodes" in note for note in kept.notes)


def test_near_nodes_become_one(vessels):
    gap = vessels(
        [[0, 0, 0], [0, 0, 10], [0, 0.3, 10.4], [0, 0, 20], [5, 0, 20]],
        [[0, 1], [2, 3], [3, 4]],
        mouths=[0],
    )
    joined = merge_near(gap, 0.6)
    assert len(joined.points) == 4
    assert len(np.unique(joined.pieces())) == 1
    assert any("1 nodes merged with a neighbour at most 0.5 m" in note for note in joined.notes)
    assert merge_near(gap, 0.4) is gap


def test_merging_whole_vessels_is_refused(vessels):
    with pytest.raises(InputError, match=r"merge is 2\.1 m, wider than the widest vessel \(2 m\)"):
        merge_near(vessels([[0, 0, 0], [0, 0, 9]], [[0, 1]]), 2.1)


def test_merging_keeps_junctions_and_never_reaches_farther(vessels):
    z = np.arange(0.0, 30.0, 1.0)
    points = [*([0, 0, x] for x in z), [4, 0, 10], [8, 0, 10]]
    edges = [*([i, i + 1] for i in range(29)), [10, 30], [30, 31]]
    merged = merge_near(vessels(points, edges, 2.0, mouths=[0]), 2.5)
    assert {"0", "10", "29", "31"} <= set(merged.labels.tolist())
    assert np.sum(merged.degree == 3) == 1
    distance = np.linalg.norm(merged.points[:, None] - merged.points, axis=2)
    assert np.all(distance[~np.eye(len(distance), dtype=bool)] > 2.5)


def test_two_nodes_at_one_place(vessels):
    double = vessels([[0, 0, 0], [0, 0, 1], [0, 0, 0], [1, 0, 0]], [[0, 1], [1, 3], [3, 2]])
    with pytest.raises(InputError, match=r"node 2 at \(0, 0, 0\) m lies on node 0.*merge=0"):
        check_doubles(double)
    check_doubles(merge_near(double, 0.0))


def test_the_root(vessels):
    fork = ([[0, 0, 0], [0, 0, 9], [4, 0, 12], [-4, 0, 12]], [[0, 1], [1, 2], [1, 3]], [3, 3, 4, 1])
    assert choose_root(vessels(*fork)).mouths.tolist() == [2]
    assert choose_root(vessels(*fork, [0])).mouths.tolist() == [0]
    assert choose_root(vessels(*fork, [0])).notes == ()
    assert "node 2 at (4, 0, 12) m, the widest tip" in choose_root(vessels(*fork)).notes[0]
    assert choose_root(vessels(*fork, [0, 3])).mouths.tolist() == [0]
    assert choose_root(vessels(*fork, [0]), "3").mouths.tolist() == [3]
    placed = choose_root(vessels(*fork, [0]), [-4, 0, 9])
    assert placed.mouths.tolist() == [3]
    assert any("the tip nearest" in note for note in placed.notes)
    with pytest.raises(InputError, match=r"3 vessels leave; the mouth is an open end, as node 2"):
        choose_root(vessels(*fork), 1)
    with pytest.raises(InputError, match=r"is 17, but no node of that name"):
        choose_root(vessels(*fork), 17)
