"""The user's own names of cells, and the values a file has on them, survive the reading."""

from dataclasses import replace
from pathlib import Path

import meshio
import numpy as np
import pytest

from meshes.annulus import annulus
from meshes.errors import InputError
from meshes.mesh import Mesh
from meshes.read_mesh import read_mesh
from meshes.sweep.faces import tet_volumes
from meshes.tags import Patch, Region

um = 1e-6
GREY, WHITE, SPACE = 31, 7, 112  # codes out of order


@pytest.fixture(scope="module")
def tube() -> Mesh:
    return annulus(10 * um, 14 * um, 40 * um, tissue_outer=40 * um, across=2, around=8)


def centres(mesh: Mesh) -> np.ndarray:
    """Of the cells, in um."""
    return mesh.points[mesh.cells].mean(axis=1) / um


def codes_of(mesh: Mesh) -> np.ndarray:
    """White tissue above half height, grey below."""
    matter = np.where(centres(mesh)[:, 2] > 20, WHITE, GREY)
    return np.where(mesh.regions == Region.TISSUE, matter, SPACE)


NAMES = {"Grey": (GREY, 3), "white matter": (WHITE, 3), "CSF": (SPACE, 3)}
NAMES |= {patch.name.lower(): (patch.value, 2) for patch in Patch}


def write(path: Path, mesh: Mesh, binary: bool = False) -> Path:
    """A foreign gmsh 2.2 file, facets first, with grey and white tissue."""
    tags = [mesh.patches.astype(np.int32), codes_of(mesh).astype(np.int32)]
    meshio.write(
        path,
        meshio.Mesh(
            mesh.points / um,
            [("triangle", mesh.facets), ("tetra", mesh.cells)],
            cell_data={"gmsh:physical": tags, "gmsh:geometrical": tags},
            field_data={name: np.array(pair) for name, pair in NAMES.items()},
        ),
        file_format="gmsh22",
        binary=binary,
    )
    return path


MEANING = {"Grey": "tissue", "white matter": "tissue"}


def vtu(path: Path, mesh: Mesh, cell_data=None, point_data=None, kind: str = "tetra") -> Path:
    """A foreign file with our tag arrays and others; cell data on tetrahedra, 0 on triangles."""
    blank = len(mesh.facets)
    tags = {
        "region": [mesh.regions, np.zeros(blank, dtype=np.int32)],
        "patch": [np.zeros(len(mesh.cells), dtype=np.int32), mesh.patches],
    }
    more = {
        name: [values, np.zeros((blank, *values.shape[1:]), dtype=values.dtype)]
        for name, values in (cell_data or {}).items()
    }
    meshio.write(
        path,
        meshio.Mesh(
            mesh.points / um,
            [(kind, mesh.cells), ("triangle", mesh.facets)],
            cell_data=tags | more,
            point_data=point_data or {},
        ),
    )
    return path


# --------------------------------------------------------------------------------------- parts


def test_gmsh_names_are_the_parts(tmp_path, tube):
    mesh = read_mesh(write(tmp_path / "a.msh", tube), "um", MEANING)
    assert set(mesh.parts) == {"Grey", "white matter", "CSF"}
    codes = {"Grey": GREY, "white matter": WHITE, "CSF": SPACE}
    for name, code in codes.items():
        np.testing.assert_array_equal(mesh.in_part(name), codes_of(tube) == code)
    np.testing.assert_array_equal(mesh.regions, tube.regions)
    assert mesh.parts[mesh.part[0]] == "CSF"
    with pytest.raises(InputError, match=r"a\.msh: has no part grey; it has .*Grey"):
        mesh.in_part("grey")


def test_codes_without_names_are_the_parts(tmp_path, tube):
    path = tmp_path / "a.vtu"
    codes = [codes_of(tube), 0 * tube.patches]
    meshio.write(
        path,
        meshio.Mesh(
            tube.points / um,
            [("tetra", tube.cells), ("triangle", tube.facets)],
            cell_data={"label": codes, "patch": [0 * tube.regions, tube.patches]},
        ),
    )
    tags = {str(GREY): "tissue", str(WHITE): "tissue", str(SPACE): "arterial_pvs"}
    mesh = read_mesh(path, "um", tags)
    assert set(mesh.parts) == {str(GREY), str(WHITE), str(SPACE)}
    np.testing.assert_array_equal(
        np.array(mesh.parts, dtype=int)[mesh.part], codes_of(tube).astype(int)
    )


