"""Derivatives through the whole run: of every number that can be freed, in both modes."""

import jax.numpy as jnp
import numpy as np
import pytest

from solver.fit.parameters import freeable
from solver.fit.residuals import columns, misfit, tangents

NAMES = (
    *("signal.frequency", "signal.amplitude", "signal.phase", "signal.onset"),
    *("wall.gain", "wall.delay", "wall.kernel.time_constant", "wall.speed", "wall.origin"),
    *("wall.active", "wall.passive"),
    *("flow.viscosity", "flow.sheath.conductance", "flow.sheath.slip"),
    *("flow.tissue.permeability", "flow.tissue.storage"),
    *("flow.inlet.pressure", "flow.venous_outlet.pressure", "flow.gradient"),
    *("tracer.diffusivity", "tracer.tortuosity", "tracer.porosity", "tracer.uptake"),
    *("tracer.production", "tracer.sheath_permeability", "tracer.reflection", "tracer.mouth"),
    *("tracer.initial_pvs", "tracer.initial_tissue"),
)
WITHOUT_PART = {
    "wall.passive": "no band stretches the passive wall",
    "flow.venous_outlet.pressure": "the mesh has no venous space",
}
SEEN = ("pvs_volume_m3", "flow_inlet_m3_per_s", "flow_sheath_m3_per_s", "pressure_min_pa")
SEEN += ("tracer_pvs_m3", "tracer_tissue_m3", "tracer_influx_m3_per_s")
SIZE = 1e-3  # of each number, for differences of fourth order


@pytest.fixture(scope="module")
def numbers(model):
    return np.array([float(x) for x in freeable(model).values()])


@pytest.fixture(scope="module")
def everything(problem):
    """A problem that sees much, whose loss is far from its least."""
    made = problem({"wall.gain": {}}, *SEEN, noise=0.3)
    return made.observed, *made.run


@pytest.fixture(scope="module")
def reverse(numbers, everything):
    (_, converged), slopes = misfit(jnp.asarray(numbers), *everything)
    assert converged
    return np.asarray(slopes)


@pytest.fixture(scope="module")
def loss(everything):
    """The same loss by runs alone, written anew."""
    series, *run = everything

    def at(numbers):
        whole, _ = columns(jnp.asarray(numbers), *run)
        seen = [np.interp(s.times, whole["time_s"], whole[s.sees]) for s in series]
        rows = [(s.values - each) / s.sigma for s, each in zip(series, seen, strict=True)]
        return 0.5 * float(jnp.concatenate(rows) @ jnp.concatenate(rows))

    return at


def test_the_names_are_those_of_the_records(model):
    assert tuple(freeable(model)) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_the_derivative_agrees_with_differences(name, numbers, reverse, loss):
    at = NAMES.index(name)
    step = SIZE * (abs(numbers[at]) or 1.0)

    def moved(by):
        return loss(numbers + by * step * np.eye(len(NAMES))[at])

    if name in WITHOUT_PART:
        assert reverse[at] == 0.0 == moved(1) - moved(-1), WITHOUT_PART[name]
        return
    difference = (8 * (moved(1) - moved(-1)) - (moved(2) - moved(-2))) / (12 * step)
    assert reverse[at] == pytest.approx(difference, rel=1e-6)


def test_both_modes_agree(numbers, everything, reverse):
    """Two directions at a time, as a fit of two numbers has them."""
    series, *run = everything
    found = []
    scale = np.abs(numbers) + (numbers == 0.0)
    for at in range(0, len(NAMES), 2):
        directions = np.zeros((2, len(NAMES)))
        for row, column in enumerate(range(at, min(at + 2, len(NAMES)))):
            directions[row, column] = scale[column]
        whole, changes, _ = tangents(jnp.asarray(numbers), jnp.asarray(directions), *run)
        found.append(
            sum(
                -((s.values - jnp.interp(s.times, whole["time_s"], whole[s.sees])) / s.sigma**2)
                @ np.array([np.interp(s.times, whole["time_s"], c) for c in changes[s.sees]]).T
                for s in series
            )
        )
    forward = np.concatenate(found)[: len(NAMES)]
    np.testing.assert_allclose(
        forward, scale * reverse, rtol=1e-10, atol=1e-10 * np.abs(scale * reverse).max()
    )


def test_the_taylor_remainder_is_of_second_order(numbers, reverse, loss):
    drawn = np.random.default_rng(1).standard_normal(len(NAMES)) * np.abs(numbers)
    base = loss(numbers)
    left = [
        abs(loss(numbers + size * drawn) - base - size * drawn @ reverse)
        for size in (4e-3, 2e-3, 1e-3)
    ]
    orders = np.log2(np.divide(left[:-1], left[1:]))
    np.testing.assert_allclose(orders, 2.0, atol=0.1)
