"""Cross-validation and a sampled posterior in files and in words.

left_out.csv      how each series was predicted by a fit to the others
posterior.csv     draws of the free numbers, SI
predictive.csv    what was observed, and 2.5, 50 and 97.5 % of what would be
"""

import csv
from collections.abc import Sequence
from pathlib import Path

from solver.fit.sample import Posterior
from solver.fit.solve import Fit
from solver.fit.validate import LeftOut

LEFT_OUT, POSTERIOR, PREDICTIVE = "left_out.csv", "posterior.csv", "predictive.csv"


def save_left_out(folder: Path, left: Sequence[LeftOut]) -> None:
    """Write `left_out.csv`."""
    names = [*left[0].values]
    with (folder / LEFT_OUT).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        head = ["series", "sees", "error", "explained", "log_density", "converged"]
        writer.writerow([*head, *names])
        for each in left:
            told = [each.error, each.explained, each.log_density, each.converged]
            writer.writerow([each.name, each.sees, *told, *each.values.values()])


def left_out_table(left: Sequence[LeftOut]) -> str:
    """How each series was predicted without it, in plain words."""
    lines = []
    for each in left:
        ending = "" if each.converged else "; NOT CONVERGED"
        lines.append(
            f"{each.sees:<28}  left out: error {each.error:.3g}, explained "
            f"{100 * each.explained:.0f} % ({each.name}){ending}"
        )
    total = sum(each.log_density for each in left)
    return "\n".join([*lines, f"{'cross-validation':<28}  log density of all left out {total:.5g}"])


def save_posterior(folder: Path, fit: Fit, found: Posterior) -> None:
    """Write `posterior.csv` and `predictive.csv`."""
    with (folder / POSTERIOR).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(found.names)
        writer.writerows(found.draws.tolist())
    with (folder / PREDICTIVE).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["series", "sees", "time_s", "observed", "low", "median", "high"])
        for each, lines in zip(fit.problem.observed, found.predicted, strict=True):
            rows = zip(each.times.tolist(), each.values.tolist(), *lines.tolist(), strict=True)
            writer.writerows([each.name, each.sees, *row] for row in rows)


def posterior_table(found: Posterior) -> str:
    """Medians and intervals of the draws, in plain words."""
    lines = [
        f"{name:<28}  sampled: {median:.4g}  (95 %: {low:.4g} to {high:.4g})"
        for name, median, (low, high) in zip(
            found.names, found.median, found.intervals, strict=True
        )
    ]
    ending = "" if found.long_enough else "; TOO SHORT, 50 are needed"
    worth = f"worth {found.effective:.0f} independent draws; {found.words}{ending}"
    return "\n".join([*lines, f"{'sampling':<28}  {worth}"])
