"""The real vessels, read and cleaned as a modeller would."""

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial import cKDTree

from meshes.clean.cleaning import Cleaning
from meshes.read_tree import read_tree
from meshes.tree import VesselTree
from meshes.trees.network import as_network

VESSELS = Path(__file__).parents[3].parent / "shared" / "data" / "vessels"
BLOCK = [[0.08, 0.11], [0.08, 0.11], [0.05, 0.09]]  # m, holds arteries and veins

pytestmark = pytest.mark.skipif(not VESSELS.is_dir(), reason="the real vessel files are not here")


def read(name: str, **choices: object) -> VesselTree:
    units = "um" if name == "penetrating_artery.vtk" else "m"
    return read_tree(VESSELS / name, units, Cleaning(**choices))


def length(tree: VesselTree) -> float:
    return float(as_network(tree).length.sum())


def test_whole_trees_have_the_lengths_measured():
    assert length(read("human_arteries.vtk")) == pytest.approx(4.89, abs=0.005)
    assert length(read("human_veins.vtk")) == pytest.approx(9.29, abs=0.005)
    assert length(read("penetrating_artery.vtk")) == pytest.approx(1255e-6, abs=1e-6)


def test_the_sub_tree_of_fourteen_bifurcations():
    tree = read("human_arteries.vtk", bifurcations=14)
    degree = as_network(tree).degree
    assert np.sum(degree > 2) == 14
    assert np.sum(degree == 1) == 16


@pytest.mark.parametrize("name", ["human_arteries.vtk", "human_veins.vtk"])
def test_a_block_of_arteries_and_veins(name):
    whole, tree = read(name), read(name, crop=BLOCK)
    low, high = np.array(BLOCK).T
    assert np.all((tree.points >= low) & (tree.points <= high))
    tips = tree.points[as_network(tree).degree == 1]
    of_old = cKDTree(whole.points[as_network(whole).degree == 1]).query(tips)[0] < 1e-12
    on_face = np.abs(tips[:, None] - np.array([low, high])).min(axis=(1, 2)) < 1e-12
    assert np.all(of_old ^ on_face)
    root = tree.points[tree.parent < 0]
    assert np.abs(root - np.array([low, high])).min() < 1e-12


def test_traps_are_told():
    def notes(name):
        return " ".join(read(name).notes)

    assert "32% of the nodes have the smallest radius" in notes("human_arteries.vtk")
    assert "shorter than their diameter" in notes("human_veins.vtk")
    assert "1274 nodes share 12 different radii" in notes("penetrating_artery.vtk")


def test_smoothing_takes_the_steps_out_of_the_penetrating_artery():
    raw, smooth = (read("penetrating_artery.vtk", smooth_radius=w) for w in (None, 2.0))
    steps = [np.abs(np.diff(tree.radius)).max() for tree in (raw, smooth)]
    assert steps[1] < steps[0] / 4
    assert smooth.radius.mean() == pytest.approx(raw.radius.mean(), rel=0.01)
