"""Damaged volume meshes: each is refused with the line, array or cell at fault, and no reader ends
in anything but a mesh or one sentence, whatever the bytes.

GLYMPHAX_FUZZ_ROUNDS sets how many files are damaged at random.
"""

import os
import random
import re
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import h5py
import meshio
import numpy as np
import pytest

from meshes.annulus import annulus
from meshes.check import check
from meshes.errors import InputError
from meshes.mesh import Mesh
from meshes.read_mesh import inspect_mesh, read_mesh
from meshes.tags import Patch, Region
from meshes.unassembled import unassembled
from meshes.write import write_mesh

ROUNDS = int(os.environ.get("GLYMPHAX_FUZZ_ROUNDS", "160"))
SLOWEST = 20  # s, for one file
um = 1e-6


@pytest.fixture(scope="module")
def tube() -> Mesh:
    return annulus(*(10 * um, 14 * um, 20 * um), tissue_outer=40 * um, across=1, around=6, along=2)


def gmsh_4(path: Path, mesh: Mesh) -> Path:
    """A gmsh 4.1 text file of one volume and tagged surfaces."""
    walls = np.unique(mesh.patches).tolist()
    names = [(3, 1, "pvs"), *((2, code, Patch(code).name.lower()) for code in walls)]
    lines = ["$MeshFormat", "4.1 0 8", "$EndMeshFormat", "$PhysicalNames", str(len(names))]
    lines += [f'{dim} {code} "{name}"' for dim, code, name in names]
    lines += ["$EndPhysicalNames", "$Entities", f"0 0 {len(walls)} 1"]
    lines += [f"{code} 0 0 0 1 1 1 1 {code} 0" for code in (*walls, 1)]
    count, total = len(mesh.points), len(mesh.facets) + len(mesh.cells)
    lines += ["$EndEntities", "$Nodes", f"1 {count} 1 {count}", f"3 1 0 {count}"]
    lines += [str(1 + k) for k in range(count)]
    lines += [" ".join(f"{x:.16g}" for x in point) for point in mesh.points / um]
    lines += ["$EndNodes", "$Elements", f"{len(walls) + 1} {total} 1 {total}"]
    tag = 1
    blocks = [(2, code, 2, mesh.facets[mesh.patches == code]) for code in walls]
    for dim, code, kind, nodes in (*blocks, (3, 1, 4, mesh.cells)):
        lines.append(f"{dim} {code} {kind} {len(nodes)}")
        for row in nodes + 1:
            lines.append(f"{tag} " + " ".join(map(str, row)))
            tag += 1
    path.write_text("\n".join([*lines, "$EndElements", ""]))
    return path


@pytest.fixture(scope="module")
def files(tube, tmp_path_factory) -> Path:
    """A folder of sound files, one for each way to write a mesh."""
    folder = tmp_path_factory.mktemp("sound")
    blocks = [("tetra", tube.cells), ("triangle", tube.facets)]
    codes = [tube.regions, tube.patches]
    names = {r.name.lower(): np.array([r, 3]) for r in (Region.ARTERIAL_PVS, Region.TISSUE)}
    names |= {p.name.lower(): np.array([p, 2]) for p in map(Patch, np.unique(tube.patches))}
    named = meshio.Mesh(
        tube.points / um,
        blocks,
        cell_data={"gmsh:physical": codes, "gmsh:geometrical": codes},
        field_data=names,
    )
    for name, binary in (("text.msh", False), ("binary.msh", True)):
        meshio.write(folder / name, named, file_format="gmsh22", binary=binary)
    space = annulus(10 * um, 14 * um, 20 * um, across=1, around=6, along=2)
    gmsh_4(folder / "new.msh", space)
    data = {"region": [codes[0], 0 * codes[1]], "patch": [0 * codes[0], codes[1]]}
    coded = meshio.Mesh(tube.points / um, blocks, cell_data=data)
    for name, how in (
        ("zipped.vtu", {}),
        ("text.vtu", {"binary": False}),
        ("plain.vtu", {"compression": None}),
        ("text.vtk", {"file_format": "vtk", "binary": False}),
        ("binary.vtk", {"file_format": "vtk", "binary": True}),
        ("old.vtk", {"file_format": "vtk42", "binary": True}),
        ("heavy.xdmf", {}),
        ("inline.xdmf", {"data_format": "XML"}),
    ):
        meshio.write(folder / name, coded, **how)
    write_mesh(tube, folder / "own.vtu")
    write_mesh(tube, folder / "own.xdmf")
    return folder