def test_our_codes_are_called_by_region_but_mapped_ones_by_code(tmp_path, tube):
    assert read_mesh(vtu(tmp_path / "a.vtu", tube), "um").parts == ("arterial_pvs", "tissue")
    codes = np.where(codes_of(tube) == WHITE, 9, tube.regions).astype(np.int32)
    path = vtu(tmp_path / "b.vtu", replace(tube, parts=("x",), part=0 * codes, regions=codes))
    mesh = read_mesh(path, "um", {"9": "tissue"})
    assert set(mesh.parts) == {"arterial_pvs", "tissue", "9"}
    np.testing.assert_array_equal(mesh.in_part("9"), codes == 9)
    np.testing.assert_array_equal(mesh.in_part("tissue"), codes == Region.TISSUE)


def test_parts_follow_regions_unless_given(tube):
    assert tube.parts == ("arterial_pvs", "tissue")
    np.testing.assert_array_equal(tube.in_part("tissue"), tube.regions == Region.TISSUE)
    half = replace(tube, cells=tube.cells[::2], regions=tube.regions[::2])
    np.testing.assert_array_equal(half.part, tube.part[::2])
    venous = replace(tube, regions=np.where(tube.regions == 1, 3, tube.regions))
    assert venous.parts == ("tissue", "venous_pvs")
    np.testing.assert_array_equal(venous.in_part("venous_pvs"), tube.regions == 1)
    given = replace(tube, parts=("a", "b"), part=tube.part)
    assert replace(given, notes=("x",)).parts == ("a", "b")


def test_parts_and_fields_of_other_cells_are_refused(tube):
    for part in (tube.part[1:], tube.part + 1, tube.part - 1):
        with pytest.raises(InputError, match=r"annulus: has 2 parts \(a, b\).*give every cell"):
            replace(tube, parts=("a", "b"), part=part)
    bare = {n: getattr(tube, n) for n in ("points", "cells", "regions", "facets", "patches")}
    with pytest.raises(InputError, match="no names"):
        Mesh(**bare, vessel=tube.vessel, part=tube.part)
    count = len(tube.cells)
    for shape in ((count - 1,), (count, 2), (count, 9), (3, 3)):
        with pytest.raises(InputError, match=r"its field k has shape .*per cell"):
            replace(tube, fields={"k": np.zeros(shape)})


# -------------------------------------------------------------------------------------- fields


def test_fields_keep_values_shape_and_order(tmp_path, tube):
    count = len(tube.cells)
    random = np.random.default_rng(5)
    given = {
        "k": random.random(count),
        "single": random.random(count).astype(np.float32),
        "column": random.random((count, 1)),
        "vector": random.random((count, 3)),
        "full": random.random((count, 9)),
        "six": np.tile([11.0, 22.0, 33.0, 12.0, 23.0, 13.0], (count, 1)),  # XX YY ZZ XY YZ XZ
        "whole": np.arange(count),
        "pair": random.random((count, 2)),
    }
    mesh = read_mesh(vtu(tmp_path / "a.vtu", tube, given), "um")
    assert set(mesh.fields) == {"k", "single", "column", "vector", "full", "six"}
    np.testing.assert_array_equal(mesh.fields["k"], given["k"], strict=True)
    np.testing.assert_array_equal(mesh.fields["single"], given["single"].astype(float), strict=True)
    np.testing.assert_array_equal(mesh.fields["column"], given["column"][:, 0], strict=True)
    np.testing.assert_array_equal(mesh.fields["vector"], given["vector"], strict=True)
    np.testing.assert_array_equal(mesh.fields["full"][:, 0, 2], given["full"][:, 2])
    np.testing.assert_array_equal(mesh.fields["full"][:, 2, 0], given["full"][:, 6])
    six = [[11, 12, 13], [12, 22, 23], [13, 23, 33]]
    np.testing.assert_array_equal(mesh.fields["six"], np.tile(six, (count, 1, 1)))
    assert [n for n in mesh.notes if "left out" in n] == [
        "cell array pair left out: it has not 1, 3, 6 or 9 components on all cells"
    ]


