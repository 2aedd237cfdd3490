"""The structured straight tube: exact volumes, positive tets, every boundary face tagged once."""

import numpy as np
import pytest

from meshes.annulus import annulus, circle_factor
from meshes.check import check
from meshes.errors import InputError
from meshes.sweep.faces import boundary_and_interface, tet_volumes
from meshes.tags import Patch, Region

R1, R2, R3, R4, LENGTH = 6e-6, 9e-6, 100e-6, 108e-6, 60e-6


def volumes_by_region(mesh):
    volumes = tet_volumes(mesh.points, mesh.cells)
    assert volumes.min() > 0.0
    return {r: volumes[mesh.regions == r].sum() for r in np.unique(mesh.regions)}


@pytest.mark.parametrize("around", [8, 16])
def test_area_rings_fill_the_round_volume_exactly(around):
    volumes = volumes_by_region(annulus(R1, R2, LENGTH, tissue_outer=R3, around=around))
    assert volumes[Region.ARTERIAL_PVS] == pytest.approx(
        np.pi * (R2**2 - R1**2) * LENGTH, rel=1e-12
    )
    assert volumes[Region.TISSUE] == pytest.approx(np.pi * (R3**2 - R2**2) * LENGTH, rel=1e-12)


def test_inscribed_rings_lose_the_polygon_share():
    mesh = annulus(R1, R2, LENGTH, around=12, circle="inscribed")
    angle = 2 * np.pi / 12
    expected = np.sin(angle) / angle * np.pi * (R2**2 - R1**2) * LENGTH
    assert volumes_by_region(mesh)[Region.ARTERIAL_PVS] == pytest.approx(expected, rel=1e-12)


def test_facets_are_all_boundary_and_sheath_faces_once():
    mesh = annulus(R1, R2, LENGTH, tissue_outer=R3, across=3, around=8, along=5)
    boundary, sheath = boundary_and_interface(mesh.cells, mesh.regions)
    faces = np.sort(np.concatenate([boundary.triangles, sheath.triangles]), axis=1)
    tagged = np.sort(mesh.facets, axis=1)
    assert len(np.unique(tagged, axis=0)) == len(tagged) == len(faces)
    assert {*map(tuple, tagged)} == {*map(tuple, faces)}
    counts = {p: len(mesh.facets_of(p)) for p in Patch}
    sides, ends = 2 * 8 * 5, 2 * 8 * 3
    assert counts[Patch.WALL] == counts[Patch.SHEATH] == counts[Patch.TISSUE_OUTER] == sides
    assert counts[Patch.INLET] == counts[Patch.DISTAL] == ends


def test_alone_the_sheath_is_boundary():
    mesh = annulus(R1, R2, LENGTH, along=4)
    assert set(np.unique(mesh.regions)) == {Region.ARTERIAL_PVS}
    radius = np.linalg.norm(mesh.points[mesh.facets_of(Patch.SHEATH)][..., :2], axis=-1)
    assert np.allclose(radius, circle_factor(16, "area") * R2, rtol=1e-12)


def test_coordinates_tell_place():
    mesh = annulus(R1, R2, LENGTH, tissue_outer=R3, around=8, along=4)
    vessel = mesh.vessel
    pvs = vessel.column >= 0
    assert np.array_equal(vessel.path, mesh.points[:, 2])
    wall = mesh.points[vessel.column[pvs]]
    rebuilt = wall + (vessel.fraction * vessel.gap)[pvs, None] * vessel.radial[pvs]
    assert np.allclose(rebuilt, mesh.points[pvs], atol=1e-18)
    assert np.all(vessel.fraction[~pvs] == 1.0) and np.all(vessel.radial[~pvs] == 0.0)


@pytest.fixture(scope="module")
def two_spaces():
    return annulus(
        R1, R2, LENGTH, tissue_outer=R3, venous=R4, across=3, venous_layers=2, around=8, along=5
    )


def areas_of(mesh, patch, region=None):
    """Vector areas of the facets of a patch, all or those on points of one region."""
    triangles = mesh.facets_of(patch)
    if region is not None:
        triangles = triangles[np.isin(triangles, mesh.cells_of(region)).all(axis=1)]
    a, b, c = mesh.points[triangles].transpose(1, 0, 2)
    return np.cross(b - a, c - a) / 2.0, (a + b + c) / 3.0


