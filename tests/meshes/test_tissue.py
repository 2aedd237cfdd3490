"""Tissue in a box, in a Krogh cylinder, round arteries with their veins; nothing lost on disk."""

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import meshio
import numpy as np
import pytest

from meshes.block import Box, Krogh
from meshes.check import check
from meshes.clean.cleaning import Cleaning
from meshes.errors import InputError
from meshes.fill.offset import offset_surface
from meshes.mesh import Mesh
from meshes.read_mesh import read_mesh
from meshes.read_tree import read_tree
from meshes.shape import Eccentric
from meshes.sheath import sheath
from meshes.sweep.faces import tet_volumes
from meshes.tags import Patch, Region
from meshes.tree import VesselTree
from meshes.write import write_mesh

UM = 1e-6
ARTERY, TISSUE, VEIN = Region.ARTERIAL_PVS, Region.TISSUE, Region.VENOUS_PVS
VESSELS = Path(__file__).parents[3] / "shared" / "data" / "vessels"
COARSE = {"around": 8, "layers": 2}
needs_tetrahedraliser = pytest.mark.skipif(
    find_spec("tetgen") is None or find_spec("mmgpy") is None, reason="needs glymphax[mesh]"
)


def line(start, end, radius: float, name: str) -> VesselTree:
    points = np.linspace(start, end, 13) * UM
    return VesselTree(points, np.full(13, radius * UM), np.arange(13) - 1, name)


def artery() -> VesselTree:
    return line((0, 0, 0), (0, 0, 120), 6.0, "artery")


def vein(away: float = 40.0) -> VesselTree:
    """Oblique to the artery's mouth plane, in which it drains."""
    return line((away, 5, 0), (away + 30, 5, 100), 5.0, "vein")


def volume_of(mesh: Mesh, region: Region) -> float:
    return float(tet_volumes(mesh.points, mesh.cells_of(region)).sum())


def block(low, high) -> Box:
    return Box(low=tuple(np.array(low) * UM), high=tuple(np.array(high) * UM))


@pytest.fixture(scope="module")
def pair() -> Mesh:
    """An artery and a vein from their mouths at z = 0 to blind tips in one box."""
    box = block((-40, -40, 0), (100, 50, 150))
    return sheath(artery(), veins=vein(), gap=3 * UM, tissue=box, **COARSE)


@needs_tetrahedraliser
def test_a_box_holds_both_spaces_and_what_they_leave(pair):
    assert not check(pair).failed
    assert pair.parts == ("arterial_pvs", "tissue", "venous_pvs")
    low, high = pair.points.min(axis=0) / UM, pair.points.max(axis=0) / UM
    np.testing.assert_allclose(low, (-40, -40, 0), atol=1e-6)
    np.testing.assert_allclose(high, (100, 50, 150), atol=1e-6)
    skew = np.hypot(1.0, 0.3)  # the vein's section in the plane of its mouth
    vessels = np.pi * (81 * 120 + 64 * 100 * skew)
    box = 140 * 90 * 150 * UM**3
    tissue = volume_of(pair, TISSUE)
    assert tissue == pytest.approx(box - vessels * UM**3, rel=1e-3)


@needs_tetrahedraliser
def test_an_oblique_vessel_ends_flush_with_the_box(pair):
    for region, count in ((ARTERY, 1), (VEIN, 1)):
        own = np.isin(pair.facets, pair.cells_of(region)).all(axis=1)
        inlet = pair.facets[own & (pair.patches == Patch.INLET)]
        assert len(inlet) == count * 2 * 2 * 8
        np.testing.assert_allclose(pair.points[inlet][..., 2], 0.0, atol=1e-9 * UM)
    assert len(pair.facets_of(Patch.LUMEN)) == 2 * 8  # the two tips
    vessel = pair.vessel
    pvs = vessel.column >= 0
    foot = pair.points[vessel.column]
    rebuilt = foot + (vessel.fraction * vessel.gap)[:, None] * vessel.radial
    np.testing.assert_allclose(rebuilt[pvs], pair.points[pvs], atol=1e-9 * UM)
    mouth = pvs & (np.abs(pair.points[:, 2]) < 1e-9 * UM)
    np.testing.assert_allclose(vessel.radial[mouth, 2], 0.0, atol=1e-9)
    assert np.isin(vessel.column[np.unique(pair.cells_of(VEIN))], pair.cells_of(VEIN)).all()


