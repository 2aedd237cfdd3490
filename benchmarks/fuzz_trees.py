"""Is every damaged tree file either read as a tree or refused in one sentence?

    python -m benchmarks.fuzz_trees [rounds] [seed] [format ...]

A small Y in every format; each round cuts it short, flips bytes, drops, doubles, swaps or moves
lines, or puts an odd number in the place of one, from a seed. A row a format: files read as a tree,
refused, the longest time of one. Ends with status 1 at the first that does neither, naming format
and seed; a crash of the interpreter leaves them as the last line.
"""

import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyvista
from vtkmodules.vtkIOXML import vtkXMLUnstructuredGridWriter

from meshes.clean.cleaning import Cleaning
from meshes.errors import InputError
from meshes.read_tree import FORMATS, read_tree
from meshes.sweep.graph import check_tree

PATIENCE = 5.0  # s, for a file of a few hundred bytes
ODD = b"0 -1 1e999 nan -0.0 99999999999999999999 1.5 1e-300 x 2147483648".split()
ASKED = (
    Cleaning(),
    Cleaning(merge=0.0, zero_radius="interpolate", piece="largest", cycles="cut"),
    Cleaning(crop=[None, None, [-20e-6, 120e-6]], spacing=1.0, smooth_radius=1.0, prune_ratio=1.0),
)
POINTS = np.array(
    [[0, 0, 20.0 * i] for i in range(6)]
    + [[s * 8.0 * i, 0, 100 + 15.0 * i] for s in (-1, 1) for i in range(1, 4)]
)
PARENTS = [-1, 0, 1, 2, 3, 4, 5, 6, 7, 5, 9, 10]
RADII = [10.0] * 6 + [8.0] * 3 + [7.5] * 3


def sound_files(folder: Path) -> dict[str, Path]:
    """The Y in every format, by a name for each."""
    edges = [(parent, node) for node, parent in enumerate(PARENTS) if parent >= 0]
    rows = [" ".join(f"{x:g}" for x in point) for point in POINTS]
    texts = {
        "tree.swc": [
            f"{i + 1} 2 {rows[i]} {RADII[i]:g} {parent + 1 if parent >= 0 else -1}"
            for i, parent in enumerate(PARENTS)
        ],
        "tree.dgf": ["DGF", "Vertex", *rows, "#", "SIMPLEX", "parameters 1 # radius"]
        + [f"{a} {b} {RADII[b]:g}" for a, b in edges]
        + ["#"],
        "nodes.csv": ["id,x,y,z,radius"]
        + [f"{i},{rows[i].replace(' ', ',')},{RADII[i]:g}" for i in range(len(rows))],
        "edges.csv": ["source,target"] + [f"{a},{b}" for a, b in edges],
        "tree.graphml": ["<graphml><key id='x' for='node' attr.name='x' attr.type='double'/>"]
        + [f"<key id='{k}' for='node' attr.name='{k}' attr.type='double'/>" for k in "yzr"]
        + ["<graph edgedefault='undirected'>"]
        + [
            f"<node id='{i}'><data key='x'>{x}</data><data key='y'>{y}</data>"
            f"<data key='z'>{z}</data><data key='r'>{RADII[i]}</data></node>"
            for i, (x, y, z) in enumerate(POINTS)
        ]
        + [f"<edge source='{a}' target='{b}'/>" for a, b in edges]
        + ["</graph></graphml>"],
        "tree.gml": ["graph ["]
        + [
            f"node [ id {i} x {x} y {y} z {z} radius {RADII[i]} ]"
            for i, (x, y, z) in enumerate(POINTS)
        ]
        + [f"edge [ source {a} target {b} ]" for a, b in edges]
        + ["]"],
    }
    texts["old.vtk"] = [
        *("# vtk DataFile Version 3.0", "a Y", "ASCII", "DATASET POLYDATA"),
        *(f"POINTS {len(rows)} float", *rows),
        *(f"LINES {len(edges)} {3 * len(edges)}", *(f"2 {a} {b}" for a, b in edges)),
        *(f"CELL_DATA {len(edges)}", "FIELD FieldData 1", f"radius 1 {len(edges)} float"),
        *(f"{RADII[b]:g}" for _, b in edges),
    ]
    for name, lines in texts.items():
        (folder / name).write_text("\n".join([*lines, ""]))
    lines = pyvista.PolyData(POINTS, lines=np.array([(2, a, b) for a, b in edges]).ravel())
    lines.point_data["radius"] = RADII
    lines.save(folder / "ascii.vtk", binary=False)
    lines.cast_to_unstructured_grid().save(folder / "binary.vtk", binary=True)
    lines.save(folder / "tree.vtp", binary=False)
    lines.cast_to_unstructured_grid().save(folder / "tree.vtu", binary=True)
    writer = vtkXMLUnstructuredGridWriter()
    writer.SetFileName(str(folder / "appended.vtu"))
    writer.SetInputData(lines.cast_to_unstructured_grid())
    writer.SetDataModeToAppended()
    writer.EncodeAppendedDataOff()
    writer.Write()
    return {path.name: path for path in sorted(folder.iterdir())}