def test_a_venous_space_has_its_volume_areas_and_tags(two_spaces):
    volumes = volumes_by_region(two_spaces)
    for region, inner, outer in (
        (Region.ARTERIAL_PVS, R1, R2),
        (Region.TISSUE, R2, R3),
        (Region.VENOUS_PVS, R3, R4),
    ):
        exact = np.pi * (outer**2 - inner**2) * LENGTH
        assert volumes[region] == pytest.approx(exact, rel=1e-12)
    around = 8 * circle_factor(8, "area") * 2 * np.sin(np.pi / 8) * LENGTH  # sides over radius
    for region, wall, sheath in ((Region.ARTERIAL_PVS, R1, R2), (Region.VENOUS_PVS, R4, R3)):
        for patch, size in (
            (Patch.WALL, around * wall),
            (Patch.SHEATH, around * sheath),
            (Patch.INLET, np.pi * abs(wall**2 - sheath**2)),
            (Patch.DISTAL, np.pi * abs(wall**2 - sheath**2)),
        ):
            area, _ = areas_of(two_spaces, patch, region)
            assert np.linalg.norm(area, axis=1).sum() == pytest.approx(size, rel=1e-12)
    absent = {Patch.TISSUE_OUTER, Patch.CSF_OUTER, Patch.PIA}
    assert set(np.unique(two_spaces.patches)) == {*Patch} - absent
    assert two_spaces.parts == ("arterial_pvs", "tissue", "venous_pvs")
    assert not check(two_spaces).failed


def test_facets_of_both_spaces_point_out_of_them(two_spaces):
    for patch, region, sign in (
        (Patch.WALL, Region.ARTERIAL_PVS, -1),
        (Patch.SHEATH, Region.ARTERIAL_PVS, 1),
        (Patch.SHEATH, Region.VENOUS_PVS, -1),
        (Patch.WALL, Region.VENOUS_PVS, 1),
    ):
        area, centre = areas_of(two_spaces, patch, region)
        assert len(area) == 2 * 8 * 5
        assert np.all(sign * np.einsum("ij,ij->i", area, centre * [1, 1, 0]) > 0)
    for patch, sign in ((Patch.INLET, -1), (Patch.DISTAL, 1)):
        assert np.all(sign * areas_of(two_spaces, patch)[0][:, 2] > 0)
    closed = areas_of(two_spaces, Patch.WALL)[0].sum(axis=0)
    assert np.allclose(closed, 0.0, atol=1e-20)


def test_spaces_share_points_with_the_tissue_on_their_sheath_alone(two_spaces):
    points = {r: np.unique(two_spaces.cells_of(r)) for r in Region}
    assert not np.intersect1d(points[Region.ARTERIAL_PVS], points[Region.VENOUS_PVS]).size
    spaces = np.union1d(points[Region.ARTERIAL_PVS], points[Region.VENOUS_PVS])
    shared = np.intersect1d(spaces, points[Region.TISSUE])
    assert np.array_equal(shared, np.unique(two_spaces.facets_of(Patch.SHEATH)))


def test_venous_coordinates_start_at_the_outer_wall(two_spaces):
    vessel, factor = two_spaces.vessel, circle_factor(8, "area")
    vein = np.unique(two_spaces.cells_of(Region.VENOUS_PVS))
    wall = vessel.column[vein]
    assert np.isin(wall, two_spaces.facets_of(Patch.WALL)).all()
    distance = np.linalg.norm(two_spaces.points[vein, :2], axis=1) / factor
    assert np.allclose(vessel.fraction[vein], (R4 - distance) / (R4 - R3), atol=1e-12)
    assert np.allclose(vessel.gap[vein], factor * (R4 - R3), rtol=1e-12)
    assert np.all(vessel.radius[vein] == R4)
    assert np.array_equal(vessel.path, two_spaces.points[:, 2])
    step = (vessel.fraction * vessel.gap)[vein, None] * vessel.radial[vein]
    assert np.allclose(two_spaces.points[wall] + step, two_spaces.points[vein], atol=1e-18)
    assert np.all(np.einsum("ij,ij->i", vessel.radial[vein], two_spaces.points[vein]) < 0)
    artery = np.unique(two_spaces.cells_of(Region.ARTERIAL_PVS))
    assert np.all(vessel.radius[artery] == R1)
    tissue = vessel.column < 0
    assert tissue.sum() == len(two_spaces.points) - len(vein) - len(artery)
    assert np.all(vessel.gap[tissue] == 0.0) and np.all(vessel.fraction[tissue] == 1.0)


def test_the_venous_space_is_as_fine_as_the_arterial_one_unless_told():
    kinds = {"tissue_outer": R3, "venous": R4, "around": 4, "along": 1, "tissue_layers": 2}
    assert len(annulus(R1, R2, LENGTH, across=3, **kinds).points) == 2 * 4 * (4 + 2 + 3)
    finer = annulus(R1, R2, LENGTH, across=3, venous_layers=5, **kinds)
    assert len(finer.points) == 2 * 4 * (4 + 2 + 5)


@pytest.mark.parametrize(
    "change",
    [
        {"outer": R1},
        {"tissue_outer": R2},
        {"around": 3},
        {"length": 0.0},
        {"venous": R4},
        {"tissue_outer": R3, "venous": R3},
        {"tissue_outer": R3, "venous": R4, "venous_layers": 0},
        {"tissue_outer": R3, "venous_layers": 2},
    ],
)
def test_impossible_tubes_are_refused(change):
    with pytest.raises(InputError, match="annulus"):
        annulus(**({"inner": R1, "outer": R2, "length": LENGTH} | change))
