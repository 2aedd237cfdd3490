"""Arterial and venous space in one mesh: what is found, what is settled, what is refused."""

from dataclasses import replace

import meshio
import numpy as np
import pytest

from meshes.annulus import annulus
from meshes.assemble import assemble
from meshes.check import check
from meshes.coordinates import vessel_coordinates
from meshes.errors import InputError
from meshes.face_table import face_table
from meshes.mesh import Mesh
from meshes.read_mesh import read_mesh
from meshes.tags import Patch, Region

um = 1e-6
ARTERY, TISSUE, VEIN = Region.ARTERIAL_PVS, Region.TISSUE, Region.VENOUS_PVS


def side_by_side(end: Patch = Patch.INLET) -> Mesh:
    """Two Krogh cylinders far apart, the second a vein of half the size; `end` is its low end."""
    one = annulus(10 * um, 14 * um, 40 * um, tissue_outer=40 * um, across=2, around=12)
    two = annulus(5 * um, 7 * um, 60 * um, tissue_outer=40 * um, across=2, around=12)
    patches = two.patches.copy()
    patches[two.patches == Patch.INLET] = end
    count = len(one.points)
    regions = np.where(two.regions == ARTERY, VEIN, two.regions)
    points = np.concatenate([one.points, two.points + np.array([100 * um, 0, 0])])
    cells = np.concatenate([one.cells, two.cells + count])
    return assemble(
        points,
        cells,
        np.concatenate([one.regions, regions]),
        np.concatenate([one.facets, two.facets + count]),
        np.concatenate([one.patches, patches]),
    )


@pytest.fixture(scope="module")
def coaxial() -> Mesh:
    sizes = {"across": 2, "around": 8, "venous_layers": 2}
    return annulus(10 * um, 14 * um, 40 * um, tissue_outer=30 * um, venous=34 * um, **sizes)


def again(mesh: Mesh, **change) -> Mesh:
    """The mesh assembled from its own tables, some of them changed."""
    names = ("points", "cells", "regions", "facets", "patches")
    return assemble(*(change.get(name, getattr(mesh, name)) for name in names), name="both")


def refused(mesh: Mesh, *words: str, **change) -> None:
    with pytest.raises(InputError) as caught:
        again(mesh, **change)
    for word in ("both: ", *words):
        assert word in str(caught.value), str(caught.value)


def failures(mesh: Mesh) -> dict[str, float]:
    return {row.name: row.value for row in check(mesh).rows if row.verdict == "fail"}


def test_both_sheaths_are_found_without_tags(coaxial):
    keep = coaxial.patches != Patch.SHEATH
    mesh = again(coaxial, facets=coaxial.facets[keep], patches=coaxial.patches[keep])
    assert mesh.notes == ()
    assert not check(mesh).failed
    sheath = mesh.facets_of(Patch.SHEATH)
    a, b, c = mesh.points[sheath].transpose(1, 0, 2)
    outward = np.einsum("ij,ij->i", np.cross(b - a, c - a), (a + b + c) * [1, 1, 0])
    venous = np.isin(sheath, mesh.cells_of(VEIN)).all(axis=1)
    assert venous.sum() == (~venous).sum() == len(sheath) / 2
    assert np.all(outward[venous] < 0) and np.all(outward[~venous] > 0)


def test_a_missing_end_is_told_from_the_space_it_belongs_to(coaxial):
    """All ends of the vein untagged: its own wall is there, so one end alone may be missing."""
    vein = np.isin(coaxial.facets, coaxial.cells_of(VEIN)).all(axis=1)
    bare = vein & (coaxial.patches == Patch.DISTAL)
    mesh = again(coaxial, facets=coaxial.facets[~bare], patches=coaxial.patches[~bare])
    assert mesh.notes == (
        f"{bare.sum()} facets without a tag taken as DISTAL, the only one missing",
    )
    bare |= vein & (coaxial.patches == Patch.INLET)
    change = {"facets": coaxial.facets[~bare], "patches": coaxial.patches[~bare]}
    refused(coaxial, f"{bare.sum()} boundary facets", "INLET or DISTAL", **change)


def test_each_vessel_is_measured_by_itself():
    mesh = side_by_side()
    assert mesh.parts == ("arterial_pvs", "tissue", "venous_pvs")
    for region, radius, gap, length in ((ARTERY, 10, 4, 40), (VEIN, 5, 2, 60)):
        here = np.unique(mesh.cells_of(region))
        vessel = mesh.vessel
        np.testing.assert_allclose(vessel.radius[here] / um, radius, rtol=0.05)
        np.testing.assert_allclose(vessel.gap[here] / um, gap, rtol=0.06)
        np.testing.assert_allclose(vessel.path[here], mesh.points[here, 2], atol=0.01 * um)
        assert vessel.path[here].max() / um == pytest.approx(length, rel=1e-3)
        axis = mesh.points[here] - [100 * um * (region is VEIN), 0, 0]
        assert np.all(np.einsum("ij,ij->i", vessel.radial[here], axis) > 0)
        assert np.isin(vessel.column[here], here).all()
    assert not check(mesh).failed


