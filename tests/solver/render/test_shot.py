"""Between two fields everything is interpolated, and the wall's motion is exaggerated as told."""

import numpy as np
import pytest

from meshes.errors import InputError
from solver import render, store
from solver.render.shot import Shot, shot_at
from solver.render.staging import names, stage, strongest

SIZE = (480, 270)


@pytest.fixture
def breathing(tmp_path, tube):
    """A run whose wall moves outward by a micrometre in ten seconds, and whose tracer grows."""
    points, cells, region, fraction, path, *_ = tube
    folder = store.open_run(tmp_path / "breathing")
    outward = points * [1, 1, 0] / np.hypot(*points.T[:2])[:, None]
    times = np.array([0.0, 10.0])
    store.save_signals(folder, {"time_s": times, "norepinephrine_relative": times / 10})
    for time in times:
        moved = points + 1e-7 * time * (1 - fraction)[:, None] * outward
        data = {"fraction": fraction, "path": path, "concentration": np.full(len(points), time)}
        data["velocity"] = 1e-6 * time * np.ones_like(points)
        store.add_fields(folder, time, moved, cells, data, {"region": region})
    return folder


def shown(folder, time, motion=1.0):
    run = store.read_run(folder)
    view = stage([folder], render.OPENED, SIZE).views[0]
    return shot_at(run, time, view).fields(motion)[0]


def test_between_fields_everything_is_linear(breathing, tube):
    first, middle = shown(breathing, 0.0), shown(breathing, 2.5)
    np.testing.assert_allclose(middle.scalar("concentration"), 2.5)
    on_wall = tube.fraction == 0
    moved = np.linalg.norm(middle.points - first.points, axis=1)
    np.testing.assert_allclose(moved[on_wall], 2.5e-7, rtol=1e-6)
    assert moved[tube.fraction == 1].max() == 0


def test_a_time_beyond_the_fields_is_that_of_the_nearest(breathing):
    for time, value in ((-5.0, 0.0), (10.0, 10.0), (99.0, 10.0)):
        np.testing.assert_allclose(shown(breathing, time).scalar("concentration"), value)


def test_motion_is_exaggerated_from_the_first_field(breathing):
    still, true, more = (shown(breathing, 10.0, motion).points for motion in (0.0, 1.0, 3.0))
    np.testing.assert_allclose(more - still, 3 * (true - still), atol=1e-15)
    assert np.abs(true - still).max() == pytest.approx(1e-6)


def test_a_shot_is_told_to_another_process_whole(breathing):
    run = store.read_run(breathing)
    view = stage([breathing], render.CROSS_SECTION, SIZE).views[0]
    shot = shot_at(run, 4.0, view)
    again = Shot.from_asked(shot.asked())
    np.testing.assert_array_equal(again.view.plane, view.plane)
    np.testing.assert_array_equal(again.fields(2.0)[0].points, shot.fields(2.0)[0].points)


def test_ranges_are_those_of_the_whole_run(breathing):
    found = stage([breathing], render.OVERVIEW, SIZE).ranges
    assert found["concentration"] == (0.0, 10.0)
    low, high = found["speed"]
    assert low == 0.0 and high == pytest.approx(2e-5)  # sqrt(3) * 10 um/s, rounded up
    assert found["pressure"] == (-1.0, 1.0)  # none in the file
    given = stage([breathing], render.OVERVIEW, SIZE, ranges={"speed": (0.0, 1.0)}).ranges
    assert given["speed"] == (0.0, 1.0) and given["concentration"] == found["concentration"]


def test_a_close_up_looks_at_the_vessel_at_its_place(run_folder, tube):
    view = stage([run_folder], render.CROSS_SECTION, (960, 540)).views[0]
    centre, normal = view.plane
    station = tube.length / tube.along
    np.testing.assert_allclose(centre[:2], 0.0, atol=0.05 * tube.wall_radius)
    assert abs(-centre[2] - render.CROSS_SECTION.close) < station
    np.testing.assert_allclose(normal, [0, 0, 1], atol=0.02)  # towards the mouth, on top
    placed = view.project(centre[None])[0] / view.height
    assert np.abs(placed[:2]).max() < 0.2


def test_two_runs_have_one_scale_and_are_told_apart(run_folder, breathing):
    store.save_config(run_folder, {"wall": {"gain": 0.1}, "output": {"figures": True}})
    store.save_config(breathing, {"wall": {"gain": 0.2}, "output": {"figures": False}})
    staging = stage([run_folder, breathing], render.COMPARE, (960, 540))
    assert staging.views[0].height == staging.views[1].height
    assert staging.panel == (480, 540)
    assert names(staging.runs) == ("wall.gain = 0.1", "wall.gain = 0.2")
    one, other = staging.caption(5.0).panels
    assert one == "wall.gain = 0.1" and other.startswith("wall.gain = 0.2") and "dashed" in other


def test_without_differing_keys_folders_tell_runs_apart(run_folder, breathing):
    runs = [store.read_run(folder) for folder in (run_folder, breathing)]
    assert names(runs) == ("run", "breathing")


def test_a_run_without_fields_says_what_brings_them(tmp_path):
    folder = store.open_run(tmp_path / "bare")
    store.save_signals(folder, {"time_s": np.array([0.0, 1.0])})
    assert strongest(store.read_run(folder)) == 0.0
    with pytest.raises(InputError, match=r"output\.fields_every"):
        render.picture(folder, tmp_path / "a.png")


def test_unknown_themes_and_ranges_are_refused(run_folder, tmp_path):
    with pytest.raises(InputError, match="dark or white"):
        render.picture(run_folder, tmp_path / "a.png", theme="blue")
    with pytest.raises(InputError, match=r"ranges\.speed"):
        render.picture(run_folder, tmp_path / "a.png", ranges={"speed": (1.0, 0.0)})