@needs_tetrahedraliser
def test_a_vessel_may_cross_the_box_from_side_to_side():
    box = block((-40, -40, 0), (60, 40, 120))
    tree = line((0, 0, 0), (25, 0, 120), 6.0, "across")
    mesh = sheath(tree, gap=3 * UM, tissue=box, **COARSE)
    assert not check(mesh).failed
    assert not len(mesh.facets_of(Patch.LUMEN))
    for patch, height in ((Patch.INLET, 0.0), (Patch.DISTAL, 120 * UM)):
        ends = mesh.points[mesh.facets_of(patch)][..., 2]
        np.testing.assert_allclose(ends, height, atol=1e-9 * UM)
    length = np.hypot(25.0, 120.0)  # a sheared tube keeps its volume
    assert volume_of(mesh, ARTERY) == pytest.approx(np.pi * 45 * length * UM**3, rel=2e-3)
    total = volume_of(mesh, TISSUE) + np.pi * 81 * length * UM**3
    assert total == pytest.approx(100 * 80 * 120 * UM**3, rel=1e-3)


@needs_tetrahedraliser
@pytest.mark.parametrize("tissue", [Box(margin=30 * UM), 50 * UM])
def test_mouths_in_one_plane_are_open_there(tissue):
    mesh = sheath(artery(), veins=vein(), gap=3 * UM, tissue=tissue, **COARSE)
    assert not check(mesh).failed
    assert len(mesh.facets_of(Patch.LUMEN)) == 2 * 8
    np.testing.assert_allclose(mesh.points[mesh.facets_of(Patch.INLET)][..., 2], 0, atol=1e-9 * UM)
    assert mesh.points[:, 2].min() > -1e-9 * UM


@needs_tetrahedraliser
def test_a_mouth_inside_the_tissue_is_blind_and_told():
    upside = line((40, 5, 110), (40, 5, 20), 5.0, "vein")
    mesh = sheath(artery(), veins=upside, gap=3 * UM, tissue=Box(margin=30 * UM), **COARSE)
    assert not check(mesh).failed
    assert len(mesh.facets_of(Patch.LUMEN)) == 3 * 8
    assert any("blind inside the box" in note for note in mesh.notes)


@pytest.mark.parametrize(
    ("box", "words"),
    [
        (block((-40, -40, 0), (60, 40, 60)), "upper z face"),
        (block((-8, -40, 0), (60, 40, 150)), "lower x face"),
    ],
)
def test_a_vessel_that_leaves_the_box_is_refused_by_place(box, words):
    with pytest.raises(InputError, match=rf"artery: the vessel at \(.*{words}.*crop"):
        sheath(artery(), gap=3 * UM, tissue=box, **COARSE)


def test_touching_sheaths_shrink_with_a_note():
    close = line((17, 0, 0), (17, 0, 120), 5.0, "vein")
    mesh = sheath(artery(), veins=close, gap=4 * UM, tissue=0, **COARSE)
    assert any("sheaths would touch" in note for note in mesh.notes)
    sheath_points = mesh.points[np.unique(mesh.facets_of(Patch.SHEATH))] / UM
    ours = np.hypot(*sheath_points[:, :2].T) < 11.0
    assert sheath_points[ours, 0].max() < sheath_points[~ours, 0].min()
    alone = sheath(artery(), gap=4 * UM, tissue=0, **COARSE)
    assert mesh.vessel.gap.max() < 0.8 * alone.vessel.gap.min()


