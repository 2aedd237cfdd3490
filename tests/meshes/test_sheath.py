"""Tree to mesh: exact volumes, positive cells, tags, columns, junctions, refusals by place."""

import re
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from meshes.annulus import circle_factor
from meshes.errors import InputError
from meshes.read_tree import read_tree
from meshes.sheath import sheath
from meshes.sweep.faces import boundary_and_interface, tet_volumes
from meshes.tags import Patch, Region
from meshes.tree import VesselTree
from tests.meshes.murray import first_bifurcations, murray_tree

UM = 1e-6
VESSELS = Path(__file__).parents[3] / "shared" / "data" / "vessels"
needs_tetrahedraliser = pytest.mark.skipif(
    find_spec("tetgen") is None or find_spec("mmgpy") is None, reason="needs glymphax[mesh]"
)


def polyline(points, radius, name="line"):
    points = np.asarray(points, dtype=float) * UM
    parent = np.arange(len(points)) - 1
    return VesselTree(points, np.broadcast_to(radius * UM, len(points)).copy(), parent, name)


def straight(length=120.0, radius=6.0, nodes=13):
    direction = np.array([1.0, 2.0, 2.0]) / 3.0
    return polyline(np.linspace(0.0, length, nodes)[:, None] * direction, radius)


def fork(angle, ratio, radius=6.0, length=100.0, nodes=11):
    """A Y in a plane; the daughters share the angle against their radii."""
    first = 0.9 * radius
    second = ratio * first
    angles = np.radians(angle) * np.array([second, -first]) / (first + second)
    s = np.linspace(0.0, length, nodes)
    points = [np.stack([0 * s, 0 * s, s - length], axis=1)]
    radii, parent = [np.full(nodes, radius)], [np.arange(nodes) - 1]
    for tilt, size in zip(angles, (first, second), strict=True):
        points.append(s[1:, None] * np.array([np.sin(tilt), 0.0, np.cos(tilt)]))
        radii.append(np.full(nodes - 1, size))
        start = nodes + (nodes - 1) * (len(points) - 2)
        parent.append(np.concatenate([[nodes - 1], np.arange(start, start + nodes - 2)]))
    return VesselTree(
        np.concatenate(points) * UM, np.concatenate(radii) * UM, np.concatenate(parent), "fork"
    )


def volume_of(mesh, region):
    return tet_volumes(mesh.points, mesh.cells_of(region)).sum()


def check_mesh(mesh):
    """Positive cells; every boundary and sheath face tagged once, and rightly; a closed skin."""
    assert tet_volumes(mesh.points, mesh.cells).min() > 0.0
    boundary, interface = boundary_and_interface(mesh.cells, mesh.regions)
    faces = np.concatenate([boundary.triangles, interface.triangles])
    tagged = np.sort(mesh.facets, axis=1)
    assert len(np.unique(tagged, axis=0)) == len(tagged) == len(faces)
    assert {*map(tuple, tagged)} == {*map(tuple, np.sort(faces, axis=1))}
    code = {tuple(sorted(f)): p for f, p in zip(mesh.facets, mesh.patches, strict=True)}
    owner = mesh.regions[boundary.cells]
    found = np.array([code[tuple(sorted(f))] for f in boundary.triangles])
    assert set(found[owner == Region.TISSUE]) <= {Patch.TISSUE_OUTER, Patch.LUMEN}
    if len(interface.cells):
        assert all(code[tuple(sorted(f))] == Patch.SHEATH for f in interface.triangles)
        pvs = np.unique(mesh.cells_of(Region.ARTERIAL_PVS))
        shared = np.intersect1d(pvs, np.unique(mesh.cells_of(Region.TISSUE)))
        assert np.array_equal(shared, np.unique(mesh.facets_of(Patch.SHEATH)))
        assert Patch.SHEATH not in found
    skin = [boundary.triangles[owner == Region.ARTERIAL_PVS], interface.triangles]
    corners = mesh.points[np.concatenate(skin)]
    area = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    assert np.abs(area.sum(axis=0)).max() < 1e-9 * np.abs(area).sum()


