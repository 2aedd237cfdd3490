"""How often do 95 % intervals hold the truth, where the fit knows less than the data?

    python -m benchmarks.coverage [repetitions] [--same]

Truths are drawn from the priors; data come from a finer mesh at half the step, with noise of 5 % of
each series' range, and are fitted on a coarse mesh whose noise is not told. `--same` makes the data
on the mesh and step of the fit: what is off then is no error of the mesh. Columns: truths within
their interval of those that got one, mean and root mean square of (estimate - truth) / deviation
(0 and 1 if intervals are right), deviation after the data over that before.
"""

import sys
from dataclasses import dataclass, replace

import jax

jax.config.update("jax_enable_x64", True)

import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402

from meshes.annulus import annulus  # noqa: E402
from solver.fit.certainty import certainty  # noqa: E402
from solver.fit.observed import observed  # noqa: E402
from solver.fit.parameters import free  # noqa: E402
from solver.fit.problem import Problem, numbers_at  # noqa: E402
from solver.fit.simulated import columns  # noqa: E402
from solver.fit.solve import fit  # noqa: E402
from solver.flow import StokesDarcy  # noqa: E402
from solver.signal import Norepinephrine  # noqa: E402
from solver.simulate import prepare  # noqa: E402
from solver.state import Model  # noqa: E402
from solver.wall import Vasomotion  # noqa: E402

UM = 1e-6
UNTIL = 40.0  # s
NOISE = 0.05  # of a series' range
SAMPLES = 30  # of each series, at random times
SEEN = ("mean_radius_m", "tracer_pvs_m3", "tracer_tissue_m3")
FREE = {  # 68 % lie between the median over the factor and times it
    "wall.gain": {"prior": {"median": 0.08, "factor": 1.4}},
    "wall.delay": {"prior": {"median": 2.0, "factor": 1.4}},
    "signal.frequency": {"prior": {"median": 0.025, "factor": 1.2}},
    "tracer.diffusivity": {"prior": {"median": 1.4e-10, "factor": 1.5}},
    "tracer.sheath_permeability": {"prior": {"median": 3.8e-7, "factor": 1.5}},
}
COARSE = {"across": 2, "around": 8, "along": 4, "tissue_layers": 4}, 2.0
FINE = {"across": 3, "around": 12, "along": 6, "tissue_layers": 6}, 1.0


@dataclass(frozen=True)
class Tried:
    """One number in one repetition: its error in deviations, that over the prior's, and whether
    the interval held the truth (None without an interval).
    """

    error: float
    share: float
    held: bool | None


def problem_on(cells: dict[str, int], step: float) -> Problem:
    """A short Krogh cylinder with everything that is free at its prior's median; no data yet."""
    mesh = annulus(6 * UM, 9 * UM, 30 * UM, tissue_outer=25 * UM, **cells)
    model = Model(mesh, Norepinephrine(), Vasomotion(), StokesDarcy(tolerance=1e-9, memory=2))
    given = {name: {"start": one["prior"]["median"], **one} for name, one in FREE.items()}
    return Problem(model, prepare(model, UNTIL, step), {}, free(model, given), ())


def drawn_from_priors(problem: Problem, drawn: np.random.Generator) -> np.ndarray:
    """Coordinates of a truth."""
    values = [
        each.prior.median * each.prior.factor ** drawn.standard_normal() for each in problem.free
    ]
    pairs = zip(problem.free, values, strict=True)
    return np.array([float(each.coordinate(value)) for each, value in pairs])


def with_data(fitted: Problem, made: Problem, truth: np.ndarray, seed: int) -> Problem:
    """The problem of the fit, with noisy series that another run made."""
    drawn = np.random.default_rng(seed)
    whole, converged = columns(numbers_at(jnp.asarray(truth), made), *made.run)
    assert converged
    series = []
    for column in SEEN:
        times = np.sort(drawn.uniform(0.0, UNTIL, SAMPLES))
        exact = np.interp(times, whole["time_s"], whole[column])
        values = exact + NOISE * np.ptp(exact) * drawn.standard_normal(SAMPLES)
        series.append(observed(column, column, times, values))
    return replace(fitted, observed=tuple(series))


def tried(problem: Problem, truth: np.ndarray) -> dict[str, Tried]:
    """One fit against the truth, by name."""
    found = fit(problem)
    known = certainty(found)
    rows = {}
    for i, each in enumerate(problem.free):
        interval, exact = known.estimates[i].interval, float(each.value(truth[i]))
        rows[each.name] = Tried(
            float(found.z[i] - truth[i]) / known.deviations[i],
            known.deviations[i] / np.log(each.prior.factor),
            None if interval is None else interval[0] < exact < interval[1],
        )
    return rows


def main(repetitions: int, same: bool) -> None:
    fitted = problem_on(*COARSE)
    made = fitted if same else problem_on(*FINE)
    found: dict[str, list[Tried]] = {name: [] for name in FREE}
    for seed in range(repetitions):
        truth = drawn_from_priors(fitted, np.random.default_rng([seed, 1]))
        for name, row in tried(with_data(fitted, made, truth, seed), truth).items():
            found[name].append(row)
        print(f"\r{seed + 1} of {repetitions}", end="", file=sys.stderr, flush=True)
    print(f"\n{'':<28}{'held':>10}{'mean':>8}{'rms':>8}{'known':>8}")
    for name, rows in found.items():
        errors, held = np.array([row.error for row in rows]), [row.held for row in rows]
        told = [each for each in held if each is not None]
        print(
            f"{name:<28}{f'{sum(told)} / {len(told)}':>10}{errors.mean():>8.2f}"
            f"{np.sqrt((errors**2).mean()):>8.2f}{np.mean([row.share for row in rows]):>8.2f}"
        )
    every = [row.held for rows in found.values() for row in rows if row.held is not None]
    print(f"{'all':<28}{f'{sum(every)} / {len(every)}':>10}  {100 * np.mean(every):.1f} %")


if __name__ == "__main__":
    counts = [int(word) for word in sys.argv[1:] if word != "--same"]
    main(counts[0] if counts else 40, "--same" in sys.argv)