def test_the_files_are_sound(files):
    for path in sorted(files.iterdir()):
        if path.suffix != ".h5":
            read_mesh(path, "m" if path.stem == "own" else "um")


# ---------------------------------------------------------------- one fault each, and its place


def edited(files: Path, folder: Path, name: str, edit) -> Path:
    """A copy of a sound file after an edit of its lines, with what lies beside it."""
    lines = (files / name).read_text().split("\n")
    edit(lines)
    (folder / name).write_text("\n".join(lines))
    beside = Path(name).with_suffix(".h5")
    if name.endswith(".xdmf") and (files / beside).is_file():
        (folder / beside).write_bytes((files / beside).read_bytes())
    return folder / name


def at(lines: list[str], word: str) -> int:
    return next(k for k, line in enumerate(lines) if word in line)


def change(word: str, below: int, pattern: str, by: str):
    """Change what a pattern finds in a line so many below the first with some word."""

    def edit(lines: list[str]) -> None:
        place = at(lines, word) + below
        lines[place], count = re.subn(pattern, by, lines[place], count=1)
        assert count == 1

    return edit


def cut(word: str, below: int):
    def edit(lines: list[str]) -> None:
        del lines[at(lines, word) + below :]

    return edit


FAULTS = [
    ("text.msh", cut("$Nodes", 9), r"line \d+: the file ends inside \$Nodes of line 15"),
    ("text.msh", change("$Nodes", 5, r"(\S+)$", ""), r"line 20: a node has 3 numbers, not 4"),
    ("text.msh", change("$Nodes", 5, r"^\S+", "five"), r"line 20: 'five' is no number"),
    ("text.msh", change("$Nodes", 5, r"\S+$", "nan"), "point 3 has a coordinate that is not a f"),
    ("text.msh", change("$Nodes", 5, r"\S+$", "1e300"), "point 3 has a coordinate that is not a"),
    ("text.msh", change("$Nodes", 1, r"\d+", "99999999999"), r"line 16 announces 99999999999 item"),
    ("text.msh", change("$Elements", 1, r"\d+", "7"), r"line \d+ announces 7 items, but 360 line"),
    ("text.msh", change("$Elements", 3, r"\S+ *$", "4000"), "exist|refers to something"),
    ("text.msh", change("$Elements", 4, r"\S+ *$", ""), r"cell 2 at \(.*has zero volume"),
    ("text.msh", change("2.2", 0, r"2\.2", "9.9"), "gmsh|version"),
    ("new.msh", change("$Nodes", 1, r"\d+ ", "40 "), r"line \d+: .*(nodes|head)"),
    ("new.msh", change("$Elements", 4, r"\d+$", ""), r"line \d+: an element has 3 numbers, not 4"),
    ("new.msh", change("$Elements", 4, r"\d+$", "x"), r"line \d+: 'x' is no number"),
    ("text.vtu", change("<Points>", 2, r"\S+", "one"), r"line 7: the array Points holds 'one'"),
    ("text.vtu", cut("</Cells>", 0), r"line \d+, column \d+: no element found"),
    ("text.vtu", change("NumberOfPoints", 0, r'"\d+"', '"99999999999"'), r"line 5 announces 9999"),
    ("zipped.vtu", change("connectivity", 1, r"[A-Z]{2}", "??"), "line 12: the array connectivit"),
    ("text.vtk", change("POINTS", 1, r"\S+", "one"), r"line 6: 'one' is no number"),
    ("text.vtk", change("POINTS", 0, r"\d+", "99999999999"), r"line 5 announces 99999999999 item"),
    ("text.vtk", change("CONNECTIVITY", 2, r"\S+", "1.5"), r"line \d+: '1\.5' is no whole number"),
    ("inline.xdmf", cut("</Topology>", 0), r"is no XML \(no element found: line \d+"),
    ("inline.xdmf", change("<Geometry", 1, r"^\S+", "x"), "an array of numbers holds 'x'"),
    ("heavy.xdmf", change("Xdmf", 0, r'Dimensions="\d+', 'Dimensions="7'), "announces 7 x 3 numb"),
    ("heavy.xdmf", change("Xdmf", 0, r"heavy\.h5:", "other.h5:"), "other.h5, which is not beside"),
    ("heavy.xdmf", change("Xdmf", 0, r":/data0", ":/absent"), "/absent cannot be read from heavy"),
    ("heavy.xdmf", change("Xdmf", 0, "</Domain>", "<Grid/></Domain>"), ""),
    ("heavy.xdmf", change("Xdmf", 0, "<Grid", '<Grid GridType="Tree"'), "a collection of 0"),
]


