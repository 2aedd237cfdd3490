"""The run folder: what is written is read back, an interrupted run opens, bad folders are named."""

import json
import os
from pathlib import Path

import meshio
import numpy as np
import pytest

from meshes.errors import InputError
from solver import store
from solver.units import unit_of

POINTS = np.array([[0.0, 0, 0], [1e-5, 0, 0], [0, 1e-5, 0], [0, 0, 1e-5]])
CELLS = np.array([[0, 1, 2, 3]])


def add(folder, time):
    return store.add_fields(
        folder,
        time,
        POINTS * (1 + time),
        CELLS,
        {"velocity": np.full((4, 3), time), "pressure": np.arange(4.0)},
        {"region": np.array([1])},
    )


def test_a_run_is_read_back_as_written(tmp_path):
    folder = store.open_run(tmp_path / "runs" / "first")
    store.save_config(folder, {"wall": {"gain": 0.1}, "name": "µ"})
    store.save_summary(
        folder,
        {"converged": np.bool_(True), "cells": np.int64(3), "peak": np.float32(0.5), "bad": np.nan},
    )
    signals = {"time_s": np.array([0.0, 0.1]), "pvs_volume_m3": np.array([1 / 3, 1e-15])}
    store.save_signals(folder, signals)
    add(folder, 0.0)
    add(folder, 0.5)

    run = store.read_run(folder)
    assert run.config == {"wall": {"gain": 0.1}, "name": "µ"}
    assert run.summary == {"converged": True, "cells": 3, "peak": 0.5, "bad": None}
    assert list(run.signals) == ["time_s", "pvs_volume_m3"]
    np.testing.assert_array_equal(run.signals["pvs_volume_m3"], signals["pvs_volume_m3"])
    np.testing.assert_array_equal(run.times, [0.0, 0.5])
    assert [path.name for path in run.fields] == ["step_00000.vtu", "step_00001.vtu"]
    mesh = meshio.read(run.fields[1])
    np.testing.assert_array_equal(mesh.points, POINTS * 1.5)
    np.testing.assert_array_equal(mesh.cells_dict["tetra"], CELLS)
    np.testing.assert_array_equal(mesh.point_data["velocity"], np.full((4, 3), 0.5))
    np.testing.assert_array_equal(mesh.cell_data["region"][0], [1])
    assert not list(folder.rglob("*.partial"))


def test_fields_are_compressed_and_listed_relative_to_the_folder(tmp_path):
    folder = store.open_run(tmp_path)
    path = add(folder, 0.0)
    assert b'compressor="vtkZLibDataCompressor"' in path.read_bytes()
    assert 'file="fields/step_00000.vtu"' in (folder / "fields.pvd").read_text()


def test_an_interrupted_run_opens(tmp_path, monkeypatch):
    folder = store.open_run(tmp_path)
    add(folder, 0.0)

    def dies(path, *_, **__):
        Path(path).write_text("half")
        raise KeyboardInterrupt

    monkeypatch.setattr(meshio, "write", dies)
    with pytest.raises(KeyboardInterrupt):
        add(folder, 1.0)
    run = store.read_run(folder)
    assert list(run.times) == [0.0]
    assert run.signals == {}
    assert run.summary == {}
    assert not list(folder.rglob("*.partial"))


def test_a_new_run_replaces_an_earlier_one_and_nothing_else(tmp_path):
    folder = store.open_run(tmp_path)
    add(folder, 0.0)
    store.save_summary(folder, {"converged": False})
    (folder / "fields" / "notes.txt").write_text("mine")
    add(store.open_run(folder), 0.25)
    run = store.read_run(folder)
    assert list(run.times) == [0.25]
    assert run.summary == {}
    assert (folder / "fields" / "notes.txt").read_text() == "mine"


def test_time_in_the_series_runs_forward(tmp_path):
    add(tmp_path, 1.0)
    with pytest.raises(ValueError, match="does not come after"):
        add(tmp_path, 1.0)


