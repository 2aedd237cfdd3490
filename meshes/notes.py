"""The notes on a mesh in few lines: of many that differ in place and number alone, the first."""

import re

PLACE = re.compile(r"^.*? at \([^)]*\) um: ")
NUMBER = re.compile(r"\d+(\.\d+)?")
FIRST = 3  # notes of a kind that are told


def in_few_lines(notes: tuple[str, ...], first: int = FIRST) -> list[str]:
    """The first notes of each kind, and how many more there are like them.

    Args:
        notes: as `Mesh.notes`.
        first: of each kind that are told.
    """
    kinds: dict[str, list[str]] = {}
    for note in notes:
        kinds.setdefault(NUMBER.sub("#", PLACE.sub("", note)), []).append(note)
    lines = []
    for alike in kinds.values():
        lines += alike[:first]
        if len(alike) > first:
            more = PLACE.sub("", alike[first])
            lines.append(f"and at {len(alike) - first} more places the like of: {more}")
    return lines
