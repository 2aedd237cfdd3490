"""Scenes in three dimensions, held by their structure: what is where, in which colours."""

import subprocess
import sys
from dataclasses import replace

import matplotlib.image
import numpy as np
import pytest
from PIL import Image

from solver import render
from solver.render import drawing, palette
from solver.render.staging import stage

SIZE = (640, 360)
STRIP, HEADER = int(0.78 * SIZE[1]), int(0.14 * SIZE[1])  # rows between which the scene stands


def pixels(path):
    return matplotlib.image.imread(path)[..., :3]


def scene(path):
    return pixels(path)[HEADER:STRIP]


def red(image):
    return (image[..., 0] > 0.3) & (image[..., 0] > 1.9 * image[..., 1:].max(axis=-1))


@pytest.fixture(scope="session")
def has_gl():
    """Whether this machine draws off screen: asked of a child, for it may end an interpreter."""
    code = (
        "import pyvista as p; q = p.Plotter(off_screen=True); q.add_mesh(p.Cube()); q.screenshot()"
    )
    return (
        subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode
        == 0
    )


@pytest.fixture
def drawable(has_gl, monkeypatch):
    """Draws in this process, which saves the start of others; skips where there is no GL."""
    if not has_gl:
        pytest.skip("no GL on this machine")
    from solver.render import scene as drawn

    monkeypatch.setattr(drawing, "_run_scene", lambda request, limit: drawn.main(request) or "")


@pytest.mark.usefixtures("drawable")
@pytest.mark.parametrize(
    ("name", "theme"),
    [
        ("OVERVIEW", "dark"),
        ("OVERVIEW", "white"),
        ("CROSS_SECTION", "white"),
        ("CLEARANCE", "dark"),
    ],
)
def test_the_vessel_is_in_the_middle_of_every_preset(run_folder, tmp_path, name, theme):
    told = render.picture(
        run_folder,
        tmp_path / "a.png",
        preset=getattr(render, name),
        size=SIZE,
        theme=theme,
        dpi=300,
    )
    assert told.kind == "scene", told.message
    assert Image.open(told.path).info["dpi"] == pytest.approx((300, 300), abs=0.1)
    image = scene(told.path)
    rows, columns = np.nonzero(red(image))
    assert len(rows) > 0.003 * image[..., 0].size
    assert abs(np.median(rows) / image.shape[0] - 0.5) < 0.2
    assert abs(np.median(columns) / image.shape[1] - 0.5) < 0.2
    background = np.array(matplotlib.colors.to_rgb(palette.THEMES[theme].background))
    empty = (np.abs(image - background) < 0.02).all(axis=-1)
    assert 0.02 < empty.mean() < 0.98
    assert empty[:, :3].mean() > 0.9  # nothing runs out of the picture


@pytest.mark.usefixtures("drawable")
def test_flat_slices_have_exactly_the_colour_of_the_bar(run_folder, tmp_path):
    preset = replace(render.CROSS_SECTION, arrows=False, close=2e-4)
    told = render.picture(
        run_folder, tmp_path / "a.png", preset=preset, size=SIZE, ranges={"concentration": (0, 1)}
    )
    value = np.exp(-2e-4 / 1e-4)  # of the made-up tracer at the plane
    wanted = np.array(palette.CONCENTRATION.colour_map()(value)[:3])
    near = (np.abs(scene(told.path) - wanted) < 0.04).all(axis=-1)
    assert near.mean() > 0.03


@pytest.mark.usefixtures("drawable")
def test_cells_are_drawn_in_three_dimensions(run_folder, tmp_path):
    told = render.mesh_picture(
        run_folder / "fields/step_00000.vtu", tmp_path / "m.png", size=SIZE, theme="white"
    )
    assert told.kind == "scene", told.message
    assert red(pixels(told.path)).mean() > 0.005


@pytest.mark.usefixtures("drawable")
def test_the_same_run_twice_fills_both_halves_alike(run_folder, tmp_path):
    told = render.picture(
        run_folder, tmp_path / "c.png", preset=render.COMPARE, size=SIZE, against=run_folder
    )
    image = scene(told.path)[10:]
    half = SIZE[0] // 2
    left, right = image[:, : half - 2], image[:, half : 2 * half - 2]
    assert np.mean(np.abs(left - right).max(axis=-1) > 0.1) < 0.02  # the words apart
    assert red(left).mean() > 0.003


def test_a_picture_shows_the_ranges_that_it_states(run_folder, tmp_path, monkeypatch):
    asked = []

    def stand_in(shots, preset, ranges, *rest, **more):
        asked.append(ranges)
        return "not drawn here"

    monkeypatch.setattr(drawing, "draw", stand_in)
    render.picture(run_folder, tmp_path / "a.png", preset=render.OVERVIEW, size=(320, 180))
    staging = stage([run_folder], render.OVERVIEW, (320, 180))
    bars = staging.caption(0.0).bars
    assert [(low, high) for _, low, high in bars] == [
        asked[0][name] for name in render.OVERVIEW.quantities()
    ]
