"""run.nc: what a run read, with labelled axes and units, as xarray opens it."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from scripts.labelled import save_labelled
from solver import store
from solver.simulate import Run

TIMES = np.array([0.0, 2.0, 4.0])
COLUMNS = (
    *("pvs_volume_m3", "flow_inlet_m3_per_s", "flow_distal_1_m3_per_s", "flow_sheath_m3_per_s"),
    *("tracer_pvs_m3", "tracer_tissue_m3", "tracer_csf_m3", "tracer_out_inlet_m3_per_s"),
    *("tracer_amyloid_pvs_m3", "tracer_amyloid_out_inlet_m3_per_s", "tracer_influx_m3_per_s"),
    *("tracer_amyloid_influx_m3_per_s", "fluid_csf_m3", "fluid_out_csf_m3_per_s"),
    *("pressure_max_pa", "norepinephrine_relative", "mean_radius_m", "tip_fluorescence_1"),
)


@pytest.fixture
def run() -> Run:
    signals = {"time_s": TIMES} | {name: TIMES + 10 * at for at, name in enumerate(COLUMNS)}
    solves = {"krylov_iterations": np.array([3, 4]), "converged": np.array([True, False])}
    state = SimpleNamespace()
    return Run(signals, solves, state, False, False, tracers=("amyloid",))  # type: ignore[arg-type]


def column(name: str) -> np.ndarray:
    return TIMES + 10 * COLUMNS.index(name)


def test_xarray_reads_labels_and_units(run: Run, tmp_path: Path) -> None:
    xarray = pytest.importorskip("xarray")
    with xarray.open_dataset(save_labelled(tmp_path, run)) as found:
        flow = found.flow
        assert flow.dims == ("time", "patch") and flow.attrs["units"] == "m3 s-1"
        assert list(found.patch.values) == ["inlet", "distal_1", "sheath"]
        assert set(found.region.values) == {"pvs", "tissue", "csf"}
        assert list(found.tracer.values) == ["first", "amyloid"]
        np.testing.assert_array_equal(flow.sel(patch="sheath"), column("flow_sheath_m3_per_s"))
        volume = found.tracer_volume.sel(region="pvs", tracer="amyloid")
        np.testing.assert_array_equal(volume, column("tracer_amyloid_pvs_m3"))
        assert np.isnan(found.tracer_volume.sel(region="csf", tracer="amyloid")).all()
        np.testing.assert_array_equal(
            found.tracer_influx.sel(tracer="first"), column("tracer_influx_m3_per_s")
        )
        np.testing.assert_array_equal(found.fluid.sel(region="csf"), column("fluid_csf_m3"))
        assert found.pressure_max.attrs["units"] == "Pa"
        assert found.mean_radius.attrs["units"] == "m" and found.time.attrs["units"] == "s"
        np.testing.assert_array_equal(found.step, TIMES[1:])
        np.testing.assert_array_equal(found.iterations, [3, 4])
        np.testing.assert_array_equal(found.converged, [1, 0])


def test_every_number_of_the_table_is_there_once(run: Run, tmp_path: Path) -> None:
    save_labelled(tmp_path, run)
    store.save_signals(tmp_path, run.signals)
    assert store.read_run(tmp_path).summary == {}
    from scipy.io import netcdf_file

    with netcdf_file(tmp_path / store.ARRAYS, mmap=False) as file:
        kept = [v.data for v in file.variables.values() if v.dimensions[0] == "time"]
        there = np.concatenate([values.reshape(len(TIMES), -1) for values in kept], axis=1)
    finite = there[:, np.isfinite(there).all(axis=0)]
    expected = np.array([run.signals[name] for name in run.signals])
    np.testing.assert_array_equal(np.sort(finite[0]), np.sort(expected[:, 0]))