def damaged(content: bytes, random: np.random.Generator) -> bytes:
    """The content after one to three accidents."""
    for _ in range(int(random.integers(1, 4))):
        if not content:
            return content
        at = int(random.integers(len(content)))
        lines = content.split(b"\n")
        i, j = random.integers(len(lines), size=2)
        match int(random.integers(7)):
            case 0:
                content = content[:at]
            case 1:
                flipped = bytes([int(random.integers(256))])
                content = content[:at] + flipped + content[at + 1 :]
            case 2:
                content = b"\n".join(lines[:i] + lines[i + 1 :])
            case 3:
                content = b"\n".join([*lines[:i], lines[i], *lines[i:]])
            case 4:
                lines[i], lines[j] = lines[j], lines[i]
                content = b"\n".join(lines)
            case 5:
                words = lines[i].split(b" ")
                words[int(random.integers(len(words)))] = ODD[int(random.integers(len(ODD)))]
                lines[i] = b" ".join(words)
                content = b"\n".join(lines)
            case _:
                content = content[:at] + random.bytes(int(random.integers(1, 9))) + content[at:]
    return content


def outcome(path: Path, asked: Cleaning) -> str:
    """Whether a file was read as a tree or refused in one line.

    Raises:
        AssertionError: the tree is none, or the message has several lines.
    """
    try:
        tree = read_tree(path, "um", asked)
    except InputError as error:
        if "\n" in str(error):
            raise AssertionError(f"several lines: {error}") from error
        return "refused"
    finite = np.isfinite(tree.points).all() and np.isfinite(tree.radius).all()
    assert finite and np.all(tree.radius > 0), "numbers that are none"
    try:
        check_tree(tree)
    except InputError as error:  # what the sweep alone refuses: a mouth between two vessels
        if "the mouth must be" not in str(error) and "lies on its parent" not in str(error):
            raise AssertionError(f"no tree: {error}") from error
    return "read"


def main(rounds: int, seed: int, wanted: list[str]) -> int:
    """Print the table; returns the status."""
    print(f"{'format':<14} {'read':>6} {'refused':>8} {'longest, s':>11}")
    with TemporaryDirectory() as name:
        folder = Path(name)
        whole = {name: path.read_bytes() for name, path in sound_files(folder).items()}
        assert {Path(name).suffix for name in whole} == set(FORMATS)
        for number, (name, content) in enumerate(whole.items()):
            if wanted and name not in wanted:
                continue
            count, longest = {"read": 0, "refused": 0}, 0.0
            for round_ in range(rounds):
                print(f"\r{name} {seed + round_}", end="", file=sys.stderr, flush=True)
                random = np.random.default_rng([seed + round_, number])
                (folder / name).write_bytes(damaged(content, random))
                begun = time.perf_counter()
                try:
                    count[outcome(folder / name, ASKED[round_ % len(ASKED)])] += 1
                except Exception as error:
                    print(f"\n{name}, seed {seed + round_}: {type(error).__name__}: {error}")
                    raise
                longest = max(longest, time.perf_counter() - begun)
                if longest > PATIENCE:
                    print(f"\n{name}, seed {seed + round_}: took {longest:.1f} s")
                    return 1
            (folder / name).write_bytes(content)
            print("\r", end="", file=sys.stderr)
            print(f"{name:<14} {count['read']:>6} {count['refused']:>8} {longest:>11.3f}")
    return 0


if __name__ == "__main__":
    given = sys.argv[1:]
    numbers = [int(word) for word in given if word.isdigit()]
    rest = [word for word in given if not word.isdigit()]
    sys.exit(main(*(numbers + [200, 0][len(numbers) :]), rest))
