"""What do the tissue series of five mice say of diffusion and exchange, and of vasomotion?

    python -m benchmarks.mouse_gadobutrol <folder of the series>

Gadobutrol in the striatum of wild-type mice, MRI every six minutes (Glymphatics1D, PNAS 2024).
Seven regions of tissue stand .333 mm apart from the ventricle outward. Geometry: the line through
them (`solver.fit.slab`); its outermost regions are boundary values, smoothed in time by parabolas,
the inner five are fitted, their first values as unknown as the rest, one noise for all. Models:
diffusion alone, with loss, with loss and drift. Rows: apparent diffusivity D (1e-10 m2/s), loss k
(1/h), drift v (mm/h, away from the ventricle) with 95 % intervals; noise (of the image); link of
neighbouring residuals; AIC; and how well each region is predicted by a fit that never saw it, its
first value included: median and least explained share, sum of log densities.
"""

import csv
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax

jax.config.update("jax_enable_x64", True)

import numpy as np  # noqa: E402

from solver.fit.certainty import Estimate, certainty  # noqa: E402
from solver.fit.compare import criteria  # noqa: E402
from solver.fit.observed import observed  # noqa: E402
from solver.fit.parameters import free  # noqa: E402
from solver.fit.problem import Problem  # noqa: E402
from solver.fit.several import Several  # noqa: E402
from solver.fit.slab import Slab, Window, slab  # noqa: E402
from solver.fit.solve import fit  # noqa: E402
from solver.fit.validate import cross_validate  # noqa: E402

HOUR, MM = 3600.0, 1e-3
STEP = 36.0  # s, a tenth of the time between images
USUAL = 1.3e-10  # m2/s: 3.8e-10 of free gadobutrol over the square of a tortuosity of 1.7
MODELS: dict[str, dict[str, Any]] = {
    "diffusion": {"diffusivity": {"low": 1e-11, "high": 1e-9}},
    "and loss": {
        "diffusivity": {"low": 1e-11, "high": 1e-9},
        "loss": {"start": 1e-5, "low": -1e-3, "high": 1e-3},
    },
    "and drift": {
        "diffusivity": {"low": 1e-11, "high": 1e-9},
        "loss": {"start": 1e-5, "low": -1e-3, "high": 1e-3},
        "drift": {"start": 1e-9, "low": -1e-6, "high": 1e-6},
    },
}
UNITS = {"diffusivity": 1e-10, "loss": 1.0 / HOUR, "drift": MM / HOUR}


@dataclass(frozen=True)
class Mouse:
    """What was measured in one animal: times (s), tissue regions by name, their places (m)."""

    name: str
    times: np.ndarray
    regions: dict[str, np.ndarray]
    places: dict[str, float]


def read_mice(folder: Path) -> list[Mouse]:
    """The animals of a folder of the series."""
    with (folder / "parenchyma_roi_distances.csv").open(encoding="utf-8", newline="") as file:
        places = {row[0].replace(" ", "_"): float(row[1]) * MM for row in [*csv.reader(file)][1:]}
    mice = []
    for path in sorted(folder.glob("*_mouse*_parsed.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows = [*csv.DictReader(file)]
        regions = {
            name: np.array([float(row[name.replace("_", " ")]) for row in rows]) for name in places
        }
        times = HOUR * np.array([float(row["time (h)"]) for row in rows])
        mice.append(Mouse(path.name.split("_")[1], times, regions, places))
    return mice


def line_of(mouse: Mouse, unseen: str | None = None) -> Slab:
    """The line between the outermost regions, nothing of one of the others being known."""
    return slab(mouse.times, mouse.regions, mouse.places, diffusivity=USUAL, unseen=unseen)


def window(mouse: Mouse) -> Window:
    """From the first image to the last."""
    return Window(STEP, round(mouse.times[-1] / STEP))


def problem_of(mouse: Mouse, model: dict[str, Any], unseen: str | None = None) -> Problem:
    """A fit of a model to the inner regions of an animal, less one."""
    line = line_of(mouse, unseen)
    beginnings: dict[str, Any] = {f"initial.{name}": {} for name in line.initial}
    series = tuple(
        observed(name, name, mouse.times, mouse.regions[name], together=mouse.name)
        for name in line.initial
    )
    return Problem(line, window(mouse), {}, free(line, model | beginnings), series)


def joint_problem(mice: list[Mouse], model: dict[str, Any]) -> Problem:
    """A fit of all animals at once, with one diffusivity and every other number for each alone."""
    several = Several({mouse.name: line_of(mouse) for mouse in mice})
    own = {key: bounds | {"each": True} for key, bounds in model.items() if key != "diffusivity"}
    given: dict[str, Any] = {"diffusivity": model["diffusivity"], **own}
    series = []
    for mouse in mice:
        for name in several.each[mouse.name].initial:
            given[f"{mouse.name}.initial.{name}"] = {}
            column = f"{mouse.name}.{name}"
            values = mouse.regions[name]
            series.append(observed(column, column, mouse.times, values, together=mouse.name))
    windows = {mouse.name: window(mouse) for mouse in mice}
    return Problem(several, windows, {}, free(several, given), tuple(series))


def row(mouse: Mouse, name: str) -> str:
    """A model on an animal: estimates, noise, links, and what it predicts without having seen."""
    model = MODELS[name]
    found = fit(problem_of(mouse, model))
    known = certainty(found)

    def unseen(problem: Problem, number: int) -> Problem:
        return problem_of(mouse, model, problem.observed[number].sees)

    left = cross_validate(found, leave_out=unseen)
    shares = [each.explained for each in left]
    estimates = {each.name: each for each in known.estimates}
    words = "".join(f"{_told(estimates.get(key), key):>24}" for key in UNITS)
    density = sum(each.log_density for each in left)
    linked = np.mean([*known.linked.values()])
    ending = "" if found.converged and all(each.converged for each in left) else " NOT CONVERGED"
    return (
        f"{mouse.name:<9}{name:<11}{words}{next(iter(known.noise.values())):>7.1f}{linked:>7.2f}"
        f"{criteria(found).akaike:>8.1f}{np.median(shares):>8.2f}{min(shares):>8.2f}{density:>9.1f}"
        f"{ending}"
    )


def _told(each: Estimate | None, key: str) -> str:
    """An estimate with its interval, in the unit of the table."""
    if each is None:
        return "-"
    if each.interval is None:
        return f"{each.value / UNITS[key]:.2f} (open)"
    low, high = (end / UNITS[key] for end in each.interval)
    return f"{each.value / UNITS[key]:.2f} ({low:.2f} to {high:.2f})"


def main(folder: Path) -> None:
    mice = read_mice(folder)
    if not mice:
        raise SystemExit(f"{folder}: no series of mice, *_mouse*_parsed.csv")
    titles = "".join(f"{title:>24}" for title in ("D (1e-10 m2/s)", "k (1/h)", "v (mm/h)"))
    print(
        f"{'':<20}{titles}{'noise':>7}{'link':>7}{'AIC':>8}{'median':>8}{'least':>8}{'density':>9}",
        flush=True,
    )
    for mouse in mice:
        for name in MODELS:
            print(row(mouse, name), flush=True)
    for name in MODELS:
        found = fit(joint_problem(mice, MODELS[name]))
        shared = certainty(found).estimates[0]
        print(
            f"{'all':<9}{name:<11}{_told(shared, 'diffusivity'):>24}{'one D for all':>48}"
            f"{'':>14}{criteria(found).akaike:>8.1f}{'' if found.converged else ' NOT CONVERGED'}",
            flush=True,
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
