"""Does the mesher take any random tree, and are its meshes fit for the solver?

    python -m benchmarks.murray rows.csv [--trees 0:200] [--tissue 0] [--flow] [--processes 1]

Random trees that obey Murray's law (tests/meshes/murray.py), 5 to 50 branches, R2 = 1.5 R1, 12
columns round a ring, 4 layers. Every tree leaves a row in the file; trees that have one are not
meshed again, so that a sweep can be stopped and taken up. `--tissue n`: every n-th tree is filled
with tissue too, out to 100 um. `--flow`: one cold flow solve to 1e-6 of a wall that widens by 1 %.
`--trees 0:200:10` takes every tenth. Then a table of all rows in the file. Seconds are CPU seconds,
those of child processes included.
"""

import argparse
import csv
import sys
from dataclasses import asdict, dataclass, fields
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from benchmarks.tissue import seconds
from meshes.check import Report, check
from meshes.errors import InputError
from meshes.mesh import Mesh
from meshes.sheath import sheath
from meshes.sweep.faces import tet_volumes
from meshes.sweep.graph import branches_of
from meshes.tree import VesselTree
from tests.meshes.murray import murray_tree

UM = 1e-6
FINENESS = {"ratio": 1.5, "around": 12, "stretch": 3.5}
TISSUE = 100 * UM
NEIGHBOURS = "distance between"  # of the tree's own vessels, whatever the mesh is like


@dataclass
class Row:
    """What became of a tree; numbers that are not known are empty."""

    tree: int
    branches: int
    seconds: float = 0.0
    cells: int = 0
    inverted: int = 0
    tips_lost: int = 0
    merged: int = 0
    split: int = 0
    longer: int = 0
    longest: str = ""
    gap: str = ""
    sharpest: str = ""
    bluntest: str = ""
    verdict: str = ""
    warnings: str = ""
    refused: str = ""
    tissue_seconds: str = ""
    tissue_cells: str = ""
    tissue_verdict: str = ""
    flow_iterations: str = ""
    flow_converged: str = ""
    flow_balance: str = ""


def measured(task: tuple[int, bool, bool]) -> Row:
    """Mesh one tree, check it, and if so wished fill it and solve in it."""
    seed, with_tissue, with_flow = task
    tree = murray_tree(seed)
    row = Row(seed, len(branches_of(tree)))
    begun = seconds()
    try:
        mesh = sheath(tree, tissue=0.0, **FINENESS)
    except InputError as refusal:
        row.refused, row.seconds = str(refusal), round(seconds() - begun, 2)
        return row
    row.seconds = round(seconds() - begun, 2)
    _tell_mesh(row, tree, mesh)
    if with_tissue:
        mesh = _filled(row, tree) or mesh
    if with_flow:
        _solve(row, mesh)
    return row


def _tell_mesh(row: Row, tree: VesselTree, mesh: Mesh) -> None:
    assert mesh.tree is not None
    report = check(mesh)
    row.cells = len(mesh.cells)
    row.inverted = int(np.sum(tet_volumes(mesh.points, mesh.cells) <= 0.0))
    row.tips_lost = _tips(tree) - _tips(mesh.tree)
    row.merged = sum("shrunk to a point" in note for note in mesh.notes)
    row.split = sum("made two" in note for note in mesh.notes)
    grown = [
        float(note.split(" made ")[1].split()[0]) for note in mesh.notes if "um longer" in note
    ]
    row.longer, row.longest = len(grown), f"{max(grown):.1f}" if grown else ""
    row.gap = f"{float((mesh.vessel.gap / mesh.vessel.radius).min()) / 0.5:.2f}"
    row.sharpest = f"{report.row('PVS smallest dihedral').value:.3g}"
    row.bluntest = f"{report.row('PVS largest dihedral').value:.4g}"
    row.verdict, row.warnings = _verdict(report)


def _verdict(report: Report) -> tuple[str, str]:
    """The worst verdict, and the rows that are not in order."""
    wrong = [row for row in report.rows if row.verdict != "ok"]
    word = "fail" if report.failed else "warn" if wrong else "ok"
    return word, "; ".join(row.name for row in wrong)


def _tips(tree: VesselTree) -> int:
    return sum(not branch.to_junction for branch in branches_of(tree))


def _filled(row: Row, tree: VesselTree) -> Mesh | None:
    """The tree with tissue round it."""
    begun = seconds()
    try:
        mesh = sheath(tree, tissue=TISSUE, **FINENESS)
    except InputError as refusal:
        row.tissue_verdict = f"refused: {refusal}"
        return None
    row.tissue_seconds = f"{seconds() - begun:.1f}"
    row.tissue_cells = str(len(mesh.cells) - row.cells)
    verdict, warnings = _verdict(check(mesh))
    row.tissue_verdict = f"{verdict}: {warnings}" if warnings else verdict
    return mesh


def _solve(row: Row, mesh: Mesh) -> None:
    """One cold flow solve while the wall widens by 1 %."""
    import jax

    jax.config.update("jax_enable_x64", True)
    import jax.numpy as jnp

    from solver.flow import StokesDarcy, plan, solve
    from solver.flow.boundary import boundary_of
    from solver.flow.past import at_rest
    from solver.geometry.metric import sweep
    from solver.geometry.motion import positions
    from solver.geometry.space import build_space

    step, flow = 2.0, StokesDarcy(tolerance=1e-6, limit=2000, memory=1)
    space = build_space(mesh)
    prepared = plan(flow, space, step)
    ratio = jnp.ones(space.fluid.vertices)
    motion = sweep(positions(space, ratio), positions(space, 1.01 * ratio), space.fluid)
    data, past = boundary_of(flow, space, motion, step), at_rest(flow, space)
    found = jax.jit(solve)(flow, prepared, space, motion, data, past, step).solve
    row.flow_iterations, row.flow_converged = str(int(found.iterations)), str(bool(found.converged))
    row.flow_balance = f"{float(found.balance):.1e}"


