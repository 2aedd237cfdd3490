"""What instruments saw becomes a figure, or none where there were no instruments."""

from pathlib import Path

import matplotlib.image
import numpy as np
import pytest

from solver import store
from solver.render.observed import HEIGHT, TALL, plot_observed

TIMES = np.arange(0.0, 9.0, 2.0)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = store.open_run(tmp_path / "run")
    store.save_config(folder, {"observe": {"tip": {}, "scan": {}}})
    tip = {"tip_glow_1": np.sin(TIMES), "tip_tracer_m3": 1e-15 * TIMES}
    store.save_signals(folder, {"time_s": TIMES, **tip, "pvs_volume_m3": TIMES})
    return folder


def height(path: Path | None) -> float:
    """Of a figure, inches."""
    assert path is not None
    return matplotlib.image.imread(path).shape[0] / 150


def test_columns_have_panels(run: Path) -> None:
    assert height(plot_observed(run, run / "a.png")) == pytest.approx(1 + 2 * HEIGHT, abs=0.02)


def test_lines_and_images_are_shown_too(run: Path) -> None:
    axes = {name: store.Variable("m", (name,), np.arange(3.0)) for name in ("x", "y", "z", "r")}
    time = {"time": store.Variable("s", ("time",), TIMES)}
    line = store.Variable("m s-1", ("time", "r"), np.outer(TIMES, [1.0, 2.0, 0.0]))
    image = store.Variable("1", ("time", "x", "y", "z"), np.ones((5, 3, 3, 3)))
    store.save_observed(run, "scan", "a line", time | {"r": axes["r"], "velocity": line})
    box = {name: axes[name] for name in "xyz"}
    store.save_observed(run, "tip", "an image", time | box | {"content": image})
    found = height(plot_observed(run, run / "b.png"))
    assert found == pytest.approx(1 + 3 * HEIGHT + TALL, abs=0.02)


def test_a_run_without_instruments_has_no_such_figure(run: Path) -> None:
    store.save_config(run, {"observe": {}})
    assert plot_observed(run, run / "c.png") is None
    assert not (run / "c.png").exists()