@pytest.mark.parametrize(("name", "edit", "words"), FAULTS, ids=range(len(FAULTS)))
def test_the_place_of_a_fault_is_named(files, tmp_path, name, edit, words):
    path = edited(files, tmp_path, name, edit)
    if not words:
        read_mesh(path, "um")  # an empty grid says nothing
        return
    with pytest.raises(InputError, match=words) as caught:
        read_mesh(path, "um")
    assert "\n" not in str(caught.value)
    assert name in str(caught.value)


def test_heavy_data_that_are_missing_or_announce_too_much(files, tmp_path):
    light = tmp_path / "heavy.xdmf"
    light.write_bytes((files / "heavy.xdmf").read_bytes())
    with pytest.raises(InputError, match=r"its data are in heavy\.h5, which is not beside it"):
        read_mesh(light, "um")
    with h5py.File(tmp_path / "heavy.h5", "w") as file:
        file.create_dataset("data0", shape=(1 << 40, 3), dtype="f8", chunks=(1024, 3))
    light.write_text(re.sub(r'"\d+ 3"', f'"{1 << 40} 3"', light.read_text(), count=1))
    with pytest.raises(InputError, match=r"announces 2\.6\de\+04 GB, which heavy\.h5 cannot hold"):
        read_mesh(light, "um")


def test_doubled_points(tube, tmp_path):
    """A mesh of loose cells, as discontinuous functions are written."""
    points = tube.points[tube.cells].reshape(-1, 3)
    cells = np.arange(len(points)).reshape(-1, 4)
    path = tmp_path / "loose.vtu"
    data = {"region": [tube.regions]}
    meshio.write(path, meshio.Mesh(points / um, [("tetra", cells)], cell_data=data))
    with pytest.raises(InputError, match=r"points \d+ and \d+ of one region are both at \("):
        read_mesh(path, "um")
    mesh, reason = inspect_mesh(path, "um")
    assert "both at" in reason
    row = check(mesh).row("points doubled in a region")
    used = [len(np.unique(tube.cells[tube.regions == region])) for region in (1, 2)]
    assert row.value == len(points) - sum(used)


