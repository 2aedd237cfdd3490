"""V11-V13, sharp fronts, and a smooth tracer on a moving mesh: orders, bounds, budgets."""

import jax.numpy as jnp
import numpy as np
import pytest

from solver.tracer import AdvectionDiffusion
from tests.exact.carried import (
    UM,
    Krogh,
    OgataBanks,
    TaylorAris,
    along_axis,
    at_mouth,
    march,
    mesh_flow,
    norm,
    nowhere,
    still,
    tube,
)
from tests.exact.problem import order


@pytest.mark.parametrize(
    ("ratio", "kappa"), [(1.02, 1 / 210), (1.5, 0.005030407), (2, 0.005517358)]
)
def test_dispersion_in_an_annulus(ratio, kappa):
    case = TaylorAris(ratio, kappa)
    coarse, fine = (abs(case.solve(n, 40 * n, 20 * n) - 1.0) for n in (4, 8))
    assert fine < 0.01
    assert order(coarse, fine) > 1.8


def test_uptake_of_a_krogh_cylinder():
    exact = {60.0: 0.57876795, 10.0: 0.16099558}
    for time, mean in exact.items():
        errors = [abs(Krogh().solve(6 * n, 8 * n, time, 20 * n) / mean - 1.0) for n in (1, 2, 4)]
        assert errors[-1] < 2e-3
        assert order(errors[0], errors[2], 4.0) > 1.9


def test_front_from_a_held_mouth():
    front, errors = OgataBanks(), []
    for along in (20, 40, 80):
        space, found = front.solve(5.0, 400 * UM, along, along)
        path, volumes = np.asarray(space.fluid_rest[2]), np.asarray(space.tissue_shape.volumes)
        exact = front(path, 5.0)
        errors.append(norm(found - exact, np.ones_like(path)))
        assert found.min() > -1e-9 and found.max() < 1.0 + 1e-9
    assert found[np.isclose(path, 100 * UM)] == pytest.approx(0.5722583668, rel=2e-3)
    assert min(order(*pair) for pair in zip(errors, errors[1:], strict=False)) > 1.8


@pytest.mark.parametrize("courant", [0.5, 20.0])
def test_no_new_extremes_where_nothing_spreads(courant):
    """Cell Peclet number 2e4: a front and an emptied stretch behind it."""
    space = tube(400 * UM, 40, across=2)
    speed, length = 200 * UM, courant * 10 * UM / (200 * UM)
    path = space.fluid_rest[2]
    start = jnp.where(jnp.abs(path - 100 * UM) < 40 * UM, 0.0, 1.0) * (path < 250 * UM)
    steps = max(1, round(1.0 / length))
    tracer = AdvectionDiffusion(diffusivity=1e-13)
    volumes = jnp.asarray(space.fluid_rest[2] * 0)

    def look(after, step):
        mass = (step.end_volumes * after.concentration[0]).sum()
        return mass, -after.ends.sum(), after.concentration[0].min(), after.concentration[0].max()

    flow = along_axis(space, speed)
    end, seen = march(
        space,
        tracer,
        flow,
        at_mouth(space),
        (start, jnp.zeros(0)),
        steps * length,
        steps,
        seen=look,
    )
    mass, entered, least, most = (np.asarray(column) for column in seen)
    assert least.min() > -1e-9 and most.max() < 1.0 + 1e-9
    np.testing.assert_allclose(np.diff(mass), length * entered[1:], atol=1e-13 * mass.max())


def test_a_front_stays_sharp():
    space = tube(400 * UM, 40)
    path, speed = np.asarray(space.fluid_rest[2]), 20 * UM
    start = jnp.where(path < 100 * UM, 1.0, 0.0), jnp.zeros(0)
    tracer = AdvectionDiffusion(diffusivity=1e-15)
    flow = along_axis(space, speed)
    end, _ = march(space, tracer, flow, at_mouth(space), start, 10.0, 40)
    found = np.asarray(end[0])
    between = (found > 0.1) & (found < 0.9)
    width = np.ptp(path[between])
    # upwind: 2.56 sqrt(2 (u h / 2) t), 114 um
    assert width < 60 * UM
    assert abs(found.sum() / (path < 300 * UM).sum() - 1.0) < 0.05


def test_a_smooth_tracer_on_a_moving_mesh():
    """Fluid at rest, the mesh moving inside: c = 2 + cos(pi z / L) exp(-D (pi / L)^2 t)."""
    length, time, diffusivity = 60 * UM, 2.0, 1.4e-10
    errors = []
    for n in (1, 2, 4):
        space = tube(length, 6 * n, across=2 * n, around=6)
        inside = 4.0 * space.fraction * (1.0 - space.fraction)

        def moved(now, space=space, inside=inside):
            swing = jnp.sin(2.0 * jnp.pi * now / time + 0.3)
            shift = 3 * UM * swing * inside * jnp.sin(2 * jnp.pi * space.fluid_rest[2] / length)
            return space.fluid_rest.at[2].add(shift)

        def exact(now, moved=moved):
            decay = jnp.exp(-diffusivity * (jnp.pi / length) ** 2 * now)
            return 2.0 + jnp.cos(jnp.pi * moved(now)[2] / length) * decay

        tracer = AdvectionDiffusion(diffusivity=diffusivity)
        start = exact(0.0), jnp.zeros(0)
        end, mass = march(
            space,
            tracer,
            mesh_flow(space),
            nowhere(space),
            start,
            time,
            8 * n,
            moved=moved,
            seen=lambda after, step: (step.end_volumes * after.concentration[0]).sum(),
        )
        errors.append(norm(np.asarray(end[0] - exact(time)), 1.0 + 0.0 * np.asarray(end[0])))
        np.testing.assert_allclose(mass, mass[0], rtol=1e-12)
    assert min(order(*pair) for pair in zip(errors, errors[1:], strict=False)) > 1.8


def test_second_order_in_time():
    """Diffusion of a mode that the mesh resolves, against the same mesh with steps so many fewer."""
    space = tube(60 * UM, 12)
    start = 2.0 + jnp.cos(jnp.pi * space.fluid_rest[2] / (60 * UM)), jnp.zeros(0)
    tracer = AdvectionDiffusion(mouth=3.0)

    def solve(steps):
        flow = still(space)
        return np.asarray(march(space, tracer, flow, nowhere(space), start, 8.0, steps)[0][0])

    coarse, middle, fine = (solve(steps) for steps in (4, 8, 16))
    assert order(np.abs(coarse - middle).max(), np.abs(middle - fine).max()) > 1.9
