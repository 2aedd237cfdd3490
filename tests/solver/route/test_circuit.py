"""The whole route at 10 Pa: artery, tissue, vein, a windkessel, and a chain to the outside."""

from dataclasses import replace

import jax
import numpy as np
import pytest

from solver.flow import Windkessel
from solver.observe.clearance import clearance
from solver.route import Compartment, joined
from solver.signal import Quiet
from solver.simulate import prepare, simulate
from solver.state import Model
from solver.tracer import AdvectionDiffusion
from solver.wall import Still
from tests.exact.two_spaces import TwoSpaces

CIRCUIT = TwoSpaces(length=100e-6, permeability=2e-15)  # fluid of the spaces turns over in 10 s
OWN = CIRCUIT.pressure / CIRCUIT.flow  # Pa s/m3, in the limit of a fine mesh
CHAIN = {"cuffs": 1e-15, "dura": 2e-15, "nodes": 3e-15}  # m3
COMPLIANCE = 1e-15  # m3/Pa: as slow as a step behind the circuit's own resistance
SUBARACHNOID = 1e-11  # m3
STEP, UNTIL = 2.0, 300.0  # s


@pytest.fixture(autouse=True, scope="module")
def quickly_compiled():
    """Compiled without optimisation: the programs are many and run for seconds."""
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


def circuit(resistance: float) -> Model:
    """Everything at rest and clean but for the subarachnoid fluid."""
    return Model(
        CIRCUIT.mesh(2, 4),
        signal=Quiet(),
        wall=Still(),
        flow=replace(
            CIRCUIT.parameters(),
            venous_outlet=Windkessel(resistance=resistance, compliance=COMPLIANCE),
            tolerance=1e-10,
        ),
        tracer=AdvectionDiffusion(uptake=1e-3),
        route=joined(
            subarachnoid=Compartment(SUBARACHNOID, 1.0, source=1.0, initial=1.0, ends=("inlet",)),
            cuffs=Compartment(CHAIN["cuffs"], ends=("venous_outlet",), into="dura"),
            dura=Compartment(CHAIN["dura"], into="nodes"),
            nodes=Compartment(CHAIN["nodes"], into="outside"),
        ),
    )


@pytest.fixture(scope="module")
def runs():
    """Behind next to no resistance, and behind as much as the circuit's own."""
    models = [circuit(share * OWN) for share in (1e-3, 1.0)]
    return [simulate(model, prepare(model, UNTIL, STEP)) for model in models]


def ended(run) -> dict[str, float]:
    """The last row of a run's signals."""
    return {name: float(column[-1]) for name, column in run.signals.items()}


def in_chain(signals) -> np.ndarray:
    """Tracer in the compartments behind the venous outlet, m3."""
    return sum(signals[f"tracer_{name}_m3"] for name in CHAIN)


def test_fluid_passes_every_link_as_resistances_in_series_let_it(runs):
    free, resisted = runs
    assert free.converged and resisted.converged
    own = CIRCUIT.pressure / ended(free)["flow_venous_outlet_m3_per_s"] - 1e-3 * OWN
    assert own == pytest.approx(OWN, rel=0.1)  # two cells across each space
    through = CIRCUIT.pressure / (own + OWN)
    last = ended(resisted)
    assert -last["flow_inlet_m3_per_s"] == pytest.approx(through, rel=1e-6)
    assert last["flow_venous_outlet_m3_per_s"] == pytest.approx(through, rel=1e-6)
    assert last["fluid_out_nodes_m3_per_s"] == pytest.approx(through, rel=1e-6)
    assert -last["fluid_out_subarachnoid_m3_per_s"] == pytest.approx(through, rel=1e-6)
    assert last["fluid_out_cuffs_m3_per_s"] == last["fluid_out_dura_m3_per_s"] == 0.0
    swollen = last["fluid_cuffs_m3"] - CHAIN["cuffs"]
    assert swollen == pytest.approx(COMPLIANCE * OWN * through, rel=1e-6)  # C p


def test_every_compartment_is_in_both_balances(runs):
    for run in runs:
        s = run.signals
        assert run.fluid_volume_imbalance < 1e-11
        assert run.tracer_mass_imbalance < 1e-11
        came = run.step * np.cumsum(s["tracer_out_venous_outlet_m3_per_s"])
        left = run.step * np.cumsum(s["tracer_out_nodes_m3_per_s"])
        np.testing.assert_allclose(in_chain(s) + left, came, rtol=1e-9, atol=1e-12 * came[-1])
        came = run.step * np.cumsum(s["flow_venous_outlet_m3_per_s"])
        left = run.step * np.cumsum(s["fluid_out_nodes_m3_per_s"])
        held = sum(s[f"fluid_{name}_m3"] for name in CHAIN) - sum(CHAIN.values())
        np.testing.assert_allclose(held + left, came, rtol=1e-9, atol=1e-12 * came[-1])


def test_tracer_rises_to_a_steady_state_all_along(runs):
    for run in runs:
        for place in ("pvs", "tissue", *CHAIN):
            held = run.signals[f"tracer_{place}_m3"]
            assert np.diff(held).min() > -1e-7 * held[-1]
            assert held[-1] == pytest.approx(held[-20], rel=1e-6)


def test_at_steady_state_tracer_passes_with_the_fluid(runs):
    for run in runs:
        last = ended(run)
        flow = last["fluid_out_nodes_m3_per_s"]
        leaving = flow * last["tracer_nodes_m3"] / last["fluid_nodes_m3"]
        assert 0.5 * flow < leaving < 0.999 * flow  # some of it was taken up
        for name in ("out_nodes", "out_venous_outlet"):
            assert last[f"tracer_{name}_m3_per_s"] == pytest.approx(leaving, rel=1e-6)
        for name in CHAIN:
            there = last[f"tracer_{name}_m3"] / last[f"fluid_{name}_m3"]
            assert flow * there == pytest.approx(leaving, rel=1e-6)
        brought = -last["tracer_out_inlet_m3_per_s"]
        assert brought == pytest.approx(leaving + last["tracer_uptake_m3_per_s"], rel=1e-6)
        assert -last["tracer_out_subarachnoid_m3_per_s"] == pytest.approx(brought, rel=1e-6)


def test_clearance_by_route_is_all_that_left(runs):
    for run in runs:
        s, found = run.signals, clearance(run.signals, run.step)
        places = ("subarachnoid", *CHAIN)
        inside = s["tracer_pvs_m3"][[0, -1]] + s["tracer_tissue_m3"][[0, -1]]
        held = sum(found[f"tracer_held_{name}_m3"] for name in places)
        left = sum(found[f"tracer_left_{name}_m3"] for name in (*places, "uptake"))
        assert inside[1] + held + left == pytest.approx(SUBARACHNOID + inside[0], rel=1e-11)
        assert found["tracer_left_cuffs_m3"] == found["tracer_left_dura_m3"] == 0.0
        assert 0.0 < found["tracer_left_uptake_m3"] < found["tracer_left_nodes_m3"]
