"""The report sees every kind of damage, and nothing in a sound mesh."""

from dataclasses import replace

import numpy as np
import pytest

from meshes.annulus import annulus
from meshes.check import Report, check
from meshes.mesh import Mesh
from meshes.tags import Patch, Region

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


def test_few_cells_across_warn(tube):
    thin = annulus(10 * um, 14 * um, 60 * um, across=5, around=16)
    report = check(thin)
    assert not report.failed
    assert report.row("cells across the gap, least").value == 5
    assert report.row("cells across the gap, least").verdict == "warn"
    assert report.row("cells across the gap, median").verdict == "warn"


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
    assert (row.value, row.verdict) == (1, "fail")
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


def test_table_is_plain_text(tube):
    table = check(tube).table()
    lines = table.splitlines()
    assert lines[0] == tube.name
    assert any(line.startswith("inverted cells") and " 0 " in line for line in lines)
    assert table.isascii()
    with pytest.raises(KeyError):
        check(tube).row("no such row")
