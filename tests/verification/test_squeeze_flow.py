"""V3 and V3b: a moving wall squeezes fluid out of a dead end, exactly."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest

from solver.flow.boundary import Boundary
from solver.geometry.metric import facet_areas, vertex_areas_of
from tests.exact.problem import relative_error, solve_once
from tests.exact.squeeze import Squeeze

DURATION = 1e-3  # s, short enough for the mean over the step to be the instant


def nominal(points, inner: float, outer: float):
    """Radius with the polygon's widening taken out, and the share of the gap."""
    radius = np.hypot(points[0], points[1])
    share = (radius - radius.min()) / (radius.max() - radius.min())
    return inner + share * (outer - inner), share


def mouth_data(exact: Squeeze):
    """Exact traction and tangential velocity at the mouth."""

    def data(space, given: Boundary) -> Boundary:
        rest = np.asarray(space.fluid_rest)
        radius, _ = nominal(rest, exact.inner, exact.outer)
        mouth = space.end("inlet")
        on_mouth = np.asarray(mouth.slot) < mouth.vertices.shape[0]
        on_wall = np.asarray(space.wall.slot) < space.wall.vertices.shape[0]
        outward = rest[:2] / np.hypot(*rest[:2])
        radial = np.concatenate([outward * exact.radial(radius), 0.0 * radius[None]])
        velocity = np.where(on_mouth & ~on_wall, radial, np.asarray(given.velocity))
        areas = np.asarray(vertex_areas_of(mouth, facet_areas(space.fluid_rest, mouth)))
        return replace(
            given,
            velocity=jnp.asarray(velocity),
            force=jnp.asarray(exact.traction(radius) * areas),
        )

    return data


def squeezed(exact: Squeeze, across: int, around: int, along: int):
    """Solve the instant at which the wall stands at `exact.inner` and moves at `exact.rate`."""

    def moved(side: float):
        def place(rest):
            _, share = nominal(np.asarray(rest), exact.inner, exact.outer)
            step = side * 0.5 * DURATION * exact.rate / exact.inner * (1.0 - share)
            wall = np.hypot(*np.asarray(rest[:2])).min()
            outward = rest[:2] / jnp.hypot(rest[0], rest[1])
            return jnp.concatenate([rest[:2] + outward * wall * step, rest[2:]])

        return place

    return solve_once(
        exact.mesh(across, around, along),
        exact.parameters(),
        start=moved(-1.0),
        end=moved(1.0),
        boundary=mouth_data(exact),
        duration=DURATION,
    )


def errors(exact: Squeeze, result) -> tuple[float, float, float]:
    """Relative errors of axial velocity, pressure drop and mouth flow."""
    radius, _ = nominal(result.fluid, exact.inner, exact.outer)
    height = exact.length - result.fluid[2]
    axial = -height * exact.profile(radius)
    found, pressure = np.asarray(result.flow.pressure), exact.pressure(radius, height)
    mouth, dead = height > (1 - 1e-9) * exact.length, height < 1e-9 * exact.length
    drop = (found[mouth].mean() - found[dead].mean()) / (
        pressure[mouth].mean() - pressure[dead].mean()
    )
    area = np.pi * (exact.outer**2 - exact.inner**2)
    mouth_velocity = result.end_flow("inlet") / area
    return (
        relative_error(np.asarray(result.flow.velocity)[2], axial, result.fluid_volumes),
        abs(drop - 1.0),
        abs(mouth_velocity / exact.mouth_velocity - 1.0),
    )


@pytest.mark.parametrize(
    ("resolution", "bound"), [((4, 16, 84), 0.06), ((8, 32, 166), 0.015)], ids=["4", "8"]
)
def test_slender_dead_end(resolution, bound):
    exact = Squeeze()  # L/W = 333
    result = squeezed(exact, *resolution)
    assert bool(result.flow.solve.converged)
    axial, drop, mouth = errors(exact, result)
    assert axial < bound
    assert drop < bound
    assert mouth < 1e-10


@pytest.mark.parametrize(
    ("time", "mouth"), [(6.25, 17.242241e-6), (31.25, -11.911887e-6)], ids=["narrow", "wide"]
)
def test_finite_amplitude_at_two_instants(time, mouth):
    rest, share, omega = 6e-6, 0.1, 2.0 * np.pi * 0.02
    exact = Squeeze(
        inner=rest * (1.0 + share * np.sin(omega * time)),
        rate=rest * share * omega * np.cos(omega * time),
    )
    assert exact.mouth_velocity == pytest.approx(mouth, rel=1e-6)
    result = squeezed(exact, 4, 16, 84)
    axial, drop, flow = errors(exact, result)
    assert axial < 0.06
    assert drop < 0.06
    assert flow < 1e-8  # the step is finite: R1 is quadratic in it
    space, sweep_rate = result.space, result.flow
    assert sweep_rate.end_fluxes[space.end("distal_1").vertices].sum() == pytest.approx(
        0.0, abs=1e-10 * abs(result.end_flow("inlet"))
    )