def check_columns(mesh, layers):
    vessel = mesh.vessel
    pvs = np.flatnonzero(vessel.column >= 0)
    stack = pvs.reshape(-1, layers + 1)
    assert np.array_equal(vessel.column[stack], np.repeat(stack[:, :1], layers + 1, axis=1))
    assert np.all(np.diff(vessel.fraction[stack], axis=1) > 0.0)
    rebuilt = mesh.points[vessel.column] + (vessel.fraction * vessel.gap)[:, None] * vessel.radial
    assert np.abs(rebuilt - mesh.points)[pvs].max() < 1e-12 * UM + 1e-9 * vessel.gap[pvs].max()
    assert np.allclose(np.linalg.norm(vessel.radial[pvs], axis=1), 1.0, atol=1e-12)
    walls = np.unique(mesh.facets_of(Patch.WALL))
    assert np.array_equal(walls, stack[:, 0])


@pytest.mark.parametrize("inscribed", [False, True])
def test_straight_tube_has_the_round_or_the_polygon_volume(inscribed):
    mesh = sheath(straight(), gap=3 * UM, tissue=100 * UM, inscribed=inscribed, around=12)
    angle = 2 * np.pi / 12
    share = np.sin(angle) / angle if inscribed else 1.0
    for region, inner, outer in ((Region.ARTERIAL_PVS, 6, 9), (Region.TISSUE, 9, 100)):
        expected = share * np.pi * (outer**2 - inner**2) * 120.0 * UM**3
        assert volume_of(mesh, region) == pytest.approx(expected, rel=1e-10)


def test_straight_tube_is_a_krogh_cylinder_with_flat_ends():
    mesh = sheath(straight(), ratio=1.5, tissue=100 * UM)
    check_mesh(mesh)
    check_columns(mesh, 4)
    axis = np.array([1.0, 2.0, 2.0]) / 3.0
    along = mesh.points @ axis
    side = np.unique(mesh.facets_of(Patch.TISSUE_OUTER))
    away = np.linalg.norm(mesh.points[side] - np.outer(along[side], axis), axis=1)
    assert np.allclose(away, circle_factor(16, "area") * 100 * UM, rtol=1e-9)
    for patch, place in ((Patch.INLET, 0.0), (Patch.DISTAL, 120 * UM)):
        assert np.allclose(along[mesh.facets_of(patch)], place, atol=1e-10 * UM)
    assert np.allclose(mesh.vessel.path, along, atol=1e-9 * UM)


def test_taper_follows_the_nodes():
    radius = np.linspace(8.0, 5.0, 13)
    mesh = sheath(
        polyline(np.linspace(0, 120, 13)[:, None] * [0, 0, 1], radius), ratio=1.5, tissue=0
    )
    z, inner = mesh.points[:, 2] / UM, mesh.vessel.radius / UM
    assert np.allclose(inner, 8.0 - 3.0 * z / 120.0, atol=1e-6)
    wall = np.unique(mesh.facets_of(Patch.WALL))
    away = np.linalg.norm(mesh.points[wall, :2], axis=1) / UM
    assert np.allclose(away, circle_factor(16, "area") * inner[wall], atol=1e-6)


def test_bend_keeps_its_section():
    angle = np.linspace(0.0, np.pi / 2, 40)
    points = 80.0 * np.stack([np.sin(angle), 0 * angle, 1 - np.cos(angle)], axis=1)
    mesh = sheath(polyline(points, 6.0), gap=3 * UM, tissue=0, smoothing=0.0)
    check_mesh(mesh)
    check_columns(mesh, 4)
    expected = np.pi * (81 - 36) * UM**3 * 80.0 * np.pi / 2  # Pappus
    assert volume_of(mesh, Region.ARTERIAL_PVS) == pytest.approx(expected, rel=5e-3)


def test_corner_is_rounded_and_told():
    mesh = sheath(polyline([[0, 0, 0], [0, 0, 80], [60, 0, 130]], 6.0), gap=3 * UM, tissue=0)
    check_mesh(mesh)
    shift = next(n for n in mesh.notes if "largest shift" in n)
    assert 0.3 < float(shift.split()[-2]) < 6.0


