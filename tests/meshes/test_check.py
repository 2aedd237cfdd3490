"""The report sees every kind of damage, and nothing in a sound mesh."""

from dataclasses import replace

import numpy as np
import pytest

from meshes.annulus import annulus
from meshes.check import Report, check
from meshes.check.neighbours import Neighbours, branches_of, nearest_vessels
from meshes.check.subject import Subject
from meshes.check.tubes import tube_sizes
from meshes.check.vessels import gap_at
from meshes.face_table import face_table
from meshes.mesh import Mesh
from meshes.sheath import sheath
from meshes.sweep.faces import OUTWARD
from meshes.tags import Patch, Region
from meshes.tree import VesselTree
from meshes.unassembled import unassembled

um = 1e-6


@pytest.fixture(scope="module")
def tube() -> Mesh:
    return annulus(10 * um, 14 * um, 60 * um, tissue_outer=40 * um, across=6, around=16)


def failures(report: Report) -> set[str]:
    return {row.name for row in report.rows if row.verdict == "fail"}


def test_a_sound_mesh(tube):
    report = check(tube)
    assert not report.failed
    assert {row.verdict for row in report.rows} == {"ok"}, report.table()
    assert report.row("cells across the gap, least").value == 6
    assert report.row("volume arterial_pvs").value == pytest.approx(np.pi * 96 * 60)
    assert report.row("volume tissue").value == pytest.approx(np.pi * (1600 - 196) * 60)
    assert report.row("area inlet").value == pytest.approx(np.pi * 96)
    assert report.row("inlet ends").value == report.row("distal ends").value == 1
    assert report.row("pieces of tissue").value == 1
    assert report.row("path, longest").value == pytest.approx(60)


def test_dihedral_angles_of_a_known_tetrahedron():
    points = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1.0]]) * um
    mesh = replace(
        annulus(10 * um, 14 * um, 10 * um, across=1, around=4),
        points=points,
        cells=np.array([[0, 1, 2, 3]]),
        regions=np.array([1], dtype=np.int32),
        facets=np.zeros((0, 3), dtype=np.int64),
        patches=np.zeros(0, dtype=np.int32),
    )
    report = check(replace(mesh, vessel=first_points(mesh, 4)))
    assert report.row("PVS largest dihedral").value == pytest.approx(90)
    assert report.row("PVS smallest dihedral").value == pytest.approx(
        np.degrees(np.arccos(3**-0.5))
    )
    assert failures(report) >= {"faces without a tag", "inlet ends", "cells across the gap, least"}


def first_points(mesh: Mesh, count: int):
    names = ("path", "radius", "fraction", "radial", "gap", "column")
    return replace(mesh.vessel, **{n: getattr(mesh.vessel, n)[:count] for n in names})


@pytest.mark.parametrize(("across", "layered"), [(3, True), (4, True), (5, False), (6, False)])
def test_few_cells_across_warn(across, layered):
    """Below 4 on layered meshes, below 6 on others."""
    mesh = annulus(10 * um, 14 * um, 60 * um, across=across, around=16)
    if not layered:
        column = mesh.vessel.column.copy()
        column[np.flatnonzero(mesh.vessel.fraction == 1)[0]] = column[-1]
        mesh = replace(mesh, vessel=replace(mesh.vessel, column=column))
    report = check(mesh)
    assert not report.failed
    for row in (report.row("cells across the gap, " + name) for name in ("least", "median")):
        assert row.value == across
        assert row.bound == (">= 4" if layered else ">= 6")
        assert row.verdict == ("warn" if across in (3, 5) else "ok")


def test_stretch_and_slivers_warn():
    report = check(annulus(10 * um, 10.5 * um, 100 * um, across=6, around=16, along=4))
    assert report.row("longest edge over gap").value == pytest.approx(25 / 0.5, rel=0.05)
    assert report.row("longest edge over gap").verdict == "warn"
    assert report.row("PVS smallest dihedral").verdict == "warn"


def test_inverted_cell_fails_with_its_place(tube):
    cells = tube.cells.copy()
    cells[17] = cells[17][[1, 0, 2, 3]]
    report = check(replace(tube, cells=cells))
    row = report.row("inverted cells")
    assert (row.value, row.bound, row.verdict) == (1, "= 0", "fail")
    assert row.where == pytest.approx(tube.points[tube.cells[17]].mean(axis=0))
    centre = tube.points[tube.cells[17]].mean(axis=0) / um
    assert row.place == "at (" + ", ".join(f"{x:.5g}" for x in centre) + ") um"
    assert report.failed


