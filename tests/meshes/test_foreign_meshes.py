"""Meshes as other programs keep them: tags in files apart, in YAML, and heads without a vessel."""

from dataclasses import replace
from pathlib import Path

import h5py
import meshio
import numpy as np
import pytest
import pyvista
import yaml
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkIOXML import vtkXMLUnstructuredGridWriter

from meshes.annulus import annulus
from meshes.check import check
from meshes.errors import InputError
from meshes.load import load
from meshes.mesh import Mesh
from meshes.read_mesh import inspect_mesh, read_mesh
from meshes.sweep.faces import tet_volumes
from meshes.tags import Patch, Region
from meshes.volumes.elements import TETRA
from meshes.write import write_mesh

HEAD = Path(__file__).parents[2].parent / "shared" / "data" / "meshes" / "human_head" / "mesh.xdmf"
HEAD_TAGS = {
    "1": "subarachnoid_csf",
    "2": "parenchyma",
    "3": "lateral_ventricles",
    "4": "third_and_fourth_ventricles",
}
um = 1e-6
VTK_LAGRANGE_TETRAHEDRON = 71
REGIONS = {"1": "arterial_pvs", "2": "tissue"}
PATCHES = {str(p.value): p.name.lower() for p in Patch if p not in (Patch.PIA, Patch.CSF_OUTER)}


@pytest.fixture(scope="module")
def tube() -> Mesh:
    return annulus(10 * um, 14 * um, 40 * um, tissue_outer=40 * um, across=2, around=8)


def volumes_file(path: Path, mesh: Mesh, name: str = "f") -> Path:
    """Tetrahedra with codes and no facets."""
    data = {name: [mesh.regions.astype(float)]}
    blocks = [("tetra", mesh.cells)]
    meshio.write(path, meshio.Mesh(mesh.points / um, blocks, cell_data=data))
    return path


def facets_file(path: Path, mesh: Mesh, points: np.ndarray | None = None, **arrays) -> Path:
    data = {name: [np.asarray(values)] for name, values in arrays.items()} or {
        "f": [mesh.patches.astype(float)]
    }
    points = mesh.points / um if points is None else points
    meshio.write(path, meshio.Mesh(points, [("triangle", mesh.facets)], cell_data=data))
    return path


def same_tags(mesh: Mesh, original: Mesh) -> None:
    for patch in Patch:
        assert len(mesh.facets_of(patch)) == len(original.facets_of(patch)), patch
    np.testing.assert_array_equal(mesh.regions, original.regions)
    assert not check(mesh).failed


@pytest.mark.parametrize("suffix", [".xdmf", ".vtu", ".vtk"])
def test_facets_in_a_file_of_their_own(tmp_path, tube, suffix):
    """As FEniCS keeps them: mesh.xdmf with `f` on cells, facets.xdmf with `f` on triangles."""
    path = volumes_file(tmp_path / ("mesh" + suffix), tube)
    facets = facets_file(tmp_path / ("facets" + suffix), tube)
    same_tags(read_mesh(path, "um", REGIONS | PATCHES, facets), tube)
    same_tags(load(path, "um", tags=REGIONS | PATCHES, facets=facets), tube)


def test_facets_are_matched_by_place_and_those_without_a_tag_left(tmp_path, tube):
    """Another numbering, only the points used, unset tags of FEniCS, the tutorials' array name."""
    order = np.random.default_rng(1).permutation(len(tube.points))
    number = np.argsort(order)
    renumbered = replace(tube, facets=number[tube.facets])
    inner = number[tube.cells[:5, :3]]
    unset = np.iinfo(np.uint64).max
    both = replace(
        tube,
        facets=np.concatenate([renumbered.facets, inner]),
        patches=np.append(tube.patches, np.zeros(5, dtype=np.int32)),
    )
    codes = np.append(tube.patches.astype(np.uint64), np.full(5, unset, dtype=np.uint64))
    path = volumes_file(tmp_path / "mesh.xdmf", tube)
    for facets in (
        facets_file(tmp_path / "a.xdmf", both, tube.points[order] / um, name_to_read=codes),
        facets_file(tmp_path / "b.vtu", both, tube.points[order] / um, odd_name=both.patches),
    ):
        same_tags(read_mesh(path, "um", REGIONS | PATCHES, facets), tube)


