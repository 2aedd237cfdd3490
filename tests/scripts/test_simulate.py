"""The whole way through the command, on a mesh of two hundred points."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from meshes.annulus import annulus
from meshes.write import write_mesh
from scripts import command, mesh, render, run, simulate
from solver.store import read_observed, read_run

ARTERY = Path(__file__).parents[3] / "shared/data/vessels/penetrating_artery.vtk"
SOLVES = ("iterations", "residual", "mass_residual", "balance", "tracer_iterations", "converged")
EXPERIMENTS = sorted(path.stem for path in (command.CONF / "experiment").glob("*.yaml"))


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Arguments of a tiny run in an empty folder."""
    monkeypatch.chdir(tmp_path)
    small = {"across": 2, "around": 8, "along": 4, "tissue_layers": 2}
    write_mesh(annulus(6e-6, 9e-6, 40e-6, tissue_outer=30e-6, **small), tmp_path / "tiny.vtu")
    return ["mesh.path=tiny.vtu", "hydra.run.dir=run", "run.until=8", "output.figures=false"]


def test_default_leaves_its_folder(tiny: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert simulate.main([*tiny, "output.figures=true", "output.fields_every=4"]) == command.DONE
    said = capsys.readouterr()
    assert said.out.startswith("peak PVS velocity")
    assert "step 4/4" in said.err
    assert "unknowns, about 1.3 GB and a minute on this machine" in said.err
    run = read_run("run")
    assert run.times.tolist() == [0.0, 4.0, 8.0]
    assert run.signals["time_s"].tolist() == [0.0, 2.0, 4.0, 6.0, 8.0]
    assert run.config["mesh"]["path"] == "tiny.vtu"
    summary = json.loads(Path("run/summary.json").read_text(encoding="utf-8"))
    assert summary["converged"] is True
    assert summary["fluid_volume_imbalance"] < 1e-10
    assert summary["tracer_mass_imbalance"] < 1e-10
    for name in ("krylov_iterations_mean", "wall_clock_s", "peak_memory_bytes"):
        assert summary[name] > 0
    solves = summary.pop("solves")
    assert all(isinstance(value, str | int | float | None) for value in summary.values())
    assert {name: len(values) for name, values in solves.items()} == dict.fromkeys(SOLVES, 4)
    assert solves["converged"] == [True] * 4
    assert np.mean(solves["iterations"]) == summary["krylov_iterations_mean"]
    assert max(solves["residual"]) < 1e-6 and max(solves["balance"]) < 1e-10
    assert Path("run/figures/signals.png").is_file()
    assert Path("run/figures/scene.png").is_file()
    Path("run/figures/scene.png").unlink()
    assert render.main(["run=run", "time=4"]) == command.DONE
    assert Path("run/figures/scene.png").is_file()
    assert "converged" in Path("run/report.html").read_text(encoding="utf-8")
    film = ["as=gif", "film.frames=5", "film.pixels=[320,180]"]
    assert render.main(["run", "render=overview", *film]) == command.DONE
    with Image.open("run/figures/overview.gif") as found:
        assert (found.n_frames, found.size) == (5, (320, 180))


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_every_experiment_runs(tiny: list[str], experiment: str) -> None:
    arguments = [*tiny, f"experiment={experiment}", "output.fields_every=inf"]
    assert simulate.main(arguments) == command.DONE
    assert not read_run("run").fields
    summary = read_run("run").summary
    assert (summary["peak_velocity_m_per_s"] > 1e-9) == (experiment != "wake")


def test_no_convergence_is_told_and_kept(
    tiny: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert simulate.main([*tiny, "flow.limit=2"]) == command.NOT_CONVERGED
    assert "no convergence at t = " in capsys.readouterr().err
    run = read_run("run")
    assert run.summary["converged"] is False
    assert len(run.signals["time_s"]) < 5
    assert run.summary["solves"]["converged"][-1] is False
    assert len(run.times)


def test_mesh_alone(tiny: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert mesh.main(["mesh.path=tiny.vtu", "hydra.run.dir=mesh"]) == command.DONE
    said = capsys.readouterr().out
    assert "inverted cells" in said
    left = {path.name for path in Path("mesh").iterdir()}
    assert left == {"config.yaml", "mesh.vtu", "report.txt", "figures"}
    assert Path("mesh/figures/mesh.png").is_file()


@pytest.mark.skipif(not ARTERY.is_file(), reason="the shared vessel trees are not there")
def test_a_traced_artery_is_all_it_takes(
    tiny: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [*tiny[1:], f"mesh.path={ARTERY}", "mesh.units=um", "run.until=4"]
    assert simulate.main(arguments) == command.DONE
    assert "centreline smoothed" in capsys.readouterr().out
    summary = read_run("run").summary
    assert summary["fluid_volume_imbalance"] < 1e-10
    assert summary["tracer_mass_imbalance"] < 1e-10


SEVERAL = (
    "flow/outer_wall=spring",
    "flow/inertia=unsteady",
    "flow/pvs=porous",
    "flow/sheath=absent",
    "flow/tissue=directional",
    "flow/end@flow.distal=closed",
    "+flow/end@flow.ends.distal_1=windkessel",
    "flow/end@flow.outer=sink",
    "flow/waveform@flow.inlet.pressure=trace",
    "flow.inlet.pressure.path=icp.csv",
    "flow.gradient=10.0",
    "flow.coarse=centreline",
    "flow.precision=float32",
    "tracer.porosity={tissue: 0.2}",
)


def test_a_run_with_many_options(tiny: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    Path("icp.csv").write_text("time (s),ICP (mmHg)\n0,0.0\n8,0.01\n", encoding="utf-8")
    assert simulate.main([*tiny, *SEVERAL]) == command.DONE
    said = capsys.readouterr().out
    for words in (
        "outer wall on springs",
        "no endfeet",
        "distal_1",
        "inertia",
        "fibres",
        "membrane",
    ):
        assert words in said
    summary = read_run("run").summary
    assert summary["converged"] is True
    assert summary["fluid_volume_imbalance"] < 1e-10
    assert summary["tracer_mass_imbalance"] < 1e-10


def test_a_sealed_run_with_a_prescribed_sheath(tiny: list[str]) -> None:
    told = ["flow/outer_wall=prescribed", "flow.outer_wall.amplitude=0.02", "flow/sheath=sealed"]
    ends = ["flow/end@flow.distal=resistance", "flow.sheath.slip=inf"]
    assert simulate.main([*tiny, *told, *ends]) == command.DONE
    assert read_run("run").summary["fluid_volume_imbalance"] < 1e-10


def test_instruments_leave_columns_files_and_words(
    tiny: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    ball = ["+observe/instrument@observe.ball=roi", "observe.ball.centre=[2e-5,0,2e-5]"]
    ball += ["observe.ball.radius=1e-5", "observe.tip.core_radius=1e-5", "observe.image.size=2e-5"]
    assert simulate.main([*tiny, "observe=every", *ball]) == command.DONE
    said = capsys.readouterr().out
    assert "of its view in the mesh" in said and "ball at (20, 0, 20) um" in said
    run = read_run("run")
    assert {"tip_fluorescence_1", "diameter_diameter_m", "sigma_power_1"} <= set(run.signals)
    assert run.summary["ball_concentration_mean_1"] > 0
    assert set(run.observed) == {"image", "velocity"}
    image = read_observed(run.observed["image"])
    assert image["content"].axes == ("time", "x", "y", "z")
    held = image["content"].values.sum(axis=(1, 2, 3)) * 2e-5**3
    whole = run.signals["tracer_pvs_m3"] + run.signals["tracer_tissue_m3"]
    np.testing.assert_allclose(held, whole, rtol=1e-12)


def test_an_instrument_that_sees_nothing_ends_the_command(
    tiny: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    roi = ["+observe/instrument@observe.ball=roi", "observe.ball.centre=[1,0,0]"]
    assert simulate.main([*tiny, *roi, "observe.ball.radius=1e-5"]) == command.BAD_INPUT
    said = capsys.readouterr().err
    assert "observe.ball" in said and "sees nothing of" in said and "reaches from" in said
    assert simulate.main([*tiny, "observe.tip.seed=2"]) == command.BAD_INPUT
    assert "+observe/instrument@observe.tip=photometry" in capsys.readouterr().err
    assert simulate.main([*tiny, *roi[:1]]) == command.BAD_INPUT
    assert "observe.ball.centre is not given" in capsys.readouterr().err


def test_a_run_that_memory_cannot_hold(
    tiny: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "available_memory_bytes", lambda: 1e9)
    assert simulate.main(tiny) == command.BAD_INPUT
    said = capsys.readouterr().err
    assert "needs about 1.3 GB" in said and "this machine has 1 GB left" in said
    assert "flow.memory" in said
    assert not Path("run").exists()
