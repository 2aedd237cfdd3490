"""V6 and V8: PVS, sheath and tissue together, exact."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest

from solver.flow.boundary import Boundary
from tests.exact.coupled import Coupled
from tests.exact.problem import order, relative_error, solve_once
from tests.exact.radial import RadialSeepage


def wall_velocity(velocity):
    """Boundary data that fixes the wall's velocity to a function of points (3, n)."""

    def data(space, given: Boundary) -> Boundary:
        on_wall = space.wall.slot < space.wall.vertices.shape[0]
        exact = jnp.asarray(velocity(np.asarray(space.fluid_rest)))
        return replace(given, velocity=jnp.where(on_wall, exact, 0.0))

    return data


@pytest.mark.parametrize(
    "case",
    [RadialSeepage(), RadialSeepage(tissue=60e-6, permeability=1e-15, conductance=5e-11)],
    ids=["tight", "leaky"],
)
def test_radial_seepage(case):
    def outward(points):
        radius = np.hypot(points[0], points[1])
        return np.stack([points[0], points[1], 0.0 * radius]) / radius * case.rate

    result = solve_once(case.mesh(8, 32, 24), case.parameters(), boundary=wall_velocity(outward))
    assert bool(result.flow.solve.converged)
    at_sheath = np.asarray(result.flow.tissue_pressure)[np.asarray(result.space.pairs.tissue)]
    assert at_sheath.mean() == pytest.approx(case.tissue_pressure(case.outer), rel=0.01)
    assert np.asarray(result.flow.pressure).mean() == pytest.approx(case.pressure, rel=0.005)


def test_the_exact_coupled_solution_is_the_tabulated_one():
    exact = Coupled()
    assert exact.amplitudes(1.5) == pytest.approx((0.2632682046, 0.5419716915, 1.0585339408))
    assert exact.tissue_amplitudes(2.0) == pytest.approx((1.3226181395, 0.2395692679))


def coupled_errors(exact: Coupled, n: int) -> dict[str, float]:
    result = solve_once(exact.mesh(n), exact.parameters(), boundary=wall_velocity(exact.velocity))
    assert bool(result.flow.solve.converged)
    assert float(result.flow.solve.balance) < 1e-12
    flow, pairs = result.flow, result.space.pairs
    height = result.fluid[2][np.asarray(pairs.fluid)] - exact.length / 2.0
    share = np.where(np.abs(height) < 1e-9, 0.5, height < 0.0)
    out = float((np.asarray(flow.exchange) * share).sum())
    fluid, tissue = result.fluid_volumes, result.tissue_volumes
    return {
        "velocity": relative_error(flow.velocity, exact.velocity(result.fluid), fluid),
        "pressure": relative_error(flow.pressure, exact.pressure(result.fluid), fluid),
        "tissue": relative_error(
            flow.tissue_pressure, exact.tissue_pressure(result.tissue), tissue
        ),
        "exchange": abs(out / exact.exchange - 1.0),
    }


def test_coupled_benchmark_converges():
    coarse, fine = (coupled_errors(Coupled(), n) for n in (8, 16))
    orders = {name: order(coarse[name], fine[name]) for name in coarse}
    assert orders["velocity"] > 1.85
    assert orders["tissue"] > 1.9
    assert orders["exchange"] > 1.8
    assert orders["pressure"] > 1.3
    assert fine["velocity"] < 5e-3
    assert fine["tissue"] < 8e-3
    assert fine["exchange"] < 6e-3
    assert fine["pressure"] < 6e-2