def test_six_components_in_xdmf_have_no_order(tmp_path, tube):
    given = {"six": np.ones((len(tube.cells), 6)), "k": np.ones(len(tube.cells))}
    mesh = read_mesh(vtu(tmp_path / "a.xdmf", tube, given), "um")
    assert set(mesh.fields) == {"k"}
    assert any("six left out" in note and "nine" in note for note in mesh.notes)


def test_turned_cells_and_dropped_points_leave_fields_in_place(tmp_path, tube):
    odd = np.random.default_rng(2).random(len(tube.cells)) < 0.5
    cells = np.where(odd[:, None], tube.cells[:, [1, 0, 2, 3]], tube.cells) + 1
    points = np.concatenate([[[0.0, 0.0, 1.0]], tube.points])
    raw = replace(tube, points=points, cells=cells, facets=tube.facets + 1)
    z = centres(tube)[:, 2]
    mesh = read_mesh(vtu(tmp_path / "a.vtu", raw, {"z": z}, {"height": points[:, 2] / um}), "um")
    assert len(mesh.points) == len(tube.points)
    np.testing.assert_allclose(mesh.fields["z"], centres(mesh)[:, 2], rtol=1e-9)
    np.testing.assert_allclose(mesh.fields["height"], centres(mesh)[:, 2], rtol=1e-9)


def test_scalars_on_points_are_averaged_but_not_our_coordinates(tmp_path, tube):
    points = tube.points / um
    data = {
        "x": points[:, 0],
        "both": points[:, 0],
        "radius": points[:, 1],
        "vector": points,
        "number": np.arange(len(points)),
    }
    given = {"both": np.full(len(tube.cells), 7.0)}
    mesh = read_mesh(vtu(tmp_path / "a.vtu", tube, given, data), "um")
    assert set(mesh.fields) == {"x", "both"}
    np.testing.assert_allclose(mesh.fields["x"], centres(tube)[:, 0], atol=1e-9)
    assert np.all(mesh.fields["both"] == 7.0)


def test_a_jump_over_a_doubled_interface_stays(tmp_path, tube):
    """The tissue's own value on its twin of a sheath point is not lost when the two merge."""
    tissue = tube.regions == Region.TISSUE
    used = np.unique(tube.cells[tissue])
    twin = np.arange(len(tube.points))
    twin[used] = len(tube.points) + np.arange(len(used))
    outer = np.isin(tube.patches, (Patch.TISSUE_OUTER, Patch.LUMEN))
    doubled = replace(
        tube,
        points=np.concatenate([tube.points, tube.points[used]]),
        cells=np.where(tissue[:, None], twin[tube.cells], tube.cells),
        facets=np.where(outer[:, None], twin[tube.facets], tube.facets),
    )
    side = np.repeat([1.0, 100.0], [len(tube.points), len(used)])
    mesh = read_mesh(vtu(tmp_path / "a.vtu", doubled, None, {"side": side}), "um")
    assert any("merged" in note for note in mesh.notes)
    np.testing.assert_array_equal(mesh.fields["side"], np.where(tissue, 100.0, 1.0))


