"""Runs whose heartbeat is averaged: what is averaged, what is refused, and how far it is off."""

from dataclasses import replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from meshes.annulus import annulus
from meshes.errors import InputError
from solver.flow import Open, Sheath, StokesDarcy, Unsteady
from solver.geometry.metric import sweep
from solver.rates import Averaged, Resolved
from solver.rates.choice import without
from solver.rates.mixing import mix
from solver.rates.readings import MEASURED, told
from solver.rates.stroke import nothing_yet, strokes
from solver.signal import Quiet
from solver.simulate import prepare, respond, simulate
from solver.state import Model
from solver.tracer import AdvectionDiffusion
from solver.wall import Band, Vasomotion

UM = 1e-6
BEAT, PER_BEAT = 9.0, 16  # Hz; steps a beat when it is resolved
AMPLITUDE, LENGTH = 0.06, 60 * UM


def vessel(amplitude: float = AMPLITUDE, **wall) -> Model:
    """A short sealed vessel whose wall beats."""
    beat = Band(amplitude, BEAT, speed=1.0, drive="passive")
    return Model(
        annulus(6 * UM, 9 * UM, LENGTH, across=4, around=6, along=24),
        signal=Quiet(),
        wall=Vasomotion(gain=0.0, bands={"cardiac": beat} | wall),
        flow=StokesDarcy(sheath=Sheath(conductance=0.0), memory=PER_BEAT + 1),
    )


@pytest.fixture(scope="module")
def averaged():
    model = vessel()
    prepared = prepare(model, until=1.5, step=0.25)
    assert prepared.averaged == ("cardiac",)
    return model, prepared, simulate(model, prepared)


def test_tracer_is_that_of_a_run_with_every_beat_resolved(averaged):
    model, _, run = averaged
    beats = simulate(model, prepare(model, until=1.5, step=1.0 / (BEAT * PER_BEAT)))
    assert run.converged and beats.converged
    mean = np.convolve(beats.signals["tracer_pvs_m3"], np.ones(PER_BEAT) / PER_BEAT, "valid")
    middle = beats.times[: len(mean)] + 0.5 * (PER_BEAT - 1) * beats.step
    held = np.interp(middle[-1], run.times, run.signals["tracer_pvs_m3"])
    assert held == pytest.approx(mean[-1], rel=MEASURED)
    still = vessel(0.0)
    alone = simulate(still, prepare(still, until=1.5, step=0.25))
    lost = np.interp(middle[-1], run.times, alone.signals["tracer_pvs_m3"]) / mean[-1] - 1.0
    assert lost < -3.0 * MEASURED


def test_flow_of_a_beat_is_what_its_wall_displaces(averaged):
    _, prepared, run = averaged
    rest = float(prepared.space.fluid.vertices) and run.signals["pvs_volume_m3"][0]
    lumen = 2.0 * AMPLITUDE / (1.5**2 - 1.0)  # swept volume over that of the space
    flow = run.signals["fast_cardiac_mouth_flow_m3_per_s"][-1]
    assert flow == pytest.approx(2 * np.pi * BEAT * lumen * rest, rel=0.01)
    column = run.signals["fast_cardiac_displacement_m"][-1]
    assert column == pytest.approx(lumen * LENGTH, rel=0.02)
    assert run.signals["peak_velocity_m_per_s"][-1] == pytest.approx(
        run.signals["fast_cardiac_velocity_m_per_s"][-1], rel=1e-6
    )
    assert "cardiac averaged" in told(prepared.averaged, run.signals)[0]


def test_mass_closes_and_a_uniform_concentration_stays(averaged):
    model, prepared, run = averaged
    assert run.tracer_mass_imbalance < 1e-12
    filled = replace(model, tracer=AdvectionDiffusion(initial_pvs=1.0, initial_tissue=1.0))
    state = simulate(filled, prepared).state
    np.testing.assert_allclose(state.concentration[0], 1.0, rtol=1e-9)


def test_gradient_of_the_mixing_agrees_with_differences(averaged):
    model, prepared, _ = averaged
    exact = replace(model, flow=replace(model.flow, tolerance=1e-11))
    space, memory = prepared.space, nothing_yet(exact.flow, prepared.space, 1)

    # Compiled without optimisation: it is one step, and the reverse pass is a long program.
    @partial(jax.jit, compiler_options={"xla_backend_optimization_level": 0})
    @jax.value_and_grad
    def mixed(amplitude):
        beat = replace(exact.wall.bands["cardiac"], amplitude=amplitude)
        wall = replace(exact.wall, bands={"cardiac": beat})
        response = respond(replace(exact, wall=wall), prepared)
        still = sweep(space.fluid_rest, space.fluid_rest, space.fluid)
        fast = strokes(exact.flow, prepared.plan, space, still, response, 0.0, memory)
        found = mix(space, fast, model.tracer.diffusivity)
        return 1e9 * found.diffusivity[2, 2].mean() + 1e6 * found.renewed

    _, slope = mixed(jnp.asarray(AMPLITUDE))
    size = 1e-4
    above, below = (mixed(jnp.asarray(AMPLITUDE + way))[0] for way in (size, -size))
    assert float(slope) == pytest.approx(float(above - below) / (2.0 * size), rel=1e-4)


def test_only_bands_that_are_fast_and_not_shown_are_averaged():
    wall = vessel(low=Band(0.01, 0.5)).wall
    assert Averaged().names(wall, 0.25) == ("cardiac",)
    assert Averaged().names(wall, 0.01) == ()
    assert Averaged(above=10.0).names(wall, 0.25) == ()
    assert Resolved().names(wall, 0.25) == ()
    assert set(without(wall, ("cardiac",)).bands) == {"low"}


def test_what_cannot_be_averaged_is_refused():
    model = vessel()
    for change, words in (
        (StokesDarcy(inertia=Unsteady()), r"flow\.inertia"),
        (StokesDarcy(distal=Open()), "a far end"),
    ):
        with pytest.raises(InputError, match=rf"cardiac .* cannot be averaged: {words}"):
            prepare(replace(model, flow=change), until=1.0, step=0.25)
    with pytest.raises(InputError, match=r"bands\.cardiac .*does not resolve"):
        prepare(replace(model, rates=Resolved()), until=1.0, step=0.25)
