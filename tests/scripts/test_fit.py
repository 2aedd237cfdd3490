"""The fit through its command: the folder it leaves, how it goes on, and what it refuses."""

import csv
import json
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
import yaml

from meshes.annulus import annulus
from meshes.write import write_mesh
from scripts import command, fit, problems
from solver.signal import Norepinephrine
from solver.wall import Vasomotion

ONE = "m1: {data.path: radius.csv}"


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Arguments of a fit of the gain to a diameter, R = 6 um (1 - 0.06 t / 8 s)."""
    monkeypatch.chdir(tmp_path)
    small = {"across": 2, "around": 8, "along": 4, "tissue_layers": 2}
    write_mesh(annulus(6e-6, 9e-6, 30e-6, tissue_outer=30e-6, **small), tmp_path / "tiny.vtu")
    rows = [f"{t},{6.0 - 0.02 * t + 0.01 * (-1) ** t}" for t in range(9)]
    rows[4] = "4,"
    Path("radius.csv").write_text("\n".join(["time,radius", *rows]) + "\n", encoding="utf-8")
    Path("holes.csv").write_text("time,radius\n0,nan\n1,\n2,nan\n", encoding="utf-8")
    run = ["mesh.path=tiny.vtu", "hydra.run.dir=run", "run.until=8", "flow.memory=2"]
    return [*run, "data.path=radius.csv", "data.sees=mean_radius_m", "data.unit=1e-6"]


def test_a_fit_leaves_its_folder_and_goes_on(
    tiny: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    free = "free={wall.gain: {low: 0.02, high: 0.3}, tracer.diffusivity: {}}"
    assert fit.main([*tiny, free]) == command.DONE
    said = capsys.readouterr()
    assert "these data say nothing about tracer.diffusivity" in said.out
    assert "loss" in said.err and "at most" in said.err
    found = json.loads(Path("run/estimates.json").read_text(encoding="utf-8"))
    gain = found["estimates"]["wall.gain"]
    assert gain["interval_95"][0] < gain["value"] < gain["interval_95"][1]
    assert found["estimates"]["tracer.diffusivity"]["interval_95"] is None
    config = yaml.safe_load(Path("run/config.yaml").read_text(encoding="utf-8"))
    assert config["wall"]["gain"] == gain["value"] and "free" not in config
    assert f"wall.gain={gain['value']!r}" in said.out
    with Path("run/predicted.csv").open(newline="", encoding="utf-8") as file:
        rows = [*csv.DictReader(file)]
    assert [float(row["time_s"]) for row in rows] == [0, 1, 2, 3, 5, 6, 7, 8]
    left = [float(row["observed"]) - float(row["predicted"]) for row in rows]
    assert np.std(left) < 0.1e-6
    assert Path("run/figures/fit.png").is_file()

    again = [*tiny, free, "resume=run", "hydra.run.dir=again", "output.figures=false"]
    assert fit.main(again) == command.DONE
    once, resumed = (
        [line.split(",") for line in Path(folder, "history.csv").read_text("utf-8").splitlines()]
        for folder in ("run", "again")
    )
    seconds = once[0].index("seconds")
    for row in (*once, *resumed):
        del row[seconds]
    assert once == resumed
    kept = [Path(folder, "evaluations.npy").read_bytes() for folder in ("run", "again")]
    assert kept[0] == kept[1]  # nothing was evaluated again

    capsys.readouterr()
    assert fit.main([*tiny, free, "fit.limit=1"]) == command.NOT_CONVERGED
    said = capsys.readouterr()
    assert "NOT CONVERGED" in said.out and "kept" in said.err


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (["free={wall.gian: {}}"], "did you mean wall.gain"),
        ([], "no parameter is free"),
        (["free={wall.gain: {}}", "data.sees=mean_radius"], "did you mean mean_radius_m"),
        (["free={wall.gain: {}}", "data.begins=100"], "observed from 100 to 108 s"),
        (["free={wall.gain: {}}", "data.path=nothing.csv"], "nothing.csv: no such file"),
        (["free={wall.gain: {}}", "resume=nowhere"], "no fit to go on with"),
        (["free={wall.gain: {}}", "more={other: {file: a}}"], "more.other is"),
        (["free={wall.gain: {}}", "profile=[wall.delay]"], "wall.delay is not free"),
        (["free={wall.gain: {}}", "data.path=null"], "data.path is not given"),
        (["free={wall.gain: {}}", "task=magic"], "use one of fit, design"),
        (
            ["free={wall.gain: {}}", "task=design", "design.goal=tracer_influx"],
            "did you mean tracer_influx_m3_per_s",
        ),
        (["free={wall.gain: {}}", "fit.method=magic"], "use one of least_squares"),
        (
            ["free={wall.gain: {low: 0.02, high: 0.3, prior: {mean: 0.5, deviation: 0.1}}}"],
            "free.wall.gain.prior lies at 0.5, outside the bounds 0.02 to 0.3",
        ),
        (["free={wall.gain: {}}", "data.path=holes.csv"], "holes.csv"),
        (["free={wall.gain: {}}", "data.scaled=true", "data.sees=mean_radius"], "did you mean"),
        (["free={wall.gain: {}}", "certainty=magic"], "use one of laplace, sample"),
        (["free={wall.gain: {}}", "validate=true"], "one series cannot be left out of one"),
        (["free={wall.gain: {}}", "task=experiment"], "experiment.pins is not given"),
        (
            ["free={wall.gain: {}}", "task=experiment", "experiment.pins=wall.delay"],
            "choose from what is free, wall.gain",
        ),
        (["task=map", "map.of=wall.gain"], "use one of wall.profile, flow.tissue.permeability"),
        (["wall.gian=1"], "unknown key"),
        (
            ["free={wall.gain: {each: true}}"],
            "for several animals, and there are none",
        ),
        (["animals={m1: {data.path: a.csv}}"], "animals holds m1 alone; give two or more"),
        ([f"animals={{{ONE}, m2: {{wall.gain: 0.1}}}}"], "animals.m2 has no data"),
        (
            [f"animals={{{ONE}, m2: {{data.path: b.csv, wall.gian: 0.1}}}}"],
            "animals.m2: unknown key 'wall.gian' in the configuration; did you mean wall.gain",
        ),
        (
            [f"animals={{{ONE}, m-2: {{data.path: b.csv}}}}"],
            "m-2: the name is no single word",
        ),
        ([f"animals={{{ONE}, wall: {{data.path: b.csv}}}}"], "the name is taken by the model"),
        ([f"animals={{{ONE}, m2: {{data.path: b.csv, fit.limit: 3}}}}"], "one for all animals"),
        ([f"animals={{{ONE}, m2: {{data.path: radius.csv}}}}"], "animals.m2 has the data of m1"),
        ([f"animals={{{ONE}, m2: 3}}"], "animals.m2 is 3; write animals="),
        (["animals=nothing.yaml"], "nothing.yaml: cannot be read"),
        ([f"animals={{{ONE}, m2: {{data.begins: 1}}}}", "task=map"], "animals are for task=fit"),
        ([f"animals={{{ONE}, m2: {{data.begins: 1}}}}", "more={a: {}}"], "say whose it is"),
        (
            ["free={wall.gain: {}}", f"animals={{{ONE}, m2: {{data.sees: mean_radius}}}}"],
            "m2: radius.csv, radius: the run has no column 'mean_radius'; did you mean",
        ),
    ],
)
def test_mistakes_are_told_in_one_sentence(
    tiny: list[str], wrong: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fit.main([*tiny, *wrong]) == command.BAD_INPUT
    said = capsys.readouterr().err.strip().splitlines()
    assert message in said[-1]
    assert not Path("run").exists()


def test_derivatives_that_memory_cannot_hold(
    tiny: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(problems, "available_memory_bytes", lambda: 1e9)
    assert fit.main([*tiny, "free={wall.gain: {}}"]) == command.BAD_INPUT
    assert "needs about 1.3 GB" in capsys.readouterr().err
    assert not Path("run").exists()


def test_a_posterior_is_sampled_series_are_left_out_and_experiments_compared(
    tiny: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Of a chain that is too short the command says so, and keeps what there is."""
    pytest.importorskip("emcee")
    bounds = "tracer.diffusivity: {low: 1e-11, high: 1e-9}"
    free = f"free={{wall.gain: {{low: 0.02, high: 0.3}}, {bounds}}}"
    further = "more={again: {path: radius.csv, sees: mean_radius_m, unit: 1e-6}}"
    asked = [further, "validate=true", "certainty=sample", "sample.steps=12"]
    assert fit.main([*tiny, free, *asked]) == command.NOT_CONVERGED
    said = capsys.readouterr()
    assert "the chain is too short" in said.err and "raise sample.steps" in said.err
    assert said.out.count("left out: error") == 2 and "log density of all left out" in said.out
    assert len(Path("run/left_out.csv").read_text("utf-8").splitlines()) == 3
    draws = np.loadtxt("run/posterior.csv", delimiter=",", skiprows=1)
    assert draws.shape[1] == 2 and (draws[:, 0] > 0.02).all() and (draws[:, 0] < 0.3).all()
    with Path("run/predictive.csv").open(newline="", encoding="utf-8") as file:
        rows = [*csv.DictReader(file)]
    assert all(float(row["low"]) < float(row["median"]) < float(row["high"]) for row in rows)
    assert Path("run/figures/posterior.png").is_file()

    few = ["fit.limit=1", "hydra.run.dir=few", "output.figures=false"]
    assert fit.main([*tiny, free, *few]) == command.NOT_CONVERGED
    said = capsys.readouterr()
    assert "NOT CONVERGED: fit.limit = 1, the maximum number" in said.out
    assert "what was found is kept" in said.err and Path("few/estimates.json").is_file()

    pinned = ["experiment.pins=wall.gain", "experiment.candidates=[mean_radius_m]"]
    planned = ["task=experiment", "experiment.durations=[4,8]", "hydra.run.dir=plan", *pinned]
    assert fit.main([*tiny, free, *planned]) == command.DONE
    said = capsys.readouterr()
    assert "to pin wall.gain" in said.out and said.out.count("95 %:") == 2
    with Path("plan/experiment.csv").open(newline="", encoding="utf-8") as file:
        short, long = csv.DictReader(file)
    assert float(long["deviation"]) < float(short["deviation"])