@pytest.mark.parametrize("kind", ["hexahedron", "wedge"])
def test_parts_and_fields_follow_the_tetrahedra_of_a_cut_element(tmp_path, kind):
    """A tube of hexahedra or prisms: every tetrahedron lies in the element whose value it has."""
    around, along, radii = 12, 4, np.array([10, 11, 12, 20, 30.0])
    layers = len(radii) - 1
    i, j, k = (
        a.ravel() for a in np.meshgrid(range(layers), range(around), range(along), indexing="ij")
    )

    def index(a, b, c):
        return ((k + c) * around + (j + b) % around) * (layers + 1) + i + a

    corner = ((0, 0), (1, 0), (1, 1), (0, 1))
    brick = np.stack([index(a, b, c) for c in (0, 1) for a, b in corner], axis=1)
    angle = 2 * np.pi * np.arange(around) / around
    height, turn, radius = np.meshgrid(np.linspace(0, 40, along + 1), angle, radii, indexing="ij")
    places = [radius * np.cos(turn), radius * np.sin(turn), height]
    points = np.stack(places, axis=-1).reshape(-1, 3)
    split = ([0, 1, 2, 4, 5, 6], [0, 2, 3, 4, 6, 7])
    elements = brick if kind == "hexahedron" else np.concatenate([brick[:, s] for s in split])
    copies = len(elements) // len(brick)
    layer, ring = np.tile(i, copies), np.tile(k, copies)
    wall, mouth = brick[i == 0][:, [0, 3, 7, 4]], brick[(k == 0) & (i < 2)][:, :4]
    if kind == "hexahedron":
        ends = [("quad", np.concatenate([wall, mouth]))]
        patch = [np.repeat([int(Patch.WALL), int(Patch.INLET)], [len(wall), len(mouth)])]
    else:
        halves = np.concatenate([mouth[:, :3], mouth[:, [0, 2, 3]]])
        ends = [("quad", wall), ("triangle", halves)]
        patch = [np.full(len(wall), Patch.WALL), np.full(len(halves), Patch.INLET)]
    label = np.where(layer < 2, 1, np.where(ring < 2, 5, 6))
    number = np.arange(len(elements), dtype=float)
    axis = points[elements].mean(axis=1)
    path = tmp_path / "a.vtu"
    meshio.write(
        path,
        meshio.Mesh(
            points,
            [*ends, (kind, elements)],
            cell_data={
                "region": [*(0 * p for p in patch), label],
                "patch": [*patch, 0 * label],
                "number": [*(0.0 * p for p in patch), number],
                "axis": [*(np.zeros((len(p), 3)) for p in patch), axis],
            },
            point_data={"height": points[:, 2]},
        ),
    )
    mesh = read_mesh(path, "um", {"5": "tissue", "6": "tissue"})
    element = mesh.fields["number"].astype(int)
    cuts = 6 // copies
    assert len(mesh.cells) == cuts * len(elements)
    assert np.all(np.bincount(element) == cuts)
    assert all(np.isin(c, e).all() for c, e in zip(mesh.cells, elements[element], strict=True))
    np.testing.assert_array_equal(mesh.fields["axis"], axis[element])
    np.testing.assert_allclose(mesh.fields["height"], axis[element, 2])
    called = np.array(["", "arterial_pvs", "", "", "", "5", "6"])[label[element]]
    np.testing.assert_array_equal(np.array(mesh.parts)[mesh.part], called)
    assert tet_volumes(mesh.points, mesh.cells).min() > 0


# ------------------------------------------------------------------- data of gmsh, told by tag


def section(kind: str, name: str, tags: np.ndarray, values: np.ndarray, binary: bool) -> bytes:
    """A data section as gmsh writes it."""
    rows = values.reshape(len(tags), -1)
    head = f'${kind}\n1\n"{name}"\n1\n0\n3\n0\n{rows.shape[1]}\n{len(tags)}\n'.encode()
    if binary:
        table = np.zeros(len(tags), dtype=[("tag", "<i4"), ("values", "<f8", rows.shape[1:])])
        table["tag"], table["values"] = tags, rows
        body = table.tobytes() + b"\n"
    else:
        lines = [
            " ".join([str(tag), *map(repr, row)])
            for tag, row in zip(tags.tolist(), rows.tolist(), strict=True)
        ]
        body = ("\n".join(lines) + "\n").encode()
    return head + body + f"$End{kind}\n".encode()


