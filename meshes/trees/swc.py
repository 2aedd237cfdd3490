"""SWC: one node a line, `id type x y z radius parent`; parent -1 at the root.

Cannon et al. 1998, J. Neurosci. Methods 84:49 [R]. Lengths are micrometres by convention.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order

from meshes.errors import InputError
from meshes.trees.raw import RawTree, check_numbers

FIELDS = "id type x y z radius parent"


def read_swc(path: Path) -> RawTree:
    """Read an SWC file; nodes keep the order of the file.

    Raises:
        InputError: not text, a line cannot be read, duplicate or missing ids, not one root, a
            node that is its own parent, a cycle, bad numbers.
    """
    content = path.read_bytes()
    if b"\0" in content:
        raise InputError(f"{path}: is binary, not an SWC text file; check mesh.path")
    table, lines = _parse(path, content.decode("utf-8", errors="replace"))
    ids, parents = table[:, 0].astype(np.int64), table[:, 6].astype(np.int64)

    def place(node: int) -> str:
        return f"node {ids[node]} (line {lines[node]})"

    check_numbers(table[:, 2:5], table[:, 5], place, str(path))
    order = np.argsort(ids, kind="stable")
    repeated = np.flatnonzero(np.diff(ids[order]) == 0)
    if repeated.size:
        raise InputError(
            f"{path}: {place(int(order[repeated[0] + 1]))} repeats an id; give every node its own"
        )
    roots = np.flatnonzero(parents < 0)
    if len(roots) != 1:
        which = ", ".join(place(int(r)) for r in roots[:4])
        raise InputError(
            f"{path}: has {len(roots)} roots{f' ({which})' if which else ''}; keep one tree with "
            "exactly one node of parent -1"
        )
    found = np.clip(np.searchsorted(ids[order], parents), 0, len(ids) - 1)
    parent = np.where(parents < 0, -1, order[found])
    lost = np.flatnonzero((parents >= 0) & (ids[parent] != parents))
    if lost.size:
        raise InputError(
            f"{path}: {place(int(lost[0]))} hangs on node {parents[lost[0]]}, which does not "
            f"exist; add it or correct the parent ({lost.size} such)"
        )
    own = np.flatnonzero(parent == np.arange(len(parent)))
    if own.size:
        raise InputError(f"{path}: {place(int(own[0]))} is its own parent; correct the parent")
    _refuse_cycle(path, parent, int(roots[0]), place)
    return RawTree(table[:, 2:5], table[:, 5], parent, ids)


def _parse(path: Path, text: str) -> tuple[Float[np.ndarray, "nodes 7"], list[int]]:
    """The seven numbers of every node, and the line each stands on."""
    rows, lines = [], []
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.partition("#")[0].replace(",", " ").split()
        if not words:
            continue
        try:
            if len(words) < 7:
                raise ValueError
            row = [float(word) for word in words[:7]]
            if not (row[0].is_integer() and row[6].is_integer()):
                raise ValueError
        except ValueError:
            raise InputError(
                f"{path}, line {number}: {line.strip()[:60]!r} is not seven numbers "
                f"'{FIELDS}'; correct or complete the line"
            ) from None
        rows.append(row)
        lines.append(number)
    if len(rows) < 2:
        raise InputError(
            f"{path}: holds {len(rows)} nodes; a vessel needs at least two lines '{FIELDS}'"
        )
    return np.array(rows), lines


def _refuse_cycle(
    path: Path, parent: Int[np.ndarray, " nodes"], root: int, place: Callable[[int], str]
) -> None:
    child = np.flatnonzero(parent >= 0)
    graph = csr_array(
        (np.ones(len(child)), (parent[child], child)), shape=(len(parent), len(parent))
    )
    reached = np.zeros(len(parent), dtype=bool)
    reached[breadth_first_order(graph, root, return_predecessors=False)] = True
    if reached.all():
        return
    node, seen = int(np.flatnonzero(~reached)[0]), set()
    while node not in seen:
        seen.add(node)
        node = int(parent[node])
    raise InputError(
        f"{path}: {place(node)} lies on a cycle of parents; cut the loop, a vessel tree has none"
    )
