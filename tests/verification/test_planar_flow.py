"""V9 and V10: PVS, sheath and tissue in a box, exact."""

import jax.numpy as jnp
import numpy as np
import pytest

from solver.geometry.metric import dot, facet_areas, vertex_areas_of
from tests.exact.planar import Planar
from tests.exact.polynomial import Polynomial
from tests.exact.problem import order, relative_error, solve_once
from tests.exact.slab import exact_data

# Stands for a sheath without resistance until the solver takes math.inf for L_p.
CONTINUOUS = float("inf")

OTHER = Planar(
    height=0.5,
    length=0.8,
    speed=-2.0,
    viscosity=0.7,
    permeability=0.05,
    conductance=0.2,
    slip=0.5,
)
MICROMETRES = Polynomial(
    scale=3e-6, speed=1e-6, viscosity=0.7e-3, permeability=2e-12, conductance=1e-2
)


def errors(exact: Planar | Polynomial, n: int) -> dict[str, float]:
    """Relative L2 errors of the fields and of the flow through the sheath's strips along z.

    Strips, because the cut is no mirror image of itself: on the two sides the exchange of single
    vertices errs by opposite amounts, which fall with h only.
    """
    result = solve_once(exact.mesh(n), exact.parameters(), boundary=exact_data(exact))
    flow, space = result.flow, result.space
    assert bool(flow.solve.converged)
    assert float(flow.solve.balance) < 1e-10
    fluid = np.asarray(space.pairs.fluid)
    areas = vertex_areas_of(space.sheath, facet_areas(space.fluid_rest, space.sheath))[:, fluid]
    points = result.fluid[:, fluid]
    strip = np.rint(points[0] / points[0].max() * n).astype(int)

    def by_strip(values) -> np.ndarray:
        return np.bincount(strip, np.asarray(values))

    size = by_strip(jnp.sqrt(dot(areas, areas)))
    found, through = by_strip(flow.exchange), by_strip(dot(areas, exact.velocity(points)))
    return {
        "velocity": relative_error(
            flow.velocity, exact.velocity(result.fluid), result.fluid_volumes
        ),
        "pressure": relative_error(
            flow.pressure, exact.pressure(result.fluid), result.fluid_volumes
        ),
        "tissue": relative_error(
            flow.tissue_pressure, exact.tissue_pressure(result.tissue), result.tissue_volumes
        ),
        "exchange": relative_error(found / size, through / size, size),
    }


def test_the_exact_planar_solution_is_the_tabulated_one():
    exact = Planar()
    sheath = [float(exact.amplitude(name, 0.0)) for name in ("v", "u", "p", "p_D")]
    assert sheath == pytest.approx([0.2110277514, -0.1772968674, 0.2337432546, -0.6692180661])
    middle = [float(exact.amplitude(name, 0.5)) for name in ("v", "p")]
    assert middle == pytest.approx([0.5582581226, -1.1745989114])
    assert float(exact.amplitude("p_D", -0.5)) == pytest.approx(-0.1333540184)


@pytest.mark.parametrize("exact", [Planar(), OTHER], ids=["tabulated", "other"])
def test_planar_benchmark_converges(exact):
    coarse, fine = (errors(exact, n) for n in (8, 16))
    orders = {name: order(coarse[name], fine[name]) for name in fine}
    assert orders["velocity"] > 1.85
    assert orders["tissue"] > 1.9
    assert orders["exchange"] > 1.7
    assert orders["pressure"] > 1.4
    assert fine["velocity"] < 3e-3
    assert fine["tissue"] < 4e-3
    assert fine["exchange"] < 5e-3
    assert fine["pressure"] < 4e-2


def test_the_polynomial_solution_is_the_published_one():
    """With the interface at y = 1, as printed, and mu = k = 1."""
    exact = Polynomial()
    x, y = np.random.default_rng(0).random((2, 20))
    above, below = (np.stack([x, sign * y, 0.0 * x]) for sign in (1.0, -1.0))
    up, down = 1.0 + y, 1.0 - y
    printed = [
        (up - 1) ** 2 + x * (up - 1) + 3 * x - 1,
        x * (x - 1) - (up - 1) ** 2 / 2 - 3 * up + 1,
    ]
    np.testing.assert_allclose(exact.velocity(above)[:2], printed, rtol=1e-13, atol=1e-13)
    np.testing.assert_allclose(exact.pressure(above), 2 * x + up - 1, rtol=1e-13)
    seep = x * (1 - x) * (down - 1) + (down - 1) ** 3 / 3 + 2 * x + 2 * down + 4
    np.testing.assert_allclose(exact.tissue_pressure(below), seep, rtol=1e-13)


@pytest.mark.parametrize(
    "exact",
    [
        Polynomial(conductance=CONTINUOUS),
        Polynomial(permeability=0.05, conductance=0.5),
        MICROMETRES,
    ],
    ids=["published", "membrane", "micrometres"],
)
def test_polynomial_solution_converges(exact):
    """The exchange has little to err in: what is left comes from where the sheath meets walls."""
    coarse, fine = (errors(exact, n) for n in (4, 8))
    orders = {name: order(coarse[name], fine[name]) for name in fine}
    assert orders["velocity"] > 1.9
    assert orders["tissue"] > 1.8
    assert orders["exchange"] > 1.2
    assert orders["pressure"] > 1.5
    assert fine["velocity"] < 6e-4
    assert fine["tissue"] < 1e-3
    assert fine["exchange"] < 3e-4
    assert fine["pressure"] < 5e-2
