"""The outer wall moves as told: volume alone decides what passes the mouth."""

import numpy as np
import pytest

from solver.signal import Quiet
from solver.simulate import prepare, simulate
from solver.state import Model
from tests.exact.moving_sheath import MovingSheath

HALF = 25.0  # s, half a period
STEPS = 5  # in half a period


def run_of(exact: MovingSheath, step: float, steps: int):
    model = Model(exact.mesh(3), signal=Quiet(), wall=exact.artery(), flow=exact.parameters())
    run = simulate(model, prepare(model, until=step * steps, step=step))
    assert run.converged
    assert run.solves["balance"].max() < 1e-10
    return run, run.signals["flow_inlet_m3_per_s"][1:]


@pytest.mark.parametrize(
    "exact",
    [
        MovingSheath(wall=0.0, sheath=0.05),
        MovingSheath(wall=0.1, sheath=-0.08, inner=20e-6, outer=60e-6, length=90e-6, phase=0.7),
    ],
    ids=["sheath_alone", "both"],
)
def test_mouth_flow_is_the_change_of_volume(exact):
    run, flow = run_of(exact, 1.0, 4)
    assert run.fluid_volume_imbalance < 1e-10
    volume = exact.volume(run.times)
    assert run.signals["pvs_volume_m3"] == pytest.approx(volume, rel=1e-12)
    assert flow == pytest.approx(-np.diff(volume), abs=1e-12 * np.abs(np.diff(volume)).max())


def test_mouth_velocity_of_a_squeeze_by_the_sheath_alone():
    exact = MovingSheath(wall=0.0, sheath=0.05)
    step = 1e-3
    _, flow = run_of(exact, step, 2)
    area = np.pi * (exact.outer**2 - exact.inner**2)
    middle = exact.mouth_velocity(1.5 * step)
    assert flow[1] / area == pytest.approx(middle, rel=1e-8)


@pytest.mark.parametrize("wall", [0.09, -0.05])
def test_sheath_that_follows_the_wall_at_constant_volume_moves_no_fluid_at_the_mouth(wall):
    # from one extreme to the other: R2^2 b = R1^2 a makes both volumes the same
    exact = MovingSheath(wall=wall, sheath=wall * (6.0 / 9.0) ** 2, phase=np.pi / 2.0)
    run, flow = run_of(exact, HALF / STEPS, 3 * STEPS)
    swept = 2.0 * np.pi * exact.length * exact.inner**2 * 2.0 * abs(wall)
    moved = flow.reshape(3, STEPS) * HALF / STEPS
    assert np.abs(moved.sum(1)).max() < 1e-12 * swept
    assert np.abs(moved).max() > 1e-3 * swept  # on the way the two volumes differ
    assert run.signals["peak_velocity_m_per_s"][-1] > 0.0
