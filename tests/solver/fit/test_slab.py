"""Tissue between two measured places: exact solutions, known numbers from made and real series."""

from dataclasses import replace
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest

from benchmarks.mouse_gadobutrol import MODELS, USUAL, joint_problem, problem_of, read_mice
from meshes.errors import InputError
from solver.fit.certainty import certainty
from solver.fit.observed import observed
from solver.fit.parameters import free, freeable
from solver.fit.problem import Problem
from solver.fit.simulated import columns
from solver.fit.slab import Slab, Window, slab
from solver.fit.solve import fit

MICE = Path(__file__).parents[4] / "shared/data/signals/mouse_gadobutrol"
LENGTH, HOUR = 2e-3, 3600.0
PLACES = {f"r{i}": i * LENGTH / 6 for i in range(7)}
TIMES = np.linspace(0.0, 1.4 * HOUR, 15)


def run(model, window):
    """Its columns, compiled once for all models of one shape."""
    numbers = jnp.asarray([float(number) for number in freeable(model).values()])
    return columns(numbers, model, window, {})[0]


def error_of_a_decaying_sine(cells):
    """At the middle of the line after an hour, of exp(-(D pi^2 / L^2 + k) t) sin(pi x / L)."""
    nodes = np.linspace(0.0, LENGTH, cells + 1)[1:-1]
    names = [f"n{i}" for i in range(cells - 1)]
    model = Slab(
        diffusivity=2e-10,
        loss=5e-5,
        initial=dict(zip(names, np.sin(np.pi * nodes / LENGTH), strict=True)),
        ends=jnp.zeros((2, 3)),
        places=tuple(zip(names, nodes.tolist(), strict=True)),
        length=LENGTH,
        cells=cells,
    )
    found = run(model, Window(HOUR / (2 * cells), 2 * cells))[names[cells // 2 - 1]][-1]
    return abs(float(found) - np.exp(-(2e-10 * (np.pi / LENGTH) ** 2 + 5e-5) * HOUR))


def test_a_decaying_sine_is_found_to_second_order():
    errors = [error_of_a_decaying_sine(cells) for cells in (6, 12, 24)]
    np.testing.assert_allclose(np.log2(np.divide(errors[:-1], errors[1:])), 2.0, atol=0.1)


def test_a_drift_bends_the_steady_line_as_it_must():
    """Between 1 and 0 it is (exp(P) - exp(P x / L)) / (exp(P) - 1), P = v L / D."""
    drift = 3e-7
    model = Slab(
        diffusivity=2e-10,
        drift=drift,
        initial={"m": 0.5},
        ends=jnp.array([[1.0, 0.0, 0.0], [0.0, 0.0, 0.0]]),
        places=(("m", LENGTH / 2),),
        length=LENGTH,
    )
    peclet = drift * LENGTH / 2e-10
    exact = (np.exp(peclet) - np.exp(peclet / 2)) / (np.exp(peclet) - 1)
    found = run(model, Window(HOUR / 4, 80))["m"][-1]
    assert float(found) == pytest.approx(exact, abs=2e-3)


def test_what_the_line_carries_is_linear_in_what_it_is_given():
    regions = {name: np.cos(i + TIMES / HOUR) for i, name in enumerate(PLACES)}
    one = slab(TIMES, regions, PLACES, diffusivity=USUAL)
    two = slab(TIMES, {k: 2.0 * v for k, v in regions.items()}, PLACES, diffusivity=USUAL)
    window = Window(36.0, 140)
    again = run(two, window)
    for name, values in run(one, window).items():
        if name != "time_s":
            np.testing.assert_allclose(again[name], 2.0 * values, rtol=1e-10)


def test_a_region_that_is_unseen_plays_no_part():
    regions = {name: np.cos(i + TIMES / HOUR) for i, name in enumerate(PLACES)}
    window = Window(36.0, 140)
    found = [
        slab(TIMES, regions | {"r3": series}, PLACES, diffusivity=USUAL, unseen="r3")
        for series in (regions["r3"], 50.0 * regions["r3"])
    ]
    one, other = (run(each, window) for each in found)
    assert "r3" in one and "r3" not in found[0].initial
    for name, values in one.items():
        np.testing.assert_array_equal(values, other[name])


FIVE = {
    "diffusivity": {"prior": {"median": 1.3e-10, "factor": 1.5}},
    "loss": {"low": -1e-3, "high": 1e-3, "prior": {"mean": 0.0, "deviation": 5e-5}},
    "drift": {"low": -1e-6, "high": 1e-6, "prior": {"mean": 0.0, "deviation": 1e-7}},
    "initial.r2": {"prior": {"median": 150.0, "factor": 1.2}},
    "initial.r4": {"prior": {"median": 120.0, "factor": 1.2}},
}


def made(seed):
    """A line of three regions whose five numbers are drawn from their priors: the truth on a fine
    line with small steps, its series with noise, and the problem of a coarse line for the fit."""
    drawn = np.random.default_rng(seed)
    coarse = Slab(
        diffusivity=1.3e-10,
        initial={"r2": 150.0, "r4": 120.0},
        ends=jnp.array([[80.0, -4e-3, 0.0], [60.0, 4e-3, 0.0]]),
        places=tuple((name, PLACES[name]) for name in ("r2", "r3", "r4")),
        length=LENGTH,
        cells=12,
    )
    numbers = free(
        coarse, {k: {"start": v["prior"].get("median", 1e-9)} | v for k, v in FIVE.items()}
    )
    truth = [_drawn(each.prior, drawn) for each in numbers]
    fine = replace(
        coarse,
        **dict(zip(("diffusivity", "loss", "drift"), truth, strict=False)),
        initial=dict(zip(("r2", "r4"), truth[3:], strict=True)),
        cells=48,
    )
    exact = run(fine, Window(TIMES[-1] / 560, 560))
    series = []
    for name in ("r2", "r3", "r4"):
        values = np.interp(TIMES, exact["time_s"], exact[name])
        values = values + 0.05 * np.ptp(values) * drawn.standard_normal(TIMES.size)
        series.append(observed(name, name, TIMES, values))
    return truth, Problem(coarse, Window(TIMES[-1] / 140, 140), {}, numbers, tuple(series))


def _drawn(prior, drawn):
    if hasattr(prior, "median"):
        return prior.median * prior.factor ** drawn.standard_normal()
    return prior.mean + prior.deviation * drawn.standard_normal()


def test_intervals_hold_the_truth_as_often_as_they_say():
    """Five numbers, 20 truths: of 100 intervals of 95 %, fewer than 87 or all would be one in
    two hundred."""
    held = []
    for seed in range(20):
        truth, problem = made(seed)
        for exact, each in zip(truth, certainty(fit(problem)).estimates, strict=True):
            if each.interval is not None:
                held.append(each.interval[0] < exact < each.interval[1])
    assert len(held) > 70
    assert 0.87 <= np.mean(held) < 1.0


def test_two_regions_make_no_line():
    few = dict.fromkeys(("r0", "r1"), TIMES)
    with pytest.raises(InputError, match="r0, r1: a line needs three regions"):
        slab(TIMES, few, PLACES, diffusivity=USUAL)


@pytest.mark.skipif(not MICE.is_dir(), reason="the mouse series are not here")
def test_a_real_mouse_has_the_diffusivity_of_tissue():
    mouse = read_mice(MICE)[1]
    found = fit(problem_of(mouse, MODELS["and loss"]))
    diffusivity, loss = certainty(found).estimates[:2]
    assert found.converged
    assert diffusivity.interval[0] < USUAL < diffusivity.interval[1]
    assert loss.interval[0] > 0.0
    assert len(joint_problem(read_mice(MICE), MODELS["diffusion"]).observed) == 25
