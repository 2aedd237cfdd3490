"""V4: a travelling wave pumps what lubrication says, a standing one nothing."""

import numpy as np
import pytest

from tests.exact.peristalsis import Peristalsis
from tests.exact.problem import order, solve_once

PHASES = 8  # a flow of second order in eps has no harmonic above the second
INSTANT = 1e-3  # rad; the steps are this short, so that chords are tangents


def end_flows(exact: Peristalsis, n: int, times, duration: float) -> np.ndarray:
    """Flow out of both ends, relative to their motion, in steps centred on `times`."""
    mesh, flows = exact.mesh(n), []
    for time in times:
        result = solve_once(
            mesh,
            exact.parameters(),
            start=exact.place(time - 0.5 * duration),
            end=exact.place(time + 0.5 * duration),
            duration=duration,
        )
        assert bool(result.flow.solve.converged)
        flows.append([result.end_flow("inlet"), result.end_flow("distal_1")])
    return np.array(flows)


def mean_flow(exact: Peristalsis, n: int) -> float:
    """Mean flow towards `DISTAL` over a cycle; what leaves one end enters the other."""
    flows = end_flows(exact, n, 2.0 * np.pi * np.arange(PHASES) / PHASES, INSTANT)
    leaving, arriving = flows.mean(axis=0)
    assert arriving == pytest.approx(-leaving, rel=1e-9)
    return arriving


@pytest.mark.parametrize(("ratio", "delta"), [(1.5, 5.61332180), (2.0, 2.68882291)])
def test_the_exact_factor_is_the_tabulated_one(ratio, delta):
    assert Peristalsis(ratio=ratio).delta == pytest.approx(delta, rel=1e-8)


@pytest.mark.parametrize("turns", [0.4, 1.0, 1.5])
@pytest.mark.parametrize("direction", [1, -1])
def test_the_law_is_the_limit_of_lubrication(turns, direction):
    """Second order in amplitude: Reynolds' equation at a finite one departs like its square."""
    large, small = (
        Peristalsis(turns=turns, direction=direction, amplitude=size) for size in (0.04, 0.02)
    )
    large, small = (abs(exact.lubricated() / exact.flow - 1.0) for exact in (large, small))
    assert small < 5e-4
    assert order(large, small) == pytest.approx(2.0, abs=0.2)


@pytest.mark.parametrize(
    ("exact", "bound"),
    [
        (Peristalsis(), 0.009),
        (Peristalsis(ratio=2.0, length=80.0, direction=-1), 0.018),
    ],
    ids=["to distal", "wide, to inlet"],
)
def test_a_travelling_wave_pumps_the_law(exact, bound):
    coarse, fine = (abs(mean_flow(exact, n) / exact.flow - 1.0) for n in (2, 4))
    assert fine < bound
    assert order(coarse, fine) > 1.8


def test_part_of_a_wave_pumps_less():
    exact = Peristalsis(turns=0.6)
    assert exact.span < 0.8
    assert mean_flow(exact, 4) == pytest.approx(exact.flow, rel=0.008)


@pytest.mark.parametrize("turns", [0.0, 0.7], ids=["in phase", "standing"])
def test_a_standing_wave_retraces_its_steps_and_pumps_nothing(turns):
    """Stokes flow is reversible, and so is the scheme, however uneven the motion along the tube."""
    exact = Peristalsis(direction=0, turns=turns, amplitude=0.1)
    steps = 12
    duration = 2.0 * np.pi / steps
    flows = end_flows(exact, 2, duration * (np.arange(steps) + 0.5), duration)
    assert np.abs(flows).max() > 1.0
    assert np.abs(flows.sum(axis=0)).max() < 1e-11 * np.abs(flows).max()
