"""Columns come in the order of the story."""

from solver.observe.readings import in_order


def test_columns_lead_from_norepinephrine_to_tracer():
    names = ["tracer_pvs_m3", "pressure_max_pa", "flow_sheath_m3_per_s", "time_s", "own"]
    names += ["flow_inlet_m3_per_s", "norepinephrine_relative"]
    assert in_order(names) == [
        "time_s",
        "norepinephrine_relative",
        "flow_inlet_m3_per_s",
        "flow_sheath_m3_per_s",
        "tracer_pvs_m3",
        "own",
        "pressure_max_pa",
    ]