def test_a_wall_that_is_no_surface(tmp_path):
    """Two cells that share one edge, tagged as wall but for a sheath and a mouth."""
    points = np.array(
        [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [0, -1, 0], [-1, 0, 0.0]]
    ) * um  # fmt: skip
    cells = np.array([[0, 1, 2, 3], [0, 5, 4, 3]])
    skin = np.array([[0, 3, 1], [0, 2, 3], [0, 3, 5], [0, 4, 3], [1, 2, 3], [0, 1, 2]])
    patches = np.array([11, 11, 11, 11, 12, 13])
    rest = np.array([[3, 4, 5], [0, 5, 4]])
    mesh = unassembled(
        *(points, cells, np.ones(2, np.int32)),
        *(np.concatenate([skin, rest]), np.append(patches, [12, 13])),
    )
    path = write_mesh(mesh, tmp_path / "a.vtu")
    with pytest.raises(InputError, match=r"more than two wall facets meet at the edge at \(0, 0, "):
        read_mesh(path)


def test_a_centreline_that_is_not_whole(tube, tmp_path):
    assert tube.tree is not None
    for wrong in (
        replace(tube.tree, radius=tube.tree.radius[1:]),
        replace(tube.tree, parent=tube.tree.parent + 5),
        replace(tube.tree, points=tube.tree.points * 1e300),
    ):
        path = write_mesh(replace(tube, tree=wrong), tmp_path / "a.vtu")
        with pytest.raises(InputError, match=r"the centreline in it is not whole"):
            read_mesh(path)


# -------------------------------------------------------------------------------- any bytes


def damaged(content: bytes, chance: random.Random) -> bytes:
    """Cut, flip, blank, repeat, move or renumber some bytes."""
    data = bytearray(content)
    place, length = chance.randrange(len(data)), chance.choice([1, 8, 60])
    other = chance.randrange(len(data))
    what = chance.choice(["cut", "flip", "blank", "delete", "repeat", "swap", "number"])
    if what == "cut":
        del data[place:]
    elif what == "flip":
        for _ in range(chance.choice([1, 3, 30])):
            data[chance.randrange(len(data))] = chance.randrange(256)
    elif what == "blank":
        data[place : place + length] = bytes(len(data[place : place + length]))
    elif what == "delete":
        del data[place : place + length]
    elif what == "repeat":
        data[place:place] = data[place : place + length]
    elif what == "swap":
        one, two = data[place : place + length], data[other : other + length]
        data[place : place + length], data[other : other + length] = two, one
    else:
        head = bytes(data[:4000]) if chance.random() < 0.5 else bytes(data)
        found = list(re.finditer(rb"\d+", head))
        if found:
            number = chance.choice(found)
            by = [b"-1", b"0", b"99999999999", b"4294967295", b"1e300", b"nan", b"word"]
            data[number.start() : number.end()] = chance.choice(by)
    return bytes(data)


@contextmanager
def limited() -> Iterator[None]:
    """A hang is a failure."""

    def ring(*_):
        raise TimeoutError(f"longer than {SLOWEST} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, SLOWEST)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers here")
def test_any_bytes_give_a_mesh_or_one_sentence(files, tmp_path):
    """No traceback, no hang, no end of the interpreter; what can be read can be checked."""
    chance = random.Random(20)
    names = sorted(path.name for path in files.iterdir())
    refused = 0
    for _ in range(ROUNDS):
        name = chance.choice(names)
        content = damaged((files / name).read_bytes(), chance)
        for beside in files.glob(Path(name).stem + ".*"):
            (tmp_path / beside.name).write_bytes(beside.read_bytes())
        (tmp_path / name).write_bytes(content)
        path = (tmp_path / name).with_suffix(".xdmf" if name.endswith(".h5") else Path(name).suffix)
        message = ""
        try:
            with limited():
                check(inspect_mesh(path, "m" if path.stem == "own" else "um")[0])
        except InputError as error:
            message = str(error)
        except BaseException as error:
            kept = Path(tempfile.gettempdir()) / f"damaged_{name}"
            kept.write_bytes(content)
            raise AssertionError(f"{type(error).__name__} on {name}, kept as {kept}") from error
        if message:
            refused += 1
            assert path.name in message
            assert "\n" not in message
    assert refused > ROUNDS / 2
