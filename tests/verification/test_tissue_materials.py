"""Tissue of several parts, read from the mesh, with a grain, and a membrane round it."""

import jax.numpy as jnp
import numpy as np
import pytest

from tests.exact.coupled import Coupled
from tests.exact.grained import Grained
from tests.exact.layered_tissue import LayeredTissue
from tests.exact.problem import order, relative_error
from tests.exact.series import outward, still_steps

CASES = [
    LayeredTissue(),
    LayeredTissue(permeability=(1e-15, 2e-17), tissue=60e-6, beyond=1e-10, outside=3.0),
]


def pressures(exact: LayeredTissue, n: int, permeability: str = "regions"):
    """Tissue pressure at the sheath, and how much higher it is in the perivascular space."""
    found = still_steps(exact.mesh(n), exact.parameters(permeability), wall=outward(exact.rate))
    assert found.converged and found.balance < 1e-10
    tissue = np.asarray(found.flow.past.tissue_pressure)[np.asarray(found.space.pairs.tissue)]
    return tissue.mean(), np.asarray(found.flow.pressure).mean() - tissue.mean()


@pytest.mark.parametrize("exact", CASES, ids=["held", "sink"])
def test_shells_resist_in_series(exact):
    errors = []
    for n in (3, 6):
        tissue, jump = pressures(exact, n)
        errors.append(abs(tissue / exact.tissue_pressure - 1.0))
        assert jump == pytest.approx(exact.jump(), rel=0.01)
    assert errors[1] < 0.03
    assert order(*errors) > 1.8


def test_a_field_of_the_mesh_says_the_same_as_names():
    exact = LayeredTissue()
    named, read = pressures(exact, 3), pressures(exact, 3, "shells")
    assert read == pytest.approx(named, rel=1e-8)


@pytest.mark.parametrize("tissue", [100e-6, 60e-6])
def test_a_permeability_that_grows_outward(tissue):
    exact = LayeredTissue(tissue=tissue, permeability=(1e-17, 1e-17))
    errors = [abs(pressures(exact, n, "graded")[0] / exact.graded_pressure - 1.0) for n in (3, 6)]
    assert errors[1] < 0.03
    assert order(*errors) > 1.8


@pytest.mark.parametrize("storage", [(5e-4, 2e-5), (1e-5, 3e-4)])
def test_each_part_stores_its_share(storage):
    exact = LayeredTissue(permeability=(1e-12, 1e-12), storage=storage)
    found = still_steps(
        exact.mesh(3), exact.parameters(), wall=outward(exact.rate), duration=2.0, count=3
    )
    assert found.converged and found.balance < 1e-7  # round-off of k P
    # the wall is a polygon: what it pushes in on a mesh at rest is its area times its speed
    angle = 2.0 * np.pi / 12
    push = np.sqrt(np.sin(angle) / angle)
    expected = 6.0 * exact.filling * push
    assert np.asarray(found.flow.past.tissue_pressure) == pytest.approx(expected, rel=1e-3)


def grained_errors(exact: Grained, n: int) -> tuple[float, float]:
    found = still_steps(exact.mesh(n), exact.parameters(), wall=exact.velocity)
    assert found.converged and found.balance < 1e-10
    space, pairs = found.space, found.space.pairs
    height = np.asarray(space.fluid_rest)[2][np.asarray(pairs.fluid)] - exact.length / 2.0
    share = np.where(np.abs(height) < 1e-9, 0.5, height < 0.0)
    out = float((np.asarray(found.flow.exchange) * share).sum())
    tissue = relative_error(
        found.flow.past.tissue_pressure,
        exact.tissue_pressure(np.asarray(space.tissue_rest)),
        np.asarray(space.tissue_shape.volumes),
    )
    return abs(out / exact.exchange - 1.0), tissue


@pytest.mark.parametrize("axial", [0.5, 0.02])
def test_a_grain_along_the_vessel(axial):
    exact = Grained(axial=axial)
    coarse, fine = grained_errors(exact, 6), grained_errors(exact, 12)
    assert order(coarse[0], fine[0]) > 1.8
    assert order(coarse[1], fine[1]) > 1.8
    assert max(fine) < 0.02


def test_a_grain_of_no_difference_is_none():
    assert Grained(axial=0.1).exchange == pytest.approx(Coupled().exchange, rel=1e-12)
    found = grained_errors(Grained(axial=0.1), 6)
    assert jnp.isfinite(found[0])
