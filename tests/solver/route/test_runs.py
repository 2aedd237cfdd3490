"""Whole runs with a subarachnoid compartment: its limits, tidal exchange, clearance."""

from dataclasses import replace

import jax
import numpy as np
import pytest

from meshes.annulus import annulus
from solver.flow import StokesDarcy
from solver.route import Compartment, joined
from solver.signal import Norepinephrine
from solver.simulate import prepare, simulate
from solver.state import Model
from solver.tracer import AdvectionDiffusion
from solver.wall import Prescribed

UM = 1e-6


@pytest.fixture(autouse=True, scope="module")
def quickly_compiled():
    """Compiled without optimisation: the programs are many and run for seconds."""
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


def tracer_inside(run) -> np.ndarray:
    return run.signals["tracer_pvs_m3"] + run.signals["tracer_tissue_m3"]


@pytest.fixture(scope="module")
def pulsing():
    """A short dead end that moves by 10 % at 0.02 Hz."""
    return Model(
        annulus(6 * UM, 9 * UM, 60 * UM, tissue_outer=30 * UM, across=2, around=8, along=6),
        signal=Norepinephrine(),
        wall=Prescribed(amplitude=-0.1, frequency=0.02),
        flow=StokesDarcy(memory=4, tolerance=1e-10),
        tracer=AdvectionDiffusion(diffusivity=1e-11),
    )


def with_subarachnoid(model, volume, renewal, *, amplitude=-0.1, **tracer):
    """A run of a cycle with a subarachnoid compartment full of what renews it."""
    changed = replace(model.tracer, **tracer)
    place = Compartment(volume, renewal, source=1.0, initial=1.0, ends=("inlet",))
    changed = replace(
        model,
        tracer=changed,
        wall=replace(model.wall, amplitude=amplitude),
        route=joined(subarachnoid=place),
    )
    run = simulate(changed, prepare(changed, until=50.0, step=2.5))
    assert run.converged and run.tracer_mass_imbalance < 1e-11
    return run


@pytest.fixture(scope="module")
def renewed(pulsing):
    return simulate(pulsing, prepare(pulsing, until=50.0, step=2.5))


@pytest.mark.parametrize(("volume", "renewal"), [(1e-8, np.inf), (1e-12, 1e-3)])
def test_a_vast_or_quickly_renewed_compartment_is_a_renewed_mouth(
    pulsing, renewed, volume, renewal
):
    run = with_subarachnoid(pulsing, volume, renewal)
    np.testing.assert_allclose(tracer_inside(run), tracer_inside(renewed), rtol=2e-6)


def test_tidal_exchange_with_little_fluid_that_nothing_renews_brings_little(pulsing, renewed):
    still = replace(pulsing, wall=replace(pulsing.wall, amplitude=0.0))
    diffused = simulate(still, prepare(still, until=50.0, step=2.5))
    assert diffused.fluid_volume_imbalance < 1e-12  # where nothing moves, of the PVS volume
    small, moved = 8e-15, {}
    for amplitude in (0.0, -0.1):
        run = with_subarachnoid(pulsing, small, np.inf, amplitude=amplitude)
        inside, held = tracer_inside(run), run.signals["tracer_subarachnoid_m3"]
        begun = small + inside[0]
        np.testing.assert_allclose(inside + held, begun, rtol=1e-11)  # nothing renews it
        fluid = run.signals["fluid_subarachnoid_m3"] + run.signals["pvs_volume_m3"]
        stored = run.signals["tissue_stored_volume_m3"]
        np.testing.assert_allclose(fluid + stored, fluid[0], rtol=1e-11)
        assert run.fluid_volume_imbalance < 1e-9
        moved[amplitude] = inside[-1]
    gain = tracer_inside(renewed)[-1] - tracer_inside(diffused)[-1]
    assert 0.0 < moved[-0.1] - moved[0.0] < 0.5 * gain


def test_renewal_brings_the_more_the_faster(pulsing, renewed):
    arrived = [
        tracer_inside(with_subarachnoid(pulsing, 8e-15, renewal))[-1]
        for renewal in (np.inf, 500.0, 50.0, 5.0)
    ]
    assert np.all(np.diff([*arrived, tracer_inside(renewed)[-1]]) > 0)


def test_clearance_into_a_clean_compartment_equals_influx_into_a_clean_space(pulsing):
    influx = with_subarachnoid(pulsing, 2e-14, 30.0).signals
    soiled = {"mouth": 0.0, "initial_pvs": 1.0, "initial_tissue": 1.0}
    cleared = with_subarachnoid(pulsing, 2e-14, 30.0, **soiled).signals
    for place, volume in (("pvs", "pvs_volume"), ("subarachnoid", "fluid_subarachnoid")):
        total = influx[f"tracer_{place}_m3"] + cleared[f"tracer_{place}_m3"]
        np.testing.assert_allclose(total, influx[f"{volume}_m3"], rtol=1e-9)
    tissue = influx["tracer_tissue_m3"] + cleared["tracer_tissue_m3"]
    full = cleared["tracer_tissue_m3"][0]
    np.testing.assert_allclose(tissue, full + influx["tissue_stored_volume_m3"], rtol=1e-9)
    assert influx["tracer_tissue_m3"][-1] > 1e-3 * full


def test_a_compartment_that_runs_dry_ends_the_run_and_says_why(pulsing):
    place = Compartment(1e-16, source=1.0, initial=1.0, ends=("inlet",))
    dry = replace(pulsing, route=joined(subarachnoid=place))
    with pytest.warns(UserWarning, match=r"route\.subarachnoid ran dry.*route\.subarachnoid\.vol"):
        run = simulate(dry, prepare(dry, until=50.0, step=2.5))
    assert not run.converged and run.times[-1] < 25.0
