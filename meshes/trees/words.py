"""Names under which files keep a radius, and how text files are opened."""

import re
from collections.abc import Iterable
from pathlib import Path

from meshes.errors import InputError

RADIUS = (
    *("radius", "radii", "r", "vesselradius", "maximuminscribedsphereradius"),
    *("meanradius", "radiusmean", "averageradius", "avgradius"),
)
DIAMETER = (
    *("diameter", "diameters", "d", "vesseldiameter"),
    *("meandiameter", "diametermean", "averagediameter", "avgdiameter"),
)


def plain(name: object) -> str:
    """A name in lower case without blanks, dashes and underscores."""
    return re.sub(r"[\s_\-]", "", str(name)).lower()


def radius_name(names: Iterable[str]) -> tuple[str, float] | None:
    """The first name that means a radius, else a diameter, and its factor; None if none does."""
    known = {plain(name): name for name in names}
    for wanted, factor in ((RADIUS, 1.0), (DIAMETER, 0.5)):
        for word in wanted:
            if word in known:
                return known[word], factor
    return None


def text_of(path: Path, kind: str) -> str:
    """The content of a text file.

    Raises:
        InputError: it is binary.
    """
    content = path.read_bytes()
    if b"\0" in content:
        raise InputError(f"{path}: is binary, not {kind}; check mesh.path")
    return content.decode("utf-8-sig", errors="replace")