def write_new(path: Path, mesh: Mesh, nodes: np.ndarray, elements: np.ndarray, binary: bool):
    """The same as 4.1, one block for each name; `nodes` and `elements` are their tags."""
    out = bytearray(f"$MeshFormat\n4.1 {int(binary)} 8\n".encode())
    if binary:
        out += np.array([1], dtype="<i4").tobytes() + b"\n"
    out += f"$EndMeshFormat\n$PhysicalNames\n{len(NAMES)}\n".encode()
    out += "".join(f'{dim} {code} "{name}"\n' for name, (code, dim) in NAMES.items()).encode()
    out += b"$EndPhysicalNames\n"

    def put(*groups):
        """A line of numbers, each group with its type."""
        if binary:
            return b"".join(np.array(values, dtype=kind).tobytes() for kind, *values in groups)
        return " ".join(repr(v) for _, *values in groups for v in values).encode() + b"\n"

    end = b"\n" if binary else b""
    surfaces, volumes = np.unique(mesh.patches).tolist(), [GREY, WHITE, SPACE]
    box = ("<f8", *[0.0] * 6)
    out += b"$Entities\n" + put(("<u8", 0, 0, len(surfaces), len(volumes)))
    for code in (*surfaces, *volumes):
        out += put(("<i4", code), box, ("<u8", 1), ("<i4", code), ("<u8", 0))
    out += end + b"$EndEntities\n$Nodes\n"
    count = len(mesh.points)
    out += put(("<u8", 2, count, 1, int(nodes.max())))
    for half in (slice(0, count // 2), slice(count // 2, count)):
        tags, places = nodes[half].tolist(), (mesh.points[half] / um).tolist()
        out += put(("<i4", 3, SPACE, 0), ("<u8", len(tags)))
        out += b"".join(put(("<u8", tag)) for tag in tags)
        out += b"".join(put(("<f8", *place)) for place in places)
    out += end + b"$EndNodes\n$Elements\n"
    out += put(("<u8", len(surfaces) + 3, len(elements), 1, int(elements.max())))
    at = 0
    codes = codes_of(mesh)
    for kind, dim, code, table in (
        *((2, 2, c, mesh.facets[mesh.patches == c]) for c in surfaces),
        *((4, 3, c, mesh.cells[codes == c]) for c in volumes),
    ):
        out += put(("<i4", dim, code, kind), ("<u8", len(table)))
        tags = elements[at : at + len(table)].tolist()
        rows = nodes[table].tolist()
        out += b"".join(put(("<u8", tag, *row)) for tag, row in zip(tags, rows, strict=True))
        at += len(table)
    path.write_bytes(bytes(out + end + b"$EndElements\n"))
    return path


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize("version", [2.2, 4.1])
def test_gmsh_data_of_some_elements_in_any_order(tmp_path, tube, version, binary):
    """As gmsh appends views: the mesh once more, then data by tag, of the tissue alone."""
    random = np.random.default_rng(4)
    facets, count = len(tube.facets), len(tube.facets) + len(tube.cells)
    path = tmp_path / "a.msh"
    if version == 2.2:
        mesh, tags = tube, 1 + np.arange(count)
        nodes = 1 + np.arange(len(tube.points))
        write(path, mesh, binary)
    else:
        order = np.concatenate([np.flatnonzero(codes_of(tube) == c) for c in (GREY, WHITE, SPACE)])
        mesh = replace(tube, cells=tube.cells[order], regions=tube.regions[order])
        tags = 1000 + 3 * random.permutation(count)
        nodes = 5 + 2 * random.permutation(len(tube.points))
        write_new(path, mesh, nodes, tags, binary)
    where, height = centres(mesh), mesh.points[:, 2] / um
    chosen = random.permutation(np.flatnonzero(mesh.regions == Region.TISSUE))
    some = tags[facets + chosen]
    shuffled = random.permutation(len(nodes))
    plain = path.read_bytes()
    with path.open("ab") as out:
        out.write(plain)
        out.write(section("ElementData", "k", some, where[chosen, 2], binary))
        out.write(section("ElementData", "k", some, 0 * where[chosen, 2], binary))
        out.write(section("ElementData", "axis", some, where[chosen], binary))
        out.write(section("ElementData", "skin", tags[:3], np.ones(3), binary))
        out.write(section("NodeData", "height", nodes[shuffled], height[shuffled], binary))
    read = read_mesh(path, "um", MEANING)
    np.testing.assert_array_equal(read.cells, mesh.cells)
    tissue = read.regions == Region.TISSUE
    assert set(read.fields) == {"k", "axis", "height"}
    np.testing.assert_allclose(read.fields["k"][tissue], where[tissue, 2])
    np.testing.assert_allclose(read.fields["axis"][tissue], where[tissue])
    for name in ("k", "axis"):
        assert np.isnan(read.fields[name][~tissue]).all()
    np.testing.assert_allclose(read.fields["height"], where[:, 2])
    codes = np.array([NAMES[name][0] for name in read.parts])
    np.testing.assert_array_equal(codes[read.part], codes_of(mesh))


@pytest.mark.parametrize("binary", [False, True])
def test_gmsh_data_cut_short_are_refused(tmp_path, tube, binary):
    path = write(tmp_path / "a.msh", tube, binary=binary)
    tags = 1 + len(tube.facets) + np.arange(len(tube.cells))
    data = section("ElementData", "k", tags, np.ones(len(tags)), binary)
    whole = path.read_bytes()
    for broken in (data[: len(data) // 2], data.replace(b"\n1\n", b"\nmany\n", 1)):
        path.write_bytes(whole + broken)
        with pytest.raises(InputError, match=r"a\.msh: cannot be read .*export it again"):
            read_mesh(path, "um", MEANING)
