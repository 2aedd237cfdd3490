"""Recorded traces: relative changes, units that agree with the values, nothing beyond their end."""

import numpy as np
import pytest

from meshes.errors import InputError
from solver.signal import Recorded, read_trace


def write(tmp_path, text):
    path = tmp_path / "trace.csv"
    path.write_text(text)
    return path


def columns(tmp_path, times, values, header="t,NE"):
    rows = (f"{float(time)!r},{float(value)!r}" for time, value in zip(times, values, strict=True))
    return write(tmp_path, "\n".join([header, *rows]) + "\n")


def test_a_trace_becomes_a_relative_change_from_its_time_average(tmp_path):
    path = write(tmp_path, "t,NE\n100,2\n101,2\n103,5\n")  # time average (2 * 1 + 3.5 * 2) / 3 = 3
    signal = read_trace(path)
    np.testing.assert_allclose(signal.times, [0.0, 1.0, 3.0])
    np.testing.assert_allclose(signal.values, [-1 / 3, -1 / 3, 2 / 3])


def test_names_units_and_baseline_are_read(tmp_path):
    path = write(tmp_path, "time (min);other;value\n0;9;2\n0.5;9;3\n")
    signal = read_trace(path, baseline=2.0)
    np.testing.assert_allclose(signal.times, [0.0, 30.0])
    np.testing.assert_allclose(signal.values, [0.0, 0.5])
    assert float(read_trace(path, value_column="other", baseline=3.0).values[0]) == 2.0


