"""Processes of a sweep take a GPU each; told by their names alone, so that none is needed."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from omegaconf import DictConfig

from scripts import command, devices

ROOT = Path(__file__).parents[2]
TAKES = "import sys; from pathlib import Path; from scripts.devices import take_one; "


def asked(seen: str, sweep: Path, then: str = "") -> subprocess.Popen[str]:
    """A process that sees some GPUs and takes one."""
    told = f"{TAKES}print(take_one(Path(sys.argv[1])), flush=True)\n{then}"
    return subprocess.Popen(
        [sys.executable, "-c", told, str(sweep)],
        env=os.environ | {devices.VISIBLE: seen, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def answer(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_each_takes_another_and_gives_it_back(tmp_path: Path) -> None:
    wait = "sys.stdin.read()"
    first, second = (asked("4,7", tmp_path / "a", wait) for _ in range(2))
    assert {answer(first), answer(second)} == {"4", "7"}
    third = asked("4,7", tmp_path / "a")
    assert answer(third) == "None"
    assert answer(asked("4,7", tmp_path / "b")) == "4"
    first.kill()
    first.wait()
    assert answer(asked("4,7", tmp_path / "a")) in {"4", "7"}
    second.communicate("")


@pytest.mark.parametrize("seen", ["", "3"])
def test_without_a_choice_nothing_is_taken(
    seen: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(devices.VISIBLE, seen)
    assert devices.take_one(tmp_path) is None
    assert os.environ[devices.VISIBLE] == seen


def tells(config: DictConfig, folder: Path) -> int:
    """Stands for a run: says which GPU it sees, and lets the other begin."""
    (folder / "seen").write_text(os.environ[devices.VISIBLE], encoding="utf-8")
    since = time.monotonic()
    while len([*folder.parent.glob("*/seen")]) < 2 and time.monotonic() - since < 120.0:
        time.sleep(0.05)
    return command.DONE


def test_two_gpus_share_a_sweep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("hydra_plugins.hydra_joblib_launcher")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv(devices.VISIBLE, "0,1")
    words = ["--multirun", "hydra/launcher=gpus", "machine=gpu", "hydra.sweep.dir=sweep"]
    assert command.run_command(tells, "config", [*words, "wall.gain=0.01,0.02"]) == command.DONE
    seen = {path.read_text(encoding="utf-8") for path in tmp_path.glob("sweep/*/seen")}
    assert seen == {"0", "1"}
    assert os.environ[devices.VISIBLE] == "0,1"  # of the command itself nothing is taken
