"""Daversin-Catty et al. 2020: velocities at the ends of a pial space under the heartbeat."""

import numpy as np
import pytest

from solver.signal import Quiet
from solver.simulate import prepare, simulate
from solver.state import Model
from tests.exact import daversin


def test_velocities_at_an_end():
    steps = 60
    model = Model(daversin.mesh(4, 8, 8), Quiet(), daversin.Heartbeat(), flow=daversin.parameters())
    period = 1.0 / daversin.FREQUENCY
    run = simulate(model, prepare(model, until=period, step=period / steps))
    assert run.converged
    flow = run.signals["flow_inlet_m3_per_s"][1:]
    area = run.signals["pvs_volume_m3"] / daversin.LENGTH
    velocity = flow / (0.5 * (area[1:] + area[:-1]))
    assert velocity.max() == pytest.approx(daversin.OUTWARD, rel=0.02)
    assert velocity.min() == pytest.approx(-daversin.INWARD, rel=0.02)
    assert abs(flow.mean()) < 1e-6 * np.abs(flow).max()
    both = flow - run.signals["flow_distal_1_m3_per_s"][1:]
    assert np.abs(both).max() < 5e-3 * np.abs(flow).max()  # tetrahedra have no mirror plane
    excursion = np.ptp(run.signals["mean_radius_m"]) / daversin.INNER
    assert 0.010 < excursion < 0.015  # they state 1.5 % of the diameter, peak to peak