def test_facets_of_another_mesh_are_refused(tmp_path, tube):
    path = volumes_file(tmp_path / "mesh.xdmf", tube)
    tags = REGIONS | PATCHES
    for points, words in (
        (tube.points, "is no point of the mesh"),  # metres beside micrometres
        (tube.points / um + [0, 0, 1.0], "is no point of the mesh"),
    ):
        facets = facets_file(tmp_path / "facets.xdmf", tube, points)
        with pytest.raises(InputError, match=rf"facets\.xdmf: its point \d+ at \(.*{words}"):
            read_mesh(path, "um", tags, facets)
    with pytest.raises(InputError, match=r"absent\.xdmf: no such file; check mesh\.facets"):
        read_mesh(path, "um", tags, tmp_path / "absent.xdmf")
    with pytest.raises(InputError, match=r"mesh\.xdmf: holds no triangles"):
        read_mesh(path, "um", tags, path)
    with pytest.raises(InputError, match=r"facets\.xdmf: holds no volume cells"):
        read_mesh(facets, "um", tags)


def test_surfaces_of_the_mesh_file_give_way(tmp_path, tube):
    path = tmp_path / "mesh.vtu"
    blocks = [("tetra", tube.cells), ("triangle", tube.facets)]
    data = {"f": [tube.regions, np.full(len(tube.facets), Patch.WALL, dtype=np.int32)]}
    meshio.write(path, meshio.Mesh(tube.points / um, blocks, cell_data=data))
    mesh = read_mesh(path, "um", REGIONS | PATCHES, facets_file(tmp_path / "facets.vtu", tube))
    same_tags(mesh, tube)
    assert any("surfaces taken from facets.vtu" in note for note in mesh.notes)


def grid_of(mesh: Mesh) -> pyvista.UnstructuredGrid:
    cells = {pyvista.CellType.TETRA: mesh.cells, pyvista.CellType.TRIANGLE: mesh.facets}
    grid = pyvista.UnstructuredGrid(cells, mesh.points / um)
    grid.cell_data["region"] = np.append(mesh.regions, 0 * mesh.patches)
    grid.cell_data["patch"] = np.append(0 * mesh.regions, mesh.patches)
    return grid


@pytest.mark.parametrize("how", ["binary.vtk", "text.vtk", "LZ4.vtu", "LZMA.vtu", "ZLib.vtu"])
def test_files_that_vtk_itself_writes(tmp_path, tube, how):
    """Legacy files of version 5.1, and appended data of every compression."""
    path = tmp_path / how
    grid = grid_of(tube)
    if path.suffix == ".vtk":
        grid.save(path, binary=how == "binary.vtk")
    else:
        writer = vtkXMLUnstructuredGridWriter()
        writer.SetInputData(grid)
        writer.SetFileName(str(path))
        getattr(writer, f"SetCompressorTypeTo{path.stem}")()
        assert writer.Write()
    same_tags(load(path, "um"), tube)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(InputError, match=f"{path.stem}.*export it again"):
        read_mesh(path, "um")


def test_lagrange_cells_of_vtk(tmp_path, tube):
    """Cells of any order, as DOLFINx writes them for VTK: the corners are kept."""
    grid = pyvista.UnstructuredGrid()
    points = vtkPoints()
    for place in np.concatenate([tube.points, tube.points[tube.cells].mean(axis=1)]) / um:
        points.InsertNextPoint(place)
    grid.SetPoints(points)
    middle = len(tube.points)
    for k, corners in enumerate(tube.cells.tolist()):
        grid.InsertNextCell(VTK_LAGRANGE_TETRAHEDRON, 10, corners + [middle + k] * 6)
    for corners in tube.facets.tolist():
        grid.InsertNextCell(pyvista.CellType.TRIANGLE, 3, corners)
    grid.cell_data["region"] = np.append(tube.regions, 0 * tube.patches)
    grid.cell_data["patch"] = np.append(0 * tube.regions, tube.patches)
    grid.save(tmp_path / "a.vtu")
    mesh = read_mesh(tmp_path / "a.vtu", "um")
    same_tags(mesh, tube)
    assert any("corners of VTK_LAGRANGE_TETRAHEDRON" in note for note in mesh.notes)