@pytest.mark.parametrize("angle", [30, 60, 100, 160])
@pytest.mark.parametrize("ratio", [0.4, 1.0])
@pytest.mark.parametrize("gap", [3.0, 6.0])
def test_forks_have_positive_cells_and_straight_columns(angle, ratio, gap):
    mesh = sheath(fork(angle, ratio), gap=gap * UM, tissue=0, around=12, layers=2)
    check_mesh(mesh)
    check_columns(mesh, 2)
    ends = [len(mesh.facets_of(p)) for p in (Patch.INLET, Patch.DISTAL)]
    assert ends == [2 * 2 * 12, 2 * 2 * 2 * 12]
    tubes = np.pi * ((6 + gap) ** 2 - 36 + (5.4 + gap) ** 2 - 5.4**2)
    tubes += np.pi * ((5.4 * ratio + gap) ** 2 - (5.4 * ratio) ** 2)
    volume = volume_of(mesh, Region.ARTERIAL_PVS) / (tubes * 100.0 * UM**3)
    assert 0.75 < volume < 1.02  # the branches overlap at the junction


def test_fork_walls_lie_at_the_radius_away_from_the_junction():
    mesh = sheath(fork(60, 0.8), gap=3 * UM, tissue=0)
    wall = np.unique(mesh.facets_of(Patch.WALL))
    x = mesh.points[wall] / UM
    parent = x[:, 2] < -20.0
    away = np.linalg.norm(x[parent, :2], axis=1)
    assert np.allclose(away, 6.0 * circle_factor(16, "area"), rtol=1e-9)
    path = mesh.vessel.path[wall][parent] / UM
    assert np.allclose(path, x[parent, 2] + 100.0, atol=1e-6)


@needs_tetrahedraliser
def test_tissue_fills_the_offset_and_shares_only_the_sheath():
    mesh = sheath(fork(60, 0.8, length=60.0), gap=3 * UM, tissue=50 * UM, around=8, layers=2)
    check_mesh(mesh)
    outer = np.unique(mesh.facets_of(Patch.TISSUE_OUTER))
    x = mesh.points[outer]
    nodes = fork(60, 0.8, length=60.0, nodes=61).points
    away = np.linalg.norm(x[:, None] - nodes, axis=2).min(axis=1) / UM
    plane = np.isclose(x[:, 2], -60 * UM, atol=1e-6 * UM)
    assert np.all(away[~plane] > 44.0) and np.all(away < 53.0)  # spacing 12.5
    assert plane.sum() > 8 and np.all(x[:, 2] > -60.001 * UM)
    assert len(mesh.facets_of(Patch.LUMEN)) == 2 * 8
    tissue = mesh.vessel.column < 0
    assert np.all(mesh.vessel.fraction[tissue] == 1) and np.all(mesh.vessel.radial[tissue] == 0)


