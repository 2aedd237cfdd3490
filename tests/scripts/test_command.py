"""Bad input ends with status 2, one message, and nothing left behind."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from omegaconf import DictConfig

from meshes.errors import InputError
from scripts import command, mesh, render, simulate

ROOT = Path(__file__).parents[2]
Refusal = Callable[..., str]


@pytest.fixture
def refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Refusal:
    """Calls a command in an empty folder; holds what every refusal holds; returns the message."""

    def call(main: Callable[[list[str]], int], *arguments: str) -> str:
        monkeypatch.chdir(tmp_path)
        before = sorted(tmp_path.rglob("*"))
        status = main(
            ["machine.cache=false", *arguments] if main is simulate.main else [*arguments]
        )
        said = capsys.readouterr()
        stages = ("meshing", "preparing: ")
        lines = [line for line in said.err.splitlines() if not line.startswith(stages)]
        assert status == command.BAD_INPUT
        assert len(lines) == 1, said.err
        assert "Traceback" not in said.err
        assert not said.out
        assert sorted(tmp_path.rglob("*")) == before
        return lines[0]

    return call


def test_unknown_key_names_its_neighbours(refused: Refusal) -> None:
    message = refused(simulate.main, "mesh.pth=tree.swc")
    assert "'mesh.pth'" in message
    assert "mesh.path" in message


def test_unknown_group_names_its_neighbours(refused: Refusal) -> None:
    assert "experiment" in refused(simulate.main, "experimnt=smoke")


def test_unknown_choice_lists_the_choices(refused: Refusal) -> None:
    message = refused(simulate.main, "wall=vasomotoin")
    assert "did you mean vasomotion?" in message
    assert "still" in message


def test_added_key_is_unknown_too(refused: Refusal) -> None:
    assert "flow.viscosity" in refused(simulate.main, "+flow.viscositty=1.0")


def test_removed_key_is_missed(refused: Refusal) -> None:
    assert "signal" in refused(simulate.main, "~signal")


def test_word_for_a_number(refused: Refusal) -> None:
    assert "mesh.layers is 'four'" in refused(simulate.main, "mesh.layers=four")
    assert "signal.frequency is None" in refused(simulate.main, "signal.frequency=null")
    assert "mesh.gap is 'wide'" in refused(simulate.main, "mesh.gap=wide")


def test_key_of_another_choice(refused: Refusal) -> None:
    message = refused(simulate.main, "flow.outer_wall.modulus=150")
    assert "belongs to flow/outer_wall=spring" in message
    for given in ("flow.ends.distal_1=open", "flow.ends={distal_1: open}"):
        assert "+flow/end@flow.ends.distal_1=open" in refused(simulate.main, given)


def test_override_that_cannot_be_read(refused: Refusal) -> None:
    assert "signal.frequency=[1" in refused(simulate.main, "signal.frequency=[1")


def test_value_that_must_be_given(refused: Refusal) -> None:
    assert "signal.path" in refused(simulate.main, "signal=recorded")
    assert "run is not given" in refused(render.main)


@pytest.mark.parametrize("main", [simulate.main, mesh.main])
def test_missing_file(refused: Refusal, main: Callable[[list[str]], int]) -> None:
    message = refused(main, "mesh.path=nowhere/tree.swc", "hydra.run.dir=deep/er/run")
    assert "nowhere/tree.swc" in message


def test_unknown_unit(refused: Refusal, tmp_path: Path) -> None:
    tree = tmp_path / "tree.swc"
    tree.write_text("1 2 0 0 0 5 -1\n2 2 0 0 100 5 1\n", encoding="utf-8")
    message = refused(mesh.main, f"mesh.path={tree}", "mesh.units=furlong")
    assert "furlong" in message
    assert "tree.swc" in message


def test_units_without_a_file(refused: Refusal) -> None:
    assert "mesh.path" in refused(mesh.main, "mesh.units=um")


def test_folder_that_cannot_be_made(refused: Refusal, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in ("file", "file/below"):
        assert folder in refused(simulate.main, f"hydra.run.dir={folder}")


def test_folder_of_no_run(refused: Refusal) -> None:
    assert "nowhere" in refused(render.main, "run=nowhere")


def test_lumen_that_closes(refused: Refusal) -> None:
    assert "wall.gain" in refused(simulate.main, "wall.gain=1.5")


def test_several_runs_stop_at_the_first_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    status = mesh.main(["--multirun", "mesh.units=um,mm"])
    assert status == command.BAD_INPUT
    assert capsys.readouterr().err.count("mesh.path=<file>") == 1
    assert not list(tmp_path.iterdir())


def test_earlier_files_survive_bad_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    earlier = tmp_path / "run" / "summary.json"
    earlier.parent.mkdir()
    earlier.write_text("{}", encoding="utf-8")
    assert simulate.main(["mesh.path=none.swc", "hydra.run.dir=run", "machine.cache=false"]) == 2
    assert [path.name for path in earlier.parent.iterdir()] == ["summary.json"]


def test_empty_folder_that_was_there_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    assert mesh.main(["mesh.path=none.swc", "hydra.run.dir=mine"]) == 2
    assert mesh.main(["mesh.path=none.swc", "hydra.run.dir=mine/run"]) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


@pytest.mark.parametrize(
    ("raised", "status"), [(KeyboardInterrupt(), 130), (InputError("no"), 2), (None, 0)]
)
def test_status(
    raised: BaseException | None, status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def task(config: DictConfig, folder: Path) -> int:
        (folder / "written").touch()
        if raised:
            raise raised
        return command.DONE

    monkeypatch.chdir(tmp_path)
    assert command.run_command(task, "mesh", ["hydra.run.dir=run"]) == status
    assert (tmp_path / "run" / "written").exists()


def test_a_real_fault_keeps_its_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def task(config: DictConfig, folder: Path) -> int:
        raise ZeroDivisionError

    monkeypatch.chdir(tmp_path)
    with pytest.raises(ZeroDivisionError):
        command.run_command(task, "mesh", [])
    assert not list(tmp_path.iterdir())


def test_as_a_process(tmp_path: Path) -> None:
    """A trace with a gap, through a real process: what a shell sees."""
    home, here = tmp_path / "home", tmp_path / "here"
    home.mkdir()
    here.mkdir()
    trace = here / "trace.csv"
    trace.write_text("time (s),NE\n0,1.0\n1,nan\n2,1.1\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "scripts.simulate", "signal=recorded", "signal.path=trace.csv"],
        cwd=here,
        env=os.environ | {"PYTHONPATH": str(ROOT), "HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == command.BAD_INPUT, done.stderr
    assert "trace.csv, line 3, column 'NE'" in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in here.iterdir()] == ["trace.csv"]


@pytest.mark.parametrize("called", ["mesh", "simulate", "fit", "render", "findings"])
def test_help_loads_nothing_that_computes(called: str) -> None:
    """What makes --help wait is what it imports."""
    told = (
        f"import sys; from scripts import {called}; sys.argv = ['pvs-{called}', '--help']\n"
        f"try: {called}.main()\n"
        "except SystemExit: pass\n"
        "print('loaded:', sorted({'jax', 'meshes', 'solver', 'scipy', 'pint'} & {*sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", told],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith(f"pvs-{called}")
    assert "loaded: []" in done.stdout
