"""The structured straight tube: exact volumes, positive tets, every boundary face tagged once."""

import numpy as np
import pytest

from meshes.annulus import annulus, circle_factor
from meshes.errors import InputError
from meshes.sweep.faces import boundary_and_interface, tet_volumes
from meshes.tags import Patch, Region

R1, R2, R3, LENGTH = 6e-6, 9e-6, 100e-6, 60e-6


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


@pytest.mark.parametrize(
    "change", [{"outer": R1}, {"tissue_outer": R2}, {"around": 3}, {"length": 0.0}]
)
def test_impossible_tubes_are_refused(change):
    with pytest.raises(InputError, match="annulus"):
        annulus(**({"inner": R1, "outer": R2, "length": LENGTH} | change))
