"""Measures of made-up series whose answers are known, checks at their bounds, verdicts by rule."""

import numpy as np
import pytest

from meshes.errors import InputError
from solver.claims import (
    FAILS,
    HOLDS,
    UNKNOWN,
    Apart,
    Claim,
    Level,
    Locking,
    Outcome,
    Ratio,
    Spread,
    Trend,
    judge,
    measure,
)

PERIOD = 50.0
TIMES = np.arange(0.0, 501.0, 1.0)
PHASE = 2.0 * np.pi * TIMES / PERIOD


def outcome(size: float = 1.0, rise: float = 1.0, net: float = 0.0) -> Outcome:
    """Blood falls as CSF rises; flow out is -d(CSF)/dt, less a flow through."""
    swing = 0.2 * size * np.sin(PHASE)
    return Outcome(
        {
            "time_s": TIMES,
            "norepinephrine_relative": size * np.sin(PHASE + 0.4),
            "mean_radius_m": 1.0 - 0.1 * swing,
            "blood_volume_m3": 2.0 - swing,
            "pvs_volume_m3": 1.0 + swing,
            "flow_inlet_m3_per_s": -np.diff(swing, prepend=0.0) - net,  # means over the second
            "flow_distal_1_m3_per_s": np.full_like(TIMES, net),
            "mean_mouth_velocity_m_per_s": size * np.cos(PHASE),
            "tissue_stored_volume_m3": 0.1 * swing,
            "tracer_pvs_m3": 0.5 + 0.03 * size * np.sin(PHASE),
            "tracer_tissue_m3": rise * TIMES / 500.0,
        },
        PERIOD,
    )


def test_measures_of_sines():
    found = outcome()
    assert measure(found, "arrived") == pytest.approx(0.5 + 0.95, rel=1e-6)
    assert measure(found, "swing") == pytest.approx(0.03, rel=5e-3)
    assert measure(found, "flow") == pytest.approx(0.4 * np.pi / PERIOD, rel=0.01)
    assert measure(found, "tidal") == pytest.approx(0.4, rel=5e-3)
    assert measure(found, "net_share") == pytest.approx(0.0, abs=1e-9)
    assert measure(found, "constant_sum") == pytest.approx(0.0, abs=1e-12)
    assert measure(found, "drawn_in") == pytest.approx(0.2, rel=5e-3)
    assert measure(found, "mouth_share") == pytest.approx(1.0, rel=0.02)
    assert measure(found, "tissue_gain") == pytest.approx(0.1, rel=1e-6)
    assert measure(found, "norepinephrine") == pytest.approx(1.0, rel=5e-3)


def test_net_flow_is_inward_through_mouth_and_far_end():
    assert measure(outcome(net=1e-3), "net") == pytest.approx(1e-3, rel=1e-6)


def test_measures_that_are_not_there_say_so():
    with pytest.raises(InputError, match="no measure 'clearance'; the measures are arrived"):
        measure(outcome(), "clearance")
    with pytest.raises(InputError, match="asks for the column sigma"):
        outcome().column("sigma")


def test_checks_take_their_numbers():
    outcomes = {"one": outcome(1.0), "half": outcome(0.5, 0.6), "still": outcome(0.0, 0.2)}
    bounds = {"what": "x", "why": "y", "at_least": 0.0}
    ratio = Ratio(measure="flow", of_experiment="half", over="one", **bounds)
    assert ratio.of(outcomes).value == pytest.approx(0.5)
    added = Ratio(measure="arrived", of_experiment="half", over="one", less="still", **bounds)
    assert added.of(outcomes).value == pytest.approx(0.5)
    rising = Trend(measure="arrived", along=["still", "half", "one"], **bounds)
    assert rising.of(outcomes).value == pytest.approx(1.0)
    spread = Spread(measure="flow", along=["half", "one"], **bounds)
    assert spread.of(outcomes).value == pytest.approx(2.0 / 3.0)
    apart = Apart(column="pvs_volume_m3", of_experiment="one", over="half", **bounds)
    assert apart.of(outcomes).value == pytest.approx(0.25)
    lock = {"first": "blood_volume_m3", "second": "pvs_volume_m3", "of_experiment": "one"}
    assert Locking(**lock, **bounds).of(outcomes).value == pytest.approx(-1.0, abs=1e-3)
    late = Locking(**{**lock, "first": "norepinephrine_relative"}, take="lag", **bounds)
    assert late.of(outcomes).value == pytest.approx(0.4 / (2.0 * np.pi) * PERIOD, rel=0.02)


def test_five_that_rise_are_rising():
    """Rounding leaves scipy's correlation of five a last digit below 1."""
    outcomes = {str(number): outcome(0.1 * number) for number in range(1, 6)}
    rising = Trend(what="x", why="y", measure="flow", along=[*outcomes], at_least=1.0)
    assert rising.of(outcomes).holds


def claim(*roles_and_bounds) -> Claim:
    """Checks of tidal share .4 with given roles and least values."""
    checks = [
        Level(
            what=f"tidal {least}",
            why="[choice]",
            measure="tidal",
            of_experiment="nrem",
            at_least=least,
            role=role,
        )
        for role, least in roles_and_bounds
    ]
    return Claim("A sentence.", "a source", {"nrem": ()}, checks)


@pytest.mark.parametrize(
    ("checks", "verdict"),
    [
        ([("must", 0.3)], HOLDS),
        ([("must", 0.5)], FAILS),
        ([("reading", 0.3), ("reading", 0.2)], HOLDS),
        ([("reading", 0.5), ("reading", 0.6)], FAILS),
        ([("reading", 0.3), ("reading", 0.5)], UNKNOWN),
        ([("must", 0.5), ("reading", 0.3)], FAILS),
        ([("evidence", 0.5), ("must", 0.3)], UNKNOWN),
    ],
)
def test_verdicts(checks, verdict):
    finding = judge(claim(*checks), {"nrem": outcome()}, {}, {}, {})
    assert finding.verdict == verdict
    assert "0.399" in finding.reason


@pytest.mark.parametrize(("size", "verdict"), [(0.9, HOLDS), (0.5, UNKNOWN)])
def test_a_variation_that_turns_the_verdict_leaves_it_open(size, verdict):
    varied = {"gain": {"nrem": outcome(size)}}
    words = {"gain": "a smaller gain"}
    finding = judge(claim(("must", 0.3)), {"nrem": outcome()}, varied, words, {})
    assert finding.verdict == verdict
    assert ("with a smaller gain, tidal 0.3 is 0.2" in finding.reason) == (verdict == UNKNOWN)


def test_what_cannot_be_had_is_not_known():
    short = {name: values[:3] for name, values in outcome().signals.items()}
    finding = judge(claim(("must", 0.3)), {"nrem": Outcome(short, PERIOD)}, {}, {}, {})
    assert finding.verdict == UNKNOWN
    assert "cannot be had" in finding.reason


def test_a_claim_must_be_able_to_fail():
    with pytest.raises(InputError, match="has no bound"):
        Level(what="x", why="y", measure="tidal", of_experiment="nrem")
    with pytest.raises(InputError, match="looks at the experiment 'wake'"):
        Claim(
            "A.",
            "b",
            {"nrem": ()},
            [Level(what="x", why="y", measure="tidal", of_experiment="wake", at_most=1.0)],
        )
