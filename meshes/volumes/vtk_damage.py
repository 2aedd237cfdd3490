"""Where a VTK file goes wrong: the line of a text file, the array of an XML file."""

import base64
import re
import zlib
from pathlib import Path
from xml.etree import ElementTree

from meshes.volumes.written_numbers import NUMBER, no_number

KEYWORDS = re.compile(
    r"#|(?:ASCII|BINARY|DATASET|POINTS|CELLS|CELL_TYPES|CELL_DATA|POINT_DATA|SCALARS|LOOKUP_TABLE|"
    r"FIELD|VECTORS|NORMALS|TENSORS|OFFSETS|CONNECTIVITY|METADATA)\b"
)
ARRAY = re.compile(r"<(?:DataArray|Array)\b([^>]*?)(?:/>|>([^<]*)<)", re.DOTALL)
ATTRIBUTE = re.compile(r"""([\w:]+)\s*=\s*["']([^"']*)["']""")


def legacy_fault(text: str) -> str:
    """The first faulty line of a legacy VTK text file, in words; empty if none is seen."""
    wanted, found, start, numeric, whole = -1, 0, 0, False, False
    for number, line in enumerate([*text.splitlines(), "#"], 1):
        words = line.split()
        if number <= 2 or not words:
            continue
        if KEYWORDS.match(line.strip()):
            if wanted >= 0 and found != wanted:
                return f"line {start}: announces {wanted} numbers, but {found} follow"
            whole = words[0] in ("CELLS", "CELL_TYPES", "OFFSETS", "CONNECTIVITY")
            numeric = whole or words[0] == "POINTS"
            wanted = _announced(words)
            found, start = 0, number
        elif numeric or NUMBER.fullmatch(words[0]):
            wrong = no_number(words, whole=whole)
            if wrong:
                return f"line {number}: {wrong} is no {'whole ' if whole else ''}number"
            found += len(words)
    return ""


def _announced(words: list[str]) -> int:
    """How many numbers a section announces; -1 if it does not, or elsewhere."""
    try:
        if words[0] == "POINTS":
            return 3 * int(words[1])
        if words[0] == "CELL_TYPES":
            return int(words[1])
    except (IndexError, ValueError):
        return -1
    return -1


def xml_fault(path: Path) -> str:
    """The place at which an XML file is broken, or the first array in it that is."""
    content = path.read_bytes()
    if b'encoding="raw"' in content:
        return ""  # bytes among the tags: no XML
    try:
        ElementTree.fromstring(content)
    except ElementTree.ParseError as error:
        return f"line {error.position[0]}, column {error.position[1]}: {error.msg.split(':')[0]}"
    except (ValueError, LookupError):
        return "line 1: unknown encoding"
    text = content.decode("utf-8", "replace")
    head = dict(ATTRIBUTE.findall(text[: text.find("<", text.find("<VTKFile") + 1)]))
    width = 8 if head.get("header_type") == "UInt64" else 4
    for found in ARRAY.finditer(text):
        about = dict(ATTRIBUTE.findall(found[1]))
        reason = _array_fault(about, found[2] or "", width, head.get("compressor", ""))
        if reason:
            line = text.count("\n", 0, found.start()) + 1
            return f"line {line}: the array {about.get('Name', '')} {reason}"
    return ""


def _array_fault(about: dict[str, str], text: str, width: int, compressor: str) -> str:
    """What is wrong with one array, in words."""
    kind = about.get("format", "")
    if kind == "ascii":
        wrong = no_number(text.split(), whole="Int" in about.get("type", ""))
        return f"holds {wrong}, which is no number of its type" if wrong else ""
    if kind != "binary" or compressor not in ("", "vtkZLibDataCompressor"):
        return ""
    letters = "".join(text.split())
    try:
        if not compressor:
            base64.b64decode(letters, validate=True)
            return ""
        first = base64.b64decode(letters[: -(-width // 3) * 4])
        blocks = int.from_bytes(first[:width], "little")
        size = -(-width * (3 + blocks) // 3) * 4
        if size > len(letters):
            return "is cut short"
        header = base64.b64decode(letters[:size], validate=True)
        sizes = [
            int.from_bytes(header[width * k : width * (k + 1)], "little")
            for k in range(3, 3 + blocks)
        ]
        body = base64.b64decode(letters[size:], validate=True)
        for length in sizes:
            zlib.decompress(body[:length])
            body = body[length:]
    except (ValueError, zlib.error) as error:
        return f"is damaged ({error})"
    return ""
