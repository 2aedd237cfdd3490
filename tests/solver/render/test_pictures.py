"""Pictures from files: drawn whatever the machine has, and honest about what it lacks."""

import subprocess
import sys

import matplotlib.image
import numpy as np
import pytest

from meshes.errors import InputError
from solver import store
from solver.render import drawing, figures, mesh_picture, overlay, picture, pictures, plots

SIZE = (960, 540)


def red(path):
    """Where the picture, above the signals, is the red of the vessel."""
    image = matplotlib.image.imread(path)[..., :3][: int(0.75 * SIZE[1])]
    return (image[..., 0] > 0.3) & (image[..., 0] > 2.2 * image[..., 1:].max(axis=-1))


@pytest.fixture
def dies(tmp_path, monkeypatch):
    """A drawing process that ends as VTK does without GL."""
    script = tmp_path / "dies.py"
    script.write_text("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n")
    monkeypatch.setattr(drawing, "SCENE", (str(script),))


def test_a_scene_is_drawn_or_the_missing_package_named(run_folder, tmp_path):
    report = picture(run_folder, tmp_path / "deep" / "scene.png", size=SIZE)
    image = matplotlib.image.imread(report.path)
    assert image.shape[:2] == SIZE[::-1]
    assert red(report.path).mean() > 0.01
    assert (report.kind == "scene") == (report.message == "")
    assert report.kind == "scene" or "libegl1 or libosmesa6" in report.message


@pytest.mark.usefixtures("dies")
def test_when_the_drawing_process_dies_the_picture_is_flat(run_folder, tmp_path):
    report = picture(run_folder, tmp_path / "flat.png", size=SIZE)
    assert report.kind == "projection"
    assert "SIGSEGV" in report.message
    assert "libegl1 or libosmesa6" in report.message
    assert red(report.path).mean() > 0.01


def test_both_kinds_show_the_vessel_at_the_same_place(run_folder, tmp_path, monkeypatch):
    scene = picture(run_folder, tmp_path / "scene.png", size=SIZE)
    if scene.kind != "scene":
        pytest.skip(scene.message)
    monkeypatch.setattr(drawing, "SCENE", ("-c", "raise SystemExit(1)"))
    flat = picture(run_folder, tmp_path / "flat.png", size=SIZE)
    one, other = red(scene.path), red(flat.path)
    assert (one & other).sum() > 0.75 * (one | other).sum()


@pytest.mark.parametrize(
    ("child", "told"),
    [
        ("raise RuntimeError('no luck')", "RuntimeError: no luck"),
        (
            "raise ImportError('libXx.so.1: cannot open shared object file')",
            "libXx.so.1 is missing",
        ),
        ("pass", "left no picture"),
        ("import time; time.sleep(30)", "took longer than 1 s"),
    ],
)
def test_any_other_failure_is_told_too(run_folder, tmp_path, monkeypatch, child, told):
    monkeypatch.setattr(drawing, "SCENE", ("-c", child))
    monkeypatch.setattr(drawing, "TIME_LIMIT", 1.0)
    report = picture(run_folder, tmp_path / "flat.png", size=(480, 270))
    assert report.kind == "projection"
    assert told in report.message


def test_the_time_of_most_flow_is_shown_unless_another_is_asked(run_folder, tmp_path, monkeypatch):
    shown = []
    monkeypatch.setattr(pictures.overlay, "annotate", lambda *told: shown.append(told[-1]))
    monkeypatch.setattr(drawing, "SCENE", ("-c", "raise SystemExit(1)"))
    picture(run_folder, tmp_path / "a.png", size=(480, 270))
    picture(run_folder, tmp_path / "b.png", time=57.0, size=(480, 270))
    assert [caption.time for caption in shown] == [50.0, 60.0]
    quantity, low, high = shown[0].bars[1]
    assert (quantity.label, low, high) == ("fluid speed", 0.0, pytest.approx(2e-5))


@pytest.mark.usefixtures("dies")
def test_a_mesh_is_pictured_without_a_run(run_folder, tmp_path):
    report = mesh_picture(run_folder / "fields" / "step_00000.vtu", tmp_path / "m.png", size=SIZE)
    assert report.kind == "projection"
    assert red(report.path).mean() > 0.01


@pytest.mark.usefixtures("dies")
def test_figures_stand_in_the_run_folder(run_folder):
    report = figures(run_folder)
    assert report.path == run_folder / "figures" / "scene.png"
    image = matplotlib.image.imread(run_folder / "figures" / "signals.png")
    assert min(image.shape[:2]) > 600


def test_plots_say_where_norepinephrine_comes_from(run_folder):
    titles = [title for title, _, _ in plots._panels(store.read_run(run_folder))]
    assert titles[0] == "norepinephrine, relative change (synthetic)"
    store.save_config(run_folder, {"signal": {"_target_": "solver.signal.read_trace", "path": "x"}})
    titles = [title for title, _, _ in plots._panels(store.read_run(run_folder))]
    assert titles[0] == "norepinephrine, relative change (recorded)"


def test_plotted_volumes_keep_their_size_and_unit(run_folder):
    panels = {title: rest for title, *rest in plots._panels(store.read_run(run_folder))}
    unit, curves = panels["flow out of the perivascular space"]
    assert unit == "pL/s"
    words = [word for word, _, _ in curves]
    assert words == ["inlet", "sheath, into the tissue"]  # the closed end is left out
    assert curves[0][1].max() == pytest.approx(1.0)


def test_a_run_with_few_signals_is_plotted(run_folder):
    store.save_signals(run_folder, {"time_s": np.arange(3.0), "pvs_volume_m3": np.ones(3)})
    assert plots.plot_signals(run_folder, run_folder / "few.png").is_file()


@pytest.mark.parametrize(
    ("missing", "draw"), [("fields.pvd", picture), ("signals.csv", plots.plot_signals)]
)
def test_a_run_without_what_is_drawn_is_refused(run_folder, tmp_path, missing, draw):
    (run_folder / missing).unlink()
    with pytest.raises(InputError, match=str(run_folder)):
        draw(run_folder, tmp_path / "a.png")


@pytest.mark.usefixtures("dies")
def test_bad_files_and_places_are_refused(run_folder, tmp_path):
    with pytest.raises(InputError, match="not a run folder"):
        picture(tmp_path, tmp_path / "a.png")
    with pytest.raises(InputError, match="no such file"):
        mesh_picture(tmp_path / "absent.vtu", tmp_path / "a.png")
    (tmp_path / "bad.vtu").write_text("<VTK")
    with pytest.raises(InputError, match=r"bad\.vtu: cannot be read"):
        mesh_picture(tmp_path / "bad.vtu", tmp_path / "a.png")
    with pytest.raises(InputError, match="cannot be written"):
        picture(run_folder, run_folder / "fields.pvd" / "a.png", size=(480, 270))


def test_pyvista_stays_out_of_this_process():
    check = "import sys, solver.render; raise SystemExit('pyvista' in sys.modules)"
    subprocess.run([sys.executable, "-c", check], check=True)


@pytest.mark.parametrize(
    ("length", "expected"), [(0.9e-4, 5e-5), (1e-4, 1e-4), (4.9e-3, 2e-3), (5.1, 5.0)]
)
def test_a_scale_bar_has_a_round_length(length, expected):
    assert overlay.round_length(length) == pytest.approx(expected)
