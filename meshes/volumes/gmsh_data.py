"""Gmsh files with data on their elements or nodes.

Data in a gmsh file name elements and nodes by tag, and often are of the volumes only. meshio takes
them in the order of the file and wants all, so it is given the mesh alone. Gmsh itself writes the
whole mesh once more with every view it appends; only the first counts.
"""

import re
import tempfile
from itertools import accumulate
from pathlib import Path

import meshio
import numpy as np
from jaxtyping import Float, Int

SECTION = re.compile(rb"^\$(ElementData|NodeData)[ \t]*\r?\n", re.MULTILINE)
# Nodes of each element type by gmsh's number: lines to hexahedra, straight and curved.
NODES = dict(
    zip(range(1, 20), (2, 3, 4, 4, 8, 6, 5, 3, 6, 9, 10, 27, 18, 14, 1, 8, 20, 15, 13), strict=True)
)
Values = tuple[Int[np.ndarray, " items"], Float[np.ndarray, "items components"]]


def read_gmsh(path: Path) -> meshio.Mesh:
    """What `meshio.read` gives, with data of elements and nodes put where their tags say.

    Elements and nodes that a data section leaves out have nan. Of several time steps under one name
    the first counts. Formats 2.2 and 4.1; others pass to meshio as they are.

    Raises:
        Exception: of any kind, on a damaged file.
    """
    content = path.read_bytes()
    head = content[: content.find(b"$EndMeshFormat")].split()
    if SECTION.search(content) is None or head[1:2] not in ([b"2.2"], [b"4.1"]):
        return meshio.read(path)
    old, binary = head[1] == b"2.2", head[2] == b"1"
    end = _line(content, content.index(b"\n$EndElements") + 1)[1]
    bare, data = content[:end], _data(content, end, binary)
    with tempfile.TemporaryDirectory() as folder:
        alone = Path(folder) / "mesh.msh"
        alone.write_bytes(bare)
        raw = meshio.read(alone)
    elements = _tags(_section(bare, b"Elements"), old, binary, "element")
    nodes = _tags(_section(bare, b"Nodes"), old, binary, "node")
    sizes = [len(block.data) for block in raw.cells]
    if len(elements) != sum(sizes) or len(nodes) != len(raw.points):
        raise ValueError("its elements or nodes are not as many as it says")
    for (kind, name), values in data.items():
        if kind == b"NodeData":
            raw.point_data[name] = _spread(values, nodes)
        elif name not in raw.cell_data:
            raw.cell_data[name] = np.split(_spread(values, elements), list(accumulate(sizes[:-1])))
    return raw


def _data(content: bytes, done: int, binary: bool) -> dict[tuple[bytes, str], Values]:
    """What the data sections after some place hold, by their kind and name."""
    data: dict[tuple[bytes, str], Values] = {}
    while found := SECTION.search(content, done):
        at = found.end()
        strings, at = _announced(content, at)
        _, at = _announced(content, at)
        integers, at = _announced(content, at)
        components, items = int(integers[1]), int(integers[2])
        end = content.index(
            b"$End" + found[1], at + (items * (4 + 8 * components) if binary else 0)
        )
        if binary:
            record = np.dtype([("tag", "<i4"), ("values", "<f8", (components,))])
            rows = np.frombuffer(content, record, items, at)
            tags, values = rows["tag"].astype(np.int64), rows["values"]
        else:
            table = np.array(content[at:end].split(), dtype=float).reshape(items, 1 + components)
            tags, values = table[:, 0].astype(np.int64), table[:, 1:]
        name = strings[0].decode().strip().strip('"')
        data.setdefault((found[1], name), (tags, values))
        done = _line(content, end)[1]
    return data


def _line(content: bytes, at: int) -> tuple[bytes, int]:
    end = content.find(b"\n", at)
    end = len(content) if end < 0 else end
    return content[at:end], end + 1


def _announced(content: bytes, at: int) -> tuple[list[bytes], int]:
    """The lines whose number the first one gives, and where they end."""
    count, at = _line(content, at)
    lines = []
    for _ in range(int(count)):
        line, at = _line(content, at)
        lines.append(line)
    return lines, at


def _section(content: bytes, name: bytes) -> bytes:
    start = content.index(b"$" + name)
    return content[_line(content, start)[1] : content.index(b"\n$End" + name, start)]


def _tags(section: bytes, old: bool, binary: bool, what: str) -> Int[np.ndarray, " items"]:
    """Tags of all elements or nodes, in the order of the file."""
    if old and not binary:
        return np.array([int(line.split(None, 1)[0]) for line in section.splitlines()[1:]])
    if old and what == "node":
        at = _line(section, 0)[1]
        record = np.dtype([("tag", "<i4"), ("place", "<f8", (3,))])
        return np.frombuffer(section, record, int(section[:at]), at)["tag"].astype(np.int64)
    found: list[np.ndarray] = []
    if old:
        at = _line(section, 0)[1]
        left = int(section[:at])
        while left > 0:
            kind, count, tags = np.frombuffer(section, "<i4", 3, at).tolist()
            width = 1 + tags + NODES[kind]
            rows = np.frombuffer(section, "<i4", count * width, at + 12)
            found.append(rows[::width])
            at, left = at + 12 + 4 * count * width, left - count
    elif binary:
        at = 32
        for _ in range(int(np.frombuffer(section, "<u8", 1)[0])):
            kind = int(np.frombuffer(section, "<i4", 3, at)[2])
            count = int(np.frombuffer(section, "<u8", 1, at + 12)[0])
            width = 1 + NODES[kind] if what == "element" else 1
            found.append(np.frombuffer(section, "<u8", count * width, at + 20)[::width])
            at += 20 + 8 * count * (width if what == "element" else 4)
    else:
        lines = section.splitlines()
        at = 1
        for _ in range(int(lines[0].split()[0])):
            count = int(lines[at].split()[3])
            own = lines[at + 1 : at + 1 + count]
            found.append(np.array([int(line.split(None, 1)[0]) for line in own], dtype=np.int64))
            at += 1 + count * (1 if what == "element" else 2)
    return np.concatenate([np.zeros(0, dtype=np.int64), *(f.astype(np.int64) for f in found)])


def _spread(values: Values, tags: Int[np.ndarray, " all"]) -> np.ndarray:
    """One row for each tag, nan without a value; one column is left out."""
    named, rows = values
    order = np.argsort(named, kind="stable")
    place = np.minimum(np.searchsorted(named[order], tags), len(named) - 1)
    row = order[place]
    spread = np.where((named[row] == tags)[:, None], rows[row], np.nan)
    return spread[:, 0] if spread.shape[1] == 1 else spread
