"""Does the mesher take any vessel tree, and what does it cost?

    python -m benchmarks.meshing [y] [stars] [murray[=first-last]] [human[=14,30,60,145]] [large]

Prints one row a case: tetrahedra, CPU seconds, CPU seconds per million tetrahedra, peak memory of
the process so far, cells inverted, slivers, branches merged, made longer and cut off; or the
refusal with its reason. Perivascular space alone. All cases by default. `y`: 42 forks. `stars`: 4,
5 and 6 vessels that meet. `murray`: 200 random trees (tests/meshes/murray.py; benchmarks.murray
asks more of them). `human`: so many bifurcations of the human arteries, in ../shared/data/vessels.
`large`: random trees of 100 branches and more.
"""

import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from meshes.check.cells import FLAT, SHARP, shape_of
from meshes.errors import InputError
from meshes.read_tree import read_tree
from meshes.sheath import sheath
from meshes.sweep.faces import tet_volumes
from meshes.tree import VesselTree
from tests.meshes.murray import first_bifurcations, murray_tree
from tests.meshes.test_sheath import fork, random_ways, star

UM = 1e-6
VESSELS = Path(__file__).parents[2] / "shared" / "data" / "vessels"
COARSE = {"around": 8, "layers": 2, "stretch": 6.0}

Case = tuple[str, VesselTree, dict[str, Any]]


def forks() -> Iterator[Case]:
    for angle in (20, 30, 60, 90, 120, 160):
        for ratio, gap in ((0.4, 3), (0.4, 8), (0.7, 3), (0.7, 8), (1.0, 3), (1.0, 8)):
            yield f"Y {angle} deg, {ratio}, {gap} um", fork(angle, ratio), {"gap": gap * UM}
        yield f"Y {angle} deg, 0.7, R2 = 2 R1", fork(angle, 0.7), {"ratio": 2.0}


def murray(first: int, last: int) -> Iterator[Case]:
    for seed in range(first, last):
        tree = murray_tree(seed)
        yield tree.name, tree, {"ratio": 1.5, "around": 12, "stretch": 3.5}


def large() -> Iterator[Case]:
    for seed, branches in ((1000, 100), (1001, 150), (1002, 300)):
        tree = murray_tree(seed, branches, branches)
        yield f"{tree.name}, {branches} branches", tree, {"ratio": 1.5, "around": 12}


def stars() -> Iterator[Case]:
    for vessels in (4, 5, 6):
        for seed in range(4):
            tree = star(random_ways(vessels, seed))
            yield f"star of {vessels}, {seed}", tree, {"ratio": 1.5, "around": 12}


def human(sizes: list[int]) -> Iterator[Case]:
    tree = read_tree(VESSELS / "human_arteries.vtk", "m")
    for bifurcations in sizes:
        for ratio in (1.2, 1.5, 2.0):
            part = first_bifurcations(tree, bifurcations)
            yield (
                f"human, {bifurcations} bifurcations, R2 = {ratio} R1",
                part,
                {
                    "ratio": ratio,
                    **COARSE,
                },
            )


def measure(name: str, tree: VesselTree, options: dict[str, Any]) -> tuple[bool, int]:
    """Mesh a case and print its row; whether there is a mesh, and its inverted cells."""
    start = time.process_time()
    try:
        mesh = sheath(tree, tissue=0.0, **options)
    except InputError as error:
        print(f"{name:<44} refused after {time.process_time() - start:.1f} s: {error}", flush=True)
        return False, 0
    seconds = time.process_time() - start
    cells, inverted = len(mesh.cells), int(np.sum(tet_volumes(mesh.points, mesh.cells) <= 0.0))
    told = [
        sum(words in note for note in mesh.notes)
        for words in ("shrunk to a point", "um longer", "cut off")
    ]
    shape = shape_of(mesh.points, mesh.cells)
    slivers = int(np.sum((shape.smallest < SHARP["PVS"]) | (shape.largest > FLAT)))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
    print(
        f"{name:<44}{cells:>9}{seconds:>8.1f}{1e6 * seconds / cells:>8.0f}{peak:>7.0f}"
        f"{inverted:>9}{slivers:>8}{told[0]:>7}{told[1]:>7}{told[2]:>5}",
        flush=True,
    )
    return True, inverted


def main(words: list[str]) -> None:
    chosen = {name: which for name, _, which in (word.partition("=") for word in words)}
    first, last = map(int, (chosen.get("murray") or "0-200").split("-"))
    sizes = [int(word) for word in (chosen.get("human") or "14,30,60,145").split(",")]
    groups = {
        "y": forks(),
        "stars": stars(),
        "murray": murray(first, last),
        "large": large(),
        "human": human(sizes),
    }
    print(
        f"{'case':<44}{'tets':>9}{'CPU s':>8}{'s/1e6':>8}{'MB':>7}{'inverted':>9}"
        f"{'slivers':>8}{'merged':>7}{'longer':>7}{'cut':>5}"
    )
    for group, cases in groups.items():
        if words and group not in chosen:
            continue
        rows = [measure(*case) for case in cases]
        made = sum(good for good, _ in rows)
        inverted = sum(count for _, count in rows)
        print(f"{group}: {made} of {len(rows)} meshed, {inverted} cells inverted", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
