"""What a user gives a tracer: laws at the mouth and at the start, and what is refused."""

import jax.numpy as jnp
import numpy as np
import pytest

from meshes.annulus import annulus
from meshes.errors import InputError
from solver.algebra import thomas
from solver.geometry.space import build_space
from solver.tracer import AdvectionDiffusion, Bolus, Infusion, Plume, Stretch
from solver.tracer.check import check_names, check_tracer
from solver.tracer.exchange import exchange_rates


def test_a_bolus_halves_in_its_half_life():
    bolus = Bolus(peak=2.0, start=10.0, half_life=60.0)
    assert [float(bolus(t)) for t in (9.9, 10.0, 70.0, 130.0)] == pytest.approx([0, 2, 1, 0.5])
    assert float(Bolus()(1e9)) == 1.0


def test_an_infusion_rises_to_its_plateau_and_falls():
    infusion = Infusion(plateau=4.0, duration=120.0, half_life=60.0)
    found = [float(infusion(t)) for t in (-1.0, 0.0, 60.0, 120.0, 180.0)]
    assert found == pytest.approx([0.0, 0.0, 2.0, 3.0, 1.5])


def test_a_plume_and_a_stretch():
    points = jnp.array([[0.0, 3e-5], [0.0, 0.0], [0.0, 0.0]])
    plume = Plume(centre=[0.0, 0.0, 0.0], width=3e-5, peak=2.0)
    np.testing.assert_allclose(plume(points, jnp.zeros(2)), [2.0, 2.0 * np.exp(-0.5)])
    stretch = Stretch(begin=1e-5, end=2e-5, fade=2e-6)
    path = jnp.array([0.0, 9e-6, 1.5e-5, 2.3e-5])
    np.testing.assert_allclose(stretch(points, path), [0.0, 0.5, 1.0, 0.0], atol=1e-12)


def test_reflection_holds_back_what_fluid_carries():
    out, back = exchange_rates(2.0, 0.25, jnp.ones(2), jnp.array([4.0, -8.0]))
    np.testing.assert_allclose([out, back], [[5.0, 2.0], [2.0, 8.0]])


@pytest.mark.parametrize("transposed", [False, True])
def test_lines_of_different_length_are_solved(transposed):
    random = np.random.default_rng(2)
    vertices = jnp.array([[4, 0], [1, 3], [2, 5]])  # 5 pads
    matrix = np.diag(4.0 + random.random(5))
    below, above = np.zeros((2, 2)), np.zeros((2, 2))
    for level, line, first, second in ((0, 0, 4, 1), (1, 0, 1, 2), (0, 1, 0, 3)):
        matrix[first, second], matrix[second, first] = random.random(2)
        above[level, line], below[level, line] = matrix[first, second], matrix[second, first]
    place = jnp.array([1, 2, 4, 3, 0])
    lines = thomas.factorise(
        vertices, place, jnp.diag(jnp.asarray(matrix)), jnp.asarray(below), jnp.asarray(above)
    )
    right = random.random(5)
    expected = np.linalg.solve(matrix.T if transposed else matrix, right)
    found = thomas.solve(lines, jnp.asarray(right), transposed=transposed)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.fixture(scope="module")
def space():
    return build_space(annulus(6e-6, 9e-6, 2e-5, tissue_outer=2e-5, across=1, around=4, along=1))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"diffusivity": -1e-10}, r"tracer\.diffusivity is -1e-10; .* above zero"),
        ({"porosity": 1.5}, r"tracer\.porosity is 1\.5; .* at most 1"),
        ({"porosity": 0.0}, r"tracer\.porosity is 0"),
        ({"reflection": 1.2}, r"tracer\.reflection is 1\.2; .* 0 to 1"),
        ({"tortuosity": 0.9}, r"tracer\.tortuosity is 0\.9; .* 1 or more"),
        ({"uptake": float("nan")}, r"tracer\.uptake is nan"),
        ({"production": -1.0}, r"tracer\.production is -1"),
        ({"mouth": -0.5}, r"tracer\.mouth is -0\.5"),
        ({"mouth": Bolus(half_life=0.0)}, r"tracer\.mouth\.half_life is 0"),
        ({"initial_tissue": Plume(peak=-1.0)}, r"tracer\.initial_tissue\.peak is -1"),
        ({"initial_tissue": Stretch()}, r"initial_tissue has no path"),
    ],
)
def test_what_no_tracer_has_is_refused(space, given, message):
    with pytest.raises(InputError, match=message):
        check_tracer(AdvectionDiffusion(**given), space)


def test_names_of_tracers_make_columns_of_their_own(space):
    check_tracer(AdvectionDiffusion(mouth=Bolus(), initial_tissue=Plume()), space)
    check_names({"amyloid": AdvectionDiffusion()})
    for name in ("out_inlet", "7", "pvs"):
        with pytest.raises(InputError, match=f"tracers.{name}"):
            check_names({name: AdvectionDiffusion()})
