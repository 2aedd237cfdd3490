"""Traces from tables and NWB files: units and places of a file, gaps, sampling without aliasing."""

import h5py
import numpy as np
import pytest

from meshes.errors import InputError
from solver.columns import read_series, trend


@pytest.fixture
def nwb(tmp_path):
    path = tmp_path / "session.nwb"
    with h5py.File(path, "w") as file:
        group = file.create_group("acquisition/photometry")
        group["data"] = np.array([[1, 10], [2, 20], [3, 30]], dtype=np.int16)
        group["data"].attrs.update(conversion=0.5, offset=1.0, unit="a.u.")
        group["starting_time"] = 7.0
        group["starting_time"].attrs["rate"] = 2.0
        group = file.create_group("processing/ophys/dff")
        group["data"] = np.array([0.1, np.nan, 0.3, 0.2])
        group["data"].attrs["unit"] = b"percent"
        group["timestamps"] = np.array([100.0, 101.0, 102.0, 103.0])
        file.create_group("processing/other/dff")["data"] = np.zeros(3)
        file["processing/other/dff/timestamps"] = np.arange(3.0)
        file["acquisition/broken/data"] = np.zeros(3)
        file["acquisition/broken/timestamps"] = np.arange(4.0)
        file["acquisition/words/data"] = np.array([b"a", b"b"])
        file["acquisition/words/timestamps"] = np.arange(2.0)
        file["acquisition/slow/data"] = np.zeros(3)
        file["acquisition/slow/starting_time"] = 0.0
    return path


def test_a_series_is_read_in_its_unit(nwb):
    found = read_series(nwb, (), series="photometry", channel=1)
    np.testing.assert_allclose(found.times, [0.0, 0.5, 1.0])
    np.testing.assert_allclose(found.values, [6.0, 11.0, 16.0])
    assert (found.name, found.unit) == ("photometry", "a.u.")


def test_missing_samples_are_refused_or_left_out(nwb):
    name = "processing/ophys/dff"
    with pytest.raises(InputError, match=r"sample 1: nan at 101 s .* gaps=interpolate"):
        read_series(nwb, (), series=name)
    found = read_series(nwb, (), series=name, gaps="interpolate", longest_gap=5.0)
    np.testing.assert_allclose(found.times, [0.0, 2.0, 3.0])
    assert found.unit == "percent"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({}, "holds 6 series; say which with series; the series are acquisition/broken"),
        ({"series": "NE"}, "no series 'NE'; the series are .*acquisition/photometry"),
        ({"series": "dff"}, "2 series are called 'dff'; give the whole path of one of proc"),
        ({"series": "photometry"}, "has 2 channels; say which with channel"),
        ({"series": "photometry", "channel": 2}, "no channel 2; give one from 0 to 1"),
        ({"series": "photometry", "channel": "ne"}, "no channel 'ne'"),
        ({"series": "broken"}, "4 timestamps for 3 samples"),
        ({"series": "words"}, "are no trace"),
        ({"series": "slow"}, "its rate is 0 Hz"),
    ],
)
def test_a_series_that_is_not_there_is_told_with_those_that_are(nwb, options, told):
    with pytest.raises(InputError, match=told) as caught:
        read_series(nwb, (), **options)
    assert str(nwb) in str(caught.value)


def test_a_file_that_is_no_nwb_is_refused(tmp_path):
    path = tmp_path / "x.nwb"
    with pytest.raises(InputError, match="no such file"):
        read_series(path, ())
    path.write_text("t,NE\n0,1\n")
    with pytest.raises(InputError, match="cannot be read as HDF5"):
        read_series(path, ())
    with h5py.File(tmp_path / "empty.h5", "w"):
        pass
    with pytest.raises(InputError, match="holds no series"):
        read_series(tmp_path / "empty.h5", ())


def test_empty_cells_are_gaps_only_if_asked(tmp_path):
    path = tmp_path / "trace.csv"
    path.write_text("t,NE\n0,1\n1,\n2,NaN\n3,4\n4,5\n5,6\n6,7\n7,8\n")
    with pytest.raises(InputError, match="line 3, column 'NE'"):
        read_series(path, ("ne",))
    found = read_series(path, ("ne",), gaps="interpolate", longest_gap=3.0)
    np.testing.assert_allclose(found.times, [0.0, 3.0, 4.0, 5.0, 6.0, 7.0])


@pytest.mark.parametrize("jitter", [0.0, 0.3])
def test_sampling_anew_keeps_what_is_slow_and_folds_nothing(tmp_path, jitter):
    chance = np.random.default_rng(0)
    times = np.arange(0.0, 400.0, 0.05)
    times[1:-1] += jitter * 0.05 * chance.uniform(-1, 1, len(times) - 2)
    slow, fast = np.sin(0.04 * np.pi * times), np.sin(2 * np.pi * 1.98 * times)
    path = tmp_path / "trace.csv"
    rows = [
        f"{float(time)!r},{float(value)!r}" for time, value in zip(times, slow + fast, strict=True)
    ]
    path.write_text("\n".join(["t,NE", *rows]))
    found = read_series(path, ("ne",), resample=1.0)  # 1.98 Hz would fold to 0.02 Hz
    np.testing.assert_allclose(np.diff(found.times), 1.0)
    assert found.times[-1] <= times[-1]
    inner = slice(20, -20)
    np.testing.assert_allclose(
        found.values[inner], np.sin(0.04 * np.pi * found.times)[inner], atol=0.01
    )


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan"), 1e-9, 1e-3, "fast"])
def test_an_impossible_rate_is_refused(tmp_path, rate):
    path = tmp_path / "trace.csv"
    path.write_text("t,NE\n0,1\n1,2\n2,3\n3,4\n")
    with pytest.raises(InputError, match="resample is"):
        read_series(path, ("ne",), resample=rate)


def test_trends():
    times = np.arange(0.0, 100.0)
    line = 3.0 - 0.02 * times
    np.testing.assert_allclose(trend(times, line, "none", 1.0), line.mean())
    np.testing.assert_allclose(trend(times, line, "linear", 1.0), line)
    spiked = line + 5.0 * (times == 50.0)
    found = trend(times, spiked, "median", 11.0)
    np.testing.assert_allclose(found[10:-10], line[10:-10], atol=0.021)
    with pytest.raises(InputError, match="needs even samples; add resample"):
        trend(np.cumsum(times), line, "median", 11.0)
    with pytest.raises(InputError, match="window is 500 s"):
        trend(times, line, "median", 500.0)
