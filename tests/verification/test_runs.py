"""Whole runs: the checks of docs/physics.md 1.10, budgets, clearance and influx, one gradient."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from meshes.annulus import annulus
from solver.flow import Open, Sheath, StokesDarcy, Tissue
from solver.observe import VelocityScan, put_in_place
from solver.signal import Norepinephrine
from solver.simulate import prepare, simulate, trajectory
from solver.state import Model
from solver.tracer import AdvectionDiffusion, Plume, Stretch
from solver.wall import Prescribed, Vasomotion

UM = 1e-6
PERIOD = 50.0  # s


def krogh(length: float, along: int, around: int = 16):
    return annulus(
        6 * UM,
        9 * UM,
        length,
        tissue_outer=100 * UM,
        across=4,
        around=around,
        along=along,
        tissue_layers=8,
    )


@pytest.fixture(scope="module")
def in_phase():
    """R1 = R10 (1 - 0.1 sin wt) at 0.02 Hz, L = 1 mm, closed end; the second of two cycles."""
    model = Model(
        krogh(1000 * UM, 50),
        signal=Norepinephrine(),
        wall=Prescribed(amplitude=-0.1, frequency=1.0 / PERIOD),
        flow=StokesDarcy(
            sheath=Sheath(conductance=1e-10),
            tissue=Tissue(permeability=1e-16, storage=1e-4),
            memory=50,
        ),
    )
    run = simulate(model, prepare(model, until=2 * PERIOD, step=1.0))
    return run, {name: values[-50:] for name, values in run.signals.items()}


def test_every_solve_converged_and_both_balances_close(in_phase):
    run, _ = in_phase
    assert run.converged and run.complete
    assert run.fluid_volume_imbalance < 1e-10
    assert run.tracer_mass_imbalance < 1e-10


def test_mouth_velocity_pressure_and_volumes_of_the_reduced_model(in_phase):
    run, cycle = in_phase
    rest_area = np.pi * (9**2 - 6**2) * UM**2
    mouth = np.ptp(cycle["flow_inlet_m3_per_s"]) / 2.0 / rest_area
    assert mouth == pytest.approx(19.95 * UM, rel=0.01)
    pressure = (cycle["pressure_max_pa"].max() - cycle["pressure_min_pa"].min()) / 2.0
    assert pressure == pytest.approx(11.22, rel=0.02)
    tidal = np.ptp(cycle["pvs_volume_m3"])
    assert tidal / run.signals["pvs_volume_m3"][0] == pytest.approx(0.320, rel=0.01)
    leak = np.ptp(np.cumsum(cycle["flow_sheath_m3_per_s"])) * 1.0
    assert leak / tidal == pytest.approx(0.0134, rel=0.05)


def test_in_phase_motion_makes_no_net_flow(in_phase):
    _, cycle = in_phase
    flow = cycle["flow_inlet_m3_per_s"]
    # What is left is the tissue's storage still settling, not a flow through.
    stored = np.ptp(cycle["tissue_stored_volume_m3"])
    assert abs(flow.sum() * 1.0) < 0.02 * stored
    assert abs(flow.mean()) < 1e-4 * np.abs(flow).max()


def test_symmetric_tube_open_at_both_ends_has_no_net_flow():
    model = Model(
        annulus(6 * UM, 9 * UM, 200 * UM, across=4, around=12, along=20),
        signal=Norepinephrine(onset=0.0),
        wall=Vasomotion(gain=0.1),
        flow=StokesDarcy(distal=Open(), memory=10, tolerance=1e-8),
    )
    run = simulate(model, prepare(model, until=2 * PERIOD, step=5.0))
    assert run.converged
    ends = [run.signals[f"flow_{name}_m3_per_s"][-10:] for name in ("inlet", "distal_1")]
    through = 0.5 * (ends[0] - ends[1])
    assert np.abs(ends[0]).max() > 0.0
    assert abs(through.mean()) < 1e-6 * np.abs(ends[0]).max()


@pytest.fixture(scope="module")
def short():
    """A short tube with norepinephrine's kernel, five steps."""
    return Model(
        krogh(100 * UM, 10, around=10),
        signal=Norepinephrine(onset=0.0),
        wall=Vasomotion(gain=0.1),
        flow=StokesDarcy(tolerance=1e-11, memory=2),
        tracer=AdvectionDiffusion(),
    )


def test_clearance_equals_influx(short):
    prepared = prepare(short, until=20.0, step=4.0)
    influx = simulate(short, prepared).signals
    clean = replace(short.tracer, mouth=0.0, initial_pvs=1.0, initial_tissue=1.0)
    clearance = simulate(replace(short, tracer=clean), prepared).signals
    content = short.tracer.porosity * float(prepared.space.tissue_shape.volumes.sum())
    content = content + influx["tissue_stored_volume_m3"]
    for name, volume in (("tracer_pvs_m3", influx["pvs_volume_m3"]), ("tracer_tissue_m3", content)):
        np.testing.assert_allclose(influx[name] + clearance[name], volume, rtol=1e-9)
    assert influx["tracer_tissue_m3"][-1] > 0.0


def test_two_tracers_with_all_that_they_are_given_are_balanced(short):
    """A filled stretch with uptake beside a plume that production feeds, in one flow."""
    stretch = replace(short.tracer, initial_pvs=Stretch(end=40 * UM), mouth=0.0, uptake=1e-3)
    plume = Plume(centre=(30 * UM, 0.0, 50 * UM), width=15 * UM)
    made = AdvectionDiffusion(production=4.2e-6, mouth=0.0, initial_tissue=plume)
    model = replace(short, tracer=stretch, tracers={"amyloid": made})
    run = simulate(model, prepare(model, until=20.0, step=4.0))
    assert run.converged
    assert run.tracer_mass_imbalance < 1e-12
    signals = run.signals
    lost = signals["tracer_tissue_m3"] + signals["tracer_pvs_m3"]
    assert (np.diff(lost) < 0.0).all()
    volume = float(prepare(model, until=20.0, step=4.0).space.tissue_shape.volumes.sum())
    produced = signals["tracer_amyloid_produced_m3_per_s"][1:]
    np.testing.assert_allclose(produced, 4.2e-6 * volume, rtol=1e-12)


def test_gradient_of_a_run_agrees_with_differences(short):
    """Of what the run holds, and of what a line scan sees."""
    prepared = prepare(short, until=12.0, step=4.0)
    scan = put_in_place({"scan": VelocityScan(places=3)}, short, prepared)["scan"]

    @jax.jit
    def tracer(gain):
        model = replace(short, wall=replace(short.wall, gain=gain))
        _, readings, _ = trajectory(model, prepared, {"scan": scan.look})
        seen = 1e6 * readings["scan_mean_velocity_m_per_s"][-1]
        return seen + 1e15 * (readings["tracer_pvs_m3"][-1] + readings["tracer_tissue_m3"][-1])

    value, slope = jax.jit(jax.value_and_grad(tracer))(jnp.asarray(0.1))
    size = 1e-3
    difference = (tracer(0.1 + size) - tracer(0.1 - size)) / (2.0 * size)
    assert abs(float(slope)) > 1e-3 * float(value)
    assert float(slope) == pytest.approx(float(difference), rel=1e-5)