def test_tissue_without_its_packages_names_the_extra(tmp_path, monkeypatch):
    for package in ("tetgen", "mmgpy"):
        (tmp_path / f"{package}.py").write_text("raise ImportError\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(InputError, match=r"glymphax\[mesh\].*tissue=0"):
        sheath(fork(60, 0.8, length=60.0), gap=3 * UM, tissue=50 * UM, around=8, layers=2)


def test_tissue_stops_at_the_time_limit():
    with pytest.raises(InputError, match="raise time_limit"):
        sheath(fork(60, 0.8, length=60.0), gap=3 * UM, tissue=50 * UM, around=8, time_limit=0.01)


@needs_tetrahedraliser
def test_a_tree_behind_its_mouth_has_a_blind_mouth():
    turn = np.linspace(0.0, np.pi, 30)
    bow = 60.0 * np.stack([0 * turn, 1 - np.cos(turn), np.sin(turn)], axis=1)
    tree = polyline(np.concatenate([bow, [[0, 120, -20.0], [0, 120, -40.0]]]), 6.0, "bow")
    mesh = sheath(tree, gap=3 * UM, tissue=50 * UM, around=8, layers=2)
    check_mesh(mesh)
    assert len(mesh.facets_of(Patch.LUMEN)) == 2 * 8
    assert any("the mouth is blind" in note for note in mesh.notes)


def test_two_junctions_and_a_short_branch_are_meshed_or_told():
    tree = fork(80, 0.8)
    tip = len(tree.parent) - 1
    side = tree.points[tip - 4] + np.arange(1, 3)[:, None] * np.array([0, 2.0, 0]) * UM
    tree = replace(
        tree,
        points=np.concatenate([tree.points, side]),
        radius=np.append(tree.radius, [3 * UM, 3 * UM]),
        parent=np.append(tree.parent, [tip - 4, tip + 1]),
    )
    mesh = sheath(tree, gap=3 * UM, tissue=0)
    check_mesh(mesh)
    assert any(f"node {tip + 2} at" in note and "cut off" in note for note in mesh.notes)
    longer = tree.points.copy()
    longer[-2:] += np.array([[0, 22.0, 0], [0, 44.0, 0]]) * UM
    mesh = sheath(replace(tree, points=longer), gap=3 * UM, tissue=0)
    check_mesh(mesh)
    assert len(mesh.facets_of(Patch.DISTAL)) == 3 * 2 * 4 * 16


def hairpin(spacing):
    turn = np.linspace(-np.pi / 2, np.pi / 2, 15)
    bow = 0.5 * spacing * np.stack([0 * turn, 1 + np.sin(turn), np.cos(turn)], axis=1)
    down = np.linspace(100.0, 5.0, 20)[:, None]
    back = down[::-1] * [0, 0.3, -1.0] + [0, spacing, 0]
    return polyline(np.concatenate([down * [0, -0.3, -1.0], bow, back]), 6.0, "hairpin")


def test_gap_is_limited_where_a_bend_leaves_no_more():
    mesh = sheath(hairpin(22.0), gap=8 * UM, tissue=0, smoothing=0.1)
    check_mesh(mesh)
    assert any("gap limited" in note for note in mesh.notes)
    assert mesh.vessel.gap.min() < 5 * UM < 7.9 * UM < mesh.vessel.gap.max()


def test_a_gap_without_room_is_refused_by_place():
    with pytest.raises(InputError, match=r"hairpin: node \d+ at \(.*fills.*smaller gap"):
        sheath(hairpin(14.2), gap=8 * UM, tissue=0, smoothing=0.1)


@pytest.mark.parametrize("ratio", [0.4, 1.0])
def test_daughters_at_twenty_degrees(ratio):
    mesh = sheath(fork(20, ratio), gap=3 * UM, tissue=0, around=12, layers=2)
    check_mesh(mesh)
    check_columns(mesh, 2)
    assert len(mesh.facets_of(Patch.DISTAL)) == 2 * 2 * 2 * 12


def star(directions, length=80.0, nodes=9):
    """Vessels of 5 um radius that meet at the origin; the first is the mouth's."""
    s = np.linspace(0.0, length, nodes)
    points, parent = [s[::-1, None] * directions[0]], [np.arange(nodes) - 1]
    for number, direction in enumerate(directions[1:]):
        points.append(s[1:, None] * direction)
        first = nodes + number * (nodes - 1)
        parent.append(np.concatenate([[nodes - 1], np.arange(first, first + nodes - 2)]))
    points = np.concatenate(points) * UM
    return VesselTree(points, np.full(len(points), 5 * UM), np.concatenate(parent), "star")


CROSS = np.array([[0, -1, 0], [1, 0, 0], [0, 1, 0], [-1, 0, 0]])
TETRAHEDRON = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]) / np.sqrt(3)


@pytest.mark.parametrize("directions", [CROSS, TETRAHEDRON], ids=["cross", "tetrahedron"])
def test_four_vessels_meet(directions):
    mesh = sheath(star(directions), gap=2 * UM, tissue=0, around=12, layers=2)
    check_mesh(mesh)
    check_columns(mesh, 2)
    assert not any("cut off" in note for note in mesh.notes)
    assert len(mesh.facets_of(Patch.DISTAL)) == 3 * 2 * 2 * 12


def close_junctions(apart):
    """A trunk with two side branches at right angles, their junctions some micrometres apart."""
    trunk = np.concatenate([np.linspace(-80, 0, 9), apart + np.linspace(0, 80, 9)])
    points = [np.stack([0 * trunk, 0 * trunk, trunk], axis=1)]
    out = np.linspace(10, 80, 8)[:, None]
    points += [out * [1.0, 0, 0], out * [-0.5, 0.8, 0] + [0, 0, apart]]
    parent = [np.arange(18) - 1, [8, *range(18, 25)], [9, *range(26, 33)]]
    radius = np.concatenate([np.full(18, 6.0), np.full(16, 4.5)])
    return VesselTree(
        np.concatenate(points) * UM, radius * UM, np.concatenate(parent), "close junctions"
    )


