"""Foreign volume meshes: formats, names, element shapes, and what each bad file is told."""

import time
from collections.abc import Mapping
from pathlib import Path

import meshio
import numpy as np
import pytest

from meshes.annulus import annulus
from meshes.check import check
from meshes.errors import InputError
from meshes.face_table import face_table
from meshes.mesh import Mesh
from meshes.read_mesh import read_mesh
from meshes.sweep.faces import tet_volumes
from meshes.tags import Patch, Region
from meshes.volumes.elements import HEXAHEDRON, cut_volumes
from meshes.volumes.vocabulary import patch_called, region_called

MESHES = Path(__file__).parents[2].parent / "shared" / "data" / "meshes"
um = 1e-6
NAMES = {
    (3, Region.ARTERIAL_PVS): "pvs",
    (3, Region.TISSUE): "parenchyma",
    (2, Patch.WALL): "wall_inner",
    (2, Patch.SHEATH): "Endfeet",
    (2, Patch.INLET): "inlet",
    (2, Patch.DISTAL): "outlet_a",
    (2, Patch.TISSUE_OUTER): "tissue_outer",
    (2, Patch.LUMEN): "lumen",
}


def tube(tissue: bool = True) -> Mesh:
    return annulus(
        10 * um, 14 * um, 40 * um, tissue_outer=40 * um if tissue else None, across=2, around=8
    )


def write(
    path: Path,
    mesh: Mesh,
    *,
    points: np.ndarray | None = None,
    cells: np.ndarray | None = None,
    regions: np.ndarray | None = None,
    facets: np.ndarray | None = None,
    patches: np.ndarray | None = None,
    names: Mapping[tuple[int, int], str] = NAMES,
    **how,
) -> Path:
    """A foreign gmsh file in micrometres with physical names, parts of the mesh replaced."""
    points = mesh.points if points is None else points
    cells = mesh.cells if cells is None else cells
    regions = mesh.regions if regions is None else regions
    facets = mesh.facets if facets is None else facets
    patches = mesh.patches if patches is None else patches
    tags = [np.asarray(regions, dtype=np.int32), np.asarray(patches, dtype=np.int32)]
    meshio.write(
        path,
        meshio.Mesh(
            points / um,
            [("tetra", cells), ("triangle", facets)],
            cell_data={"gmsh:physical": tags, "gmsh:geometrical": tags},
            field_data={name: np.array([code, dim]) for (dim, code), name in names.items()},
        ),
        **({"file_format": "gmsh22", "binary": False} | how),
    )
    return path


def refused(path: Path, *words: str, units: str | None = "um", **how) -> None:
    """Reading fails with one sentence that names the file and holds all the words."""
    with pytest.raises(InputError) as caught:
        read_mesh(path, units, **how)
    message = str(caught.value)
    assert "\n" not in message
    assert path.name in message
    for word in words:
        assert word in message, message


def assert_same_shape(mesh: Mesh, original: Mesh) -> None:
    """Same regions and patches, by volume and area."""
    for region in Region:
        ours, theirs = mesh.regions == region, original.regions == region
        assert ours.sum() == theirs.sum()
        assert tet_volumes(mesh.points, mesh.cells)[ours].sum() == pytest.approx(
            tet_volumes(original.points, original.cells)[theirs].sum(), rel=1e-9, abs=1e-30
        )
    for patch in Patch:
        assert len(mesh.facets_of(patch)) == len(original.facets_of(patch)), patch
    assert not check(mesh).failed


# ------------------------------------------------------------------------------------- formats


@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize("tissue", [True, False])
def test_gmsh_names(tmp_path, tissue, binary):
    original = tube(tissue)
    path = write(tmp_path / "tube.msh", original, binary=binary)
    mesh = read_mesh(path, "um")
    assert_same_shape(mesh, original)
    np.testing.assert_allclose(mesh.points, original.points, atol=1e-12)
    np.testing.assert_array_equal(mesh.vessel.column, original.vessel.column)
    assert mesh.name == "tube.msh"


