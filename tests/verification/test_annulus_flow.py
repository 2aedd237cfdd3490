"""V1: flow along a concentric annulus, also on cells stretched along it."""

import numpy as np
import pytest

from tests.exact.annulus import AnnulusFlow
from tests.exact.problem import order, relative_error, solve_once

COARSE, FINE = (4, 16), (8, 32)


def solved(exact: AnnulusFlow, resolution: tuple[int, int], stretch: float):
    result = solve_once(exact.mesh(*resolution, stretch), exact.parameters())
    assert bool(result.flow.solve.converged)
    return result


@pytest.mark.parametrize("stretch", [0.5, 1.0, 4.0])
def test_flow_holds_on_stretched_cells_and_converges(stretch):
    exact = AnnulusFlow(length=24e-6)
    coarse, fine = (
        abs(solved(exact, resolution, stretch).end_flow("distal_1") / exact.flow - 1.0)
        for resolution in (COARSE, FINE)
    )
    assert coarse < 0.08
    assert fine < 0.03
    assert order(coarse, fine) > 1.9


def test_other_radii_and_the_velocity_profile():
    exact = AnnulusFlow(inner=20e-6, outer=60e-6, length=160e-6, gradient=-70.0)
    result = solved(exact, FINE, 1.0)
    assert result.end_flow("distal_1") == pytest.approx(exact.flow, rel=0.03)
    assert result.end_flow("inlet") == pytest.approx(-result.end_flow("distal_1"), rel=1e-10)
    middle = np.abs(result.fluid[2] - exact.length / 2) < 1e-9
    widening = np.hypot(*result.fluid[:2]).min() / exact.inner
    radius = np.hypot(*result.fluid[:2])[middle] / widening
    velocity = np.asarray(result.flow.velocity)[2, middle]
    volumes = result.fluid_volumes[middle]
    assert relative_error(velocity, exact.velocity(np.clip(radius, 20e-6, 60e-6)), volumes) < 0.02
