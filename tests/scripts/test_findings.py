"""The report on a tube of a thousand points: its numbers against the one-dimensional model."""

import json
from pathlib import Path

import hydra
import numpy as np
import pytest
from omegaconf import OmegaConf

from scripts import command, findings
from scripts.bench import Bench
from solver.claims import Claim, Outcome, measure
from tests.exact.reduced import Tube, run
from tests.exact.reduced.motion import vasomotion

CLAIMS = sorted(path.stem for path in (command.CONF / "claims").glob("*.yaml"))
UNTIL, STEP = 150.0, 5.0
REDUCED = {  # what the experiments are in one dimension: of the tube, and of the motion
    ("zolpidem", "nrem"): ({}, {}),
    ("zolpidem", "still"): ({}, {"gain": 0.0}),
    ("zolpidem", "zolpidem"): ({}, {"amplitude": 0.5}),
    ("wake", "sleep"): ({"porosity": 0.23}, {}),
    ("wake", "wake"): ({"porosity": 0.14}, {"gain": 0.0}),
    ("caa", "caa"): ({}, {"gain": 0.05}),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny report of the claims whose experiments share one compiled program."""
    place = tmp_path_factory.mktemp("findings")
    assert findings.main(arguments(place)) == command.DONE
    return place


def arguments(place: Path) -> list[str]:
    return ["size=tiny", "claims=[zolpidem,wake,caa]", f"hydra.run.dir={place}"]


@pytest.mark.parametrize(("claim", "experiment"), REDUCED)
def test_numbers_agree_with_one_dimension(folder: Path, claim: str, experiment: str) -> None:
    data = json.loads((folder / "findings.json").read_text(encoding="utf-8"))
    found = data["claims"][claim]["experiments"][experiment]
    tube, motion = REDUCED[claim, experiment]
    series = run(
        Tube(length=200e-6, along=40, **tube), vasomotion(until=UNTIL, **motion), UNTIL, STEP
    )
    exact = Outcome(series, 50.0)
    assert found["arrived"] == pytest.approx(measure(exact, "arrived"), rel=0.05)
    if motion.get("gain") != 0.0:
        assert found["flow"] == pytest.approx(measure(exact, "flow"), rel=0.05)
        assert found["swing"] == pytest.approx(measure(exact, "swing"), rel=0.05)


def test_report_says_everything(folder: Path) -> None:
    text = (folder / "findings.md").read_text(encoding="utf-8")
    for name in ("zolpidem", "wake", "caa"):
        assert f"## {name}" in text
        assert (folder / "figures" / f"{name}.png").stat().st_size > 5000
    assert "tidal exchange through the mouth (far ends closed)" in text
    assert "pvs-simulate mesh.path=meshes/tube_" in text
    assert "signal.amplitude=0.5" in text


def test_an_interrupted_report_goes_on(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is computed twice; claims share what they have in common."""
    assert findings.main(arguments(folder)) == command.DONE
    said = capsys.readouterr().err
    assert "8 runs, 8 of them kept from before" in said
    assert "step" not in said


def test_bad_input_leaves_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = [*arguments(tmp_path / "a"), "base=['wall.gian=0.1']"]
    assert findings.main(wrong) == command.BAD_INPUT
    assert "wall.gain" in capsys.readouterr().err
    assert not (tmp_path / "a").exists()
    assert findings.main(["claims=[zolpidm]"]) == command.BAD_INPUT
    assert "zolpidem" in capsys.readouterr().err


@pytest.mark.parametrize("name", CLAIMS)
def test_every_claim_composes(name: str, tmp_path: Path) -> None:
    """And every experiment of it, with every variation that it names, on its own."""
    with hydra.initialize_config_dir(str(command.CONF), version_base=None):
        config = hydra.compose("findings", [f"claims=[{name}]", "size=default"])
        built = hydra.utils.instantiate(config.claims[name], _convert_="all")
        assert isinstance(built, Claim)
        assert set(built.shown) <= set(built.experiments)
        tube = {**OmegaConf.to_container(config.tube), **OmegaConf.to_container(config.size.tube)}
        bench = Bench(tmp_path, config.size.base, tube)
        for changes in built.experiments.values():
            bench.experiment(changes)
        for variation in built.variations:
            bench.experiment(
                config.variations[variation].overrides, built.experiments[built.needed[0]]
            )


def test_overrides_are_those_of_the_simulation(tmp_path: Path) -> None:
    with hydra.initialize_config_dir(str(command.CONF), version_base=None):
        tube = {"length": 1e-3}
        bench = Bench(tmp_path, ["run.until=100", "wall.gain=0.2"], tube)
        one = bench.experiment(["wall.gain*=0.5", "tube.length*=2"], ["run.until=200"])
        assert one.config.wall.gain == pytest.approx(0.1)
        assert one.config.run.until == 200
        assert one.tube == {"length": 2e-3}
        assert np.isclose(one.steps * one.config.run.step, 200)
        assert "wall.gain=0.1" in one.overrides
        assert (
            one.key
            == bench.experiment(["tube.length=2e-3"], ["wall.gain=0.1"], ["run.until=200"]).key
        )
