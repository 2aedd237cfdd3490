"""Recorded diameters: read, made relative, moved along the vessel, and refused where wrong."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from meshes.errors import InputError
from solver.signal import Quiet
from solver.wall import Recorded, read_diameter

PATH = jnp.array([0.0, 4e-4, 1e-3])


@pytest.fixture
def trace(tmp_path):
    """Writes a CSV file and gives its path."""

    def write(text):
        path = tmp_path / "diameter.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def table(header, values, spacing=1.0):
    rows = [f"{spacing * at:g},{value:g}" for at, value in enumerate(values)]
    return "\n".join([f"time (s),{header}", *rows, ""])


@pytest.mark.parametrize(
    ("header", "values"),
    [
        ("diameter (um)", [12.0, 10.8, 12.0, 13.2, 12.0]),
        ("radius", [6e-6, 5.4e-6, 6e-6, 6.6e-6, 6e-6]),
        ("dD/D0", [0.0, -0.1, 0.0, 0.1, 0.0]),
        ("ΔD/D (%)", [0.0, -10.0, 0.0, 10.0, 0.0]),
    ],
)
def test_lengths_and_changes_become_the_ratio_to_rest(trace, header, values):
    wall = read_diameter(trace(table(header, values)))
    np.testing.assert_allclose(wall.ratio, [1.0, 0.9, 1.0, 1.1, 1.0], rtol=1e-12)


@pytest.mark.parametrize(
    ("baseline", "rest"), [("mean", 10.5), ("median", 10.0), (8.0, 8.0), (12, 12.0)]
)
def test_rest_is_the_mean_the_median_or_a_number(trace, baseline, rest):
    values = [10.0, 10.0, 12.0, 10.0, 10.0]
    wall = read_diameter(trace(table("diameter", values)), baseline=baseline)
    np.testing.assert_allclose(wall.ratio, np.array(values) / rest, rtol=1e-14)


def test_a_drift_can_be_taken_for_rest(trace):
    times = np.arange(200.0)
    drift, motion = 10.0 + 0.01 * times, 1.0 + 0.1 * np.sin(2 * np.pi * times / 50.0)
    path = trace(table("diameter", drift * motion))
    wall = read_diameter(path, detrend="linear")
    np.testing.assert_allclose(wall.ratio, motion, atol=0.03)
    assert np.abs(read_diameter(path).ratio - motion).max() > 0.09


def test_it_is_linear_between_samples_and_travels():
    wall = Recorded(jnp.array([0.0, 2.0, 4.0]), jnp.array([1.0, 0.9, 1.2]), speed=4e-4)
    response = wall.response(Quiet(), until=4.0)
    moved = response.radius_ratio(PATH, 3.0)  # 0, 1 and 2.5 s after the mouth
    np.testing.assert_allclose(moved, [1.05, 0.9, 0.975], rtol=1e-14)
    np.testing.assert_allclose(response.radius_ratio(PATH, 0.5)[1:], 1.0)  # not there yet
    outward = Recorded(wall.times, wall.ratio, speed=4e-4, origin=1e-3).radius_ratio(PATH, 3.0)
    np.testing.assert_allclose(outward, [0.975, 0.925, 1.05], rtol=1e-14)
    np.testing.assert_array_equal(response.bounds(), (0.9, 1.2))


def test_derivatives_agree_with_central_differences():
    times, ratio = jnp.array([0.0, 2.0, 4.0]), jnp.array([1.0, 0.9, 1.2])

    def moved(numbers):
        wall = Recorded(times, numbers["ratio"], numbers["speed"])
        return jnp.sum(wall.response(Quiet(), 4.0).radius_ratio(PATH, 3.1) ** 2)

    at = {"ratio": ratio, "speed": jnp.asarray(5e-4)}
    slopes = jax.grad(moved)(at)
    above, below = (moved(at | {"speed": at["speed"] + sign * 1e-9}) for sign in (1, -1))
    np.testing.assert_allclose(slopes["speed"], (above - below) / 2e-9, rtol=1e-6)
    step = jnp.array([0.0, 1e-6, 0.0])
    above, below = (moved(at | {"ratio": ratio + sign * step}) for sign in (1, -1))
    np.testing.assert_allclose(slopes["ratio"][1], (above - below) / 2e-6, rtol=1e-8)


def test_a_run_longer_than_the_trace_is_refused_or_told_to_hold():
    told = {"times": jnp.linspace(0.0, 50.0, 51), "ratio": 1 + 0.1 * jnp.arange(51.0) / 50}
    with pytest.raises(InputError, match=r"ends at 50 s; give run\.until=50 or less, or wall\.ext"):
        Recorded(**told).check(60.0, 1.0)
    Recorded(**told).check(50.0, 1.0)
    held = Recorded(**told, extend="hold")
    held.check(60.0, 1.0)
    np.testing.assert_allclose(held.radius_ratio(PATH, 60.0), 1.1)


def test_steps_that_skip_what_was_recorded_are_warned_of():
    times = jnp.linspace(0.0, 50.0, 501)
    wall = Recorded(times, 1 + 0.1 * jnp.sin(2 * jnp.pi * times / 4.0))
    with pytest.warns(UserWarning, match=r"skips up to .* every 0\.1 s; shorten it, or smooth"):
        wall.check(50.0, 2.0)
    wall.check(50.0, 0.5)


@pytest.mark.parametrize(
    ("text", "options", "place"),
    [
        (table("diameter", [10, 11, 12]).replace("1,11", "1,"), {}, "line 3"),
        (table("diameter", [10, 11, 12]).replace("2,12", "1,12"), {}, "line 4"),
        (table("diameter", [10] * 9) + "30,10\n", {}, "nothing is recorded between 8 and 30"),
        (table("diameter", [10, -11, 20]), {}, "narrow the lumen"),
        (table("diameter", [-1, 0, 1]), {}, "diameter at rest is 0; give a positive"),
        (table("dD/D", [0, 8, -8]), {}, "changes by 10, .* give units=percent"),
        (table("diameter", [10, 11]), {"baseline": "mode"}, "give 'mean', 'median' or a finite"),
        (table("diameter", [10, 11]), {"units": "um"}, "units is 'um'; give absolute, fraction"),
        (table("diameter", [10, 11]), {"baseline": 10.0, "detrend": "linear"}, "its own baseline"),
        (table("width", [10, 11]), {}, "none of the columns"),
        (table("diameter", [10, 11]), {"extend": "repeat"}, "give refuse or hold"),
        (table("diameter", [10, 11]), {"speed": 0.0}, r"wall\.speed is 0"),
    ],
)
def test_a_bad_trace_is_refused_with_its_place(trace, text, options, place):
    with pytest.raises(InputError, match=place):
        read_diameter(trace(text), **options).response(Quiet(), until=1.0)