def test_a_branch_too_short_is_merged_trimmed_or_refused():
    tree = close_junctions(1.5)
    ends = {}
    for short in ("merge", "trim"):
        mesh = sheath(tree, gap=3 * UM, tissue=0, around=12, layers=2, short=short)
        check_mesh(mesh)
        ends[short] = len(mesh.facets_of(Patch.DISTAL)) // (2 * 2 * 12)
        assert any("close junctions: node" in note and "needs" in note for note in mesh.notes)
    assert ends["trim"] == 2 <= ends["merge"]
    with pytest.raises(InputError, match=r"close junctions: node \d+ at \(.* short=merge"):
        sheath(tree, gap=3 * UM, tissue=0, around=12, layers=2, short="refuse")


def crossing(distance):
    """A fork whose one daughter turns back and passes the trunk at a distance."""
    tree = fork(60, 1.0)
    tip = 20  # of the first daughter, at (50, 0, 87)
    turn = [[75, 5, 81], [90, 15, 50], [90, distance, 0], [50, distance, -40]]
    back = np.array(turn[-1]) + np.arange(1, 13)[:, None] * [-10.0, 0, 0]
    path = np.concatenate([turn, back])
    last = len(tree.parent) - 1
    return VesselTree(
        np.concatenate([tree.points, path * UM]),
        np.append(tree.radius, np.full(len(path), 5.4 * UM)),
        np.concatenate([tree.parent, [tip], last + np.arange(1, len(path))]),
        "crossing",
    )


def test_vessels_that_overlap_are_moved_apart_or_refused():
    options = {"gap": 3 * UM, "tissue": 0, "around": 12, "layers": 2}
    mesh = sheath(crossing(8.0), **options)
    check_mesh(mesh)
    assert any("crossing: node" in note and "moved apart" in note for note in mesh.notes)
    with pytest.raises(InputError, match=r"crossing: node \d+ at \(.*neighbouring vessel fills"):
        sheath(crossing(8.0), **options, touching="refuse")


def test_vessels_whose_sheaths_touch_share_the_room():
    options = {"gap": 3 * UM, "tissue": 0, "around": 12, "layers": 2}
    mesh = sheath(crossing(15.0), **options, touching="refuse")
    check_mesh(mesh)
    assert any("gap limited" in note and "crossing: node" in note for note in mesh.notes)
    assert 0.2 * 2.9 * UM < mesh.vessel.gap.min() < 2.5 * UM


@pytest.mark.parametrize("seed", [0, 3, 5, 11])
def test_random_murray_trees_are_meshed_without_loss(seed):
    tree = murray_tree(seed, 5, 30)
    mesh = sheath(tree, ratio=1.5, tissue=0, around=8, layers=2, stretch=4.0)
    check_mesh(mesh)
    check_columns(mesh, 2)
    tips = len(tree.parent) - len(np.unique(tree.parent[tree.parent >= 0]))
    assert len(mesh.facets_of(Patch.DISTAL)) == tips * 2 * 2 * 8
    assert not any("cut off" in note for note in mesh.notes)


def ends_of(tree):
    """Points of the tips of a tree."""
    return tree.points[np.setdiff1d(np.arange(len(tree.parent)), tree.parent)]


def random_ways(count, seed):
    """Directions at least 35 degrees apart."""
    random = np.random.default_rng(seed)
    nearest = 1.0
    while nearest > np.cos(np.radians(35.0)):
        ways = random.normal(size=(count, 3))
        ways /= np.linalg.norm(ways, axis=1, keepdims=True)
        nearest = (ways @ ways.T)[np.triu_indices(count, 1)].max()
    return ways


@pytest.mark.parametrize("seed", range(4))
def test_six_vessels_meet_in_any_directions(seed):
    mesh = sheath(star(random_ways(6, seed)), ratio=1.5, tissue=0, around=8, layers=2)
    check_mesh(mesh)
    check_columns(mesh, 2)
    assert len(mesh.facets_of(Patch.DISTAL)) == 5 * 2 * 2 * 8


