"""Where a gmsh text file goes wrong: the first line that is not what it should be."""

from collections.abc import Callable, Iterator

from meshes.volumes.gmsh_data import NODES
from meshes.volumes.written_numbers import no_number

VERSIONS = ("2.2", "4.1")
Lines = list[tuple[int, list[str]]]  # number of each line, and its words


class _Fault(Exception):
    """A faulty line, in words."""


def gmsh_fault(text: str) -> str:
    """The first faulty line of a gmsh 2.2 or 4.1 text file, in words; empty if none is seen."""
    lines = [(number, line.split()) for number, line in enumerate(text.splitlines(), 1)]
    try:
        sections = _sections(lines)
        version = (sections.get("MeshFormat") or [(2, ["none"])])[0][1][:1] or ["none"]
        if version[0] not in VERSIONS:
            return f"line 2: version {version[0]} of gmsh; export as 2.2 or 4.1"
        checks: dict[str, Callable[[Lines], None]] = (
            {"Nodes": _old_nodes, "Elements": _old_elements}
            if version[0] == "2.2"
            else {"Nodes": _new_nodes, "Elements": _new_elements}
        )
        for name, look in checks.items():
            if name not in sections:
                return f"line {len(lines)}: the file ends without ${name}"
            look(sections[name])
    except _Fault as fault:
        return str(fault)
    return ""


def _sections(lines: Lines) -> dict[str, Lines]:
    """Lines of every section; the first of a name counts."""
    sections: dict[str, Lines] = {}
    opened, start = "", 0
    for number, words in lines:
        if words and words[0].startswith("$"):
            closing = words[0].startswith("$End")
            if closing != bool(opened) or (closing and words[0][4:] != opened):
                after = f"${opened} of line {start}" if opened else "no section"
                raise _Fault(f"line {number}: {words[0]} after {after}")
            opened, start = ("" if closing else words[0][1:]), number
            inside: Lines = []
            if opened:
                sections.setdefault(opened, inside)
        elif opened:
            inside.append((number, words))
        elif words and number == 1:
            raise _Fault("line 1: does not say $MeshFormat")
    if opened:
        raise _Fault(f"line {len(lines)}: the file ends inside ${opened} of line {start}")
    return sections


def _numbers(line: tuple[int, list[str]], what: str, *counts: int) -> list[float]:
    """The numbers of a line that must have one of some counts of them."""
    number, words = line
    wrong = no_number(words)
    if wrong:
        raise _Fault(f"line {number}: {wrong} is no number")
    if counts and len(words) not in counts:
        wanted = " or ".join(map(str, counts))
        raise _Fault(f"line {number}: {what} has {len(words)} numbers, not {wanted}")
    return [float(word) for word in words]


def _wholes(line: tuple[int, list[str]], what: str, *counts: int) -> list[int]:
    _numbers(line, what, *counts)
    wrong = no_number(line[1], whole=True)
    if wrong:
        raise _Fault(f"line {line[0]}: {what} has {wrong}, which is no whole number")
    return [int(word) for word in line[1]]


def _rest(lines: Lines, count: int, what: str) -> Lines:
    """The lines after the first, of which so many are announced."""
    if len(lines) - 1 != count:
        raise _Fault(f"line {lines[0][0]}: announces {count} {what}, but {len(lines) - 1} follow")
    return lines[1:]


def _old_nodes(lines: Lines) -> None:
    if not lines:
        raise _Fault("$Nodes is empty")
    for line in _rest(lines, _wholes(lines[0], "the count of nodes", 1)[0], "nodes"):
        _numbers(line, "a node", 4)


def _old_elements(lines: Lines) -> None:
    if not lines:
        raise _Fault("$Elements is empty")
    for line in _rest(lines, _wholes(lines[0], "the count of elements", 1)[0], "elements"):
        values = _wholes(line, "an element")
        if len(values) < 3 or values[1] not in NODES:
            raise _Fault(f"line {line[0]}: an element of no known type")
        wanted = 3 + values[2] + NODES[values[1]]
        if len(values) != wanted:
            raise _Fault(f"line {line[0]}: an element has {len(values)} numbers, not {wanted}")


def _blocks(lines: Lines, what: str) -> Iterator[tuple[list[int], Iterator[tuple[int, list[str]]]]]:
    """The head of every block of format 4.1, and the lines that are left."""
    if not lines:
        raise _Fault(f"the section of {what} is empty")
    left = iter(lines)
    for _ in range(_wholes(next(left), f"the count of {what}", 4)[0]):
        yield _wholes(_next(left, lines, what), f"the head of a block of {what}", 4), left
    for number, _ in left:
        raise _Fault(f"line {number}: more {what} than announced")


def _next(left: Iterator[tuple[int, list[str]]], lines: Lines, what: str) -> tuple[int, list[str]]:
    line = next(left, None)
    if line is None:
        raise _Fault(f"line {lines[-1][0]}: fewer {what} than announced")
    return line


def _new_nodes(lines: Lines) -> None:
    for head, left in _blocks(lines, "nodes"):
        for _ in range(head[3]):
            _wholes(_next(left, lines, "nodes"), "the tag of a node", 1)
        for _ in range(head[3]):
            _numbers(_next(left, lines, "nodes"), "a node", 3, 4, 5, 6)


def _new_elements(lines: Lines) -> None:
    for head, left in _blocks(lines, "elements"):
        if head[2] not in NODES:
            raise _Fault(f"line {lines[0][0]}: a block of elements of no known type {head[2]}")
        for _ in range(head[3]):
            _wholes(_next(left, lines, "elements"), "an element", 1 + NODES[head[2]])
