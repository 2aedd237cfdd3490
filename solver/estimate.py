"""What a run will cost, before anything is compiled: bytes and seconds from the size of the mesh.

The arrays of a step are counted, the largest ones: matrix and preconditioner, Krylov vectors, the
ring of remembered solutions, tracer, geometry. Compiled code and what XLA holds besides is a
constant and a factor, fitted to the peak that pvs-simulate reached with jax 0.10 on two cores
(default flow, no figures): 1.33 GB on 440 mesh points, 1.62 on the packaged sample (23 k), 2.86 on
120 k, 5.87 on 361 k. Estimate over measured: 1.00, 0.99, 1.01, 1.05.

Seconds are a guess: 0.5 us for one unknown of one iteration on two cores (0.2 measured alone, 1
beside other work), 40 iterations a step (20 to 75 seen), a minute to start.

Of derivatives `python -m benchmarks.gradient_cost` told: a tangent holds half of what a run does
(0.54 on its 1,656 unknowns; 0.51 of a like run on the 22,032 of `benchmarks.gradient`) and takes as
long as 1.2 to 1.5 runs; an adjoint holds twice as much, and four vectors for every step that it
keeps, and takes as long as three runs.
"""

from dataclasses import dataclass

import numpy as np

from meshes.errors import InputError
from meshes.mesh import Mesh
from meshes.tags import Region
from solver.flow.inertia import remembered
from solver.flow.stokes_darcy import StokesDarcy
from solver.simulate.segments import divided

BASE = 1.32e9  # bytes: python, jax and compiling
FACTOR = 2.0  # held over counted: temporaries, the state before and after
KRYLOV_VECTORS = 28  # seven of MINRES, three times seven of the warm start
TRACER_VECTORS = 10
SLOTS = 3.0  # of a row beyond the mean number of neighbours: padding and the diagonal
ITERATIONS = 40  # of a step
SECONDS = 0.5e-6  # per unknown and iteration on two cores
BEGIN, BEGIN_EACH = 40.0, 0.15e-3  # s to start, and for each unknown
MOST_CORES = 8  # beyond, memory is what limits
DEVICE_SPEED = 50.0  # of a GPU, over two cores
TANGENT, TANGENT_RUNS = 0.52, 1.3  # memory and time over those of a run
ADJOINT, ADJOINT_RUNS = 2.0, 3.0
KEPT = 4.0  # vectors of a step


@dataclass(frozen=True)
class Estimate:
    """What a run will cost, roughly.

    Attributes:
        unknowns: of the flow solve.
        bytes: of memory at its peak; `device_bytes` those of arrays alone, where a device holds
            them.
        seconds: from start to end.
    """

    unknowns: int
    bytes: float
    device_bytes: float
    seconds: float

    def words(self) -> str:
        """In one line."""
        return (
            f"{_rounded(self.unknowns)} unknowns, about {self.bytes / 1e9:.2g} GB and "
            f"{_duration(self.seconds)} on this machine"
        )


def estimate(
    mesh: Mesh,
    flow: StokesDarcy,
    steps: int,
    *,
    cores: int = 2,
    device: bool = False,
    tangents: int = 0,
    adjoint: bool = False,
) -> Estimate:
    """Memory and time of a run, and of its derivative if one is asked for.

    Args:
        steps: how many time steps.
        cores: of the machine.
        device: whether a GPU computes.
        tangents: numbers that are moved in forward mode.
        adjoint: whether there is a reverse pass.
    """
    tissue = mesh.regions == Region.TISSUE
    boundary = 0.5 * len(mesh.facets)
    fluid_count, fluid = _region(mesh.cells[~tissue], boundary, flow.precision, blocks=True)
    tissue_count, solid = _region(mesh.cells[tissue], boundary, flow.precision, blocks=False)
    unknowns = 4 * fluid_count + tissue_count
    both = fluid_count + tissue_count
    vectors = 8.0 * (KRYLOV_VECTORS * unknowns + TRACER_VECTORS * both)
    ring = 8.0 * flow.memory * unknowns
    past = 8.0 * 3 * remembered(flow.inertia) * fluid_count
    held = FACTOR * (fluid + solid + vectors + ring + past)
    held *= 1.0 + TANGENT * tangents + ADJOINT * adjoint
    held += adjoint * 8.0 * unknowns * sum(many * each for many, each in _kept(flow, steps))
    pace = DEVICE_SPEED if device else 0.5 * min(max(cores, 1), MOST_CORES)
    runs = 1.0 + TANGENT_RUNS * tangents + ADJOINT_RUNS * adjoint
    seconds = runs * steps * ITERATIONS * SECONDS * unknowns / pace
    return Estimate(unknowns, BASE + held, held, seconds + BEGIN + BEGIN_EACH * unknowns)


def _kept(flow: StokesDarcy, steps: int) -> list[tuple[int, float]]:
    """How many moments a reverse pass keeps, and vectors of each: steps, and starts of segments."""
    segments, length = divided(steps)
    return [(length, KEPT), (max(segments - 1, 0), KEPT + flow.memory)]


def check_fits(cost: Estimate, available: float | None, *, device: bool = False) -> None:
    """Refuse a run that memory cannot hold.

    Args:
        available: bytes that the machine, or its device, still has; None where nobody tells.

    Raises:
        InputError: saying how much is wanted, how much there is, and what to lower.
    """
    wanted = cost.device_bytes if device else cost.bytes
    if available is not None and wanted > available:
        raise InputError(
            f"the run needs about {wanted / 1e9:.2g} GB for {_rounded(cost.unknowns)} unknowns, "
            f"and {'the device' if device else 'this machine'} has {available / 1e9:.2g} GB left: "
            "lower mesh.layers, mesh.around or flow.memory, crop the vessel, or use a machine "
            "with more memory"
        )


def _region(
    cells: np.ndarray, boundary: float, precision: str, *, blocks: bool
) -> tuple[int, float]:
    """Vertices of a region, and bytes of its matrices, tables and geometry."""
    count = len(np.unique(cells))
    if not count:
        return 0, 0.0
    edges = count + len(cells) + 0.5 * boundary  # Euler, half of the facets to each region
    rows = count * (2.0 * edges / count + SLOTS)
    width = 4 if precision == "float32" else 8
    entries = 8.0 * 16 + width * 9 if blocks else 8.0 * 2
    of_rows = rows * (entries + 2 * 8.0 + width * 3 + 3 * 4.0)  # tracer, multigrid, tables
    of_cells = len(cells) * (3 * 12 * 8.0 + 20 * 4.0 if blocks else 12 * 8.0 + 20 * 4.0)
    return count, of_rows + of_cells + edges * (20 * 8.0 if blocks else 4 * 8.0)


def _rounded(number: int) -> str:
    if number < 1000:
        return str(number)
    size, unit = (1e6, "M") if number >= 999_500 else (1e3, "k")
    return f"{number / size:.2g} {unit}" if number < 100 * size else f"{number / size:.0f} {unit}"


def _duration(seconds: float) -> str:
    for size, word in ((3600.0, "hour"), (60.0, "minute")):
        if seconds >= 1.5 * size:
            return f"{seconds / size:.0f} {word}s"
    return "a minute"