def test_an_overlap_without_room_is_refused_by_place():
    close = line((11.5, 0, 0), (30, 0, 120), 5.0, "vein")
    with pytest.raises(InputError, match=r"artery at \(0.0, 0.0, 0.0\) um and a vein .*overlap"):
        sheath(artery(), veins=close, gap=4 * UM, tissue=0, **COARSE)


@needs_tetrahedraliser
def test_veins_that_overlap_are_pruned_when_asked():
    """A vein that crosses the artery keeps its longer part, rooted at the place it was cut."""
    crossing = line((-40, 0, 60), (80, 0, 60), 5.0, "vein")
    mesh = sheath(
        artery(), veins=crossing, overlap="prune", gap=4 * UM, tissue=50 * UM, around=8, layers=2
    )
    assert not check(mesh).failed
    venous = mesh.points[np.unique(mesh.cells_of(VEIN))] / UM
    assert 11.0 < venous[:, 0].min() < 30.0
    assert venous[:, 0].max() == pytest.approx(80.0)
    (note,) = (note for note in mesh.notes if "veins pruned" in note)
    assert note.startswith("0.05") or note.startswith("0.06")


def test_a_gently_bent_vessel_has_a_krogh_cylinder():
    angle = np.linspace(0.0, 0.8, 40)
    points = 200.0 * np.stack([0 * angle, 1 - np.cos(angle), np.sin(angle)], axis=1) * UM
    tree = VesselTree(points, np.full(40, 6 * UM), np.arange(40) - 1, "bent")
    mesh = sheath(tree, gap=3 * UM, tissue=Krogh(60 * UM), smoothing=0.0)
    assert not check(mesh).failed
    expected = np.pi * (60.0**2 - 9.0**2) * 200.0 * 0.8 * UM**3  # Pappus
    assert volume_of(mesh, TISSUE) == pytest.approx(expected, rel=2e-3)
    with pytest.raises(InputError, match="leaves room for a Krogh cylinder of 169"):
        sheath(tree, gap=3 * UM, tissue=Krogh(190 * UM))


def test_a_krogh_cylinder_round_an_eccentric_sheath_is_round():
    shape = Eccentric(0.6, (1, 0, 0))
    mesh = sheath(artery(), gap=4 * UM, shape=shape, tissue=Krogh(80 * UM))
    assert not check(mesh).failed
    expected = np.pi * (80.0**2 - 100.0) * 120.0 * UM**3
    assert volume_of(mesh, TISSUE) == pytest.approx(expected, rel=1e-9)


@needs_tetrahedraliser
@pytest.mark.parametrize("suffix", [".vtu", ".msh"])
def test_nothing_is_lost_on_disk(tmp_path, pair, suffix):
    """Tags, parts, columns and coordinates; the centreline networks in our own format."""
    again = read_mesh(write_mesh(pair, tmp_path / f"pair{suffix}"), "m")
    for name in ("points", "cells", "regions", "facets", "patches", "part"):
        np.testing.assert_array_equal(getattr(again, name), getattr(pair, name))
    for name in ("path", "radius", "fraction", "radial", "gap", "column"):
        np.testing.assert_array_equal(getattr(again.vessel, name), getattr(pair.vessel, name))
    assert again.parts == pair.parts
    if suffix == ".vtu":
        assert again.widening == pair.widening
        for word in ("tree", "veins"):
            one, other = getattr(again, word), getattr(pair, word)
            assert (one.name, one.notes) == (other.name, other.notes)
            for name in ("points", "radius", "parent"):
                np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