def test_tags_missing_doubled_or_stray(tube):
    wall = np.flatnonzero(tube.patches == Patch.WALL)
    keep = np.setdiff1d(np.arange(len(tube.facets)), wall[:2])
    bare = check(replace(tube, facets=tube.facets[keep], patches=tube.patches[keep]))
    assert bare.row("faces without a tag").value == 2
    assert failures(bare) == {"faces without a tag"}

    def with_facet(facet, patch):
        return check(
            replace(
                tube,
                facets=np.concatenate([tube.facets, [facet]]),
                patches=np.append(tube.patches, patch),
            )
        )

    assert failures(with_facet(tube.facets[wall[0]], Patch.INLET)) == {"facets tagged twice"}
    nowhere = [0, 1, len(tube.points) - 1]
    assert failures(with_facet(nowhere, Patch.WALL)) == {"facets on no face"}
    inside = tube.cells[tube.regions == Region.TISSUE][:, [0, 1, 2]]
    boundary = {tuple(sorted(f)) for f in tube.facets.tolist()}
    inner = next(f for f in inside.tolist() if tuple(sorted(f)) not in boundary)
    assert "facets inside a region" in failures(with_facet(inner, Patch.TISSUE_OUTER))


def test_sheath_must_pair_space_and_tissue(tube):
    patches = tube.patches.copy()
    patches[np.flatnonzero(patches == Patch.WALL)[0]] = Patch.SHEATH
    report = check(replace(tube, patches=patches))
    assert report.row("sheath facets not between PVS and tissue").value == 1
    patches = tube.patches.copy()
    patches[np.flatnonzero(patches == Patch.SHEATH)[0]] = Patch.DISTAL
    assert "faces between PVS and tissue not sheath" in failures(
        check(replace(tube, patches=patches))
    )


def test_points_shared_off_the_sheath(tube):
    """Tissue on the end of the space: what a foreign mesh has before it is parted."""
    end = np.isclose(tube.points[:, 2], 60 * um).sum()
    above = tube.points[tube.cells][..., 2].mean(axis=1) > 50 * um
    report = check(replace(tube, regions=np.where(above, Region.TISSUE, tube.regions)))
    assert 0 < report.row("points shared off the sheath").value < end


def test_pieces_and_ends(tube):
    height = tube.points[tube.cells][..., 2].mean(axis=1)
    middle = np.abs(height - 30 * um) < 8 * um
    split = replace(
        tube, cells=tube.cells[~middle], regions=tube.regions[~middle]
    )  # fmt: skip
    report = check(split)
    assert report.row("pieces of arterial_pvs").value == 2
    assert report.row("pieces of arterial_pvs").verdict == "warn"
    assert "smallest has" in report.row("pieces of arterial_pvs").place
    for patch, verdict in ((Patch.INLET, "fail"), (Patch.DISTAL, "warn")):
        patches = np.where(tube.patches == patch, Patch.WALL, tube.patches)
        row = check(replace(tube, patches=patches)).row(f"{patch.name.lower()} ends")
        assert (row.value, row.verdict) == (0, verdict)


def test_vessel_coordinates_are_checked(tube):
    for name, value in (("radius", 0.0), ("gap", np.nan), ("path", np.inf), ("column", -1)):
        values = getattr(tube.vessel, name).copy()
        values[np.unique(tube.cells_of(Region.ARTERIAL_PVS))[3]] = value
        report = check(replace(tube, vessel=replace(tube.vessel, **{name: values})))
        assert report.row("PVS points without vessel coordinates").value == 1, name


def test_cells_that_overlap_or_crowd(tube):
    """A point pulled through the far face of a cell; one cell listed twice."""
    inner = np.setdiff1d(np.arange(len(tube.points)), np.unique(tube.facets))[5]
    points = tube.points.copy()
    points[inner] += [0, 0, 30 * um]
    report = check(unassembled(points, tube.cells, tube.regions, tube.facets, tube.patches))
    assert report.row("cells that overlap a neighbour").verdict == "fail"
    assert report.row("inverted cells").value == 0  # signs mean nothing in a foreign file
    assert "PVS points without vessel coordinates" not in {row.name for row in report.rows}
    twice = replace(
        tube,
        cells=np.concatenate([tube.cells, tube.cells[:1]]),
        regions=np.append(tube.regions, tube.regions[0]),
    )
    shared = face_table(tube.cells).second >= 0
    faces = face_table(tube.cells)
    of_first = (faces.first == 0) | (faces.second == 0)
    assert check(twice).row("faces of three cells or more").value == np.sum(shared & of_first)


