"""Grow the sample tree and its mesh: `python -m meshes.samples.grow` rewrites both files.

A pial feeder runs along x, gives off the penetrating arteriole and goes on for a short way; the
arteriole dives along -z and gives off three side branches. Micrometres here. [R] marks a number
recalled from the literature, not checked.

- Lumen radius of penetrating arterioles 5.8 um (Bojarskaite et al. 2023, statistics); here 6.6 um
  at the top to 5.3 um at the tip by the side branches' share.
- Radii at every junction obey Murray's law, parent^3 = sum of daughters^3 (Murray 1926 [R]).
- Feeder radius 9.5 um: a small pial arteriole; large ones have 20-30 um (Daversin-Catty et al.
  2020, Kedarasetti et al. 2020).
- Depth 750 um: through most of mouse cortex, about 1 mm thick [R]. Side branches leave at 60-75
  degrees, 100-120 um long before they become capillaries [R].
- R2 / R1 = 1.5: endfoot tube 9 um round a 6 um arteriole, PVS thickness 2.8 um (Bojarskaite 2023).
- Tissue to 100 um: penetrating arterioles are 200-280 um apart [R].
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from meshes.samples import MESH, TREE, sample_tree
from meshes.sheath import sheath
from meshes.tree import VesselTree
from meshes.write import write_mesh

SEED = 7
STEP = 10.0  # spacing of nodes
FEEDER_RADIUS, FEEDER_LENGTH = 9.5, 270.0
STUB_LENGTH = 100.0  # the feeder beyond the arteriole
DIVE_RADIUS, DEPTH = 6.6, 750.0
SIDES = (  # depth on the arteriole, radius, length, angle to it (degrees), azimuth (degrees)
    (230.0, 3.9, 110.0, 70.0, 40.0),
    (420.0, 3.6, 120.0, 60.0, 165.0),
    (590.0, 3.3, 100.0, 75.0, 280.0),
)
WINDING = 6.0  # sideways amplitude of the arteriole
TAPER = 0.9  # tip radius of a side branch over its first
RATIO, AROUND, LAYERS, STRETCH = 1.5, 14, 4, 3.5  # of the ready mesh


@dataclass
class _Growth:
    """Nodes grown so far, um."""

    points: list[Float[np.ndarray, " 3"]] = field(default_factory=list)
    radius: list[float] = field(default_factory=list)
    parent: list[int] = field(default_factory=list)

    def branch(
        self, path: Float[np.ndarray, "nodes 3"], radius: Float[np.ndarray, " nodes"], parent: int
    ) -> Int[np.ndarray, " nodes"]:
        """Append a branch that hangs on `parent`; numbers of its nodes."""
        first = len(self.points)
        self.points += list(path)
        self.radius += [float(r) for r in radius]
        self.parent += [parent, *range(first, first + len(path) - 1)]
        return np.arange(first, first + len(path))


def grow() -> VesselTree:
    """The sample tree, m; the same numbers every time."""
    random = np.random.default_rng(SEED)
    growth = _Growth()
    along = _steps(FEEDER_LENGTH, 0.0)
    feeder = np.stack([along, _winding(random, along, 4.0), 0.0 * along], axis=1)
    mouth = growth.branch(feeder, np.full(len(along), FEEDER_RADIUS), -1)
    fork = feeder[-1]
    stub = fork + _steps(STUB_LENGTH)[:, None] * np.array([0.90, 0.35, 0.26])
    beyond = murray(FEEDER_RADIUS, DIVE_RADIUS)
    growth.branch(stub, np.full(len(stub), beyond), mouth[-1])
    depth = _steps(DEPTH)
    bow = 35.0 * (1.0 - np.exp(-depth / 40.0))  # leaves the feeder forward, then dives
    sideways = [_winding(random, depth, WINDING) for _ in range(2)]
    path = fork + np.stack([bow + sideways[0], sideways[1], -depth], axis=1)
    radius = np.full(len(depth), DIVE_RADIUS)
    for level, side, *_ in SIDES:
        below = depth > level
        radius[below] = murray(radius[below][0], side)
    dive = growth.branch(path, radius, mouth[-1])
    for level, side, length, angle, azimuth in SIDES:
        start = int(dive[np.argmin(np.abs(depth - level))])
        reach = _steps(length)
        path = growth.points[start] + _side_path(reach, length, angle, azimuth)
        growth.branch(path, side * np.linspace(1.0, TAPER, len(reach)), start)
    points, radii = np.array(growth.points) * 1e-6, np.array(growth.radius) * 1e-6
    return VesselTree(points, radii, np.array(growth.parent), "mouse_arteriole")


def murray(parent: float, daughter: float) -> float:
    """Radius of the other daughter: parent^3 = daughter^3 + other^3."""
    return float(np.cbrt(parent**3 - daughter**3))


def _steps(length: float, first: float = STEP) -> Float[np.ndarray, " nodes"]:
    return np.arange(first, length + 0.5 * STEP, STEP)


def _winding(
    random: np.random.Generator, along: Float[np.ndarray, " nodes"], size: float
) -> Float[np.ndarray, " nodes"]:
    """A slow sideways course of three waves that starts at 0."""
    course = np.zeros_like(along)
    for wave in (1, 2, 3):
        phase = random.uniform(0.0, 2.0 * np.pi)
        turn = 2.0 * np.pi * wave * along / 500.0
        course += size / wave * (np.sin(turn + phase) - np.sin(phase))
    return course


def _side_path(
    reach: Float[np.ndarray, " nodes"], length: float, angle: float, azimuth: float
) -> Float[np.ndarray, "nodes 3"]:
    """A side branch from its junction: down and outward, bending towards the cortical layer."""
    polar, round_axis = np.radians(angle), np.radians(azimuth)
    outward = np.array([np.cos(round_axis), np.sin(round_axis), 0.0])
    down = np.array([0.0, 0.0, -1.0])
    way = np.sin(polar) * outward + np.cos(polar) * down
    return reach[:, None] * way - 0.15 * (reach**2 / length)[:, None] * down


def write_swc(tree: VesselTree, path: Path) -> None:
    """Write the tree as SWC, um, with its sources in the comments."""
    lines = [
        "# Mouse pial feeder and penetrating arteriole, grown by meshes/samples/grow.py, not",
        "# traced. Micrometres: id type x y z radius parent; type 2 stands for vessel.",
        "# [R]: recalled from the literature, not checked.",
        f"# feeder radius {FEEDER_RADIUS}, length {FEEDER_LENGTH}: a small pial arteriole;",
        "#   large ones have 20-30 um (Daversin-Catty et al. 2020, Kedarasetti et al. 2020)",
        f"# penetrating arteriole radius {DIVE_RADIUS} at the top and 5.3 at the tip (Murray's",
        "#   law at its side branches): about 5.8 um (Bojarskaite et al. 2023, statistics)",
        f"# depth {DEPTH}: through most of mouse cortex, about 1 mm [R]",
        "# side branches: angles and lengths before they become capillaries [R]",
        "# radii at junctions: Murray's law, cubes add up (Murray 1926 [R])",
    ]
    for number, (point, radius, parent) in enumerate(
        zip(tree.points * 1e6, tree.radius * 1e6, tree.parent, strict=True), start=1
    ):
        x, y, z = point
        above = parent + 1 if parent >= 0 else -1
        lines.append(f"{number} 2 {x:.3f} {y:.3f} {z:.3f} {radius:.4f} {above}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write_swc(grow(), TREE)
    write_mesh(
        sheath(sample_tree(), ratio=RATIO, around=AROUND, layers=LAYERS, stretch=STRETCH), MESH
    )
