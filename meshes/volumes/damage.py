"""Where a damaged file goes wrong: the line that is at fault, and counts that it cannot hold."""

import re
from collections.abc import Iterator
from mmap import ACCESS_READ, mmap
from pathlib import Path
from xml.etree import ElementTree

from meshes.errors import InputError

HEAD = 1 << 16  # bytes in which a binary file announces itself
COUNTS = {
    # what announces how many items follow, and the least bytes of one
    ".msh": re.compile(
        rb"^\$(?:Nodes|Elements)[ \t]*\r?\n[ \t]*((?:\d+[ \t]*)+)\r?$", re.MULTILINE
    ),
    ".vtk": re.compile(rb"^[ \t]*(?:POINTS|CELLS|CELL_TYPES)[ \t]+(\d+)", re.M | re.I),
    ".vtu": re.compile(rb"NumberOf(?:Points|Cells)=[\"'](\d+)"),
}
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


def first_damage(path: Path) -> str:
    """The first faulty line of a text file, in words; empty if it is binary or none is seen."""
    suffix = path.suffix.lower()
    if suffix in (".vtu", ".xdmf"):
        try:
            ElementTree.parse(path)
        except ElementTree.ParseError as error:
            return f"line {error.position[0]}, column {error.position[1]}: {error}"
        except ValueError:
            return "line 1: unknown encoding"
        return ""
    content = path.read_bytes()
    if b"\0" in content[:HEAD] or not content.isascii():
        return ""
    lines = content.decode("ascii").splitlines()
    if suffix == ".msh":
        return next(_gmsh_faults(lines), "")
    return ""


def _gmsh_faults(lines: list[str]) -> Iterator[str]:
    """Faults of a gmsh text file: sections that do not end, and lines of the wrong numbers."""
    if not lines or lines[0].strip() != "$MeshFormat":
        yield "line 1: does not say $MeshFormat"
        return
    version = (lines[1].split() or [""])[0] if len(lines) > 1 else ""
    if version not in ("2.2", "4.1"):
        yield f"line 2: version {version or 'missing'} of gmsh; export as 2.2 or 4.1"
    opened, start = "", 0
    for number, line in enumerate(lines, 1):
        words = line.split()
        if words and words[0].startswith("$"):
            closing = words[0].startswith("$End")
            if closing != bool(opened) or (closing and words[0][4:] != opened):
                yield f"line {number}: {words[0]} after ${opened or 'nothing'} of line {start}"
            opened, start = ("" if closing else words[0][1:]), number
        elif opened in ("Nodes", "Elements"):
            yield from _number_faults(opened, version, number, start, words)
    if opened:
        yield f"line {len(lines)}: the file ends inside ${opened} of line {start}"


def _number_faults(
    section: str, version: str, number: int, start: int, words: list[str]
) -> Iterator[str]:
    """What is wrong with one line of nodes or elements."""
    for word in words:
        try:
            float(word)
        except ValueError:
            yield f"line {number}: {word[:20]!r} is no number"
            return
    if number == start + 1:
        if len(words) != (1 if version == "2.2" else 4):
            yield f"line {number}: {len(words)} numbers where ${section} announces its items"
    elif version == "2.2" and section == "Nodes" and len(words) != 4:
        yield f"line {number}: a node has {len(words)} numbers, not a tag and 3 coordinates"
    elif version == "2.2" and section == "Elements" and len(words) < 4:
        yield f"line {number}: an element has only {len(words)} numbers"
