"""Numbers and words of a run, on series whose answers are known."""

import math

import numpy as np
import pytest

from solver.flow import Closed, Open, StokesDarcy
from solver.observe.summary import assumptions, litres, summarise, table

PERIOD, REST = 50.0, 1e-13  # s, m3
BALANCES = {"fluid_volume_imbalance": 2e-12, "tracer_mass_imbalance": 0.0, "converged": True}


def series(cycles: float = 6.0, size: float = 0.1, net: float = 0.0) -> dict[str, np.ndarray]:
    """A space whose volume swings by `size` of itself, filled and emptied through its mouth."""
    times = np.arange(0.0, cycles * PERIOD + 1.0, 2.0)
    phase = 2 * np.pi * times / PERIOD
    swing = size * REST * np.sin(phase)
    still = np.zeros_like(times)
    flow = -size * REST * 2 * np.pi / PERIOD * np.cos(phase) + net
    return {
        "time_s": times,
        "norepinephrine_relative": np.sin(phase + 2 * np.pi * 4.0 / PERIOD),
        "mean_radius_m": 6e-6 * (1 - 0.1 * np.sin(phase)),
        "blood_volume_m3": 2e-13 - swing,
        "pvs_volume_m3": REST + swing,
        "flow_inlet_m3_per_s": flow,
        "flow_distal_1_m3_per_s": -net + still,
        "tracer_pvs_m3": 1e-14 * times / times[-1],
        "tracer_tissue_m3": 3e-14 * times / times[-1],
        "peak_velocity_m_per_s": 2e-5 * np.abs(np.cos(phase)),
        "mean_mouth_velocity_m_per_s": -1e-5 * np.cos(phase),
    }


def test_exchange_is_the_swing_of_the_volume() -> None:
    # straight lines between samples 2 s apart cut half a per cent off a sine's arches
    summary = summarise(series(), {"krylov_iterations": np.array([4, 6])}, period=PERIOD)
    assert summary["exchange_volume_per_cycle_m3"] == pytest.approx(0.2 * REST, rel=1e-2)
    assert summary["exchange_share_of_pvs"] == pytest.approx(0.2, rel=1e-2)
    assert abs(summary["net_outflow_at_mouth_m3_per_s"]) < 1e-10 * REST
    assert summary["krylov_iterations_mean"] == 5


def test_period_is_found_where_the_model_names_none() -> None:
    summary = summarise(series(), {})
    assert summary["period_s"] == pytest.approx(PERIOD, rel=0.01)
    assert math.isnan(summary["krylov_iterations_mean"])


def test_one_swing_is_no_oscillation_yet() -> None:
    assert math.isnan(summarise(series(cycles=1.2), {})["period_s"])
    assert summarise(series(cycles=1.2), {}, period=PERIOD)["period_s"] == PERIOD


def test_blood_and_csf_are_opposite_at_once() -> None:
    summary = summarise(series(), {}, period=PERIOD)
    assert summary["blood_csf_correlation"] == pytest.approx(-1.0)
    assert summary["blood_csf_lag_s"] == pytest.approx(0.0, abs=1e-6)
    assert summary["norepinephrine_radius_lag_s"] == pytest.approx(4.0, abs=0.05)


def test_a_net_flow_is_told() -> None:
    net = 0.02 * 0.2 * REST / PERIOD
    summary = summarise(series(net=net), {}, period=PERIOD)
    assert summary["net_outflow_at_mouth_m3_per_s"] == pytest.approx(net, rel=1e-6)
    assert "2.0% of it net out" in table(summary | BALANCES, "")
    assert "no net flow" in table(summarise(series(), {}, period=PERIOD) | BALANCES, "")


@pytest.mark.parametrize("cycles", [2.0, 2.5, 3.0])
def test_the_first_cycle_is_left_out_where_another_follows(cycles: float) -> None:
    signals = series(cycles)
    begins = signals["time_s"] < PERIOD  # what the motion draws in as it sets in
    signals["flow_inlet_m3_per_s"] -= np.where(begins, 0.02 * 0.2 * REST / PERIOD, 0.0)
    summary = summarise(signals, {}, period=PERIOD)
    assert abs(summary["net_outflow_at_mouth_m3_per_s"]) < 1e-10 * REST


def test_several_mouths_add_up() -> None:
    signals = series()
    half = 0.5 * signals.pop("flow_inlet_m3_per_s")
    signals |= {f"flow_inlet_{n}_m3_per_s": half for n in (1, 2)}
    summary = summarise(signals, {}, period=PERIOD)
    assert summary["exchange_share_of_pvs"] == pytest.approx(0.2, rel=1e-2)


@pytest.mark.parametrize("signals", [series(size=0.0), series(cycles=0.04), series(cycles=0.6)])
def test_what_a_run_cannot_give_is_missing(signals: dict[str, np.ndarray]) -> None:
    summary = summarise(signals, {}, period=PERIOD)
    assert math.isnan(summary["exchange_volume_per_cycle_m3"])
    words = table(summary | BALANCES, "")
    assert "nan" not in words.replace("nan Krylov", "")


def test_table_in_plain_words() -> None:
    words = table(summarise(series(), {"krylov_iterations": np.ones(3)}) | BALANCES, "as told")
    rows = {row.split("  ")[0]: row for row in words.splitlines()}
    assert "20 um/s" in rows["peak PVS velocity"]
    assert "19.9% of the PVS" in rows["exchange per cycle"]
    assert "CSF rises as blood falls" in rows["blood and CSF volume"]
    assert "25% in the PVS, 75% in the tissue" in rows["tracer after 300 s"]
    assert "fluid volume to 2e-12, tracer mass to 0" in rows["balances"]
    assert rows["assumptions"].endswith("as told")


def test_assumptions_follow_the_ends() -> None:
    assert "tidal exchange" in assumptions(StokesDarcy())
    assert "pial surface closed" in assumptions(StokesDarcy())
    opened = assumptions(StokesDarcy(inlet=Closed(), distal=Open(), outer=Open()))
    assert "net flow possible" in opened
    assert "pial surface open" in opened
    assert "mouth closed" in opened


def test_litres() -> None:
    assert litres(1.5e-15) == "1.5 pL"
    assert litres(2e-12) == "2 nL"
    assert litres(0.0) == "0 aL"
