"""The problems both codes solve: a tagged mesh, a wall's motion, the physics and what is read.

A problem's cold solve is its first time step; its run is `STEPS` of them. Read are the flow out of
the mouth (m3/s) and the mean pressure of the far ends (Pa), both means over a step. Units: SI.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from meshes.mesh import Mesh
from meshes.read_mesh import read_mesh
from meshes.sheath import sheath
from meshes.tree import VesselTree
from solver.flow import Closed, Open, Sheath, StokesDarcy, Tissue
from tests.exact.annulus import AnnulusFlow
from tests.exact.squeeze import Squeeze

from .refine import refined

STEPS = 100  # of a moving-wall run: four cycles
STEP = 2.0  # s, 25 steps a cycle, as in conf/config.yaml
AMPLITUDE = 0.1
FREQUENCY = 0.02  # Hz
Y_FILE = Path(os.environ.get("GLYMPHAX_MESHES", ".")) / "y60_gap3.vtu"


@dataclass(frozen=True)
class Readouts:
    """What is compared: flow out of the mouth, m3/s, and mean pressure of the far ends, Pa."""

    flow: float
    pressure: float


@dataclass(frozen=True)
class Problem:
    """One row group of the table.

    Attributes:
        title: what it is, for people.
        mesh: makes the mesh at rest.
        flow: the physics, shared by both codes.
        moving: whether the wall moves, R1 = R10 (1 + AMPLITUDE sin(2 pi FREQUENCY t)).
        exact: the exact readouts of the step from one time to another, if known.
        finer: makes the mesh of the reference where nothing exact is known.
    """

    title: str
    mesh: Callable[[], Mesh]
    flow: StokesDarcy
    moving: bool = False
    exact: Callable[[float, float], Readouts] | None = None
    finer: Callable[[], Mesh] | None = field(default=None)


def ratio(time: float) -> float:
    """R1 / R10 of a moving wall."""
    return 1.0 + AMPLITUDE * float(np.sin(2.0 * np.pi * FREQUENCY * time))


def displacement(mesh: Mesh, time: float) -> np.ndarray:
    """How far each mesh point is from rest at a time, m, (points, 3): the solver's own motion."""
    vessel = mesh.vessel
    size = (1.0 - vessel.fraction) * vessel.radius * mesh.widening * (ratio(time) - 1.0)
    return vessel.radial * size[:, None]


# --- exact answers ---


TUBE = AnnulusFlow(length=24e-6)
SQUEEZED = Squeeze(length=120e-6)


def tube_exact(start: float, end: float) -> Readouts:
    """V1: the flow leaves at the far end, where the pressure is zero."""
    del start, end
    return Readouts(flow=-TUBE.flow, pressure=0.0)


def squeeze_exact(start: float, end: float) -> Readouts:
    """V3b at mid-step, the wall moving at the step's mean rate."""
    inner = SQUEEZED.inner * 0.5 * (ratio(start) + ratio(end))
    rate = SQUEEZED.inner * (ratio(end) - ratio(start)) / (end - start)
    now = Squeeze(inner=inner, outer=SQUEEZED.outer, length=SQUEEZED.length, rate=rate)
    area = np.pi * (now.outer**2 - now.inner**2)
    return Readouts(
        flow=now.mouth_velocity * area,
        # p = kappa z^2/2 - mu W: W's share is 1e-3 of it and zero at the mouth's mean traction
        pressure=-0.5 * now.curvature * now.length**2,
    )


# --- meshes ---


def squeeze_mesh(across: int) -> Mesh:
    """Cells of two gaps' length at four layers, refined alike in all directions."""
    return SQUEEZED.mesh(across, 4 * across, 5 * across)


def y_mesh(small: bool) -> Mesh:
    """The Y-bifurcation of the shared data; a small one of our own mesher where it is absent."""
    if Y_FILE.exists() and not small:
        return read_mesh(Y_FILE, "um")
    if not small:
        print(f"{Y_FILE} is absent: a small Y of our own mesher instead", flush=True)
    half = np.deg2rad(30.0)
    arms = [[side * np.sin(half), 0.0, np.cos(half)] for side in (-1.0, 1.0)]
    stem = np.linspace(0.0, 60e-6, 5)
    points = [[0.0, 0.0, z] for z in stem]
    parents = [-1, 0, 1, 2, 3]
    for arm in arms:
        for number, along in enumerate(np.linspace(20e-6, 80e-6, 4)):
            parents.append(4 if number == 0 else len(points) - 1)
            points.append(list(np.array([0.0, 0.0, 60e-6]) + along * np.array(arm)))
    radius = np.where(np.arange(len(points)) < 5, 6e-6, 4.8e-6)
    tree = VesselTree(np.array(points), radius, np.array(parents), name="small Y")
    return sheath(tree, gap=3e-6, tissue=40e-6, around=12, layers=2, stretch=2.5)


COUPLED = StokesDarcy(
    sheath=Sheath(conductance=1e-10, slip=1.0),
    tissue=Tissue(permeability=1e-16, storage=1e-4),
    inlet=Open(),
    distal=Closed(),
    outer=Open(),
)


def _tube(across: int) -> Problem:
    return Problem(
        title=f"V1 pressure-driven annulus, {across} cells across",
        mesh=partial(TUBE.mesh, across, 4 * across, 1.0),
        flow=StokesDarcy(inlet=Open(TUBE.gradient * TUBE.length), distal=Open(0.0), tolerance=1e-8),
        exact=tube_exact,
    )


def _squeeze(across: int) -> Problem:
    return Problem(
        title=f"V3b squeezed dead end, {across} cells across",
        mesh=partial(squeeze_mesh, across),
        flow=StokesDarcy(inlet=Open(), distal=Closed()),
        moving=True,
        exact=squeeze_exact,
    )


def _bifurcation(small: bool) -> Problem:
    return Problem(
        title="Y with sheath and tissue" + (", small" if small else ", 4 cells across"),
        mesh=partial(y_mesh, small),
        flow=COUPLED,
        moving=True,
        finer=lambda: refined(y_mesh(small)),
    )


PROBLEMS: dict[str, Problem] = {
    "tube2": _tube(2),
    "tube4": _tube(4),
    "tube8": _tube(8),
    "squeeze2": _squeeze(2),
    "squeeze4": _squeeze(4),
    "y_small": _bifurcation(True),
    "y": _bifurcation(False),
}
# What runs in which order; a later line is the first to go when time is short.
DEFAULT = (
    ("ours", "tube4"),
    ("ngsolve", "tube2"),
    ("ngsolve", "tube4"),
    ("ours", "squeeze4"),
    ("ngsolve", "squeeze2"),
    ("ngsolve", "squeeze4"),
    ("ours", "y"),
    ("ngsolve", "y"),
    ("finer", "y"),
    ("ours", "tube8"),
    ("ngsolve", "tube8"),
)
QUICK = (
    ("ours", "tube4"),
    ("ngsolve", "tube2"),
    ("ngsolve", "tube4"),
    ("ours", "y_small"),
    ("ngsolve", "y_small"),
    ("finer", "y_small"),
)
WITHOUT_GRADIENT = ("tube4", "tube8")  # of ours: its compilation would be most of their time
