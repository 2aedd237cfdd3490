"""Sizes that a VTK file announces, held against its own before anything is allocated for them."""

import re
from collections.abc import Iterator
from pathlib import Path

from meshes.errors import InputError

LEGACY = re.compile(
    rb"^[ \t]*(?:POINTS|VERTICES|LINES|POLYGONS|TRIANGLE_STRIPS|CELLS|CELL_TYPES|POINT_DATA"
    rb"|CELL_DATA|FIELD[ \t]+\S+|DIMENSIONS)[ \t]+(\d+)(?:[ \t]+(\d+))?",
    re.MULTILINE | re.IGNORECASE,
)
ARRAY = re.compile(  # of a field: name, components, tuples, type
    rb"^[ \t]*\S+[ \t]+(\d+)[ \t]+(\d+)[ \t]+(?:bit|\w*char|\w*short|\w*int\w*|\w*long|float|double"
    rb"|vtkidtype|string)[ \t]*\r?$",
    re.MULTILINE | re.IGNORECASE,
)
XML = re.compile(rb"NumberOf\w+\s*=\s*[\"']\s*(\d+)")
DENSEST, DENSEST_XML = 8, 100  # values a byte may hold: as bits, and compressed


def check_announced(path: Path, content: bytes) -> None:
    """Refuse a file that announces more than it can hold.

    Raises:
        InputError: naming the line and the number.
    """
    legacy = path.suffix.lower() == ".vtk"
    densest = DENSEST if legacy else DENSEST_XML
    for place, number in _announced(content, legacy):
        if number > densest * len(content):
            line = content.count(b"\n", 0, place) + 1
            raise InputError(
                f"{path}, line {line}: announces {number} values, more than its {len(content)} "
                "bytes can hold; it is damaged: export it again"
            )


def _announced(content: bytes, legacy: bool) -> Iterator[tuple[int, int]]:
    """Where a size stands, and the size."""
    for pattern in (LEGACY, ARRAY) if legacy else (XML,):
        for found in pattern.finditer(content):
            numbers = [int(word[:40]) for word in found.groups() if word]
            yield found.start(1), max(numbers) * (min(numbers) if pattern is ARRAY else 1)