def test_polyhedra_are_not_left_out_silently(tmp_path, tube):
    grid = grid_of(tube)
    corners = [tube.cells[0][list(face)].tolist() for face in TETRA]
    faces = np.concatenate([[4], *([3, *face] for face in corners)])
    cell = pyvista.UnstructuredGrid(
        np.append(len(faces), faces), [pyvista.CellType.POLYHEDRON], tube.points / um
    )
    cell.cell_data["region"], cell.cell_data["patch"] = [1], [0]
    (grid + cell).save(tmp_path / "a.vtu")
    with pytest.raises(InputError, match=r"a\.vtu: .*(polyhedron|cannot be read)"):
        read_mesh(tmp_path / "a.vtu", "um")


def dolfinx_file(path: Path, mesh: Mesh, order: np.ndarray) -> Path:
    """One file with three grids, as DOLFINx writes mesh, cell tags and facet tags."""
    with h5py.File(path.with_suffix(".h5"), "w") as heavy:
        heavy["/Mesh/mesh/geometry"] = mesh.points / um
        heavy["/Mesh/mesh/topology"] = mesh.cells
        heavy["/MeshTags/cell_tags/topology"] = mesh.cells[order]
        heavy["/MeshTags/cell_tags/Values"] = mesh.regions[order].astype(np.int32)
        heavy["/MeshTags/facet_tags/topology"] = mesh.facets
        heavy["/MeshTags/facet_tags/Values"] = mesh.patches.astype(np.int32)

    def item(place: str, *shape: int) -> str:
        return (
            f'<DataItem Dimensions="{" ".join(map(str, shape))}" NumberType="Int" Format="HDF">'
            f"{path.stem}.h5:{place}</DataItem>"
        )

    def tags(name: str, kind: str, corners: int, count: int) -> str:
        return (
            f'<Grid Name="{name}" GridType="Uniform">'
            "<xi:include xpointer=\"xpointer(/Xdmf/Domain/Grid[@Name='mesh']/Geometry)\"/>"
            f'<Topology TopologyType="{kind}" NumberOfElements="{count}" '
            f'NodesPerElement="{corners}">'
            f"{item(f'/MeshTags/{name}/topology', count, corners)}</Topology>"
            f'<Attribute Name="{name}" AttributeType="Scalar" Center="Cell">'
            f"{item(f'/MeshTags/{name}/Values', count, 1)}</Attribute></Grid>"
        )

    path.write_text(
        '<?xml version="1.0"?>\n<!DOCTYPE Xdmf SYSTEM "Xdmf.dtd" []>\n'
        '<Xdmf Version="3.0" xmlns:xi="https://www.w3.org/2001/XInclude">\n<Domain>\n'
        '<Grid Name="mesh" GridType="Uniform"><Topology TopologyType="Tetrahedron" '
        f'NumberOfElements="{len(mesh.cells)}" NodesPerElement="4">'
        f"{item('/Mesh/mesh/topology', len(mesh.cells), 4)}</Topology>"
        f'<Geometry GeometryType="XYZ">{item("/Mesh/mesh/geometry", len(mesh.points), 3)}'
        "</Geometry></Grid>\n"
        + tags("cell_tags", "Tetrahedron", 4, len(mesh.cells))
        + tags("facet_tags", "Triangle", 3, len(mesh.facets))
        + "</Domain></Xdmf>\n"
    )
    return path


def test_mesh_and_tags_in_one_file_of_dolfinx(tmp_path, tube):
    order = np.random.default_rng(0).permutation(len(tube.cells))
    path = dolfinx_file(tmp_path / "all.xdmf", tube, order)
    same_tags(read_mesh(path, "um", REGIONS | PATCHES), tube)
    other = replace(tube, cells=tube.cells[:, [1, 0, 2, 3]])
    with h5py.File(tmp_path / "all.h5", "r+") as heavy:
        wrong = other.cells[order].copy()
        wrong[3, 0] = wrong[3, 1]
        heavy["/MeshTags/cell_tags/topology"][...] = wrong
    with pytest.raises(InputError, match=r"all\.xdmf: cell 3 of the tags cell_tags is no cell"):
        read_mesh(path, "um", REGIONS | PATCHES)


