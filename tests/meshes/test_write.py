"""What is written is read back identically, and never half written."""

import os
from dataclasses import replace

import meshio
import numpy as np
import pytest
import pyvista

from meshes.annulus import annulus
from meshes.errors import InputError
from meshes.load import load
from meshes.mesh import Mesh
from meshes.read_mesh import read_mesh
from meshes.tags import Region
from meshes.write import write_mesh

um = 1e-6


def tube(tissue: bool = True) -> Mesh:
    return annulus(
        10 * um, 14 * um, 40 * um, tissue_outer=40 * um if tissue else None, across=2, around=8
    )


def assert_identical(a: Mesh, b: Mesh) -> None:
    for name in ("points", "cells", "regions", "facets", "patches"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name), strict=True)
    for name in ("path", "radius", "fraction", "radial", "gap", "column"):
        np.testing.assert_array_equal(getattr(a.vessel, name), getattr(b.vessel, name), strict=True)
    assert a.parts == b.parts
    np.testing.assert_array_equal(a.part, b.part, strict=True)
    assert a.fields.keys() == b.fields.keys()
    for name, values in a.fields.items():
        np.testing.assert_array_equal(values, b.fields[name], strict=True)


def with_parts_and_fields(mesh: Mesh) -> Mesh:
    """Two kinds of tissue, of which one comes first in the list, and a field of every shape."""
    centre = mesh.points[mesh.cells].mean(axis=1)
    tissue = mesh.regions == Region.TISSUE
    part = np.where(tissue, np.where(centre[:, 0] > 0, 0, 2), 1).astype(np.int32)
    random = np.random.default_rng(3)
    fields = {
        "permeability": random.random(len(centre)),
        "fibre µ <&>": random.random((len(centre), 3)),
        "diffusion": random.random((len(centre), 3, 3)),
    }
    fields["permeability"][5] = np.nan
    return replace(mesh, parts=("White matter", "pvs", "grey"), part=part, fields=fields)


@pytest.mark.parametrize("suffix", [".vtu", ".xdmf", ".msh"])
@pytest.mark.parametrize("tissue", [True, False])
def test_round_trip_is_bitwise(tmp_path, suffix, tissue):
    mesh = tube(tissue)
    path = write_mesh(mesh, tmp_path / ("tube" + suffix))
    again = read_mesh(path, "m")
    assert_identical(again, mesh)
    assert again.notes == ()
    twice = write_mesh(again, tmp_path / ("twice" + suffix))
    assert_identical(read_mesh(twice, "m"), mesh)


def test_vtu_carries_unit_tree_and_notes(tmp_path):
    mesh = tube()
    mesh = Mesh(**{**mesh.__dict__, "notes": ("gap reduced, 3 µm", "two")})
    path = write_mesh(mesh, tmp_path / "tube.vtu")
    again = read_mesh(path)
    assert again.notes == mesh.notes
    assert mesh.tree is not None and again.tree is not None
    np.testing.assert_array_equal(again.tree.points, mesh.tree.points)
    np.testing.assert_array_equal(again.tree.radius, mesh.tree.radius)
    np.testing.assert_array_equal(again.tree.parent, mesh.tree.parent)
    assert again.tree.name == mesh.tree.name
    with pytest.raises(InputError, match=r"tube\.vtu: says it is in metres; set mesh\.units=m"):
        read_mesh(path, "um")


@pytest.mark.parametrize("suffix", [".vtu", ".xdmf"])
def test_parts_and_fields_come_back(tmp_path, suffix):
    mesh = with_parts_and_fields(tube())
    assert set(mesh.part) == {0, 1, 2}
    again = read_mesh(write_mesh(mesh, tmp_path / ("tube" + suffix)))
    assert_identical(again, mesh)
    assert again.notes == ()
    assert again.tree is not None
    assert_identical(read_mesh(write_mesh(again, tmp_path / ("twice" + suffix))), mesh)


def test_fields_are_what_vtk_sees(tmp_path):
    mesh = with_parts_and_fields(tube())
    path = write_mesh(mesh, tmp_path / "tube.vtu")
    grid = pyvista.read(path)
    count = len(mesh.cells)
    diffusion = grid.cell_data["diffusion"]
    np.testing.assert_array_equal(diffusion[:count], mesh.fields["diffusion"].reshape(-1, 9))
    assert np.isnan(diffusion[count:]).all() and len(diffusion) > count


@pytest.mark.parametrize("tissue", [True, False])
def test_a_venous_space_comes_back(tmp_path, tissue):
    mesh = annulus(
        *(10 * um, 14 * um, 40 * um), tissue_outer=30 * um, venous=34 * um, across=2, around=8
    )
    if not tissue:
        mesh = replace(tube(False), regions=np.full_like(tube(False).regions, Region.VENOUS_PVS))
        assert mesh.parts == ("venous_pvs",)
    for suffix in (".vtu", ".xdmf", ".msh"):
        again = read_mesh(write_mesh(mesh, tmp_path / ("tube" + suffix)), "m")
        assert_identical(again, mesh)
        assert again.notes == ()


