"""The signals under a picture: what there is, where the time is, and the vigilance state."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from solver.render import overlay, palette, strip

TIMES = np.linspace(0.0, 10.0, 21)
SLEEP = {
    "time_s": TIMES,
    "norepinephrine_relative": np.sin(TIMES),
    "state_nrem": (TIMES < 5).astype(float),
    "state_wake": (TIMES >= 5).astype(float),
}


def drawn(signals, curves, time=2.5):
    figure, whole = overlay.canvas((640, 360))
    strip.add_signals(figure, overlay.Caption("", signals=[signals], curves=curves, time=time))
    return [axes for axes in figure.axes if axes is not whole]


@pytest.mark.parametrize(("time", "state"), [(0.0, "NREM"), (4.4, "NREM"), (5.0, "wake")])
def test_the_state_is_the_one_of_most_weight(time, state):
    assert strip.state_at(SLEEP, time) == state


def test_a_run_without_states_tells_none():
    assert strip.state_at({"time_s": TIMES}, 1.0) == ""


def test_states_are_bands_from_one_end_to_the_other():
    (axes,) = drawn(SLEEP, ["norepinephrine_relative"])
    spans = [(band.get_x(), band.get_x() + band.get_width()) for band in axes.patches]
    np.testing.assert_allclose(spans, [(0.0, 5.0), (5.0, 10.0)])
    shades = [band.get_facecolor()[:3] for band in axes.patches]
    np.testing.assert_allclose(shades, [to_rgb(strip.SHADES[name]) for name in ("nrem", "wake")])


def test_the_dot_is_on_the_curve_at_the_time():
    (axes,) = drawn(SLEEP, ["norepinephrine_relative"], time=2.5)
    dots = [line for line in axes.lines if line.get_marker() == "o"]
    assert dots[0].get_color() == palette.NOREPINEPHRINE
    np.testing.assert_allclose(np.ravel(dots[0].get_data()), [2.5, np.sin(2.5)])


def test_what_a_run_has_not_is_no_row():
    assert len(drawn(SLEEP, ["norepinephrine_relative", "mean_radius_m", "tracer"])) == 1
    assert not drawn({"time_s": TIMES}, ["norepinephrine_relative"])
