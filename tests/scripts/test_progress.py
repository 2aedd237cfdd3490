"""What a person sees while waiting, without a terminal and with one."""

import pytest

from scripts.progress import Waiting
from solver.simulate import Progress


def at(index: int, total: int = 40) -> Progress:
    return Progress(index, total, 2.0 * index, 9, 8e-7, 1e-9, True)


def test_a_line_every_tenth(capsys: pytest.CaptureFixture[str]) -> None:
    with Waiting() as shown:
        shown.stage("compiling")
        for index in range(1, 41):
            shown.step(at(index))
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "compiling"
    assert lines[1] == "step 1/40, t = 2 s, 9 Krylov iterations, residual 8e-07"
    assert len(lines) == 12
    assert " s left" in lines[5]
    assert " s left" not in lines[-1]


def test_a_bar_in_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "140")
    with Waiting() as shown:
        shown.stage("preparing")
        shown.step(at(1))
        shown.step(at(20))
    said = capsys.readouterr().err
    assert "step 20/40, t = 40 s" in said
    assert "residual 8e-07" in said
