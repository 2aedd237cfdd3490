"""Whole runs with what stands beyond the ends: derivatives, and a windkessel that stands alone."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from meshes.annulus import annulus
from solver.flow import Resistance, StokesDarcy, Windkessel
from solver.route import Compartment, joined
from solver.signal import Norepinephrine
from solver.simulate import prepare, simulate, trajectory
from solver.state import Model
from solver.tracer import AdvectionDiffusion
from solver.wall import Prescribed
from tests.exact.unoptimised import unoptimised

UM = 1e-6
NAMES = ("volume", "renewal", "resistance", "far volume")
STEP = 1e-3  # relative


@pytest.fixture(autouse=True, scope="module")
def quickly_compiled():
    """Compiled without optimisation: the programs are many and run for seconds."""
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


def pulsing(distal) -> Model:
    """A short space without tissue that moves by 10 % at 0.02 Hz."""
    return Model(
        annulus(6 * UM, 9 * UM, 30 * UM, across=2, around=6, along=3),
        signal=Norepinephrine(),
        wall=Prescribed(amplitude=-0.1, frequency=0.02),
        flow=StokesDarcy(distal=distal, memory=1, tolerance=1e-13),
        tracer=AdvectionDiffusion(diffusivity=1e-11, tolerance=1e-13),
    )


def between(numbers) -> Model:
    """The space between a subarachnoid and a far compartment, from numbers near one."""
    volume, renewal, resistance, far = numbers
    route = joined(
        subarachnoid=Compartment(1e-14 * volume, 20.0 * renewal, 1.0, 0.5, ends=("inlet",)),
        dura=Compartment(1e-15 * far, initial=0.2, ends=("distal",), into="outside"),
    )
    return replace(pulsing(Resistance(1e14 * resistance)), route=route)


@pytest.fixture(scope="module")
def arrived():
    """Tracer in space and far compartment after three steps, and its slopes, in 1e-15 m3."""
    prepared = prepare(between(np.ones(4)), until=9.0, step=3.0)

    @unoptimised
    @jax.value_and_grad
    def found(numbers):
        _, readings, _ = trajectory(between(numbers), prepared)
        return 1e15 * (readings["tracer_dura_m3"][-1] + readings["tracer_pvs_m3"][-1])

    return found


@pytest.mark.parametrize("name", NAMES)
def test_slopes_of_compartments_and_resistance_agree_with_differences(arrived, name):
    which = NAMES.index(name)
    way = STEP * jnp.eye(4)[which]
    at = {k: float(arrived(1.0 + k * way)[0]) for k in (-2, -1, 1, 2)}
    difference = (8.0 * (at[1] - at[-1]) - (at[2] - at[-2])) / (12.0 * STEP)
    slope = float(arrived(jnp.ones(4))[1][which])
    assert abs(slope) > 1e-3 * abs(at[1])
    assert slope == pytest.approx(difference, rel=1e-6)


def test_what_a_windkessel_without_compartment_holds_is_in_the_balance():
    model = pulsing(Windkessel(resistance=1e15, compliance=5e-15))  # 5 s
    run = simulate(model, prepare(model, until=50.0, step=2.5))
    s, step = run.signals, run.step
    assert run.converged and not run.joined
    assert run.fluid_volume_imbalance < 1e-10
    held, came = s["fluid_distal_1_m3"], step * np.cumsum(s["flow_distal_1_m3_per_s"])
    drained = step * np.cumsum(s["fluid_out_distal_1_m3_per_s"])
    swing = np.ptp(s["pvs_volume_m3"])
    np.testing.assert_allclose(held + drained, came, rtol=0.0, atol=1e-10 * swing)
    assert min(np.ptp(held), np.ptp(drained)) > 1e-3 * swing  # neither is left out unseen