# ------------------------------------------------------------------------- the user's dictionary


def test_a_yaml_file_of_names(tmp_path, tube):
    path = volumes_file(tmp_path / "mesh.xdmf", tube)
    facets = facets_file(tmp_path / "facets.xdmf", tube)
    names = tmp_path / "names.yaml"
    pairs = {int(k): v for k, v in (REGIONS | PATCHES).items()}
    names.write_text(yaml.safe_dump(pairs | {77: "wall"}))
    mesh = read_mesh(path, "um", names, facets)
    same_tags(mesh, tube)
    assert "mesh.tags also names 77, which the file has not" in mesh.notes
    for content, words in (
        ("a: [1, 2]", "a has no single word"),
        ("- wall", "is no list of names"),
        ("a: b: c", r"is no YAML \(line 1"),
        ("", "is empty"),
    ):
        names.write_text(content)
        with pytest.raises(InputError, match=rf"names\.yaml: {words}"):
            read_mesh(path, "um", names, facets)
    with pytest.raises(InputError, match=r"none\.yaml: no such file; check mesh\.tags"):
        read_mesh(path, "um", tmp_path / "none.yaml", facets)


def test_all_unknown_names_are_listed_with_the_nearest_word(tmp_path, tube):
    path = tmp_path / "a.msh"
    tags = [tube.regions, tube.patches]
    names = {"parenchima": (2, 3), "bone": (1, 3), **{p.name.lower(): (p, 2) for p in Patch}}
    meshio.write(
        path,
        meshio.Mesh(
            tube.points / um,
            [("tetra", tube.cells), ("triangle", tube.facets)],
            cell_data={"gmsh:physical": tags, "gmsh:geometrical": tags},
            field_data={name: np.array(pair) for name, pair in names.items()},
        ),
        file_format="gmsh22",
    )
    with pytest.raises(InputError, match=r"bone, parenchima \(tissue\?\) of unknown meaning"):
        read_mesh(path, "um")
    with pytest.raises(InputError, match=r"mesh\.tags\.bone=arterial_pv .*is arterial_pvs meant"):
        read_mesh(path, "um", {"bone": "arterial_pv"})


@pytest.mark.parametrize("value", [2.5, np.inf])
def test_tags_that_are_no_whole_numbers(tmp_path, tube, value):
    codes = tube.regions.astype(float)
    codes[4] = value
    data = {"f": [codes]}
    path = tmp_path / "a.vtu"
    meshio.write(path, meshio.Mesh(tube.points / um, [("tetra", tube.cells)], cell_data=data))
    words = r"array f has 2\.5 on tetra 4 \(1 such\)" if value == 2.5 else "0 of unknown meaning"
    with pytest.raises(InputError, match=words):
        read_mesh(path, "um", REGIONS)


# --------------------------------------------------------------------- meshes without a vessel


def ball(tissue: bool = True) -> Mesh:
    """Free fluid round tissue: a tube of tissue in one of fluid, without a vessel."""
    mesh = annulus(10 * um, 14 * um, 40 * um, tissue_outer=40 * um, across=2, around=8)
    fluid = Region.CSF if tissue else Region.TISSUE
    return replace(mesh, regions=np.where(mesh.regions == 1, fluid, Region.TISSUE).astype(np.int32))