@pytest.mark.parametrize("suffix", [".vtu", ".vtk", ".xdmf"])
def test_tag_arrays(tmp_path, suffix):
    original = tube()
    region = [original.regions, np.zeros(len(original.facets), dtype=np.int32)]
    patch = [np.zeros(len(original.cells), dtype=np.int32), original.patches]
    blocks = [("tetra", original.cells), ("triangle", original.facets)]
    data, tags = {"region": region, "patch": patch}, None
    if suffix == ".xdmf":  # codes without names, one array for both
        data = {"markers": [region[0], patch[1]]}
        used = {Region.ARTERIAL_PVS, Region.TISSUE, *map(Patch, np.unique(original.patches))}
        tags = {str(tag.value): tag.name.lower() for tag in used}
    path = tmp_path / ("tube" + suffix)
    meshio.write(path, meshio.Mesh(original.points / um, blocks, cell_data=data))
    assert_same_shape(read_mesh(path, "um", tags), original)


def test_vocabulary():
    for name in ("PVS", "arterial_pvs", "Fluid", "stokes-1", "perivascular space"):
        assert region_called(name) is Region.ARTERIAL_PVS
    assert region_called("venous_pvs") is Region.VENOUS_PVS
    for name in ("tissue", "Parenchyma", "porous", "brain_2"):
        assert region_called(name) is Region.TISSUE
    meant = {
        Patch.WALL: ("wall", "arterial_wall", "wall_inner", "Vessel"),
        Patch.SHEATH: ("sheath", "interface", "endfeet", "outer", "wall_outer", "pvs_outer"),
        Patch.INLET: ("inlet", "Mouth", "pvs_inlet", "inflow"),
        Patch.DISTAL: ("outlet", "outlet_b", "pvs_far", "distal", "outlet2"),
        Patch.TISSUE_OUTER: ("tissue_outer", "tissue_far", "tissue inlet"),
        Patch.LUMEN: ("lumen", "blind_end"),
    }
    for patch, names in meant.items():
        for name in names:
            assert patch_called(name) is patch, name
    assert region_called("skull") is None
    assert patch_called("skin") is None


# ------------------------------------------------------------------------------ element shapes


