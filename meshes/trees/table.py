"""CSV: one table of nodes, one of segments beside it, `..nodes.csv` and `..edges.csv`.

Columns are known by their names, whatever their order: of nodes `id`, `x`, `y`, `z`; of edges
`source` and `target` (or `from` and `to`, `start` and `end`, `node1` and `node2`, `a` and `b`); a
`radius` or `diameter` in either. A unit may stand in the header: `x [um]`, `radius (um)`, `x_um`.
"""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from meshes.errors import InputError
from meshes.files import existing_file
from meshes.lengths import METRES
from meshes.trees.join import Listed, join
from meshes.trees.network import Network
from meshes.trees.words import plain, radius_name, text_of

NODES, EDGES = "nodes", "edges"
ID = ("id", "node", "nodeid", "label", "name", "index")
ENDS = (("source", "target"), ("from", "to"), ("start", "end"), ("node1", "node2"), ("a", "b"))
UNIT = re.compile(rf"^(.+?)(?:\s*[\[(]\s*|[\s_]+)([µμ]m|{'|'.join(METRES)})\s*[\])]?\s*$")


@dataclass(frozen=True)
class Table:
    """A CSV file with a header.

    Attributes:
        path: the file.
        columns: index of every column by its plain name without unit.
        units: length unit behind the name of a column, where there is one.
        rows: words of every row.
        lines: line of the file on which each row stands.
    """

    path: Path
    columns: dict[str, int]
    units: dict[str, str]
    rows: list[list[str]]
    lines: list[int]

    def words(self, name: str) -> list[str]:
        """A column as it is written."""
        return [row[self.columns[name]].strip() for row in self.rows]

    def numbers(self, name: str) -> Float[np.ndarray, " rows"]:
        """A column of numbers; nan where nothing is written.

        Raises:
            InputError: a word is no number.
        """
        values = np.full(len(self.rows), np.nan)
        for row, word in enumerate(self.words(name)):
            try:
                values[row] = float(word) if word else np.nan
            except ValueError:
                raise InputError(
                    f"{self.path}, line {self.lines[row]}: {word[:40]!r} under {name!r} is not a "
                    "number; correct it"
                ) from None
        return values


def read_table(path: Path) -> Network:
    """Read the nodes and edges of which one file is given and the other lies beside it.

    Raises:
        InputError: one of them is missing, has no header with the columns needed, a line cannot be
            read, units disagree, or nodes and segments do not fit.
    """
    nodes_path, edges_path = _pair(path)
    nodes, edges = _table(nodes_path), _table(edges_path)
    name = next((name for name in ID if name in nodes.columns), None)
    ends = next((pair for pair in ENDS if set(pair) <= set(edges.columns)), None)
    lost = [axis for axis in "xyz" if axis not in nodes.columns]
    if name is None or lost:
        raise _lacking(nodes, "id, x, y and z")
    if ends is None:
        raise _lacking(edges, "source and target")
    of_nodes = radius_name(nodes.columns)
    width = of_nodes or radius_name(edges.columns)
    if width is None:
        raise _lacking(nodes, "radius (or else its edges do)")
    holder = nodes if of_nodes else edges
    listed = Listed(
        nodes.words(name),
        np.stack([nodes.numbers(axis) for axis in "xyz"], axis=1),
        list(zip(edges.words(ends[0]), edges.words(ends[1]), strict=True)),
        width[1] * holder.numbers(width[0]),
        of_nodes is not None,
        lambda segment: f"the edge of line {edges.lines[segment]} in {edges_path.name}",
        nodes.lines,
    )
    lengths = [(nodes, axis) for axis in "xyz"] + [(holder, width[0])]
    return join(listed, str(nodes_path), _unit(lengths))


def _pair(path: Path) -> tuple[Path, Path]:
    """The files of nodes and of edges, one of which is given."""
    stem = path.stem.lower()
    for own, other in ((NODES, EDGES), (EDGES, NODES)):
        if own in stem:
            at = stem.rindex(own)
            beside = f"{path.stem[:at]}{other}{path.stem[at + len(own) :]}{path.suffix}"
            both = (path, path.with_name(beside))
            if not both[1].exists():
                raise InputError(
                    f"{path}: holds {own}, but {beside} is not beside it; a network needs both"
                )
            existing_file(both[1])
            return both if own == NODES else both[::-1]
    raise InputError(
        f"{path}: is neither nodes nor edges by its name; call the two ..nodes.csv and ..edges.csv "
        "and keep them in one folder"
    )


def _table(path: Path) -> Table:
    lines = text_of(path, "a CSV text file").splitlines()
    kept = [
        (number, line)
        for number, line in enumerate(lines, start=1)
        if line.strip() and not line.startswith("#")
    ]
    header = kept[0][1] if kept else ""
    mark = max(",;\t", key=header.count)
    try:
        table = [(number, next(csv.reader([line], delimiter=mark))) for number, line in kept]
    except csv.Error as error:
        raise InputError(f"{path}: is no CSV ({error}); export it again") from None
    if len(table) < 2:
        raise InputError(f"{path}: holds {len(table)} lines; it needs a header and rows below it")
    columns: dict[str, int] = {}
    units: dict[str, str] = {}
    for column, title in enumerate(table[0][1]):
        found = UNIT.match(title.strip())
        name = plain(found[1] if found else title)
        if name in columns:
            raise InputError(f"{path}, line {table[0][0]}: two columns are {name!r}; rename one")
        columns[name] = column
        if found:
            units[name] = re.sub("[µμ]", "u", found[2])
    for number, row in table[1:]:
        if len(row) != len(columns):
            raise InputError(
                f"{path}, line {number}: has {len(row)} values under {len(columns)} columns; "
                "correct or complete the line"
            )
    return Table(path, columns, units, [row for _, row in table[1:]], [n for n, _ in table[1:]])


def _lacking(table: Table, wanted: str) -> InputError:
    return InputError(
        f"{table.path}: its columns are {', '.join(table.columns)[:80]}; it needs {wanted}: rename "
        "or add them"
    )


def _unit(lengths: Sequence[tuple[Table, str]]) -> str | None:
    """The one unit that the headers of lengths give; None if none does."""
    given = {table.units.get(name) for table, name in lengths}
    if len(given) > 1:
        said = ", ".join(f"{name} in {table.units.get(name, 'no unit')}" for table, name in lengths)
        raise InputError(f"{lengths[0][0].path}: its lengths differ in unit ({said}); use one")
    return given.pop()
