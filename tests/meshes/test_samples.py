"""The packaged sample ships, is long enough, obeys Murray's law and is a sound mesh."""

import numpy as np
import pytest

from meshes.samples import MESH, sample_mesh, sample_tree
from meshes.samples.grow import AROUND, DEPTH, LAYERS, RATIO, grow
from meshes.sweep.faces import boundary_and_interface, tet_volumes
from meshes.sweep.graph import branches_of, check_tree, children_of
from meshes.tags import Patch, Region

UM = 1e-6


@pytest.fixture(scope="module")
def mesh():
    return sample_mesh()


@pytest.fixture(scope="module")
def tree():
    return sample_tree()


def test_the_shipped_tree_is_the_grown_one(tree):
    grown = grow()
    assert np.array_equal(tree.parent, grown.parent)
    assert np.allclose(tree.points, grown.points, atol=1e-3 * UM)
    assert np.allclose(tree.radius, grown.radius, atol=1e-4 * UM)


def test_a_millimetre_from_mouth_to_deepest_tip(tree):
    check_tree(tree)
    path = np.zeros(len(tree.parent))
    for node in range(1, len(path)):  # parents come first
        parent = tree.parent[node]
        path[node] = path[parent] + np.linalg.norm(tree.points[node] - tree.points[parent])
    deepest = np.argmin(tree.points[:, 2])
    assert path[deepest] >= 1e-3
    assert tree.points[deepest, 2] == pytest.approx(-DEPTH * UM)
    assert len(branches_of(tree)) == 9


def test_junctions_obey_murray(tree):
    for node, children in enumerate(children_of(tree)):
        if len(children) > 1:
            cubes = sum(tree.radius[child] ** 3 for child in children)
            assert cubes == pytest.approx(tree.radius[node] ** 3, rel=1e-3)


def test_the_mesh_is_small_layered_and_sound(mesh, tree):
    assert MESH.stat().st_size < 3e6
    assert tet_volumes(mesh.points, mesh.cells).min() > 0.0
    pvs = mesh.vessel.column >= 0
    assert 11_000 <= pvs.sum() <= 14_000 and (~pvs).sum() < 10_000
    assert np.allclose(np.unique(mesh.vessel.fraction[pvs]), np.arange(LAYERS + 1) / LAYERS)
    boundary, sheath = boundary_and_interface(mesh.cells, mesh.regions)
    assert len(mesh.facets) == len(boundary.triangles) + len(sheath.triangles)
    assert len(mesh.facets_of(Patch.INLET)) == 2 * LAYERS * AROUND
    assert len(mesh.facets_of(Patch.DISTAL)) == 5 * 2 * LAYERS * AROUND
    assert mesh.tree is not None and np.array_equal(mesh.tree.parent, tree.parent)


def test_the_space_is_as_wide_as_said(mesh):
    """Volume of the space over that of tubes R2 = 1.5 R1 along the tree, junction overlap aside."""
    tree = mesh.tree
    child = np.flatnonzero(tree.parent >= 0)
    parent = tree.parent[child]
    length = np.linalg.norm(tree.points[child] - tree.points[parent], axis=1)
    tubes = np.sum(np.pi * (RATIO**2 - 1.0) * tree.radius[child] ** 2 * length)
    volume = tet_volumes(mesh.points, mesh.cells_of(Region.ARTERIAL_PVS)).sum()
    assert volume / tubes == pytest.approx(0.98, abs=0.03)
