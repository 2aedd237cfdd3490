"""What the pages of docs/ tell a reader to type works."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np

DOCS = Path(__file__).parents[1] / "docs"


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
    told = blocks("how-to/add-a-wall-law.md", "")[-1].split()
    assert told[:2] == ["PYTHONPATH=.", "pvs-simulate"]
    small = ["experiment=smoke", "run.step=10", "output.figures=false", "output.fields_every=inf"]
    done = subprocess.run(
        [sys.executable, "-m", "scripts.simulate", *told[2:], *small, "hydra.run.dir=out"],
        cwd=tmp_path,
        env=_paths(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    signals = np.genfromtxt(tmp_path / "out" / "signals.csv", delimiter=",", names=True)
    rest = signals["mean_radius_m"][0] / (1.0 + 0.1 * np.exp(-8.0))
    widest = signals["mean_radius_m"][signals["time_s"] == 20.0] / rest
    np.testing.assert_allclose(widest, 1.1, rtol=1e-12)


def _paths(folder: Path) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": f"{folder}{os.pathsep}{DOCS.parent}"}


def test_pages_link_to_files_that_are_there():
    for page in [*DOCS.rglob("*.md"), DOCS.parent / "README.md"]:
        for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), (page.name, link)
