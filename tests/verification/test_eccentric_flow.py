"""V2: flow along an eccentric annulus, up to where the circles nearly touch."""

import pytest

from tests.exact.eccentric import EccentricFlow
from tests.exact.problem import order, solve_once

MOUSE = EccentricFlow(inner=6e-6, outer=9e-6, offset=1.5e-6, length=12e-6)


def flow_error(exact: EccentricFlow, n: int) -> float:
    """Relative error of the flow rate through both ends."""
    result = solve_once(exact.mesh(n), exact.parameters())
    assert bool(result.flow.solve.converged)
    through = result.end_flow("distal_1")
    assert result.end_flow("inlet") == pytest.approx(-through, rel=1e-10)
    return abs(through / exact.flow - 1.0)


def test_the_exact_flow_is_the_tabulated_one():
    exact = EccentricFlow()
    assert exact.flow / exact.concentric == pytest.approx(1.34755659, rel=1e-8)


@pytest.mark.parametrize("eccentricity", [0.2, 0.5, 0.8])
def test_a_thin_gap_has_the_thin_limit(eccentricity):
    exact = EccentricFlow(inner=1.0, outer=1.001, offset=1e-3 * eccentricity)
    limit = 1.0 + 1.5 * eccentricity**2
    assert exact.flow / exact.concentric == pytest.approx(limit, rel=1e-5)


@pytest.mark.parametrize(
    ("exact", "bound"),
    [(EccentricFlow(), 0.012), (EccentricFlow(offset=16e-6), 0.015), (MOUSE, 0.008)],
    ids=["half", "near contact", "mouse"],
)
def test_flow_converges(exact, bound):
    coarse, fine = (flow_error(exact, n) for n in (4, 8))
    assert fine < bound
    assert order(coarse, fine) > 1.9