def test_foreign_coordinates_of_the_coaxial_space(coaxial):
    """From wall and sheath alone: columns and directions of the structured mesh come back."""
    tables = (coaxial.points, coaxial.cells, coaxial.regions, coaxial.facets, coaxial.patches)
    found, exact = vessel_coordinates(*tables), coaxial.vessel
    np.testing.assert_array_equal(found.column, exact.column)
    pvs = exact.column >= 0
    np.testing.assert_allclose(found.path[pvs], exact.path[pvs], atol=1e-3 * um)
    assert np.einsum("ij,ij->i", found.radial, exact.radial)[pvs].min() > 0.999
    np.testing.assert_allclose(found.fraction, exact.fraction, atol=0.05)
    np.testing.assert_allclose(found.gap[pvs], exact.gap[pvs], rtol=0.3)  # chord against arc
    vein = np.unique(coaxial.cells_of(VEIN))
    assert found.radius[vein].min() > 34 * um  # no ball closes round it, and none of the artery's


def test_a_vein_may_have_its_mouth_tagged_distal():
    mesh = side_by_side(end=Patch.DISTAL)  # both its ends are
    vein = np.unique(mesh.cells_of(VEIN))
    nearer = np.minimum(mesh.points[vein, 2], 60 * um - mesh.points[vein, 2])
    np.testing.assert_allclose(mesh.vessel.path[vein], nearer, atol=0.01 * um)
    assert not check(mesh).failed
    flipped = np.where(mesh.regions == TISSUE, TISSUE, np.where(mesh.regions == VEIN, ARTERY, VEIN))
    refused(mesh, "no INLET facet at its wall", "tag its mouth", regions=flipped)


def test_the_inlet_of_a_vein_counts_before_its_distal_end():
    mesh = side_by_side()
    low, high = (
        np.isin(mesh.facets, mesh.cells_of(VEIN)).all(axis=1)
        & np.isclose(mesh.points[mesh.facets][..., 2].mean(axis=1), z)
        for z in (0.0, 60 * um)
    )
    patches = np.where(low, Patch.DISTAL, np.where(high, Patch.INLET, mesh.patches))
    turned = again(mesh, patches=patches)
    vein = np.unique(mesh.cells_of(VEIN))
    expected = 60 * um - mesh.points[vein, 2]
    np.testing.assert_allclose(turned.vessel.path[vein], expected, atol=0.01 * um)


def test_a_vein_alone_needs_no_inlet():
    tube = annulus(10 * um, 14 * um, 40 * um, tissue_outer=40 * um, across=2, around=8)
    regions = np.where(tube.regions == ARTERY, VEIN, TISSUE)
    patches = np.where(tube.patches == Patch.INLET, Patch.DISTAL, tube.patches)
    mesh = again(tube, regions=regions, patches=patches)
    assert not check(mesh).failed
    assert check(mesh).row("inlet ends").value == 0
    refused(tube, "has no INLET facet", patches=patches)
    closed = np.where(tube.patches == Patch.INLET, Patch.WALL, tube.patches)
    closed[tube.patches == Patch.DISTAL] = Patch.WALL
    refused(tube, "has no INLET facet", regions=regions, patches=closed)


def test_each_space_needs_a_wall(coaxial):
    vein = np.isin(coaxial.facets, coaxial.cells_of(VEIN)).all(axis=1)
    lost = vein & (coaxial.patches == Patch.WALL)
    patches = np.where(lost, Patch.DISTAL, coaxial.patches)
    refused(coaxial, "has no WALL facet; tag its wall", patches=patches)
    assert failures(replace(coaxial, patches=patches)) == {
        "venous_pvs pieces without a wall": 1,
        "PVS points without vessel coordinates": len(np.unique(coaxial.cells_of(VEIN))),
    }


def test_check_asks_each_piece_for_its_mouth(coaxial):
    mouth = coaxial.patches == Patch.INLET
    vein = np.isin(coaxial.facets, coaxial.cells_of(VEIN)).all(axis=1)
    as_distal = replace(coaxial, patches=np.where(mouth & vein, Patch.DISTAL, coaxial.patches))
    assert failures(as_distal) == {}
    ends = np.isin(coaxial.patches, (Patch.INLET, Patch.DISTAL))
    closed = replace(coaxial, patches=np.where(ends & vein, Patch.WALL, coaxial.patches))
    assert failures(closed) == {"venous_pvs pieces without a mouth": 1}
    artery = replace(coaxial, patches=np.where(mouth & ~vein, Patch.DISTAL, coaxial.patches))
    assert failures(artery) == {"arterial_pvs pieces without a mouth": 1}