def grid(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Points and hexahedra of the unit cube cut n x n x n."""
    index = np.arange((n + 1) ** 3).reshape((n + 1,) * 3)
    corner = [
        (0, 0, 0),
        (1, 0, 0),
        (1, 1, 0),
        (0, 1, 0),
        (0, 0, 1),
        (1, 0, 1),
        (1, 1, 1),
        (0, 1, 1),
    ]
    blocks = [index[i : i + n, j : j + n, k : k + n].ravel() for i, j, k in corner]
    points = np.stack(np.meshgrid(*[np.linspace(0, 1, n + 1)] * 3, indexing="ij"), axis=-1)
    return points.reshape(-1, 3), np.stack(blocks, axis=1)


@pytest.mark.parametrize("seed", range(5))
def test_cuts_agree_on_every_diagonal(seed):
    """Whatever the numbering: volumes add up, and inner faces of the cuts meet in pairs."""
    points, hexahedra = grid(3)
    number = np.random.default_rng(seed).permutation(len(points))
    where = np.empty_like(points)
    where[number] = points
    hexahedra = number[hexahedra]
    prisms = np.concatenate([hexahedra[:, [0, 1, 2, 4, 5, 6]], hexahedra[:, [0, 2, 3, 4, 6, 7]]])
    centre = len(points) + np.arange(len(hexahedra))
    middles = where[hexahedra].mean(axis=1)
    pyramids = np.concatenate(
        [np.column_stack([hexahedra[:, face[::-1]], centre]) for face in HEXAHEDRON]
    )
    for kind, nodes, places, per_element in (
        ("hexahedron", hexahedra, where, 6),
        ("wedge", prisms, where, 3),
        ("pyramid", pyramids, np.concatenate([where, middles]), 2),
    ):
        cells, element = cut_volumes(kind, nodes)
        volumes = tet_volumes(places, cells)
        assert volumes.min() > 0
        assert len(cells) == per_element * len(nodes)
        np.testing.assert_allclose(np.bincount(element, volumes), 1 / len(nodes))
        faces = face_table(cells)
        assert faces.crowded == -1
        outer = faces.triangles[faces.second < 0]
        assert len(outer) == 6 * 9 * 2
        on_side = (places[outer] == 0) | (places[outer] == 1)
        assert on_side.all(axis=1).any(axis=1).all()


def test_hexahedra_and_quadrilaterals(tmp_path):
    """A tube of hexahedra with tagged quadrilaterals, PVS inside tissue."""
    around, along, layers = 12, 5, 5
    radii = np.array([10, 11, 12, 13, 20, 30.0])
    i, j, k = np.meshgrid(range(layers), range(around), range(along), indexing="ij")

    def index(i, j, k):
        return ((k * around + j % around) * (layers + 1) + i).ravel()

    corner = [
        (0, 0, 0),
        (1, 0, 0),
        (1, 1, 0),
        (0, 1, 0),
        (0, 0, 1),
        (1, 0, 1),
        (1, 1, 1),
        (0, 1, 1),
    ]
    hexahedra = np.stack([index(i + a, j + b, k + c) for a, b, c in corner], axis=1)
    region = np.where(i.ravel() < 3, 1, 2)
    angle = 2 * np.pi * np.arange(around) / around
    r, t, z = radii, angle, np.linspace(0, 40, along + 1)
    zz, tt, rr = np.meshgrid(z, t, r, indexing="ij")
    points = np.stack([rr * np.cos(tt), rr * np.sin(tt), zz], axis=-1).reshape(-1, 3)

    def face(cells, corners):
        return hexahedra[cells][:, corners]

    i, k, pvs = i.ravel(), k.ravel(), region == 1
    quads = {
        Patch.WALL: face(i == 0, [0, 3, 7, 4]),
        Patch.INLET: face((k == 0) & pvs, [0, 1, 2, 3]),
        Patch.DISTAL: face((k == along - 1) & pvs, [4, 5, 6, 7]),
    }
    facets = np.concatenate(list(quads.values()))
    patch = np.repeat([int(p) for p in quads], [len(q) for q in quads.values()])
    path = tmp_path / "hex.vtu"
    meshio.write(
        path,
        meshio.Mesh(
            points,
            [("hexahedron", hexahedra), ("quad", facets)],
            cell_data={"region": [region, 0 * patch], "patch": [0 * region, patch]},
        ),
    )
    mesh = read_mesh(path, "um")
    assert len(mesh.cells) == 6 * len(hexahedra)
    assert not check(mesh).failed
    assert len(mesh.facets_of(Patch.SHEATH)) == 2 * around * along
    sizes = np.bincount(mesh.vessel.column[mesh.vessel.column >= 0])
    assert set(sizes[sizes > 0]) == {4}
    area = 0.5 * around * np.sin(2 * np.pi / around)
    volume = tet_volumes(mesh.points, mesh.cells)[mesh.regions == 1].sum()
    assert volume == pytest.approx(area * (13**2 - 10**2) * 40 * um**3)


def test_curved_elements_keep_their_corners(tmp_path):
    original = tube(tissue=False)
    mids = np.tile(original.cells[:, :1], (1, 6))
    path = tmp_path / "curved.vtu"
    meshio.write(
        path,
        meshio.Mesh(
            original.points / um,
            [("tetra10", np.hstack([original.cells, mids])), ("triangle", original.facets)],
            cell_data={
                "region": [original.regions, 0 * original.patches],
                "patch": [0 * original.regions, original.patches],
            },
        ),
    )
    mesh = read_mesh(path, "um")
    assert_same_shape(mesh, original)
    assert any("only the corners of tetra10" in note for note in mesh.notes)


# -------------------------------------------------------------------- what is settled, and noted


def test_sheath_needs_no_tag(tmp_path):
    original = tube()
    keep = original.patches != Patch.SHEATH
    path = write(
        tmp_path / "a.msh", original, facets=original.facets[keep], patches=original.patches[keep]
    )
    assert_same_shape(read_mesh(path, "um"), original)


def test_doubled_interface_is_merged(tmp_path):
    original = tube()
    tissue = original.regions == Region.TISSUE
    used = np.unique(original.cells[tissue])
    twin = np.arange(len(original.points))
    twin[used] = len(original.points) + np.arange(len(used))
    cells = np.where(tissue[:, None], twin[original.cells], original.cells)
    sheath = original.facets_of(Patch.SHEATH)
    outer = np.isin(original.patches, (Patch.TISSUE_OUTER, Patch.LUMEN))
    facets = np.where(outer[:, None], twin[original.facets], original.facets)
    noise = np.random.default_rng(1).normal(scale=1e-5 * um, size=(len(used), 3))
    path = write(
        tmp_path / "doubled.msh",
        original,
        points=np.concatenate([original.points, original.points[used] + noise]),
        cells=cells,
        facets=np.concatenate([facets, twin[sheath]]),
        patches=np.concatenate([original.patches, np.full(len(sheath), Patch.SHEATH)]),
    )
    mesh = read_mesh(path, "um")
    np.testing.assert_array_equal(
        [len(mesh.facets_of(p)) for p in Patch], [len(original.facets_of(p)) for p in Patch]
    )
    assert not check(mesh).failed
    assert len(mesh.points) == len(original.points)
    shared = len(np.unique(sheath))
    assert any(f"{shared} points doubled on the interface merged" in n for n in mesh.notes)


def test_regions_that_do_not_conform(tmp_path):
    original = tube()
    tissue = original.regions == Region.TISSUE
    used = np.unique(original.cells[tissue])
    twin = np.arange(len(original.points))
    twin[used] = len(original.points) + np.arange(len(used))
    turned = original.points[used] @ np.array([[0.96, 0.28, 0], [-0.28, 0.96, 0], [0, 0, 1]])
    outer = np.isin(original.patches, (Patch.TISSUE_OUTER, Patch.LUMEN))
    path = write(
        tmp_path / "apart.msh",
        original,
        points=np.concatenate([original.points, turned]),
        cells=np.where(tissue[:, None], twin[original.cells], original.cells),
        facets=np.where(outer[:, None], twin[original.facets], original.facets),
    )
    refused(path, "tagged SHEATH, but no tissue lies behind it", "at (", "conform")
    keep = original.patches != Patch.SHEATH
    facets = np.where(outer[:, None], twin[original.facets], original.facets)[keep]
    write(
        path,
        original,
        points=np.concatenate([original.points, turned]),
        cells=np.where(tissue[:, None], twin[original.cells], original.cells),
        facets=facets,
        patches=original.patches[keep],
    )
    refused(path, "boundary facets of the perivascular space have no tag", "at (")


@pytest.mark.parametrize("share", [1.0, 0.5])
def test_node_order_is_turned(tmp_path, share):
    original = tube()
    odd = np.random.default_rng(2).random(len(original.cells)) < share
    cells = np.where(odd[:, None], original.cells[:, [1, 0, 2, 3]], original.cells)
    mesh = read_mesh(write(tmp_path / "odd.msh", original, cells=cells), "um")
    assert_same_shape(mesh, original)
    assert any(f"{odd.sum()} cells of negative orientation turned" in n for n in mesh.notes)


def test_unused_points_are_dropped(tmp_path):
    original = tube()
    extra = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    path = write(
        tmp_path / "loose.msh",
        original,
        points=np.concatenate([extra, original.points]),
        cells=original.cells + 2,
        facets=original.facets + 2,
    )
    mesh = read_mesh(path, "um")
    assert_same_shape(mesh, original)
    np.testing.assert_allclose(mesh.points, original.points, atol=1e-12)
    assert any("2 points of no cell dropped" in note for note in mesh.notes)


def test_one_missing_patch_is_inferred_two_are_not(tmp_path):
    original = tube()
    keep = original.patches != Patch.DISTAL
    path = write(
        tmp_path / "a.msh", original, facets=original.facets[keep], patches=original.patches[keep]
    )
    mesh = read_mesh(path, "um")
    assert_same_shape(mesh, original)
    ends = int((~keep).sum())
    assert any(f"{ends} facets without a tag taken as DISTAL" in note for note in mesh.notes)
    keep &= original.patches != Patch.INLET
    path = write(
        tmp_path / "b.msh", original, facets=original.facets[keep], patches=original.patches[keep]
    )
    refused(path, f"{2 * ends} boundary facets", "one at (", "INLET or DISTAL", "tag them")
    some = np.flatnonzero(original.patches == Patch.WALL)[:3]
    keep = np.setdiff1d(np.arange(len(original.facets)), some)
    path = write(
        tmp_path / "c.msh", original, facets=original.facets[keep], patches=original.patches[keep]
    )
    refused(path, "3 boundary facets", "one at (", "tag them")


def blind() -> tuple[Mesh, np.ndarray, np.ndarray, np.ndarray]:
    """A tube whose upper half has tissue where the lower has perivascular space."""
    original = tube()
    height = original.points[:, 2]
    middle = np.unique(height)[len(np.unique(height)) // 2]
    above = height[original.cells].mean(axis=1) > middle
    regions = np.where(above, Region.TISSUE, original.regions)
    faces = face_table(original.cells)
    inner = faces.second >= 0
    between = inner & (regions[faces.first] != regions[faces.second])
    flat = between & np.all(np.isclose(height[faces.triangles], middle), axis=1)
    high = height[original.facets].mean(axis=1) > middle
    keep = ~(high & np.isin(original.patches, (Patch.SHEATH, Patch.DISTAL)))
    facets = np.concatenate([original.facets[keep], faces.triangles[flat]])
    patches = np.concatenate([original.patches[keep], np.full(flat.sum(), Patch.DISTAL)])
    return original, regions, facets, patches


def test_blind_end_is_parted_from_the_tissue(tmp_path):
    original, regions, facets, patches = blind()
    path = write(tmp_path / "a.msh", original, regions=regions, facets=facets, patches=patches)
    mesh = read_mesh(path, "um")
    assert not check(mesh).failed
    ends = np.sum(patches == Patch.DISTAL)
    assert len(mesh.facets_of(Patch.DISTAL)) == ends
    pvs = np.unique(mesh.cells[mesh.regions != Region.TISSUE])
    tissue = np.unique(mesh.cells[mesh.regions == Region.TISSUE])
    sheath = np.unique(mesh.facets_of(Patch.SHEATH))
    assert set(np.intersect1d(pvs, tissue)) == set(sheath)
    assert np.isin(mesh.facets_of(Patch.DISTAL), pvs).all()
    assert len(mesh.points) > len(original.points)
    low = mesh.points[mesh.facets_of(Patch.LUMEN)][..., 2]
    end_height = mesh.points[mesh.facets_of(Patch.DISTAL)][..., 2].mean()
    assert np.sum(np.all(np.isclose(low, end_height), axis=1)) == ends  # the tissue side
    assert any("doubled" in note for note in mesh.notes)
    assert any("tagged WALL taken as LUMEN" in note for note in mesh.notes)
    volumes = tet_volumes(mesh.points, mesh.cells)
    assert volumes.sum() == pytest.approx(tet_volumes(original.points, original.cells).sum())


# ------------------------------------------------------------------------------- what is refused


def test_inverted_cell(tmp_path):
    original = tube()
    inner = np.setdiff1d(np.arange(len(original.points)), np.unique(original.facets))[5]
    points = original.points.copy()
    points[inner] += [0, 0, 30 * um]
    refused(
        write(tmp_path / "a.msh", original, points=points), "cell ", ") m is inverted", "remesh"
    )


def test_flat_cell(tmp_path):
    original = tube()
    cells = np.concatenate([original.cells, original.cells[:1, [0, 1, 2, 2]]])
    regions = np.append(original.regions, 1)
    path = write(tmp_path / "a.msh", original, cells=cells, regions=regions)
    refused(path, f"cell {len(cells) - 1} at (", "zero volume", "remesh")


def test_crowded_face(tmp_path):
    original = tube()
    cells = np.concatenate([original.cells, original.cells[:1]])
    regions = np.append(original.regions, original.regions[0])
    path = write(tmp_path / "a.msh", original, cells=cells, regions=regions)
    refused(path, "three or more cells", "remesh")


def test_facets_of_no_cell_and_twice_tagged(tmp_path):
    original = tube()
    wrong = original.facets.copy()
    wrong[0] = [0, 1, len(original.points) - 1]
    refused(write(tmp_path / "a.msh", original, facets=wrong), "facet 0 at (", "conform")
    wall = original.facets_of(Patch.WALL)[:1]
    path = write(
        tmp_path / "b.msh",
        original,
        facets=np.concatenate([original.facets, wall]),
        patches=np.append(original.patches, Patch.INLET),
    )
    refused(path, "tagged both WALL and INLET", "one tag")


def test_wall_between_regions(tmp_path):
    original = tube()
    patches = np.where(original.patches == Patch.SHEATH, Patch.WALL, original.patches)
    path = write(tmp_path / "a.msh", original, patches=patches)
    refused(path, "between perivascular space and tissue is tagged WALL", "mesh.tags")


def test_unknown_names_and_mapping(tmp_path):
    original = tube()
    names = NAMES | {(2, int(Patch.WALL)): "skin", (3, int(Region.TISSUE)): "grey"}
    path = write(tmp_path / "a.msh", original, names=names)
    refused(path, "grey", "pvs", "mesh.tags.grey=", "tissue")
    refused(path, "skin", "inlet", "mesh.tags.skin=", "wall", tags={"grey": "tissue"})
    mesh = read_mesh(path, "um", {"grey": "Tissue", "skin": "wall"})
    assert_same_shape(mesh, original)
    assert_same_shape(read_mesh(path, "um", {"2": "parenchyma", "11": "11"}), original)
    refused(path, "mesh.tags.grey=bone", "tissue", tags={"grey": "bone"})
    refused(path, "typo", "grey", tags={"grey": "tissue", "skin": "wall", "typo": "wall"})
    mesh = read_mesh(path, "um", {"grey": "tissue", "skin": "ignore"})  # the only one missing
    assert any("taken as WALL" in note for note in mesh.notes)


def test_missing_tags(tmp_path):
    original = tube()
    blocks = [("tetra", original.cells), ("triangle", original.facets)]
    bare = tmp_path / "bare.vtu"
    meshio.write(bare, meshio.Mesh(original.points / um, blocks))
    refused(bare, "volumes carry no tags", "none", "'region'")
    half = tmp_path / "half.vtu"
    data = {"region": [original.regions, 0 * original.patches]}
    meshio.write(half, meshio.Mesh(original.points / um, blocks, cell_data=data))
    refused(half, "surfaces carry no tags", "'patch'")
    cells_only = tmp_path / "cells.vtu"
    data = {"region": [original.regions]}
    meshio.write(cells_only, meshio.Mesh(original.points / um, blocks[:1], cell_data=data))
    refused(cells_only, "boundary facets of the perivascular space have no tag", "one at (")


def test_no_mouth_and_no_space(tmp_path):
    original = tube()
    patches = np.where(original.patches == Patch.INLET, Patch.DISTAL, original.patches)
    refused(write(tmp_path / "a.msh", original, patches=patches), "no INLET", "mesh.tags.<name>=")
    regions = np.full_like(original.regions, Region.TISSUE)
    refused(write(tmp_path / "b.msh", original, regions=regions), "no perivascular", "mesh.tags")


def test_bad_numbers(tmp_path):
    original = tube()
    points = original.points.copy()
    points[7, 1] = np.nan
    refused(write(tmp_path / "a.msh", original, points=points), "point 7", "finite", "remesh")


def test_units(tmp_path):
    path = write(tmp_path / "a.msh", tube())
    refused(path, "mesh.units", "um, mm", units=None)
    refused(path, "furlong", "um, mm", units="furlong")
    refused(path, "mesh.units=mm", "use mesh.units=um", units="mm")


def test_files_that_cannot_be_read(tmp_path):
    refused(tmp_path / "absent.msh", "no such file", "mesh.path")
    refused(tmp_path, "directory", "mesh.path")
    odd = tmp_path / "a.stl"
    odd.write_text("solid")
    refused(odd, "'.stl'", ".msh")
    whole = write(tmp_path / "whole.msh", tube()).read_bytes()
    for suffix, content in (
        (".msh", whole[: len(whole) // 2]),
        (".msh", b"\x00\x01\x02garbage"),
        (".vtu", b"<VTKFile type='UnstructuredGrid'><Unstr"),
        (".vtk", b"nonsense"),
        (".xdmf", b"<Xdmf>"),
    ):
        bad = tmp_path / ("bad" + suffix)
        bad.write_bytes(content)
        refused(bad, "export it again")
    bad.write_bytes(b"")
    refused(bad, "empty")
    surface = tmp_path / "surface.vtu"
    meshio.write(surface, meshio.Mesh(tube().points, [("triangle", tube().facets)]))
    refused(surface, "no volume cells", "triangle", "read_tree")


# ----------------------------------------------------------------------------------- real files


@pytest.mark.skipif(not MESHES.is_dir(), reason="the ready meshes are not here")
@pytest.mark.parametrize(
    ("name", "units", "cells", "distal"),
    [
        ("annulus_concentric_small_v22.msh", "um", 16840, 1),
        ("bifurcation_tiny_v22.msh", "um", 5724, 2),
        ("stokes_darcy_small_v41.msh", "um", 34079, 1),
        ("straight_gap3.vtu", "um", 80610, 1),
        ("y60_gap3.vtu", "um", 92830, 2),
        ("penetrating_gap8.vtu", "um", 161456, 1),
        ("human_subtree.vtu", "mm", 214162, 6),
    ],
)
def test_ready_meshes(name, units, cells, distal):
    start = time.process_time()
    mesh = read_mesh(MESHES / name, units)
    assert time.process_time() - start < 1.0 + 2e-5 * cells  # measured a quarter of it
    assert len(mesh.cells) == cells
    report = check(mesh)
    assert not report.failed, report.table()
    assert report.row("distal ends").value == distal
    assert report.row("pieces of arterial_pvs").value == 1
