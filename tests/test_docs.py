"""What the pages of docs/ tell a reader to type works."""

import importlib
import inspect
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

DOCS = Path(__file__).parents[1] / "docs"
ROOMS = ("signal", "wall", "flow", "tracer", "route", "observe", "render", "store")


def blocks(page: str, language: str) -> list[str]:
    """Code of one language on a page, in its order."""
    text = (DOCS / page).read_text(encoding="utf-8")
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [code for word, code in fenced if word == language]


def test_a_wall_law_of_ones_own(tmp_path):
    (tmp_path / "dilation.py").write_text(*blocks("how-to/add-a-wall-law.md", "python"))
    numbers = tmp_path / "mine" / "wall" / "dilation.yaml"
    numbers.parent.mkdir(parents=True)
    numbers.write_text(*blocks("how-to/add-a-wall-law.md", "yaml"))
    (command,) = blocks("how-to/add-a-wall-law.md", "")
    small = "experiment=smoke run.step=10 output.figures=false output.fields_every=inf"
    _type(f"{command} {small} hydra.run.dir=out", tmp_path)
    signals = np.genfromtxt(tmp_path / "out" / "signals.csv", delimiter=",", names=True)
    rest = signals["mean_radius_m"][0] / (1.0 + 0.1 * np.exp(-8.0))
    widest = signals["mean_radius_m"][signals["time_s"] == 20.0] / rest
    np.testing.assert_allclose(widest, 1.1, rtol=1e-12)


def _type(line: str, folder: Path) -> None:
    """Run a command of the project as a reader would, in a folder."""
    command, *words = shlex.split(line.removeprefix("PYTHONPATH=. "))
    done = subprocess.run(
        [sys.executable, "-m", command.replace("pvs-", "scripts."), *words],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": f"{folder}{os.pathsep}{DOCS.parent}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{line}\n{done.stderr}"


def test_pages_link_to_files_that_are_there():
    for page in [*DOCS.rglob("*.md"), DOCS.parent / "README.md"]:
        for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), (page.name, link)


@pytest.mark.parametrize("door", ["meshes", "solver", *(f"solver.{room}" for room in ROOMS)])
def test_what_a_door_offers_has_words(door):
    """Of its own: a dataclass without any shows its signature."""
    offered = importlib.import_module(door)
    assert offered.__doc__
    for name in offered.__all__:
        thing = getattr(offered, name)
        told = inspect.getdoc(thing)
        assert told and not told.startswith(f"{name}("), f"{door}.{name}"


def test_the_reference_is_made_by_the_command_of_the_readme(tmp_path):
    pytest.importorskip("pdoc")
    readme = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    (line,) = re.findall(r"^`?(pdoc .*?)`?$", readme, re.MULTILINE)
    _, *words = shlex.split(line)
    subprocess.run(
        [sys.executable, "-m", "pdoc", *words],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(DOCS.parent)},
        check=True,
    )
    folder = tmp_path / words[words.index("-o") + 1]
    for door, name in (("meshes", "read_tree"), ("solver", "simulate"), ("solver/flow", "Sheath")):
        assert f'id="{name}"' in (folder / f"{door}.html").read_text(encoding="utf-8")


def test_the_tutorial(tmp_path):
    """Mesh, run, data and fit of the page, typed one after the other."""
    (tmp_path / "artery.swc").write_text(*blocks("tutorial.md", "swc"))
    commands = [line for line in "".join(blocks("tutorial.md", "")).splitlines() if line]
    mesh, truth, fit, *_ = commands
    for command in (mesh, truth):
        _type(command, tmp_path)
    subprocess.run(
        [sys.executable, "-c", *blocks("tutorial.md", "python")], cwd=tmp_path, check=True
    )
    _type(fit, tmp_path)
    found = json.loads((tmp_path / "fit" / "estimates.json").read_text())["estimates"]
    for name, exact in (("wall.gain", 0.07), ("wall.delay", 3.0)):
        low, high = found[name]["interval_95"]
        assert low < exact < high
