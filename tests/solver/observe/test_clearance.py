"""Clearance by route, on columns whose sums are known."""

import numpy as np
import pytest

from solver.observe.clearance import clearance, words

UL = 1e-9  # m3


def columns(tracer: str = "", size: float = 1.0) -> dict[str, np.ndarray]:
    """Three rows of a tracer that goes through a venous outlet into a compartment."""
    rates = {
        "out_inlet": [0.0, -3.0, -1.0],
        "out_venous_outlet": [0.0, 1.0, 1.0],
        "out_dura": [0.0, 0.0, 0.5],
        "uptake": [0.0, 0.25, 0.25],
        "produced": [0.0, 0.0, 0.0],
    }
    named = {f"{name}_m3_per_s": size * UL * np.array(rate) for name, rate in rates.items()}
    held = {"pvs_m3": size * UL * np.array([0.0, 1.0, 1.5]), "dura_m3": size * UL * np.arange(3)}
    return {f"tracer_{tracer}{name}": column for name, column in {**named, **held}.items()}


FLUID = {"fluid_dura_m3": np.ones(3), "fluid_distal_1_m3": np.ones(3)}  # a windkessel: no tracer
EXPECTED = {
    "left_inlet": -8.0,
    "left_venous_outlet": 4.0,
    "left_dura": 1.0,
    "left_uptake": 1.0,
    "held_dura": 2.0,
}


def test_what_left_is_the_sum_of_rates_times_the_step():
    found = clearance(columns() | FLUID, 2.0)
    expected = {f"tracer_{name}_m3": UL * value for name, value in EXPECTED.items()}
    assert found == pytest.approx(expected, rel=1e-14)


def test_every_tracer_has_its_own():
    signals = columns() | columns("amyloid_beta_", 10.0) | columns("dye_", 0.0) | FLUID
    expected = {
        f"tracer_{tracer}{name}_m3": size * UL * value
        for tracer, size in (("", 1.0), ("amyloid_beta_", 10.0), ("dye_", 0.0))
        for name, value in EXPECTED.items()
    }
    assert clearance(signals, 2.0) == pytest.approx(expected, rel=1e-14)


def test_words_tell_tracers_apart():
    signals = columns() | columns("amyloid_beta_", 10.0) | FLUID
    first, second = words(clearance(signals, 2.0)).split("; amyloid_beta: ")
    assert first == (
        "8 uL in through inlet; 4 uL out through venous_outlet; 1 uL out of the model at dura; "
        "1 uL out by uptake; 2 uL held by dura"
    )
    assert second.startswith("80 uL in through inlet; ") and second.endswith("20 uL held by dura")
    assert words({}) == "none moved"
    assert words({"tracer_left_held_back_m3": UL}) == "1 uL out through held_back"