def radii(gain: float, frequency: float) -> str:
    """A table of what the wall does at the ends of the steps, and a noise of 1 nm."""
    wall, signal = Vasomotion(gain=gain, delay=2.5), Norepinephrine(frequency=frequency)
    response, times = wall.response(signal, 8.0), range(0, 9, 2)
    ratios = [float(response.radius_ratio(jnp.zeros(1), float(t))[0]) for t in times]
    rows = [f"{t},{6 * x + 1e-3 * (-1) ** t}" for t, x in zip(times, ratios, strict=True)]
    return "\n".join(["time,radius", *rows]) + "\n"


def test_two_animals_have_a_gain_each_and_one_delay(
    tiny: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    truth = {"m1": (0.08, 0.02), "m2": (0.14, 0.03)}
    for name, numbers in truth.items():
        Path(f"{name}.csv").write_text(radii(*numbers), encoding="utf-8")
    Path("two.yaml").write_text(
        "m1: {data.path: m1.csv}\nm2: {data: {path: m2.csv}, signal.frequency: 0.03 Hz}\n",
        encoding="utf-8",
    )
    free = "free={wall.gain: {low: 0.02, high: 0.3, each: true}, wall.delay: {}}"
    asked = [*tiny, free, "animals=two.yaml", "data.path=null", "data.sigma=0.001"]
    assert fit.main([*asked, "validate=true"]) == command.DONE
    said = capsys.readouterr().out
    found = json.loads(Path("run/estimates.json").read_text(encoding="utf-8"))
    estimates = found["estimates"]
    assert [*estimates] == ["m1.wall.gain", "m2.wall.gain", "wall.delay"]
    for each, exact in zip(estimates.values(), (0.08, 0.14, 2.5), strict=True):
        assert each["interval_95"][0] < exact < each["interval_95"][1]
    assert [*found["noise"]] == ["m1: m1.csv, radius", "m2: m2.csv, radius"]
    left_out = Path("run/left_out.csv").read_text("utf-8").splitlines()
    assert [line.split(",")[2] for line in left_out[1:]] == ["m1.mean_radius_m", "m2.mean_radius_m"]
    assert Path("run/figures/fit.png").is_file()
    for name, (_, frequency) in truth.items():
        folder = Path("run", name).resolve()
        assert f"{name} as fitted: pvs-simulate --config-path={folder}" in said
        fitted = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
        assert fitted["wall"]["gain"] == estimates[f"{name}.wall.gain"]["value"]
        assert fitted["wall"]["delay"] == estimates["wall.delay"]["value"]
        assert fitted["signal"]["frequency"] == frequency and "animals" not in fitted

    again = ["resume=run", "hydra.run.dir=again", "output.figures=false"]
    assert fit.main([*asked, *again]) == command.DONE
    kept = [Path(folder, "evaluations.npy").read_bytes() for folder in ("run", "again")]
    assert kept[0] == kept[1]  # nothing was evaluated again
