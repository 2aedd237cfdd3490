"""Whole runs with compartments: limits of a subarachnoid space, a circuit to the neck, slopes."""

from dataclasses import replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from meshes.annulus import annulus
from solver.flow import Resistance, StokesDarcy, Windkessel
from solver.observe.clearance import clearance
from solver.route import Compartment, joined
from solver.signal import Norepinephrine, Quiet
from solver.simulate import Model, prepare, simulate, trajectory
from solver.tracer import AdvectionDiffusion
from solver.wall import Prescribed, Still
from tests.exact.two_spaces import TwoSpaces

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
    place = Compartment(
        volume, renewal, source=1.0, initial=jnp.asarray(changed.mouth), ends=("inlet",)
    )
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


CIRCUIT = TwoSpaces(pressure=2000.0, permeability=2e-15)
CHAIN = {"cuffs": 1e-15, "dura": 2e-15, "nodes": 3e-15}  # m3


def circuit(resistance: float, **tracer) -> Model:
    """Artery, tissue, vein, a windkessel, and a chain of compartments to the outside."""
    return Model(
        CIRCUIT.mesh(3, 8),
        signal=Quiet(),
        wall=Still(),
        flow=replace(
            CIRCUIT.parameters(),
            venous_outlet=Windkessel(resistance=resistance, compliance=1e-19),
            memory=2,
            tolerance=1e-12,
        ),
        tracer=AdvectionDiffusion(**tracer),
        route=joined(
            subarachnoid=Compartment(1e-11, 1.0, source=1.0, initial=1.0, ends=("inlet",)),
            cuffs=Compartment(CHAIN["cuffs"], ends=("venous_outlet",), into="dura"),
            dura=Compartment(CHAIN["dura"], into="nodes"),
            nodes=Compartment(CHAIN["nodes"], into="outside"),
        ),
    )


@pytest.fixture(scope="module")
def circuits():
    """Steady flow and tracer behind little resistance, and behind as much as the circuit's own."""
    runs, own = [], 1.0
    for share in (1e-9, 1.0):
        model = circuit(share * own, uptake=1e-4)
        runs.append(simulate(model, prepare(model, until=4e4, step=2e3)))
        own = CIRCUIT.pressure / float(runs[0].signals["flow_venous_outlet_m3_per_s"][-1])
    return own, runs


def test_fluid_passes_through_every_link_as_resistances_in_series_let_it(circuits):
    own, (free, resisted) = circuits
    assert free.converged and resisted.converged
    assert CIRCUIT.pressure / own == pytest.approx(CIRCUIT.flow, rel=0.1)
    through = CIRCUIT.pressure / (own + own)
    last = {name: column[-1] for name, column in resisted.signals.items()}
    assert -last["flow_inlet_m3_per_s"] == pytest.approx(through, rel=1e-6)
    assert last["flow_venous_outlet_m3_per_s"] == pytest.approx(through, rel=1e-6)
    assert last["fluid_out_nodes_m3_per_s"] == pytest.approx(through, rel=1e-6)
    assert last["fluid_out_cuffs_m3_per_s"] == last["fluid_out_dura_m3_per_s"] == 0.0
    swollen = last["fluid_cuffs_m3"] - CHAIN["cuffs"]
    assert swollen == pytest.approx(1e-19 * 0.5 * CIRCUIT.pressure, rel=1e-6)  # C p
    assert resisted.fluid_volume_imbalance < 1e-10


def test_at_steady_state_tracer_passes_with_the_fluid(circuits):
    _, runs = circuits
    for run in runs:
        last = {name: column[-1] for name, column in run.signals.items()}
        flow = last["fluid_out_nodes_m3_per_s"]
        leaving = flow * last["tracer_nodes_m3"] / last["fluid_nodes_m3"]
        assert 0.01 * flow < leaving < 0.999 * flow  # some of it was taken up
        assert last["tracer_out_nodes_m3_per_s"] == pytest.approx(leaving, rel=1e-6)
        assert last["tracer_out_venous_outlet_m3_per_s"] == pytest.approx(leaving, rel=1e-6)
        brought = -last["tracer_out_inlet_m3_per_s"]
        assert brought == pytest.approx(leaving + last["tracer_uptake_m3_per_s"], rel=1e-6)
        assert run.tracer_mass_imbalance < 1e-11
        found = clearance(run.signals, run.step)
        whole = sum(v for k, v in found.items() if "held" in k) + tracer_inside(run)[-1]
        gone = found["tracer_left_uptake_m3"] + sum(
            found[f"tracer_left_{name}_m3"] for name in (*CHAIN, "subarachnoid")
        )
        assert whole + gone == pytest.approx(1e-11 + tracer_inside(run)[0], rel=1e-9)


def test_slopes_of_volume_renewal_and_resistance_agree_with_differences():
    base = Model(
        annulus(6 * UM, 9 * UM, 30 * UM, across=2, around=8, along=4),
        signal=Norepinephrine(),
        wall=Prescribed(amplitude=-0.1, frequency=0.02),
        flow=StokesDarcy(memory=1, tolerance=1e-12, gradient=100.0),
    )
    prepared = None

    @jax.jit
    @partial(jax.value_and_grad, argnums=(0, 1, 2, 3))
    def held(volume, renewal, resistance, far):
        route = joined(
            subarachnoid=Compartment(1e-14 * volume, 20 * renewal, 1.0, 0.5, ends=("inlet",)),
            dura=Compartment(1e-15 * far, ends=("distal",), into="outside"),
        )
        flow = replace(base.flow, distal=Resistance(1e14 * resistance))
        _, readings, _ = trajectory(replace(base, flow=flow, route=route), prepared)
        return 1e15 * (readings["tracer_dura_m3"][-1] + readings["tracer_pvs_m3"][-1])

    route = joined(
        subarachnoid=Compartment(1e-14, 20.0, ends=("inlet",)),
        dura=Compartment(1e-15, ends=("distal",), into="outside"),
    )
    like = replace(base, flow=replace(base.flow, distal=Resistance(1e14)), route=route)
    prepared = prepare(like, until=9.0, step=3.0)
    at, size = np.ones(4), 1e-3
    _, slopes = held(*at)
    for slope, way in zip(slopes, size * np.eye(4), strict=True):
        difference = (held(*(at + way))[0] - held(*(at - way))[0]) / (2.0 * size)
        assert abs(float(slope)) > 1e-6
        assert float(slope) == pytest.approx(float(difference), rel=1e-4)
