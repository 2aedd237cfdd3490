"""Sizes that a VTK file announces, held against its own before anything is allocated for them.

VTK believes what it reads: a size that is negative or a billion too large ends the interpreter.
"""

import base64
import re
from collections.abc import Iterator
from math import prod
from pathlib import Path

from meshes.errors import InputError

LEGACY = re.compile(
    rb"^[ \t]*(?:POINTS|VERTICES|LINES|POLYGONS|TRIANGLE_STRIPS|CELLS|CELL_TYPES|POINT_DATA"
    rb"|CELL_DATA|DIMENSIONS|INFORMATION|SCALARS[ \t]+\S+[ \t]+\S+"
    rb"|(?:FIELD|COLOR_SCALARS|LOOKUP_TABLE|TEXTURE_COORDINATES)[ \t]+\S+)"
    rb"[ \t]+(-?\d+)(?:[ \t]+(-?\d+))?",
    re.MULTILINE | re.IGNORECASE,
)
FIELD = re.compile(  # an array of it: name, components, tuples, type
    rb"^[ \t]*\S+[ \t]+(-?\d+)[ \t]+(-?\d+)[ \t]+(?:bit|\w*char|\w*short|\w*int\w*|\w*long|float"
    rb"|double|vtkidtype|string)[ \t]*\r?$",
    re.MULTILINE | re.IGNORECASE,
)
XML = re.compile(rb"NumberOf\w+\s*=\s*[\"']\s*(-?\d+)")
ARRAY = re.compile(rb"<DataArray\b([^>]*)>\s*")
APPENDED = re.compile(rb"<AppendedData([^>]*)>\s*_")
ATTRIBUTE = re.compile(rb"(\w+)\s*=\s*[\"']\s*([^\"']*)")
DENSEST, DENSEST_XML = 8, 1000  # values a byte may hold: as bits, and compressed

Size = tuple[int, int]  # where it stands, and what it is


def check_announced(path: Path, content: bytes) -> None:
    """Refuse a file that announces more than it can hold.

    Raises:
        InputError: naming the line and the number.
    """
    legacy = path.suffix.lower() == ".vtk"
    data = content.find(b"<AppendedData")
    if data >= 0 and not APPENDED.match(content, data):
        raise InputError(
            f"{path}: its appended data do not begin with '_'; it is damaged: export it again"
        )
    densest = DENSEST if legacy else DENSEST_XML
    for place, size in _legacy(content) if legacy else _xml(content):
        if not 0 <= size <= densest * len(content):
            line = content.count(b"\n", 0, place) + 1
            raise InputError(
                f"{path}, line {line}: announces {size} values, which its {len(content)} bytes "
                "cannot hold; it is damaged: export it again"
            )


def _legacy(content: bytes) -> Iterator[Size]:
    for pattern in (LEGACY, FIELD):
        for found in pattern.finditer(content):
            sizes = [int(word[:40]) for word in found.groups() if word]
            for size in [*sizes, prod(sizes)] if pattern is FIELD else sizes:
                yield found.start(1), size


def _xml(content: bytes) -> Iterator[Size]:
    """The numbers of points and cells, and the bytes of every array of binary data."""
    for found in XML.finditer(content):
        yield found.start(1), int(found[1][:40])
    head = dict(ATTRIBUTE.findall(content[: content.find(b">", content.find(b"<VTKFile"))]))
    width = 8 if head.get(b"header_type") == b"UInt64" else 4
    order = "big" if head.get(b"byte_order") == b"BigEndian" else "little"
    appended = APPENDED.search(content)
    for array in ARRAY.finditer(content):
        attributes = dict(ATTRIBUTE.findall(array[1]))
        start, raw = array.end(), False
        if attributes.get(b"format") == b"appended" and appended:
            offset = attributes.get(b"offset", b"").strip()
            offset = offset[:40] if offset.isdigit() else b"-1"
            yield array.start(), int(offset)
            start, raw = appended.end() + int(offset), b"raw" in appended[1]
        elif attributes.get(b"format") != b"binary":
            continue
        count = 2 if b"compressor" in head else 1  # blocks and their size, or bytes
        numbers = _numbers(content, start, width * count, raw)
        sizes = [
            int.from_bytes(numbers[width * i : width * (i + 1)], order)  # type: ignore[arg-type]
            for i in range(count)
        ]
        for size in [*sizes, prod(sizes)]:
            yield array.start(), size


def _numbers(content: bytes, start: int, wanted: int, raw: bool) -> bytes:
    """The bytes at the head of binary data, which say its size."""
    if raw:
        return content[start : start + wanted]
    text = re.sub(rb"[^A-Za-z0-9+/]", b"A", content[start : start + 4 * -(-wanted // 3)])
    return base64.b64decode(text + b"A" * (-len(text) % 4))
