"""What do space and tissue round a tree cost, in time and memory a million cells?

    python -m benchmarks.tissue <tree> <units> <R2 / R1> <around> [distance m] [node ...]

For the whole tree, or for what lies downstream of each node: PVS alone, tissue out to the distance
(6 R2 of the widest vessel unless given) and a box with a margin of 3 R2. CPU seconds are of this
process and of the tetrahedraliser; memory is the larger peak of the two.
"""

import resource
import sys

from meshes.block import Box, Tissue
from meshes.check import check
from meshes.clean.cleaning import Cleaning
from meshes.errors import InputError
from meshes.read_tree import read_tree
from meshes.sheath import sheath
from meshes.tags import Region
from meshes.tree import VesselTree

LIMIT = 3600.0  # s
WHO = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)


def seconds() -> float:
    """CPU time so far, ours and of finished children."""
    return sum(resource.getrusage(who).ru_utime + resource.getrusage(who).ru_stime for who in WHO)


def row(tree: VesselTree, ratio: float, around: int, tissue: Tissue, name: str) -> str:
    """One line of the table."""
    begun = seconds()
    try:
        mesh = sheath(
            tree, ratio=ratio, tissue=tissue, around=around, stretch=3.5, time_limit=3600.0
        )
    except InputError as error:
        return f"| {name} | refused: {error} |"
    took = seconds() - begun
    tissue_cells = int((mesh.regions == Region.TISSUE).sum())
    million = len(mesh.cells) * 1e-6
    memory = max(resource.getrusage(who).ru_maxrss for who in WHO) / 1024.0
    angles = [line.value for line in check(mesh).rows if "dihedral" in line.name]
    return (
        f"| {name} | {len(mesh.cells) - tissue_cells:,} | {tissue_cells:,} | {took:.1f} | "
        f"{took / million:.0f} | {memory:.0f} | {min(angles):.2g}-{max(angles):.0f} |"
    )


def main(arguments: list[str]) -> None:
    """Print the table."""
    path, units, ratio, around, *rest = arguments
    reach = float(rest[0]) if rest else 0.0
    print("| tree | PVS cells | tissue cells | CPU s | s / million | peak MB | dihedral angles |")
    print("|---|---|---|---|---|---|---|")
    for node in rest[1:] or [""]:
        clean = Cleaning(subtree=node) if node else None
        tree = read_tree(path, units, clean)
        outer = float(ratio) * float(tree.radius.max())
        name = f"below node {node}" if node else "whole"
        blocks: dict[str, Tissue] = {
            "PVS alone": None,
            "distance": reach or 6.0 * outer,
            "box": Box(margin=3.0 * outer),
        }
        for word, tissue in blocks.items():
            print(row(tree, float(ratio), int(around), tissue, f"{name}, {word}"), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
