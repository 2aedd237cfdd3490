"""DUNE grid format (.dgf): blocks of vertices and of simplices, each line with its parameters.

Bastian et al. 2008, Computing 82:121, and the documentation of dune-grid [R]. The format has no
names for parameters; what stands behind `parameters n` as a comment is taken for them.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from meshes.errors import InputError
from meshes.trees.join import Listed, join
from meshes.trees.network import Network
from meshes.trees.words import radius_name, text_of

VERTICES, SEGMENTS = "vertex", ("simplex", "cube")


@dataclass(frozen=True, eq=False)
class Block:
    """Rows of numbers of one block.

    Attributes:
        rows: coordinates or vertex numbers, then the parameters.
        lines: line of the file on which each row stands.
        parameters: how many close each row.
        names: of the parameters; empty where no comment gives as many.
        first: number of the first vertex.
    """

    rows: Float[np.ndarray, "rows columns"]
    lines: Int[np.ndarray, " rows"]
    parameters: int
    names: tuple[str, ...]
    first: int


def read_dgf(path: Path) -> Network:
    """Read the segments of a DGF file.

    Raises:
        InputError: not such a file, a line cannot be read, vertices that do not exist, no radius
            among the parameters, a coordinate that is not finite.
    """
    lines = text_of(path, "a DGF text file").splitlines()
    if not lines or lines[0].strip().upper() != "DGF":
        raise InputError(f"{path}, line 1: does not say DGF; export the file again")
    found = _blocks(path, lines)
    if VERTICES not in found:
        raise _lacking(path, VERTICES, found)
    vertices = _block(path, lines, *found[VERTICES], width=3)
    kind = next((kind for kind in SEGMENTS if kind in found), None)
    if kind is None:
        raise _lacking(path, SEGMENTS[0], found)
    segments = _block(path, lines, *found[kind], width=2)
    ends = segments.rows[:, :2]
    whole = np.flatnonzero((~np.isfinite(ends) | (ends != np.rint(ends))).any(axis=1))
    if whole.size:
        raise InputError(
            f"{path}, line {segments.lines[whole[0]]}: a segment is given by the whole numbers of "
            "two vertices; correct it"
        )
    radius, of_nodes = _radius(path, vertices, segments)
    listed = Listed(
        [str(vertices.first + row) for row in range(len(vertices.rows))],
        vertices.rows[:, :3],
        [(str(int(a)), str(int(b))) for a, b in ends.tolist()],
        radius,
        of_nodes,
        lambda segment: f"the segment of line {segments.lines[segment]}",
        vertices.lines.tolist(),
        "vertex",
    )
    return join(listed, str(path))


def _lacking(path: Path, block: str, found: Iterable[str]) -> InputError:
    return InputError(
        f"{path}: has no block {block.upper()}, only {', '.join(found) or 'none'}; a network needs "
        "vertices and the segments between them"
    )


def _blocks(path: Path, lines: list[str]) -> dict[str, tuple[int, int]]:
    """First and last line of what stands in every block, counted from 0."""
    found: dict[str, tuple[int, int]] = {}
    name, start = "", 0
    for number, line in enumerate([*lines[1:], "#"], start=1):
        word = line.partition("%")[0].strip()
        if name and word.startswith("#"):
            if number == len(lines):
                raise InputError(
                    f"{path}, line {number}: the block {name.upper()} has no end '#'; the file is "
                    "cut short: export it again"
                )
            found[name] = (start, number)
            name = ""
        elif not name and word and not word.startswith("#"):
            name, start = word.split()[0].lower(), number + 1
    return found


def _block(path: Path, lines: list[str], start: int, end: int, width: int) -> Block:
    """Rows of a block with `width` numbers and its parameters."""
    rows: list[list[float]] = []
    places: list[int] = []
    told = {"parameters": 0, "firstindex": 0}
    names: tuple[str, ...] = ()
    for number in range(start, end):
        words = re.split("[%#]", lines[number], maxsplit=1)[0].split()
        if not words:
            continue
        try:
            if words[0].lower() in told:
                told[words[0].lower()] = int(words[1])
                comment = re.split("[%#]", lines[number], maxsplit=1)[1:]
                if words[0].lower() == "parameters":
                    names = tuple(re.findall(r"\w+", comment[0])) if comment else ()
                continue
            row = [float(word) for word in words]
            if len(row) != width + told["parameters"]:
                raise ValueError
        except (ValueError, IndexError):
            raise InputError(
                f"{path}, line {number + 1}: {lines[number].strip()[:60]!r} is not {width} numbers "
                f"and {told['parameters']} parameters; correct or complete the line"
            ) from None
        rows.append(row)
        places.append(number + 1)
    if not rows:
        raise InputError(f"{path}, line {start}: this block is empty; write or copy the file again")
    named = names if len(names) == told["parameters"] else ()
    return Block(np.array(rows), np.array(places), told["parameters"], named, told["firstindex"])


def _radius(
    path: Path, vertices: Block, segments: Block
) -> tuple[Float[np.ndarray, " some"], bool]:
    """The radius, and whether it is the vertices' own."""
    for block, width, of_nodes in ((segments, 2, False), (vertices, 3, True)):
        if found := radius_name(block.names):
            column = width + block.names.index(found[0])
            return found[1] * block.rows[:, column], of_nodes
    if segments.parameters == 1 and not segments.names:  # what networks of vessels carry
        return segments.rows[:, 2], False
    raise InputError(
        f"{path}: none of its {segments.parameters} segment and {vertices.parameters} vertex "
        "parameters is called a radius; name them behind their number, as 'parameters 2 % radius "
        "flow'"
    )
