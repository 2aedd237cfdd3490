"""Several runs: what succeeds is kept, what fails is told, and all of it is collected."""

import csv
import json
from pathlib import Path

import pytest
from hydra.errors import MissingConfigException
from omegaconf import DictConfig

from meshes.annulus import annulus
from meshes.errors import InputError
from meshes.write import write_mesh
from scripts import command, mesh, sweep
from scripts.mistakes import explain
from scripts.outcomes import FAULT, NAME, Outcome

GAINS = "wall.gain=0.01,0.02,0.03,0.04,0.05,0.06,0.07,0.08"
RAN: list[float] = []


def task(config: DictConfig, folder: Path) -> int:
    """Stands for a run; the fourth one fails."""
    gain = config.wall.gain
    RAN.append(gain)
    if gain == 0.04:
        raise ZeroDivisionError("on purpose")
    summary = {"peak_velocity_m_per_s": 1e-5 * gain, "converged": True, "mesh": "a, b"}
    (folder / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    return command.NOT_CONVERGED if gain == 0.05 else command.DONE


def several(run: object, *arguments: str) -> int:
    RAN.clear()
    return command.run_command(run, "config", ["--multirun", "hydra.sweep.dir=sweep", *arguments])


def test_eight_runs_of_which_one_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert several(task, GAINS) == FAULT
    said = capsys.readouterr()
    assert len(RAN) == 8
    assert "sweep/3: a fault: ZeroDivisionError: on purpose" in said.err
    assert "sweep/4: did not converge" in said.err
    told = Outcome.left_in(tmp_path / "sweep" / "3")
    assert told is not None and "Traceback" in told.words and told.overrides == ("wall.gain=0.04",)
    with (tmp_path / "sweep" / sweep.TABLE).open(encoding="utf-8") as file:
        rows = [*csv.DictReader(file)]
    assert [row["wall.gain"] for row in rows] == GAINS.partition("=")[2].split(",")
    numbers = [row["peak_velocity_m_per_s"] for row in rows]
    found = [float(number) for number in numbers if number]
    assert found == pytest.approx([1e-7, 2e-7, 3e-7, 5e-7, 6e-7, 7e-7, 8e-7])
    assert numbers[3] == "" and rows[3]["ended"].startswith("a fault")
    short = (tmp_path / "sweep" / sweep.WORDS).read_text(encoding="utf-8")
    assert short in said.out and "| 7   | 0.08      | 0.8 " in short
    assert (tmp_path / "sweep" / sweep.FIGURE).is_file()
    # the same command again: only what is not done runs again
    assert several(task, GAINS) == FAULT
    assert RAN == [0.04, 0.05]
    assert several(task, GAINS, "resume=false") == FAULT
    assert len(RAN) == 8


def test_refused_runs_leave_the_others_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert several(task, "wall.gain=0.01,wide,3 s") == command.BAD_INPUT
    said = capsys.readouterr().err
    assert "sweep/1: refused: wall.gain is 'wide'; give a number" in said
    assert "sweep/2: refused: wall.gain is '3 s'" in said
    assert RAN == [0.01]


def test_a_run_that_is_told_to_stop_ends_the_sweep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    def stopped(config: DictConfig, folder: Path) -> int:
        RAN.append(config.wall.gain)
        return command.STOPPED

    assert several(stopped, GAINS) == command.STOPPED
    assert RAN == [0.01]
    assert several(task, GAINS) == FAULT
    assert len(RAN) == 8


def test_an_optimiser_finds_the_largest_entry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("hydra_plugins.hydra_optuna_sweeper.optuna_sweeper")
    monkeypatch.chdir(tmp_path)
    search = ["hydra/sweeper=search", "hydra.sweeper.n_trials=5", "hydra.sweeper.sampler.seed=1"]
    sought = ["objective=peak_velocity_m_per_s", "wall.gain=interval(0.1,0.2)"]
    assert several(task, *search, *sought) == command.DONE
    assert len(set(RAN)) == 5
    best = (tmp_path / "sweep" / "optimization_results.yaml").read_text(encoding="utf-8")
    assert f"best_value: {1e-5 * max(RAN)}" in best


@pytest.mark.parametrize(
    ("launcher", "plugin"), [("workstation", "joblib"), ("slurm_here", "submitit")]
)
def test_runs_in_other_processes_are_collected(
    launcher: str,
    plugin: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pytest.importorskip(f"hydra_plugins.hydra_{plugin}_launcher")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    write_mesh(annulus(6e-6, 9e-6, 40e-6, across=2, around=8, along=4), tmp_path / "a.vtu")
    words = ["--multirun", f"hydra/launcher={launcher}", "hydra.sweep.dir=sweep"]
    status = mesh.main([*words, "mesh.path=a.vtu,absent.vtu", "output.figures=false"])
    said = capsys.readouterr()
    assert status == command.BAD_INPUT
    assert "sweep/1: refused: absent.vtu" in said.err
    assert (tmp_path / "sweep" / "0" / "mesh.vtu").is_file()
    assert "| 0   | a.vtu " in said.out and "| done " in said.out


def test_a_launcher_that_is_not_there_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert several(task, "hydra/launcher=rocket") == command.BAD_INPUT
    assert "hydra/launcher=rocket: no such choice" in capsys.readouterr().err
    without = MissingConfigException("", "hydra/launcher/joblib", [])
    assert "pip install 'glymphax[sweep]'" in explain(without, command.CONF, "config")


def test_a_folder_that_is_no_sweep_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(InputError, match=NAME):
        sweep.collect(tmp_path)
    assert sweep.main([]) == sweep.main([str(tmp_path)]) == 2
    assert "give the folder" in capsys.readouterr().err