def read_rows(path: Path) -> list[Row]:
    """The rows of a file, by tree."""
    if not path.exists():
        return []
    kinds = {item.name: type(item.default) for item in fields(Row)} | {"tree": int, "branches": int}
    with path.open(newline="") as file:
        rows = [Row(**{k: kinds[k](v) for k, v in line.items()}) for line in csv.DictReader(file)]
    return sorted(rows, key=lambda row: row.tree)


def append(path: Path, row: Row) -> None:
    """Add a row to the file, with a head if it is new."""
    names = [item.name for item in fields(Row)]
    fresh = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, names)
        if fresh:
            writer.writeheader()
        writer.writerow(asdict(row))


def summary(rows: list[Row]) -> str:
    """The table of a sweep."""
    made = [row for row in rows if not row.refused]
    filled = [row for row in rows if row.tissue_verdict]
    solved = [row for row in rows if row.flow_converged]
    shape = [row for row in made if not _apart_from_neighbours(row)]
    lines = [
        ("trees", f"{len(rows)}"),
        ("meshed; refused", f"{len(made)}; {len(rows) - len(made)}"),
        ("branches; tips lost, in trees", f"{_sum(made, 'branches')}; {_lost(made)}"),
        ("branches made longer, in trees", _told(made, "longer")),
        ("merged to a point, in trees", _told(made, "merged")),
        ("junctions split, in trees", _told(made, "split")),
        ("cells, all; least and most", _cells(made)),
        ("inverted cells", f"{_sum(made, 'inverted')}"),
        ("linter: failed", f"{sum(row.verdict == 'fail' for row in made)}"),
        ("linter: no warning at all", f"{sum(row.verdict == 'ok' for row in made)}"),
        ("linter: none but of vessels too near", f"{len(shape)}"),
        ("sharpest, bluntest angle, degrees", _angles(made)),
        ("CPU s: median, most, per million cells", _seconds(made)),
        ("with tissue; refused, failed", _with_tissue(filled)),
        ("flow solved; converged", f"{len(solved)}; {_count(solved, 'flow_converged', 'True')}"),
        ("flow iterations, most; balance, worst", _flow(solved)),
    ]
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {told} |" for name, told in lines)])


def _apart_from_neighbours(row: Row) -> list[str]:
    """Warnings that are about the mesh, not about how near the tree's vessels are."""
    return [name for name in row.warnings.split("; ") if name and not name.startswith(NEIGHBOURS)]


def _sum(rows: list[Row], name: str) -> int:
    return sum(getattr(row, name) for row in rows)


def _count(rows: list[Row], name: str, value: str) -> int:
    return sum(getattr(row, name) == value for row in rows)


def _told(rows: list[Row], name: str) -> str:
    return f"{_sum(rows, name)}, {sum(getattr(row, name) > 0 for row in rows)}"


def _lost(rows: list[Row]) -> str:
    return _told(rows, "tips_lost")


def _cells(rows: list[Row]) -> str:
    cells = [row.cells for row in rows] or [0]
    return f"{sum(cells):,}; {min(cells):,}-{max(cells):,}"


def _angles(rows: list[Row]) -> str:
    if not rows:
        return ""
    sharpest, bluntest = (
        min(float(row.sharpest) for row in rows),
        max(float(r.bluntest) for r in rows),
    )
    return f"{sharpest:.2g}, {bluntest:.4g}"


def _seconds(rows: list[Row]) -> str:
    took = np.array([row.seconds for row in rows] or [0.0])
    million = 1e-6 * max(_sum(rows, "cells"), 1)
    return f"{np.median(took):.1f}, {took.max():.1f}, {took.sum() / million:.0f}"


def _with_tissue(rows: list[Row]) -> str:
    refused = sum(row.tissue_verdict.startswith("refused") for row in rows)
    failed = sum(row.tissue_verdict.startswith("fail") for row in rows)
    return f"{len(rows)}; {refused}, {failed}"


def _flow(rows: list[Row]) -> str:
    if not rows:
        return ""
    most = max(int(row.flow_iterations) for row in rows)
    return f"{most}; {max(float(row.flow_balance) for row in rows):.0e}"


def main(words: list[str]) -> None:
    """Run what is left of the sweep, and print the table of all rows."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.murray")
    parser.add_argument("rows", type=Path)
    parser.add_argument("--trees", default="0:200", help="first:last[:every]")
    parser.add_argument("--tissue", type=int, default=0, help="every n-th tree; 0 for none")
    parser.add_argument("--flow", action="store_true")
    parser.add_argument("--processes", type=int, default=1)
    asked = parser.parse_args(words)
    done = {row.tree for row in read_rows(asked.rows)}
    tasks = [
        (seed, asked.tissue > 0 and seed % asked.tissue == 0, asked.flow)
        for seed in range(*map(int, asked.trees.split(":")))
        if seed not in done
    ]
    with get_context("spawn").Pool(asked.processes) as pool:
        for row in pool.imap_unordered(measured, tasks):
            append(asked.rows, row)
            told = row.refused or f"{row.cells:>8} cells {row.tips_lost:>3} tips lost {row.verdict}"
            print(f"tree {row.tree:>4} {row.seconds:>6.1f} s  {told}", flush=True)
    print(summary(read_rows(asked.rows)))


if __name__ == "__main__":
    main(sys.argv[1:])