def test_a_torn_mesh(tube):
    """One tissue cell with corners of its own where its neighbours have theirs."""
    tissue = np.flatnonzero(tube.regions == Region.TISSUE)[40]
    cells = tube.cells.copy()
    count = len(tube.points)
    points = np.concatenate([tube.points, tube.points[cells[tissue]]])
    cells[tissue] = count + np.arange(4)
    report = check(unassembled(points, cells, tube.regions, tube.facets, tube.patches))
    row = report.row("points doubled in a region")
    assert (row.value, row.verdict) == (4, "fail")


def test_surfaces_that_are_no_manifolds(tube):
    """Two pieces of the space that meet along one edge."""
    points = np.array(
        [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [0, -1, 0], [-1, 0, 0.0]]
    ) * um  # fmt: skip
    cells = np.array([[0, 1, 2, 3], [0, 5, 4, 3]])
    facets = cells[:, OUTWARD].reshape(-1, 3)
    for patch, name, verdict in (
        (Patch.WALL, "edges where the wall is no surface", "fail"),
        (Patch.SHEATH, "edges where the space meets itself", "warn"),
    ):
        patches = np.full(8, patch, dtype=np.int32)
        row = check(unassembled(points, cells, np.ones(2, np.int32), facets, patches)).row(name)
        assert (row.value, row.verdict) == (1, verdict)
        assert row.where == pytest.approx([0, 0, 0.5 * um])


def test_sheath_vertices_without_a_partner(tube):
    """Tissue that stops short of the sheath: its vertices have the space on one side only."""
    near = np.isin(tube.cells, tube.facets_of(Patch.SHEATH)).any(axis=1)
    near &= tube.regions == Region.TISSUE
    cut = replace(tube, cells=tube.cells[~near], regions=tube.regions[~near])
    row = check(cut).row("sheath vertices without a partner")
    assert (row.value, row.verdict) == (len(np.unique(tube.facets_of(Patch.SHEATH))), "fail")


def test_wall_points_without_one_sheath_point(tube):
    column = tube.vessel.column.copy()
    sheath = np.unique(tube.facets_of(Patch.SHEATH))
    one, other = sheath[:2]
    inner = np.flatnonzero((column == column[one]) & (tube.vessel.fraction < 1))[1]
    column[inner], column[one] = column[other], column[other]
    swap = np.flatnonzero((column == column[other]) & (tube.vessel.fraction < 1))[:2]
    column[swap] = tube.vessel.column[one]
    report = check(replace(tube, vessel=replace(tube.vessel, column=column)))
    assert report.row("wall points without one sheath point").value == 2


# ---------------------------------------------------------------------------- against the tree


def test_sizes_against_the_tree(tube):
    report = check(tube)
    for name in ("wall area over the tree's", "space volume over the tree's"):
        assert report.row(name).value == pytest.approx(1, abs=0.03)
        assert report.row(name).verdict == "ok"
    assert tube.tree is not None
    wide = replace(tube.tree, radius=1.2 * tube.tree.radius)
    report = check(replace(tube, tree=wide))
    assert report.row("wall area over the tree's").value == pytest.approx(1 / 1.2, abs=0.03)
    assert report.row("wall area over the tree's").verdict == "warn"


def nearest(tree: VesselTree, outer: np.ndarray) -> Neighbours | None:
    return nearest_vessels(tree, outer, branches_of(tree))


def test_tubes_of_one_vessel_are_frusta():
    points = np.array([[0, 0, 0], [0, 0, 100], [0, 0, 300.0]])
    radius = np.array([10.0, 10.0, 4.0])
    tree = VesselTree(points, radius, np.array([-1, 0, 1]))
    area, volume = tube_sizes(tree, radius, branches_of(tree))
    assert area == pytest.approx(2 * np.pi * 10 * 100 + np.pi * 14 * np.hypot(200, 6))
    assert volume == pytest.approx(np.pi * (100 * 100 + 200 / 3 * (100 + 40 + 16)), rel=1e-4)


def test_what_two_tubes_share_counts_once():
    """Two crossing tubes of one radius share 16 r3 / 3, and 8 r2 less wall each."""
    points = np.array([[-50, 0, 0], [0, 0, 0], [50, 0, 0], [0, -50, 0], [0, 50, 0.0]])
    tree = VesselTree(points, np.full(5, 8.0), np.array([-1, 0, 1, 1, 1]))
    area, volume = tube_sizes(tree, tree.radius, branches_of(tree))
    assert area == pytest.approx(2 * (2 * np.pi * 8 * 100) - 16 * 8**2, rel=0.01)
    assert volume == pytest.approx(2 * np.pi * 64 * 100 - 16 / 3 * 8**3, rel=0.01)