def test_gmsh_keeps_fields_and_calls_parts_by_region(tmp_path):
    mesh = with_parts_and_fields(tube())
    again = read_mesh(write_mesh(mesh, tmp_path / "tube.msh"), "m")
    assert_identical(replace(again, parts=mesh.parts, part=mesh.part), mesh)
    assert again.parts == ("arterial_pvs", "tissue")


def test_a_field_called_like_a_tag_is_not_written(tmp_path):
    mesh = replace(tube(), fields={"patch": np.zeros(len(tube().cells))})
    with pytest.raises(InputError, match=r"a\.vtu: tags are written as patch; rename that field"):
        write_mesh(mesh, tmp_path / "a.vtu")
    assert not list(tmp_path.iterdir())


def test_a_part_without_a_name_is_damage(tmp_path):
    mesh = with_parts_and_fields(tube())
    mesh.part[7] = 3
    path = write_mesh(mesh, tmp_path / "tube.vtu")
    with pytest.raises(InputError, match=r"tube\.vtu: its array part .*White matter.*damaged"):
        read_mesh(path)


def test_vtk_reads_the_file_too(tmp_path):
    mesh = tube()
    grid = pyvista.read(write_mesh(mesh, tmp_path / "tube.vtu"))
    np.testing.assert_array_equal(grid.points, mesh.points)
    np.testing.assert_array_equal(grid.cells_dict[10], mesh.cells)
    np.testing.assert_array_equal(grid.point_data["radial"], mesh.vessel.radial)
    np.testing.assert_array_equal(grid.cell_data["patch"][len(mesh.cells) :], mesh.patches)


def test_arrays_of_many_blocks(tmp_path):
    """More than one compressed block, and one that ends exactly on a block."""
    mesh = annulus(10 * um, 14 * um, 400 * um, across=4, around=16)
    assert mesh.points.nbytes > 2 * 32768
    assert_identical(read_mesh(write_mesh(mesh, tmp_path / "long.vtu")), mesh)


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = write_mesh(tube(), tmp_path / "tube.vtu")
    before = path.read_bytes()

    def broken(*_):
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", broken)
    with pytest.raises(OSError, match="disk full"):
        write_mesh(tube(False), path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["tube.vtu"]


def test_places_that_cannot_be_written(tmp_path):
    with pytest.raises(InputError, match=r"cannot write '\.stl'; use one of \.vtu, \.msh"):
        write_mesh(tube(), tmp_path / "a.stl")
    with pytest.raises(InputError, match="does not exist; create it"):
        write_mesh(tube(), tmp_path / "absent" / "a.vtu")


def test_changed_points_get_new_coordinates(tmp_path):
    """Vessel coordinates in a file are dropped when its points had to be renumbered."""
    mesh = tube()
    path = write_mesh(mesh, tmp_path / "tube.vtu")
    raw = meshio.read(path)
    raw.points = np.concatenate([[[0.0, 0.0, 1.0]], raw.points])
    for block in raw.cells:
        block.data += 1
    raw.point_data = {k: np.concatenate([v[:1], v]) for k, v in raw.point_data.items()}
    raw.field_data = {}
    meshio.write(tmp_path / "loose.vtu", raw)
    again = read_mesh(tmp_path / "loose.vtu", "m")
    np.testing.assert_array_equal(again.points, mesh.points)
    np.testing.assert_array_equal(again.vessel.column, mesh.vessel.column)


def test_load_tells_trees_from_meshes(tmp_path):
    mesh = tube()
    assert_identical(load(write_mesh(mesh, tmp_path / "tube.vtu")), mesh)
    assert_identical(load(write_mesh(mesh, tmp_path / "tube.msh"), "m"), mesh)
    with pytest.raises(InputError, match=r"volume mesh, .* leave out mesh\.gap"):
        load(tmp_path / "tube.vtu", gap=3 * um)
    for line in (pyvista.Line((0, 0, 0), (0, 0, 100)), pyvista.Line().cast_to_unstructured_grid()):
        suffix = ".vtk" if isinstance(line, pyvista.PolyData) else ".vtu"
        line.save(tmp_path / ("line" + suffix))
        with pytest.raises(InputError, match="no radius"):  # read as a tree
            load(tmp_path / ("line" + suffix), "um", gap=3 * um)
    swc = tmp_path / "a.swc"
    swc.write_text("1 2 0 0 0 10 -1\n2 2 0 0 60 10 1\n")
    swept = load(swc, gap=4 * um, tissue=40 * um, around=8, layers=2)
    assert swept.tree is not None
    assert swept.vessel.radius.max() == pytest.approx(10 * um, rel=1e-6)
    with pytest.raises(InputError, match=r"vessel tree .* leave out mesh\.tags"):
        load(swc, gap=4 * um, tags={"a": "wall"})
    for path, words in (
        (tmp_path / "absent.swc", "no such file"),
        (tmp_path, "directory"),
        (tmp_path / "a.hoc", "unknown format"),
    ):
        if path.suffix == ".hoc":
            path.write_text("proc")
        with pytest.raises(InputError, match=words):
            load(path)