@needs_tetrahedraliser
def test_coordinates_found_anew_agree_with_those_of_the_sweep(tmp_path, pair):
    """A file without vessel coordinates gives back columns, and about the same numbers."""
    bare = meshio_without_coordinates(write_mesh(pair, tmp_path / "pair.msh"))
    again = read_mesh(bare, "m")
    pvs = pair.vessel.column >= 0
    np.testing.assert_array_equal(again.vessel.column[pvs], pair.vessel.column[pvs])
    np.testing.assert_allclose(again.vessel.radius[pvs], pair.vessel.radius[pvs], rtol=0.15)
    np.testing.assert_allclose(again.vessel.path[pvs], pair.vessel.path[pvs], atol=4 * UM)
    assert np.einsum("ij,ij->i", again.vessel.radial, pair.vessel.radial)[pvs].min() > 0.9


def meshio_without_coordinates(path):
    raw = meshio.read(path)
    raw.point_data.clear()
    bare = path.with_name("bare.msh")
    meshio.gmsh.write(bare, raw, fmt_version="2.2", binary=True)
    return bare


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Box(), "margin"),
        (lambda: Box(margin=1e-5, low=(0, 0, 0), high=(1, 1, 1)), "margin"),
        (lambda: Box(low=(0, 0, 0)), "both corners"),
        (lambda: Box(low=(0, 0, 0), high=(1, 1, 0)), "below high"),
        (lambda: Box(margin=-1.0), "positive"),
        (lambda: Krogh(0.0), "positive"),
        (lambda: sheath(artery(), gap=3e-6, tissue=Krogh(9e-6)), "use at least"),
        (lambda: sheath(artery(), veins=vein(), gap=3e-6, tissue=Krogh(9e-5)), "one vessel"),
    ],
)
def test_wrong_blocks_are_refused(make, words):
    with pytest.raises(InputError, match=words):
        make()


def test_two_trees_may_have_one_name():
    mesh = sheath(artery(), veins=replace(vein(), name="artery"), gap=3 * UM, tissue=0, **COARSE)
    assert not check(mesh).failed


@needs_tetrahedraliser
@pytest.mark.skipif(not VESSELS.exists(), reason="needs the traced vessels")
def test_a_block_of_human_arteries_and_veins():
    """16 mm of cortex: a fork and a vein beside it, all cut flush with a slightly larger box."""
    low, high = np.array([15.2, 86.17, 92.34]) * 1e-3, np.array([31.2, 102.17, 108.34]) * 1e-3
    clean = Cleaning(crop=np.stack([low, high], axis=1).tolist(), piece="largest")
    trees = [read_tree(VESSELS / f"human_{name}.vtk", "m", clean) for name in ("arteries", "veins")]
    mesh = sheath(
        trees[0],
        veins=trees[1],
        overlap="prune",
        ratio=1.4,
        tissue=Box(low=tuple(low - 5e-4), high=tuple(high + 5e-4)),
        around=10,
    )
    assert not check(mesh).failed
    assert {*np.unique(mesh.regions)} == {ARTERY, TISSUE, VEIN}
    assert any("veins pruned" in note for note in mesh.notes)
    inlet = mesh.points[mesh.facets_of(Patch.INLET)]
    np.testing.assert_allclose(inlet[..., 2], low[2] - 5e-4, atol=1e-12)
    corners = mesh.points.min(axis=0), mesh.points.max(axis=0)
    np.testing.assert_allclose(corners, (low - 5e-4, high + 5e-4), atol=1e-12)


@pytest.mark.parametrize("height", [2.7, 2.85, 3.0])
def test_an_outer_face_that_grazes_the_plane_of_the_mouth_leaves_the_plane_to_it(height):
    vessel = np.stack([np.zeros(41), np.zeros(41), np.linspace(0.0, 10.0, 41)], axis=1)
    beside = np.stack([np.linspace(2.0, 12.0, 41), np.zeros(41), np.full(41, height)], axis=1)
    made = offset_surface(np.concatenate([vessel, beside]), 3.0, 0.75, cut=True)
    assert (made.points[made.triangles, 2] > 0.0).any(axis=1).all()
    assert len(np.unique(made.triangles)) == len(made.points)
