"""Jobs of a Slurm that answers on this machine; nothing to test where none does."""

import csv
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from meshes.annulus import annulus
from meshes.write import write_mesh
from scripts import command, mesh

ROOT = Path(__file__).parents[2]
PATIENCE = 600.0  # s


def answers() -> bool:
    """Whether jobs can be submitted here."""
    if not shutil.which("sbatch"):
        return False
    asked = subprocess.run(["sinfo", "--noheader"], capture_output=True, check=False, timeout=20)
    return asked.returncode == 0 and bool(asked.stdout.strip())


pytestmark = pytest.mark.skipif(not answers(), reason="no Slurm answers here")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a tiny mesh, where jobs find the code."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    write_mesh(annulus(6e-6, 9e-6, 40e-6, across=2, around=8, along=4), tmp_path / "a.vtu")
    return tmp_path


def until(true: Callable[[], bool]) -> None:
    since = time.monotonic()
    while not true():
        assert time.monotonic() - since < PATIENCE
        time.sleep(0.5)


def test_a_sweep_as_a_job_array(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("hydra_plugins.hydra_submitit_launcher")
    small = [f"hydra.launcher.{key}" for key in ("gpus_per_node=null", "mem_gb=1", "timeout_min=9")]
    words = ["--multirun", "hydra/launcher=slurm", "hydra.sweep.dir=sweep", *small]
    words += ["hydra.launcher.cpus_per_task=1", "output.figures=false"]
    assert mesh.main([*words, "mesh.path=a.vtu,absent.vtu"]) == command.BAD_INPUT
    said = capsys.readouterr()
    assert "sweep/1: refused: absent.vtu" in said.err
    assert (here / "sweep" / "0" / "mesh.vtu").is_file()
    assert "| 0   | a.vtu " in said.out and "| done " in said.out


def test_a_job_that_is_requeued_goes_on(here: Path) -> None:
    """The script of docs/how-to/sweep.md, in the hands of a scheduler that takes the job away."""
    run = here / "run"
    told = "mesh.path=a.vtu experiment=smoke run.until=6000 run.step=1 output.fields_every=inf"
    (here / "job.sh").write_text(
        "#!/bin/bash\n#SBATCH --requeue --open-mode=append --output=job.log\n"
        f"exec {sys.executable} -m scripts.simulate {told} hydra.run.dir=run\n",
        encoding="utf-8",
    )
    submitted = subprocess.run(
        ["sbatch", "--parsable", "job.sh"], capture_output=True, text=True, check=True
    )
    job = submitted.stdout.strip()
    signals, summary = run / "signals.csv", run / "summary.json"
    try:
        until(lambda: signals.is_file() and signals.read_bytes().count(b"\n") > 100)
        subprocess.run(["scontrol", "requeue", job], check=True)
        until(lambda: "stopped by hand" in (here / "job.log").read_text(encoding="utf-8"))
        reached = json.loads(summary.read_text(encoding="utf-8"))
        assert not reached["complete"]
        subprocess.run(["scontrol", "update", f"JobId={job}", "StartTime=now"], check=False)
        until(lambda: bool(json.loads(summary.read_text(encoding="utf-8"))["complete"]))
    finally:
        subprocess.run(["scancel", job], check=False)
    found = json.loads(summary.read_text(encoding="utf-8"))
    assert found["resumed"] == 1 and found["converged"]
    with signals.open(encoding="utf-8") as file:
        times = [float(row["time_s"]) for row in csv.DictReader(file)]
    assert times == [float(second) for second in range(6001)]
