"""Films: as many frames as asked, one camera, one set of ranges, and times that go on."""

import re
import subprocess

import numpy as np
import pytest
from PIL import Image

from meshes.errors import InputError
from solver import render
from solver.render import drawing, films

SIZE = (320, 180)


@pytest.fixture
def asked(monkeypatch):
    """What the drawing process is asked for; it draws nothing, so that frames are flat."""
    calls = []

    def stand_in(shots, preset, ranges, theme, size, scratch, **more):
        calls.append((shots, dict(ranges)))
        return "not drawn here"

    monkeypatch.setattr(drawing, "draw", stand_in)
    return calls


def frames_of(path):
    with Image.open(path) as film:
        for number in range(film.n_frames):
            film.seek(number)
            yield np.asarray(film.convert("RGB"), dtype=float)


def test_a_frame_for_every_field_unless_told(run_folder, tmp_path, asked):
    told = render.film(run_folder, tmp_path / "a.gif", size=SIZE)
    assert told.frames == len([*frames_of(told.path)]) == 3
    assert told.kind == "projection" and "not drawn here" in told.message
    with Image.open(told.path) as image:
        assert image.size == SIZE
        assert image.info["duration"] == 80  # 12 a second, as a GIF can say it


def test_camera_and_ranges_stay_and_time_goes_on(run_folder, tmp_path, asked):
    told = render.film(run_folder, tmp_path / "a.gif", frames=5, since=10, until=50, size=SIZE)
    (shots, _), *others = asked
    assert told.frames == 5 and not others  # all are drawn at once, so in one set of ranges
    for shot in shots:
        for mine, first in zip(vars(shot.view).values(), vars(shots[0].view).values(), strict=True):
            np.testing.assert_array_equal(mine, first)
    np.testing.assert_allclose([shot.weight for shot in shots], [0.2, 0.4, 0.6, 0.8, 0.0])
    assert [shot.field.name for shot in shots] == ["step_00000.vtu"] * 4 + ["step_00001.vtu"]
    frames = [*frames_of(told.path)]
    colour_bars = [frame[int(0.84 * SIZE[1]) :, int(0.66 * SIZE[0]) :] for frame in frames]
    for bar in colour_bars[1:]:
        np.testing.assert_array_equal(bar, colour_bars[0])
    assert np.abs(frames[0] - frames[-1]).max() > 50  # the marker has moved


def test_two_runs_are_filmed_side_by_side(run_folder, tmp_path, asked):
    told = render.film(
        run_folder, tmp_path / "a.gif", preset=render.COMPARE, size=SIZE, against=run_folder
    )
    assert told.frames == 3 and len(asked[0][0]) == 6


@pytest.mark.usefixtures("asked")
def test_an_mp4_has_its_size_and_rate(run_folder, tmp_path):
    encoder = pytest.importorskip("imageio_ffmpeg")
    told = render.film(run_folder, tmp_path / "a.mp4", frames=4, rate=8, size=SIZE)
    count, seconds = encoder.count_frames_and_secs(str(told.path))
    assert count == 4 and seconds == pytest.approx(0.5)
    said = subprocess.run(
        [encoder.get_ffmpeg_exe(), "-i", str(told.path)],
        capture_output=True,
        text=True,
        check=False,
    ).stderr
    assert "h264" in said and re.search(r"\b320x180\b", said)


def test_what_cannot_be_filmed_is_refused_before_anything_is_drawn(run_folder, tmp_path, asked):
    for name, more, words in (
        ("a.avi", {}, ".mp4 or .gif"),
        ("a.mp4", {"size": (321, 180)}, "even"),
        ("a.gif", {"since": 100.0}, "from 0 s to 60 s"),
        ("a.gif", {"frames": 0}, "frames=0"),
    ):
        with pytest.raises(InputError, match=re.escape(words)):
            render.film(run_folder, tmp_path / name, **{"size": SIZE, **more})
    assert not asked


def test_without_the_extra_an_mp4_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(films, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=re.escape("glymphax[film]")):
        films.check_suffix(tmp_path / "a.mp4")
    films.check_suffix(tmp_path / "a.gif")


def test_a_place_that_cannot_be_written_is_named(run_folder, tmp_path, asked):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be written"):
        render.film(run_folder, tmp_path / "file/a.gif", size=SIZE, frames=1)
    assert asked


def test_every_frame_is_drawn_in_three_dimensions_where_it_can(run_folder, tmp_path):
    told = render.film(run_folder, tmp_path / "a.gif", frames=2, size=(480, 270))
    if told.kind != "scene":
        pytest.skip(told.message)
    for frame in frames_of(told.path):
        scene = frame[38:205]
        red = (scene[..., 0] > 70) & (scene[..., 0] > 1.8 * scene[..., 1:].max(axis=-1))
        rows, columns = np.nonzero(red)
        assert abs(np.median(columns) / 480 - 0.5) < 0.2
        assert abs(np.median(rows) / len(scene) - 0.5) < 0.25
