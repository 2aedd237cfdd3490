"""A run that is stopped at any moment goes on to the same numbers, bit for bit."""

import os
import random
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from meshes.annulus import annulus
from meshes.load import load
from meshes.mesh import Mesh
from meshes.write import write_mesh
from scripts import command, keeping, progress, run, simulate
from solver import store
from solver.simulate import Progress
from solver.store import writing

ROOT = Path(__file__).parents[2]
STEPS = 12
OWN = ("wall_clock_s", "compile_s", "resumed", "peak_memory_bytes")  # of the pieces, not of the run
DRAWN = random.Random()  # other moments every time


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a tiny mesh, read once."""
    place = tmp_path_factory.mktemp("resume")
    small = {"across": 2, "around": 8, "along": 4, "tissue_layers": 2}
    write_mesh(annulus(6e-6, 9e-6, 40e-6, tissue_outer=30e-6, **small), place / "tiny.vtu")

    @cache
    def one_mesh() -> Mesh:
        return load("tiny.vtu")

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        patch.setattr(run, "choose_mesh", lambda config, tell: one_mesh())
        yield place


def given(folder: str, *more: str) -> list[str]:
    times = [f"run.until={2 * STEPS}", "output.fields_every=4", "output.figures=false"]
    return ["mesh.path=tiny.vtu", f"hydra.run.dir={folder}", *times, *more]


@pytest.fixture(scope="module")
def whole(here: Path) -> Path:
    """A run that nobody stopped."""
    assert simulate.main(given("whole")) == command.DONE
    return here / "whole"


def contents(folder: Path) -> dict[str, object]:
    """Every file of a run, what tells of the pieces left out."""
    found: dict[str, object] = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        found[path.relative_to(folder).as_posix()] = path.read_bytes()
    run = store.read_run(folder)
    del run.config["output"]["checkpoint_every"]
    summary = {name: value for name, value in run.summary.items() if name not in OWN}
    return found | {store.CONFIG: run.config, store.SUMMARY: summary}


def at_step(patch: pytest.MonkeyPatch, index: int, what: Callable[[], None]) -> None:
    """Do something once a step is done and before it is kept."""
    told = progress.Waiting.step

    def step(self: progress.Waiting, where: Progress) -> None:
        told(self, where)
        if where.index == index:
            what()

    patch.setattr(progress.Waiting, "step", step)


@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_after_the_step_and_the_same_command_goes_on(
    whole: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], number: int
) -> None:
    folder, index = f"told_{number}", DRAWN.randint(1, STEPS - 1)
    with monkeypatch.context() as patch:
        at_step(patch, index, lambda: signal.raise_signal(number))
        assert simulate.main(given(folder)) == command.STOPPED
    said = capsys.readouterr().err
    assert f"stopped by hand at t = {2 * index} s" in said and "hydra.run.dir=" in said
    stopped = store.read_run(folder)
    assert len(stopped.signals["time_s"]) == index + 1
    assert stopped.summary["complete"] is False
    assert simulate.main(given(folder)) == command.DONE
    assert store.read_run(folder).summary["resumed"] == 1
    assert contents(Path(folder)) == contents(whole)


class Killed(BaseException):
    """What no part of the command handles."""


@pytest.mark.parametrize("number", range(2))
def test_killed_in_the_middle_of_any_write(
    whole: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    folder, last = f"killed_{number}", DRAWN.randint(1, 2 * STEPS)
    written = 0

    def dies(path: Path) -> None:
        nonlocal written
        written += 1
        if written == last:
            with path.open("r+b") as file:
                file.truncate(10)
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(writing, "_bring_to_disk", dies)
        patch.setattr(keeping.Keeping, "__exit__", lambda *_: None)
        with pytest.raises(Killed):
            simulate.main(given(folder, "output.checkpoint_every=0"))
    if Path(folder, store.SERIES).is_file():  # once anything is there, all of it is whole
        store.read_run(folder)
    assert simulate.main(given(folder, "output.checkpoint_every=0")) == command.DONE
    assert contents(Path(folder)) == contents(whole), f"killed at write {last}"


def test_killed_as_a_process(whole: Path, here: Path) -> None:
    folder, rows = here / "process", DRAWN.randint(2, STEPS - 1)
    words = given("process", "output.checkpoint_every=0")
    process = subprocess.Popen(
        [sys.executable, "-m", "scripts.simulate", *words],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stderr=subprocess.DEVNULL,
    )
    while process.poll() is None:
        table = folder / store.SIGNALS
        if table.is_file() and table.read_bytes().count(b"\n") > rows:
            process.kill()
        time.sleep(0.002)
    assert process.wait() == -signal.SIGKILL
    assert len(store.read_run(folder).signals["time_s"]) >= rows
    assert simulate.main(words) == command.DONE
    assert contents(folder) == contents(whole)


def test_a_full_disk_loses_nothing_that_was_written(
    whole: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A limit on the size of files stands for the disk; it fills while a checkpoint is written."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    words, index = given("full", "output.checkpoint_every=0"), DRAWN.randint(3, STEPS - 1)

    def fill() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (8000, limits[1]))

    try:
        with monkeypatch.context() as patch:
            at_step(patch, index, fill)
            assert simulate.main(words) == command.UNWRITTEN
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    said = capsys.readouterr().err
    assert re.search(r"(checkpoint\.npz|step_\d+\.vtu): cannot be written \(File too large\)", said)
    assert "What was written before is kept" in said and "to go on from there" in said
    assert not [*Path("full").rglob("*.partial")]
    found = store.read_checkpoint("full")
    assert found is not None and found[0]["state.index"] == index - 1
    assert len(store.read_run("full").times)
    assert simulate.main(words) == command.DONE
    assert contents(Path("full")) == contents(whole)


def test_a_row_that_does_not_fit_is_taken_back(tmp_path: Path) -> None:
    path = store.save_signals(tmp_path, {"time_s": np.zeros(1), "a_m": np.ones(1)})
    before, limits = path.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 5, limits[1]))
        with pytest.raises(store.Unwritable, match=r"signals\.csv: cannot be written"):
            store.add_signals(tmp_path, [1.0 / 3.0, 2.0 / 3.0])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == before
    store.add_signals(tmp_path, [1.0 / 3.0, 2.0 / 3.0])
    with path.open("ab") as file:
        file.write(b"0.5,0.")  # what a power cut may leave
    np.testing.assert_array_equal(store.read_run(tmp_path).signals["a_m"], [1.0, 2.0 / 3.0])


def test_another_run_is_not_taken_for_this_one(
    whole: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as patch:
        at_step(patch, 2, lambda: signal.raise_signal(signal.SIGTERM))
        assert simulate.main(given("other")) == command.STOPPED
    before = contents(Path("other"))
    capsys.readouterr()
    assert simulate.main(given("other", "wall.gain=0.05", "run.step=1")) == command.BAD_INPUT
    said = capsys.readouterr().err
    assert "set otherwise in wall.gain, run.step" in said and "resume=false" in said
    assert contents(Path("other")) == before
    mesh = load("tiny.vtu")
    wider = replace(mesh, points=mesh.points * 1.001)
    with monkeypatch.context() as patch:
        patch.setattr(run, "choose_mesh", lambda config, tell: wider)
        assert simulate.main(given("other")) == command.BAD_INPUT
    assert "other numbers in mesh; give the same command" in capsys.readouterr().err
    assert simulate.main(given("other", "wall.gain=0.05", "resume=false")) == command.DONE
    assert "resumed" in store.read_run("other").summary
