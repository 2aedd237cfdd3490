"""Where a damaged file goes wrong: the line that is at fault, and counts that it cannot hold."""

import re
from mmap import ACCESS_READ, mmap
from pathlib import Path

from meshes.errors import InputError
from meshes.volumes.gmsh_damage import gmsh_fault
from meshes.volumes.vtk_damage import legacy_fault, xml_fault

COUNTS = {
    # what announces how many items follow, and the least bytes of one
    ".msh": re.compile(
        rb"^\$(?:Nodes|Elements)[ \t]*\r?\n[ \t]*((?:\d+[ \t]*)+)\r?$", re.MULTILINE
    ),
    ".vtk": re.compile(rb"^[ \t]*(?:POINTS|CELLS|CELL_TYPES)[ \t]+(\d+)", re.M | re.I),
    ".vtu": re.compile(rb"NumberOf(?:Points|Cells)=[\"'](\d+)"),
}
FILLED = re.compile(rb"\n[^\S\n]*[^\s]")  # the beginning of a line with something on it
SMALLEST = {".msh": 4, ".vtk": 1, ".vtu": 0.002}  # bytes of an item; .vtu may be compressed


def check_announced(path: Path) -> None:
    """Refuse a file that announces more points or cells than it has bytes for.

    Raises:
        InputError: naming the line.
    """
    suffix = path.suffix.lower()
    if suffix not in COUNTS:
        return
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:
        for found in COUNTS[suffix].finditer(content):
            numbers = [int(word) for word in found[1].split()]
            count = numbers[1] if len(numbers) == 4 else numbers[0]  # gmsh 4.1: blocks, items, ...
            if count * SMALLEST[suffix] > len(content):
                line = content[: found.start(1)].count(b"\n") + 1
                raise InputError(
                    f"{path}: line {line} announces {count} items, which its {len(content)} bytes "
                    "cannot hold; it is cut short or damaged: export it again"
                )
            if suffix == ".msh" and content[:40].split()[1:3] == [b"2.2", b"0"]:
                _check_lines(path, content, found, count)


def _check_lines(path: Path, content: mmap, found: re.Match[bytes], count: int) -> None:
    """Hold the lines of a section of gmsh 2.2 text against their number; meshio reads no more."""
    end = content.find(b"$End", found.end())
    follow = len(FILLED.findall(content[found.end() : end]))
    if end >= 0 and follow != count:
        line = content[: found.start(1)].count(b"\n") + 1
        raise InputError(
            f"{path}: line {line} announces {count} items, but {follow} lines follow; it is "
            "damaged: export it again"
        )


def first_damage(path: Path) -> str:
    """The first faulty line or array of a file, in words; empty if none is seen."""
    suffix = path.suffix.lower()
    if suffix in (".vtu", ".xdmf"):
        return xml_fault(path)
    content = path.read_bytes()
    if not content.isascii():
        return ""
    return (gmsh_fault if suffix == ".msh" else legacy_fault)(content.decode("ascii"))
