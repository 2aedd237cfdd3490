"""Damaged files are read as trees or refused in one sentence, without a crash and without a wait.

The rounds are few here; GLYMPHAX_FUZZ_ROUNDS=3000 makes them many.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from meshes.read_tree import FORMATS

pytest.importorskip("networkx")
ROOT = Path(__file__).parents[3]
ROUNDS = int(os.environ.get("GLYMPHAX_FUZZ_ROUNDS", "40"))


def test_damaged_files_of_every_format():
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.fuzz_trees", str(ROUNDS)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60 + ROUNDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-500:] + done.stderr[-2000:]
    rows = [line.split() for line in done.stdout.splitlines()[1:]]
    assert {f".{row[0].split('.')[-1]}" for row in rows} == set(FORMATS)
    for _, read, refused, _ in rows:
        assert int(read) + int(refused) == ROUNDS
        assert int(refused) > 0
    assert sum(int(row[1]) for row in rows) > 0
