"""Series as they come from a laboratory: uneven, with holes, wrong in every way."""

import numpy as np
import pytest

from meshes.errors import InputError
from solver.fit.observed import check_seen, observed, read_observed


def test_rows_without_a_value_are_left_out_and_times_stay_uneven(tmp_path):
    path = tmp_path / "d.csv"
    path.write_text("time (min),diameter\n0,12\n0.1,\n0.5,14\n0.7,nan\n4,15\n", "utf-8")
    found = read_observed(path, "mean_radius_m", begins=10.0, unit=0.5e-6, sigma=0.2)
    np.testing.assert_allclose(found.times, [10.0, 40.0, 250.0])
    np.testing.assert_allclose(found.values, [6e-6, 7e-6, 7.5e-6])
    assert float(found.sigma) == pytest.approx(0.1e-6) and found.known
    assert found.name == "d.csv, diameter"


@pytest.mark.parametrize("header", ["diameter (um)", "ΔF/F (%)", "Radius [µm]"])
def test_a_first_row_without_a_value_keeps_its_time_and_units_may_stand_in_headers(
    tmp_path, header
):
    path = tmp_path / "d.csv"
    path.write_text(f"time,{header}\n10,\n12,1\n14,2\n16,4\n", "utf-8")
    np.testing.assert_allclose(read_observed(path, "mean_radius_m").times, [2.0, 4.0, 6.0])


@pytest.mark.parametrize(
    ("values", "how", "message"),
    [
        ([np.nan] * 4, {}, "0 of 4 values are numbers"),
        ([1.0, 1.0, 1.0, 1.0], {}, "all values are 1"),
        ([1.0, 2.0, 3.0, 4.0], {"sigma": 0.0}, "sigma is 0.0; give a positive number"),
    ],
)
def test_series_that_say_nothing_are_refused(values, how, message):
    with pytest.raises(InputError, match=message):
        observed("dead", "x", [0, 1, 2, 3], values, **how)


def test_a_channel_of_holes_alone_is_refused(tmp_path):
    path = tmp_path / "d.csv"
    path.write_text("time,value\n0,nan\n1,\n2,nan\n", "utf-8")
    with pytest.raises(InputError, match=r"d\.csv"):
        read_observed(path, "mean_radius_m")


@pytest.mark.parametrize(
    ("sees", "times", "message"),
    [
        ("mean_radius", [0, 1, 2], r"no column 'mean_radius'; did you mean mean_radius_m"),
        ("fish", [0, 1, 2], r"use one of mean_radius_m, tracer_pvs_m3"),
        ("mean_radius_m", [0, 1, 90], r"observed from 0 to 90 s, simulated from 0 to 60 s"),
        ("mean_radius_m", [-1, 1, 9], r"observed from -1 to 9 s"),
    ],
)
def test_what_the_run_cannot_predict_is_refused(sees, times, message):
    columns = ["time_s", "mean_radius_m", "tracer_pvs_m3"]
    with pytest.raises(InputError, match=message):
        check_seen(observed("d", sees, times, [1.0, 2.0, 3.0]), columns, 60.0)