def test_a_mesh_without_a_vessel(tmp_path):
    """It is read, completed, written and read again; the report says what the solver lacks."""
    original = ball()
    path = volumes_file(tmp_path / "a.xdmf", original)
    mesh = read_mesh(path, "um", {"4": "csf", "2": "tissue"})
    assert set(mesh.parts) == {"4", "2"}
    pia = mesh.points[mesh.facets_of(Patch.PIA)]
    area = np.linalg.norm(np.cross(pia[:, 1] - pia[:, 0], pia[:, 2] - pia[:, 0]), axis=1).sum() / 2
    sheath = original.points[original.facets_of(Patch.SHEATH)]
    like = np.linalg.norm(
        np.cross(sheath[:, 1] - sheath[:, 0], sheath[:, 2] - sheath[:, 0]), axis=1
    )
    assert area == pytest.approx(like.sum() / 2, rel=1e-9)
    outward = np.einsum(
        "ij,ij->i", pia.mean(axis=1), np.cross(*np.diff(pia, axis=1).swapaxes(0, 1))
    )
    assert outward.min() > 0  # out of the fluid, which is inside
    assert set(mesh.patches) == {Patch.PIA, Patch.CSF_OUTER, Patch.TISSUE_OUTER}
    for suffix in (".vtu", ".msh", ".xdmf"):
        again = read_mesh(write_mesh(mesh, tmp_path / ("b" + suffix)), "m")
        for name in ("points", "cells", "regions", "facets", "patches"):
            np.testing.assert_array_equal(getattr(again, name), getattr(mesh, name), strict=True)
    report = check(mesh)
    assert report.failed
    assert [row.name for row in report.rows if row.verdict == "fail"] == ["cells of the space"]
    assert "arterial_pvs" in report.row("cells of the space").place


def test_space_and_free_fluid_do_not_go_together_but_one_can_be_left_out(tmp_path, tube):
    above = tube.points[tube.cells][..., 2].mean(axis=1) > 20 * um
    codes = np.where(above & (tube.regions == 2), 9, tube.regions).astype(np.int32)
    path = tmp_path / "a.vtu"
    blocks = [("tetra", tube.cells), ("triangle", tube.facets)]
    data = {"f": [codes, tube.patches]}
    meshio.write(path, meshio.Mesh(tube.points / um, blocks, cell_data=data))
    with pytest.raises(InputError, match=r"free fluid, the latter at .*=ignore"):
        read_mesh(path, "um", REGIONS | PATCHES | {"9": "ventricle"})
    with pytest.raises(InputError, match="SHEATH, but no tissue lies behind"):
        read_mesh(path, "um", REGIONS | PATCHES | {"9": "ignore"})
    mesh, reason = inspect_mesh(path, "um", REGIONS | PATCHES | {"9": "ignore"})
    assert "no tissue lies behind" in reason
    assert len(mesh.cells) == np.sum(codes != 9)
    assert f"{np.sum(codes == 9)} volume elements ignored, as mesh.tags says" in mesh.notes


@pytest.mark.skipif(not HEAD.is_file(), reason="the human head is not here")
def test_the_human_head(tmp_path):
    """Four regions with the volumes that its source states, through a file of ours as well."""
    with pytest.raises(InputError, match=r"has volumes 1, 2, 3, 4 of unknown meaning.*mesh\.tags"):
        read_mesh(HEAD, "m")
    mesh = read_mesh(HEAD, "m", HEAD_TAGS)
    millilitres = {
        "subarachnoid_csf": 328.7,
        "parenchyma": 1315.8,
        "lateral_ventricles": 26.0,
        "third_and_fourth_ventricles": 5.3,
    }
    again = read_mesh(write_mesh(mesh, tmp_path / "head.vtu"))
    report = check(again)
    for found in (mesh, again):
        volumes = tet_volumes(found.points, found.cells) * 1e6
        assert set(found.parts) == set(millilitres)
        for name, volume in millilitres.items():
            assert volumes[found.in_part(name)].sum() == pytest.approx(volume, abs=0.05)
    np.testing.assert_array_equal(again.facets, mesh.facets)
    assert set(np.unique(mesh.regions)) == {Region.TISSUE, Region.CSF}
    for name, volume in millilitres.items():
        row = report.row(f"volume of part {name}")
        assert (row.value, row.unit) == (pytest.approx(volume, abs=0.05), "mL")
    with pytest.raises(InputError, match=r"with mesh\.units=mm, .*outside|would be"):
        read_mesh(HEAD, "nm", HEAD_TAGS)
