"""Sub-trees: downstream of a node, by branch order, by number of junctions."""

import numpy as np
import pytest

from meshes.clean.subtree import subtree
from meshes.errors import InputError


@pytest.mark.parametrize("orders", [1, 2, 3, 4])
def test_orders_of_a_binary_tree(binary, orders):
    part = subtree(binary(4), orders=orders)
    assert np.sum(part.degree > 2) == 2 ** (orders - 1) - 1
    assert np.sum(part.degree == 1) == 1 + 2 ** (orders - 1)


@pytest.mark.parametrize("count", [0, 1, 2, 5, 9])
def test_number_of_bifurcations(binary, count):
    part = subtree(binary(4), bifurcations=count)
    assert np.sum(part.degree > 2) == count
    assert np.sum(part.degree == 1) == count + 2
    assert any(f"with {count} junctions" in note for note in part.notes)


def test_limits_that_do_not_bind_change_nothing(binary):
    tree = binary(2)
    assert subtree(tree, orders=9) is tree
    assert subtree(tree, bifurcations=9) is tree


def test_downstream_of_a_node(binary):
    tree = binary(3)
    first = int(np.flatnonzero(tree.points[:, 2] == 15)[0])  # middle of a first daughter
    part = subtree(tree, str(first))
    assert part.mouths.tolist() == [0]
    assert part.points[0].tolist() == tree.points[first].tolist()
    assert len(part.points) == 1 + 1 + 2 * (2 + 4)
    near = subtree(tree, (tree.points[first] + 0.1).tolist(), bifurcations=1)
    assert np.sum(near.degree > 2) == 1


def test_junctions_and_tips_are_no_start(binary):
    tree = binary(2)
    junction = int(np.flatnonzero(tree.degree == 3)[0])
    with pytest.raises(InputError, match=r"is a junction; choose the first node of one vessel"):
        subtree(tree, str(junction))
    tip = int(np.flatnonzero(tree.degree == 1)[-1])
    with pytest.raises(InputError, match=r"is a tip; choose a node farther upstream"):
        subtree(tree, str(tip))
    with pytest.raises(InputError, match=r"mesh\.clean\.subtree is 'none'"):
        subtree(tree, "none")
