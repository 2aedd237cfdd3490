"""pvs-render on a run that pvs-simulate left: pictures, a film, a page, and what is refused."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from meshes.annulus import annulus
from scripts import command, render
from solver import store

SMALL = {"across": 2, "around": 8, "along": 4, "tissue_layers": 2}
PIXELS = "pixels=[480,270]"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder of a tiny mesh with made-up fields at three times."""
    mesh = annulus(6e-6, 9e-6, 40e-6, tissue_outer=30e-6, **SMALL)
    folder = store.open_run(tmp_path_factory.mktemp("rendered") / "run")
    times = np.linspace(0.0, 8.0, 17)
    wave = np.sin(times)
    signals = {
        "time_s": times,
        "norepinephrine_relative": wave,
        "mean_radius_m": 6e-6 - 1e-7 * wave,
    }
    store.save_signals(folder, signals)
    store.save_summary(folder, {"converged": True, "mesh": "tiny.vtu"})
    fraction = np.clip((np.hypot(*mesh.points.T[:2]) - 6e-6) / 3e-6, 0.0, 1.0)
    path = np.abs(mesh.points[:, 2])
    for moment in (0.0, 4.0, 8.0):
        data = {"fraction": fraction, "path": path, "concentration": moment * np.exp(-path / 2e-5)}
        data["velocity"] = np.outer(fraction * (1 - fraction), [0.0, 0.0, 1e-6 * moment])
        store.add_fields(folder, moment, mesh.points, mesh.cells, data, {"region": mesh.regions})
    return folder


def test_the_film_of_a_run(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = [str(run), "render=overview", "as=[gif,mp4]", f"into={tmp_path}"]
    given += ["film.frames=5", "film.pixels=[320,180]"]
    pytest.importorskip("imageio_ffmpeg")
    assert render.main(given) == command.DONE
    paths = [tmp_path / "overview.gif", tmp_path / "overview.mp4"]
    assert capsys.readouterr().out.splitlines() == [str(path) for path in paths]
    with Image.open(paths[0]) as film:
        assert (film.n_frames, film.size) == (5, (320, 180))  # type: ignore[attr-defined]
    assert paths[1].stat().st_size > 1000


def test_a_run_is_compared_with_another(run: Path) -> None:
    given = [f"run={run}", "render=compare", f"against={run}", PIXELS, "theme=white"]
    assert render.main(given) == command.DONE
    with Image.open(run / "figures/compare.png") as found:
        assert found.size == (480, 270)
        assert found.info["dpi"] == pytest.approx((300, 300), abs=0.1)


def test_the_mesh_of_a_run_and_of_a_file(run: Path, tmp_path: Path) -> None:
    for given in (str(run), str(run / "fields/step_00000.vtu")):
        place = f"into={tmp_path / Path(given).stem}"
        assert render.main([given, "render=mesh", PIXELS, place]) == command.DONE
    one, other = (tmp_path / name / "mesh.png" for name in ("run", "step_00000"))
    assert one.read_bytes() == other.read_bytes()


def test_the_report_is_written_beside_the_figures(run: Path) -> None:
    assert render.main([str(run)]) == command.DONE
    assert (run / "figures/signals.png").is_file()
    text = (run / "report.html").read_text(encoding="utf-8")
    assert "Balances and solves" in text and "tiny.vtu" in text


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["render=compare"], "against=<folder of a second run>"),
        (["render=overview", "as=[tiff]"], "choose of png, gif, mp4, html"),
        (["render=overview", "pixels=[3]"], "[width, height]"),
        (["render=overview", "ranges.speed=3"], "[lowest, highest]"),
        (["render=overview", "render.slice=3"], "did you mean render.slices"),
        (["render=overview", "render.wall=2"], "between 0 and 1"),
        (["render=overview", "theme=blue"], "dark or white"),
        (["render=overview", "time=soon"], "a number of seconds"),
        (["render=overview", "as=gif", "film.since=99"], "fields are from 0 s to 8 s"),
    ],
)
def test_what_cannot_be_drawn_is_refused(
    run: Path, given: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert render.main([str(run), *given]) == command.BAD_INPUT
    assert told in capsys.readouterr().err


def test_a_window_needs_a_display(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    assert render.main([str(run), "render=overview", "interactive=true"]) == command.BAD_INPUT
    assert "as=html" in capsys.readouterr().err


@pytest.mark.skipif(
    not (shutil.which("Xvfb") and shutil.which("xwininfo")), reason="no virtual display here"
)
def test_a_window_opens(run: Path) -> None:
    """On a display of memory, by the command: the window is there, and stays."""
    display = subprocess.Popen(
        ["Xvfb", "-displayfd", "1", "-screen", "0", "640x480x24"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert display.stdout is not None
    place = os.environ | {"DISPLAY": f":{display.stdout.readline().strip()}"}
    words = [str(run), "render=overview", "interactive=true", "pixels=[320,240]"]
    told = subprocess.Popen(
        [sys.executable, "-m", "scripts.render", *words],
        env=place | {"PYTHONPATH": str(Path(__file__).parents[2])},
        start_new_session=True,
    )
    windows = ["xwininfo", "-root", "-tree"]
    try:
        since = time.monotonic()
        while True:
            seen = subprocess.run(windows, env=place, capture_output=True, text=True, check=True)
            if "glymphax" in seen.stdout:
                break
            assert told.poll() is None and time.monotonic() - since < 120.0
            time.sleep(0.5)
    finally:
        os.killpg(told.pid, signal.SIGKILL)
        display.terminate()
