"""V7 with compliance: a sheath on springs, sealed and leaky, a soft wall (docs/physics.md 1.10)."""

from dataclasses import replace

import numpy as np
import pytest

from meshes.annulus import annulus
from solver.flow import Sheath, Spring, StokesDarcy, Tissue
from solver.signal import Quiet
from solver.simulate import prepare, simulate
from solver.state import Model
from solver.wall import Prescribed
from tests.exact.leaky_dead_end import LeakyDeadEnd
from tests.exact.problem import order

UM = 1e-6
SEALED = LeakyDeadEnd(length=1000 * UM, tissue=None, modulus=150.0, strain=1e-3)
CASES = {
    "soft": SEALED,
    "faster": replace(SEALED, modulus=1500.0, frequency=0.2, outer=10 * UM),
}
LEAKY = LeakyDeadEnd(
    length=1000 * UM,
    tissue=30 * UM,
    permeability=1e-15,
    along=1.0,
    conductance=1e-9,
    modulus=150.0,
    strain=1e-3,
)


def last_cycle(mesh, flow, strain: float, frequency: float, steps: int, cycles: int = 2):
    """Volume of the last cycle's mouth flow at every step, its phasor, and the run."""
    model = Model(mesh, signal=Quiet(), wall=Prescribed(strain, frequency), flow=flow)
    step = 1.0 / frequency / steps
    run = simulate(model, prepare(model, until=cycles / frequency, step=step))
    assert run.converged and run.complete
    assert run.fluid_volume_imbalance < 1e-10
    assert run.solves["balance"].max() < 1e-10
    flow = run.signals["flow_inlet_m3_per_s"][-steps:]
    turn = np.exp(-2j * np.pi * frequency * (run.times[-steps:] - 0.5 * step))
    return run, step * np.cumsum(flow), complex(2j * (flow * turn).mean())


def phasor(exact: LeakyDeadEnd, steps: int) -> complex:
    """Relative to the exact one."""
    mesh = exact.mesh(4, 20)
    _, _, found = last_cycle(mesh, exact.parameters(), exact.strain, exact.frequency, steps)
    # the mean of a sine over a step
    return found / float(np.sinc(1.0 / steps)) / exact.oscillation


@pytest.mark.parametrize("case", CASES)
def test_amplitude_and_phase_of_the_mouth_flow(case):
    coarse, middle, fine = (phasor(CASES[case], steps) for steps in (20, 40, 80))
    assert abs(abs(fine) - 1.0) < 0.02
    assert abs(np.angle(fine)) < 0.02
    # second order but for the springs' off-centred twentieth
    assert order(abs(coarse - middle), abs(middle - fine)) > 1.0


def test_leaky_and_soft():
    ratio = phasor(LEAKY, 40)
    assert abs(abs(ratio) - 1.0) < 0.02
    assert abs(np.angle(ratio)) < 0.02


def test_tide_of_a_soft_wall():
    mesh = annulus(
        6 * UM,
        9 * UM,
        1000 * UM,
        tissue_outer=100 * UM,
        across=4,
        around=16,
        along=25,
        tissue_layers=4,
    )
    flow = StokesDarcy(
        sheath=Sheath(conductance=1e-10),
        tissue=Tissue(permeability=1e-16, storage=1e-4),
        outer_wall=Spring(150.0),
        memory=25,
    )
    run, passed, _ = last_cycle(mesh, flow, -0.1, 0.02, 40)
    volume = run.signals["pvs_volume_m3"]
    assert np.ptp(passed) / volume[0] == pytest.approx(0.216, rel=0.02)
    assert abs(passed[-1]) < 0.02 * np.ptp(passed)
