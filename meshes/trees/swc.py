"""SWC: one node a line, `id type x y z radius parent`; parent -1 at the root.

Cannon et al. 1998, J. Neurosci. Methods 84:49 [R]. Lengths are micrometres by convention.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from meshes.errors import InputError
from meshes.trees.network import Network, check_coordinates
from meshes.trees.words import text_of

LARGEST_ID = 2**53
FIELDS = "id type x y z radius parent"


def read_swc(path: Path) -> Network:
    """Read an SWC file; nodes keep the order of the file.

    Raises:
        InputError: not text, a line cannot be read, duplicate or missing ids, no root, a node
            that is its own parent, a cycle, a coordinate that is not finite.
    """
    table, lines = _parse(path, text_of(path, "an SWC text file"))
    ids, parents = table[:, 0].astype(np.int64), table[:, 6].astype(np.int64)

    def place(node: int) -> str:
        return f"node {ids[node]} (line {lines[node]})"

    order = np.argsort(ids, kind="stable")
    repeated = np.flatnonzero(np.diff(ids[order]) == 0)
    if repeated.size:
        raise InputError(
            f"{path}: {place(int(order[repeated[0] + 1]))} repeats an id; give every node its own"
        )
    roots = np.flatnonzero(parents < 0)
    if not roots.size:
        raise InputError(f"{path}: has 0 roots; a tree begins at one node of parent -1")
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
    _refuse_cycle(path, parent, place)
    child = np.flatnonzero(parent >= 0)
    network = Network(
        table[:, 2:5],
        table[:, 5],
        np.stack([parent[child], child], axis=1),
        ids.astype(str),
        roots,
        lines,
        name=str(path),
    )
    check_coordinates(network)
    return network


def _parse(path: Path, text: str) -> tuple[Float[np.ndarray, "nodes 7"], Int[np.ndarray, " nodes"]]:
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
            if not all(x.is_integer() and abs(x) < LARGEST_ID for x in (row[0], row[6])):
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
    return np.array(rows), np.array(lines)


def _refuse_cycle(
    path: Path, parent: Int[np.ndarray, " nodes"], place: Callable[[int], str]
) -> None:
    top = np.append(parent, -1)  # -1 stays -1 when looked up
    for _ in range(len(parent).bit_length()):  # 1, 2, 4, ... generations up
        top = top[top]
    on_cycles = top[top >= 0]  # more generations up than there are nodes: on a cycle itself
    if on_cycles.size:
        raise InputError(
            f"{path}: {place(int(on_cycles.min()))} lies on a cycle of parents; cut the loop, a "
            "vessel tree has none"
        )