def test_the_summary_is_flat(tmp_path):
    for nested in ({"a": 1}, [1, 2], np.zeros(2)):
        with pytest.raises(TypeError, match="'inner'"):
            store.save_summary(tmp_path, {"inner": nested})
    assert not (tmp_path / "summary.json").exists()


def test_time_comes_first_in_the_signals(tmp_path):
    with pytest.raises(ValueError, match="time_s"):
        store.save_signals(tmp_path, {"mean_radius_m": np.zeros(1), "time_s": np.zeros(1)})


@pytest.mark.parametrize("kind", ["absent", "empty"])
def test_a_folder_that_is_not_a_run_is_refused(tmp_path, kind):
    folder = tmp_path if kind == "empty" else tmp_path / "absent"
    with pytest.raises(InputError, match=str(folder)):
        store.read_run(folder)


@pytest.mark.parametrize(
    ("name", "text"),
    [("fields.pvd", "<VTK"), ("signals.csv", "time_s,a\n0,x\n"), ("signals.csv", "time_s,a\n0\n")],
)
def test_a_damaged_file_is_named(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=name):
        store.read_run(tmp_path)


def test_a_series_without_its_fields_is_named(tmp_path):
    add(tmp_path, 0.0).unlink()
    with pytest.raises(InputError, match=r"step_00000\.vtu, which is not there"):
        store.read_run(tmp_path)


def test_a_folder_that_cannot_be_written_is_refused(tmp_path):
    occupied = tmp_path / "file"
    occupied.write_text("")
    for write in (
        lambda folder: store.open_run(folder),
        lambda folder: store.save_summary(folder, {}),
        lambda folder: add(folder, 0.0),
    ):
        with pytest.raises(InputError, match=r"cannot be written .* hydra.run.dir"):
            write(occupied / "run")


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes anywhere")
def test_a_read_only_folder_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(InputError, match="cannot be written"):
        store.open_run(tmp_path)


def test_the_summary_is_plain_json(tmp_path):
    path = store.save_summary(tmp_path, {"wall_clock_s": 1.5, "largest": float("inf")})
    assert json.loads(path.read_text()) == {"wall_clock_s": 1.5, "largest": None}


def test_what_instruments_read_comes_back_with_axes_and_units(tmp_path: Path) -> None:
    image = np.arange(6.0).reshape(3, 2) / 7.0
    variables = {
        "time": store.Variable("s", ("time",), np.array([0.0, 2.0, 4.0])),
        "depth": store.Variable("m", ("depth",), np.array([1e-6, 2e-6])),
        "velocity": store.Variable("m s-1", ("time", "depth"), image),
    }
    folder = store.open_run(tmp_path / "run")
    path = store.save_observed(folder, "scan", "across the gap", variables)
    store.save_signals(folder, {"time_s": np.arange(3.0)})
    assert store.read_run(folder).observed == {"scan": path}
    found = store.read_observed(path)
    assert set(found) == set(variables)
    for name, variable in variables.items():
        assert (found[name].unit, found[name].axes) == (variable.unit, variable.axes)
        assert np.array_equal(found[name].values, variable.values)
    assert path.read_bytes()[:3] == b"CDF"  # netCDF 3, what xarray opens without further libraries
    store.open_run(folder)
    assert not path.exists()
    with pytest.raises(InputError, match="cannot be read as netCDF 3"):
        store.read_observed(path)
    path.write_text("no image", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be read as netCDF 3"):
        store.read_observed(path)


def test_columns_belong_to_the_longest_name() -> None:
    found = store.columns_of(["tip", "tip_two"], ["tip_x_1", "tip_two_x_1", "other_1"])
    assert found == {"tip": ["tip_x_1"], "tip_two": ["tip_two_x_1"]}
    assert unit_of("tip_velocity_m_per_s") == ("tip_velocity", "m_per_s")
    assert unit_of("bare") == ("bare", "")