def test_arterial_and_venous_space_must_not_touch(coaxial):
    """The tissue between them made a part of the vein."""
    regions = np.where(coaxial.regions == TISSUE, VEIN, coaxial.regions)
    faces = face_table(coaxial.cells)
    inner = faces.second >= 0
    a, b = regions[faces.first[inner]], regions[faces.second[inner]]
    count = int(np.sum(a != b))
    assert count > 0
    words = ("between arterial and venous perivascular space", f"({count} such)", "put tissue")
    refused(coaxial, "the face at (", *words, regions=regions)
    row = check(replace(coaxial, regions=regions)).row("faces between arterial and venous PVS")
    assert (row.value, row.verdict) == (count, "fail")
    assert check(coaxial).row("faces between arterial and venous PVS").value == 0


def test_arterial_and_venous_space_must_not_share_a_point(coaxial):
    artery = np.isin(coaxial.cells, coaxial.cells_of(ARTERY)).sum(axis=1)
    touching = np.flatnonzero((coaxial.regions == TISSUE) & (artery == 1))[:1]
    regions = coaxial.regions.copy()
    regions[touching] = VEIN
    refused(coaxial, "share the point at (", "(1 such)", "put tissue", regions=regions)


def test_a_sheath_with_nothing_to_part_is_refused(coaxial):
    faces = face_table(coaxial.cells)
    inner = faces.second >= 0
    one = coaxial.regions[faces.first]
    same = inner & (one == coaxial.regions[faces.second])
    for region, where in ((ARTERY, "perivascular space"), (TISSUE, "tissue"), (VEIN, "perivas")):
        face = faces.triangles[np.flatnonzero(same & (one == region))[:2]]
        centre = coaxial.points[face[0]].mean(axis=0)
        place = "(" + ", ".join(f"{x:.6g}" for x in centre) + ") m"
        for patch in (Patch.SHEATH, Patch.WALL):
            change = {
                "facets": np.concatenate([coaxial.facets, face]),
                "patches": np.append(coaxial.patches, [patch, patch]),
            }
            if patch is Patch.SHEATH:
                words = (f"lies inside the {where}", "(2 such)", "mesh.tags.<its name>=ignore")
                refused(coaxial, f"the facet at {place} is tagged SHEATH", *words, **change)
            else:  # others are ignored as before, and told
                told = again(coaxial, **change).notes
                assert told == ("2 tagged facets inside a region ignored",)


def test_a_sheath_on_the_outside_of_a_space_is_refused(coaxial):
    vein = np.isin(coaxial.facets, coaxial.cells_of(VEIN)).all(axis=1)
    patches = np.where(vein & (coaxial.patches == Patch.WALL), Patch.SHEATH, coaxial.patches)
    words = ("is tagged SHEATH, but no tissue lies behind it", "at (", "conform", "WALL, INLET")
    refused(coaxial, *words, patches=patches)


def test_a_sheath_on_the_outside_of_the_tissue_is_its_outer_face():
    """`outer` means the sheath of a space alone; on the tissue it is read for what it must be."""
    tube = annulus(10 * um, 14 * um, 40 * um, tissue_outer=40 * um, across=2, around=8)
    outer = tube.patches == Patch.TISSUE_OUTER
    mesh = again(tube, patches=np.where(outer, Patch.SHEATH, tube.patches))
    np.testing.assert_array_equal(mesh.patches, tube.patches)
    assert mesh.notes == (
        f"{outer.sum()} facets of the tissue tagged SHEATH taken as TISSUE_OUTER",
    )


@pytest.mark.parametrize("region", [ARTERY, VEIN])
def test_one_doubled_interface_of_two_is_merged(tmp_path, coaxial, region):
    tissue = coaxial.regions == TISSUE
    used = np.intersect1d(coaxial.cells[tissue], coaxial.cells_of(region))
    twin = np.arange(len(coaxial.points))
    twin[used] = len(coaxial.points) + np.arange(len(used))
    lumen = coaxial.patches == Patch.LUMEN
    kept = coaxial.patches != Patch.SHEATH
    facets = np.where(lumen[:, None], twin[coaxial.facets], coaxial.facets)[kept]
    blank = np.zeros(len(facets), dtype=np.int32)
    path = tmp_path / "a.vtu"
    meshio.write(
        path,
        meshio.Mesh(
            np.concatenate([coaxial.points, coaxial.points[used]]) / um,
            [
                ("tetra", np.where(tissue[:, None], twin[coaxial.cells], coaxial.cells)),
                ("triangle", facets),
            ],
            cell_data={
                "region": [coaxial.regions, blank],
                "patch": [0 * coaxial.regions, coaxial.patches[kept]],
            },
        ),
    )
    mesh = read_mesh(path, "um")
    assert f"{len(used)} points doubled on the interface merged" in mesh.notes
    assert len(mesh.points) == len(coaxial.points)
    np.testing.assert_array_equal(
        [len(mesh.facets_of(p)) for p in Patch], [len(coaxial.facets_of(p)) for p in Patch]
    )
    assert not check(mesh).failed
