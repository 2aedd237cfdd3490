"""One small model for all tests of the fit, so that its run is compiled once."""

import jax.numpy as jnp
import numpy as np
import pytest

from meshes.annulus import annulus
from solver.fit.observed import observed
from solver.fit.parameters import free, freeable, put
from solver.fit.problem import Problem
from solver.fit.simulated import columns
from solver.flow import StokesDarcy
from solver.signal import Norepinephrine
from solver.simulate import prepare
from solver.state import Model
from solver.wall import Vasomotion

UM = 1e-6
ACTING = {  # values at which every term counts
    "wall.delay": 2.03,  # between samples of the answer, whose second derivative jumps there
    "wall.speed": 2.1e-5,
    "wall.origin": 4e-5,
    "signal.onset": 6.0,
    "signal.phase": 0.3,
    "flow.sheath.conductance": 1e-8,
    "flow.tissue.permeability": 1e-14,
    "flow.tissue.storage": 0.05,
    "flow.inlet.pressure": 1.0,  # pushes fluid through the sheath, so that reflection acts
    "flow.gradient": 10.0,
    "tracer.uptake": 2e-3,
    "tracer.production": 1e-3,
    "tracer.reflection": 0.3,
    "tracer.initial_pvs": 0.1,
    "tracer.initial_tissue": 0.2,
}


@pytest.fixture(scope="session")
def model() -> Model:
    plain = Model(
        annulus(6 * UM, 9 * UM, 30 * UM, tissue_outer=30 * UM, across=2, around=8, along=4),
        signal=Norepinephrine(),
        wall=Vasomotion(gain=0.08),
        flow=StokesDarcy(memory=2, tolerance=1e-13),
    )
    return put(plain, ACTING)


@pytest.fixture(scope="session")
def prepared(model):
    return prepare(model, until=32.0, step=4.0)


@pytest.fixture(scope="session")
def truth(model, prepared):
    """Columns of the run as it is."""
    numbers = jnp.stack([jnp.asarray(x, float) for x in freeable(model).values()])
    return {k: np.asarray(v) for k, v in columns(numbers, model, prepared, {})[0].items()}


@pytest.fixture(scope="session")
def problem(model, prepared, truth):
    """A function from what is free, and series by the columns they see, to a problem."""

    def made(given, *sees, noise=0.0, seed=0, samples=40, **how):
        drawn = np.random.default_rng(seed)
        times = np.sort(drawn.uniform(0.0, 32.0, samples))
        series = []
        for column in sees:
            exact = np.interp(times, truth["time_s"], truth[column])
            size = noise * np.ptp(exact)
            values = exact + size * drawn.standard_normal(samples)
            series.append(observed("data", column, times, values, **how))
        return Problem(model, prepared, {}, free(model, given), tuple(series))

    return made