def test_distance_between_vessels():
    """Two twigs of one trunk are neighbours; what meets at a junction is not."""
    points = np.array(
        [[0, 0, 0], [100, 0, 0], [200, 0, 0], [300, 0, 0], [100, 0, 250], [200, 0, 250.0]]
    ) * um  # fmt: skip
    parent = np.array([-1, 0, 1, 2, 1, 2])
    outer = np.full(6, 9 * um)
    found = nearest(VesselTree(points, outer / 2, parent), outer)
    assert found is not None
    assert found.room == pytest.approx((100 - 18) * um)
    one = VesselTree(points[[0, 1, 2, 4]], outer[:4], np.array([-1, 0, 1, 1]))
    assert nearest(one, outer[:4]) is None  # a single junction
    near = points.copy()
    near[[2, 5], 0] = 117 * um  # two junctions with less between them than the spaces are wide
    assert nearest(VesselTree(near, outer, parent), outer) is None


def test_a_vessel_that_turns_back_is_its_own_neighbour():
    points = np.array([[0, 0, 0], [0, 0, 200], [30, 0, 200], [30, 0, 0.0]]) * um
    tree = VesselTree(points, np.full(4, 5 * um), np.array([-1, 0, 1, 2]))
    found = nearest(tree, np.full(4, 8 * um))
    assert found is not None
    assert found.room == pytest.approx((30 - 16) * um)
    straight = replace(tree, points=points * [0, 0, 1] + np.arange(4)[:, None] * [0, 0, 300 * um])
    assert nearest(straight, np.full(4, 8 * um)) is None


def test_vessels_that_come_too_near_warn(tube):
    """The gap of the mesh, 4 um, is put round another tree."""
    points = np.array(
        [[0, 0, 0], [100, 0, 0], [140, 0, 0], [240, 0, 0], [100, 0, 250], [120, 0, 250.0]]
    ) * um  # fmt: skip
    tree = VesselTree(points, np.full(6, 5 * um), np.array([-1, 0, 1, 2, 1, 2]))
    row = check(replace(tube, tree=tree)).row("distance between vessels")
    assert row.verdict == "warn"
    gap = tube.vessel.gap[np.unique(tube.facets_of(Patch.WALL))].mean() / um
    assert row.value == pytest.approx(20 - 2 * (5 + gap), abs=0.01)


def test_artery_and_vein_are_measured_apart():
    """The tree is the artery's, whatever wall the vein adds; between the two lies 16 um."""
    radii = (10 * um, 14 * um, 40 * um)
    mesh = annulus(*radii, tissue_outer=30 * um, venous=34 * um, across=4, around=32)
    report = check(mesh)
    assert report.row("wall area over the tree's").value == pytest.approx(1, abs=0.03)
    assert report.row("space volume over the tree's").value == pytest.approx(1, abs=0.05)
    row = report.row("distance between spaces")
    assert (row.value, row.verdict) == (pytest.approx(16, rel=0.01), "ok")
    assert "distance between spaces" not in {row.name for row in check(annulus(*radii)).rows}


def test_table_is_plain_text(tube):
    table = check(tube).table()
    lines = table.splitlines()
    assert lines[0] == tube.name
    assert lines[1].split() == ["value", "unit", "bound", "worst", "place"]
    assert any(line.startswith("inverted cells") and " 0 " in line for line in lines)
    assert table.isascii()
    with pytest.raises(KeyError):
        check(tube).row("no such row")


def test_a_thin_vessel_beside_a_wide_one_keeps_its_own_gap():
    """The wide vessel's wall is nearer to the thin one's axis than to its own."""
    up = np.linspace(0.0, 200.0, 41)[:, None] * [0, 0, 1.0]
    turn = np.radians(np.arange(150.0, -91.0, -15.0))
    bow = [[49 + 12 * np.cos(a), 0, 120 + 12 * np.sin(a)] for a in turn]  # off, and to the side
    down = [[15, 0, 106], [24, 0, 114], *bow, *([45 - x, 0, 106 - x] for x in range(0, 26, 3))]
    down += [[19, 0, z] for z in range(78, 6, -3)]
    count = len(down)
    tree = VesselTree(
        np.concatenate([up, down]) * um,
        np.append(np.full(41, 10.0), np.full(count, 3.0)) * um,
        np.concatenate([np.arange(41) - 1, [20], 41 + np.arange(count - 1)]),
    )
    mesh = sheath(tree, ratio=1.5, tissue=0.0, around=8, layers=2, smoothing=0.5)
    gap = gap_at(Subject(mesh), mesh.tree, np.unique(mesh.facets_of(Patch.WALL)))
    beside = mesh.tree.points[:, 2] < 70 * um
    thin = beside & (mesh.tree.radius < 4 * um)
    assert thin.sum() > 10
    np.testing.assert_allclose(gap[thin], gap[thin].mean(), rtol=0.02)
    assert np.all(gap[beside & ~thin] > 3.0 * um)