def test_the_tree_of_a_mesh_is_the_one_that_was_swept():
    """A tip inside its vessel is gone from it; a short branch ends where its sheath does."""
    tree = close_junctions(9.0)
    stub = tree.points[5] + np.arange(1, 3)[:, None] * np.array([2.0, 0, 0]) * UM
    last = len(tree.parent) - 1
    tree = VesselTree(
        np.concatenate([tree.points, stub]),
        np.append(tree.radius, [3 * UM, 3 * UM]),
        np.append(tree.parent, [5, last + 1]),
        "stub",
    )
    mesh = sheath(tree, gap=3 * UM, tissue=0, around=12, layers=2)
    assert [note for note in mesh.notes if f"stub: node {last + 2} at" in note and "cut" in note]
    assert any("um longer" in note for note in mesh.notes)
    assert len(mesh.tree.parent) == len(tree.parent) - 2
    rings = mesh.points[np.unique(mesh.facets_of(Patch.DISTAL))]
    away = np.linalg.norm(ends_of(mesh.tree)[:, None] - rings, axis=2)
    assert np.all(away.min(axis=1) < 7.0 * UM)  # the widest wall stands at 6.3
    trimmed = sheath(tree, gap=3 * UM, tissue=0, around=12, layers=2, short="trim")
    assert len(ends_of(trimmed.tree)) == len(trimmed.facets_of(Patch.DISTAL)) // (2 * 2 * 12)


@pytest.mark.skipif(not VESSELS.exists(), reason="needs the traced vessels")
def test_human_arteries_with_fourteen_bifurcations():
    tree = first_bifurcations(read_tree(VESSELS / "human_arteries.vtk", "m"), 14)
    mesh = sheath(tree, ratio=1.5, tissue=0, around=8, layers=2, stretch=6.0)
    check_mesh(mesh)
    assert len(mesh.facets_of(Patch.DISTAL)) == 15 * 2 * 2 * 8
    assert not any("cut off" in note for note in mesh.notes)


def test_places_are_told_by_the_names_of_the_file(tmp_path):
    tree = close_junctions(1.5)
    path = tmp_path / "close.swc"
    rows = zip(tree.points / UM, tree.radius / UM, tree.parent, strict=True)
    path.write_text(
        "\n".join(
            f"{number + 100} 0 {x} {y} {z} {r} {parent + 100 if parent >= 0 else -1}"
            for number, ((x, y, z), r, parent) in enumerate(rows)
        )
    )
    with pytest.raises(InputError) as refusal:
        sheath(read_tree(path), gap=3 * UM, tissue=0, around=12, layers=2, short="refuse")
    found = re.match(r"close.swc: node (\d+) \(line (\d+)\) at \(", str(refusal.value))
    assert found and int(found[1]) == int(found[2]) + 99 > 100


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"parent": np.array([-1, -1, *range(1, 12)])}, "2 roots"),
        ({"parent": np.array([-1, 12, *range(1, 12)])}, "0 children|cycle"),
        ({"parent": np.array([-1, 0, 0, 2, *range(3, 12)])}, "open end of one vessel"),
        ({"radius": np.zeros(13)}, "positive"),
        ({"points": np.zeros((13, 3))}, "lies on its parent"),
    ],
)
def test_trees_that_are_none_are_refused(change, words):
    with pytest.raises(InputError, match=words):
        sheath(replace(straight(), **change), gap=3 * UM, tissue=0)


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"gap": 3e-6, "ratio": 1.5},
        {"ratio": 1.0},
        {"gap": 3e-6, "around": 9},
        {"gap": -1e-6},
        {"gap": 3e-6, "short": "join"},
        {"gap": 3e-6, "touching": "ignore"},
    ],
)
def test_wrong_wishes_are_refused(wrong):
    with pytest.raises(InputError, match="line"):
        sheath(straight(), **({"tissue": 0.0} | wrong))


@pytest.mark.skipif(not VESSELS.exists(), reason="needs the traced vessels")
@pytest.mark.parametrize("gap", [3.0, 8.0])
def test_traced_penetrating_artery(gap):
    tree = read_tree(VESSELS / "penetrating_artery.vtk", "um")
    mesh = sheath(tree, gap=gap * UM, tissue=0)
    check_mesh(mesh)
    check_columns(mesh, 4)
    length = mesh.vessel.path.max()
    assert 1.1e-3 < length < 1.26e-3
    shift = next(n for n in mesh.notes if "largest shift" in n)
    assert float(shift.split()[-2]) < 6.0