@pytest.mark.parametrize("header", ["time_s,dF/F (%)", "t,ΔF/F (%)", "seconds,dFF %"])
def test_a_relative_trace_is_not_divided_again(tmp_path, header):
    path = write(tmp_path, f"{header}\n0,-10\n1,10\n")
    np.testing.assert_allclose(read_trace(path).values, [-0.1, 0.1])


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("t,NE\n0,1\n1,nan\n2,1\n", "line 3, column 'NE'"),
        ("t,NE\n0,1\n1,high\n2,1\n", "line 3.*'high'"),
        ("t,NE\n0,1\n\n1\n", "line 4, column 'NE'"),
        ("t,NE\n0,1\n2,1\n1,1\n", "line 4: time 1 does not come after 2"),
        ("t,NE\n0,1\n1,1\n1,1\n", "line 4: time 1 does not come after 1"),
        ("t,NE\n0,1\n", "1 rows"),
        ("", "empty"),
        ("a,NE\n0,1\n1,1\n", "time_column"),
        ("t,b\n0,1\n1,1\n", "value_column"),
        ("t,NE\n0,0\n1,0\n", "baseline is 0"),
    ],
)
def test_a_bad_trace_is_refused_with_file_and_place(tmp_path, text, place):
    path = write(tmp_path, text)
    with pytest.raises(InputError, match=place) as caught:
        read_trace(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("baseline", ["median", float("nan"), None])
def test_a_baseline_is_a_number_or_the_mean(tmp_path, baseline):
    path = write(tmp_path, "t,NE\n0,1\n1,2\n")
    with pytest.raises(InputError, match="give 'mean' or a finite number"):
        read_trace(path, baseline=baseline)


def test_missing_file_and_missing_column(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_trace(tmp_path / "absent.csv")
    path = write(tmp_path, "t,NE\n0,1\n1,2\n")
    with pytest.raises(InputError, match="no column 'noradrenaline'; the columns are t, NE"):
        read_trace(path, value_column="noradrenaline")
    with pytest.raises(InputError, match="cannot be read"):
        read_trace(tmp_path)


@pytest.mark.parametrize(
    ("header", "size", "told"),
    [
        ("dF/F", 12.0, "as a fraction is 1200%; give units=percent"),
        ("dF/F (%)", 0.2, "in percent and changes by no more than 0.2 %"),
    ],
)
def test_values_that_contradict_their_unit_are_refused(tmp_path, header, size, told):
    path = write(tmp_path, f"t,{header}\n0,{-size}\n1,{size}\n")
    with pytest.raises(InputError, match=told):
        read_trace(path)
    np.testing.assert_allclose(read_trace(path, units="fraction").values, [-size, size])
    np.testing.assert_allclose(read_trace(path, units="percent").values, [-size / 100, size / 100])


def test_our_own_column_is_a_fraction(tmp_path):
    path = write(tmp_path, "time_s,norepinephrine_relative\n0,-1.5\n1,1.5\n")
    np.testing.assert_allclose(read_trace(path).values, [-1.5, 1.5])


def test_a_trend_is_taken_as_baseline(tmp_path):
    times = np.arange(0.0, 2000.0, 2.0)
    bleached = 100.0 * (1.0 - times / 4000.0)
    signal = 0.1 * np.sin(0.04 * np.pi * times)
    path = columns(tmp_path, times, bleached * (1.0 + signal))
    assert np.abs(read_trace(path).values - signal).max() > 0.3
    inner = slice(100, -100)
    for kind in ("linear", "median"):
        found = np.asarray(read_trace(path, detrend=kind, window=200.0).values)
        np.testing.assert_allclose(found[inner], signal[inner], atol=0.012)


def test_gaps_are_refused_or_bridged_with_a_warning(tmp_path):
    times = np.delete(np.arange(0.0, 60.0), slice(20, 31))
    path = columns(tmp_path, times, 2.0 + 0.01 * times)
    with pytest.raises(InputError, match=r"between 19 and 31 s .* longest_gap=12"):
        read_trace(path)
    with pytest.raises(InputError, match="longest_gap=12"):
        read_trace(path, gaps="interpolate", longest_gap=10.0)
    with pytest.warns(UserWarning, match=r"1 gaps, 12 s of 59 s, are bridged by straight lines"):
        trace = read_trace(path, gaps="interpolate", longest_gap=15.0)
    assert len(trace.times) == len(times)


def test_a_run_longer_than_the_trace_is_refused_or_told_to_hold(tmp_path):
    path = columns(tmp_path, range(0, 100, 2), np.linspace(1.0, 2.0, 50))
    read_trace(path).check(98.0, 1.0)
    with pytest.raises(InputError, match=r"ends at 98 s; give run\.until=98 or less, or signal\."):
        read_trace(path).check(99.0, 1.0)
    read_trace(path, extend="hold").check(99.0, 1.0)
    with pytest.raises(InputError, match=r"signal\.extend is 'forever'"):
        read_trace(path, extend="forever")


def test_a_run_may_begin_within_the_trace(tmp_path):
    path = columns(tmp_path, range(100), np.linspace(1.0, 2.0, 100))
    whole, late = read_trace(path), read_trace(path, start=40.0)
    np.testing.assert_allclose(late(np.array([10.0, 59.0])), whole(np.array([50.0, 99.0])))
    with pytest.raises(InputError, match=r"ends at 59 s"):
        late.check(60.0, 1.0)
    with pytest.raises(InputError, match="start is 99 s; give a time within the 99 s"):
        read_trace(path, start=99.0)


def test_a_trace_that_steps_do_not_resolve_is_told(tmp_path):
    times = np.arange(0.0, 200.0, 0.25)
    fast = Recorded(times, np.sin(np.pi * times) + 0.1 * np.sin(0.1 * times))
    with pytest.warns(UserWarning, match=r"99% of the variance .* above 0.062 Hz"):
        fast.check(100.0, 2.0)
    fast.check(100.0, 0.2)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"units": "mV"}, "units is 'mV'; give absolute, fraction or percent"),
        ({"detrend": "cubic"}, "detrend is 'cubic'"),
        ({"detrend": "linear", "baseline": 2.0}, "detrend=linear takes its own baseline"),
        ({"gaps": "guess"}, "gaps is 'guess'"),
        ({"series": "ne"}, "series and channel are of NWB files"),
        ({"state": "dreaming"}, "signal.state is 'dreaming'"),
    ],
)
def test_impossible_choices_are_refused(tmp_path, options, told):
    path = columns(tmp_path, range(5), [1.0, 2.0, 3.0, 2.0, 1.0])
    with pytest.raises(InputError, match=told):
        read_trace(path, **options)
