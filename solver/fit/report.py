"""A fit in files and in words.

estimates.json    every number with its interval or why it has none; correlation, spectrum, noise
history.csv       one row for every accepted point; where a noise is unknown, search 2 weighs by it
profiles.csv      how much worse the best fit is with a number held elsewhere, if asked for
evaluations.npy   all that was evaluated: a fit that was stopped goes on with it (`memory`)
predicted.csv     what was observed beside what the fitted model predicts
config.yaml       the model as fitted; `command` is how pvs-simulate runs it
"""

import csv
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np

from solver.fit.certainty import Certainty
from solver.fit.compare import criteria
from solver.fit.profile import Profile
from solver.fit.residuals import predict
from solver.fit.search import Iteration
from solver.fit.solve import Fit

ESTIMATES, HISTORY, PREDICTED = "estimates.json", "history.csv", "predicted.csv"
PROFILES, EVALUATIONS = "profiles.csv", "evaluations.npy"
SAME = 0.01  # of a loss, within which two ends of a search are one [choice]
LINKED = 2.0  # standard errors of an autocorrelation, from which residuals are no noise


def add_to_history(folder: Path, step: Iteration) -> None:
    """Append an accepted point, so that nothing is lost if the search is stopped."""
    row = {
        "search": step.search,
        "number": step.number,
        "loss": step.loss,
        "gradient": step.gradient,
        "step": step.step,
        "seconds": step.seconds,
        **step.values,
    }
    path = folder / HISTORY
    new = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        if new:
            writer.writerow(row)
        writer.writerow([repr(each) for each in row.values()])


def save_fit(folder: Path, fit: Fit, known: Certainty, profiles: Sequence[Profile] = ()) -> None:
    """Write estimates, predictions and profiles."""
    compared = criteria(fit)
    profiled = {each.name: each for each in profiles}
    names = [each.name for each in known.estimates]
    found: dict[str, Any] = {
        "converged": fit.converged,
        "why_it_ended": fit.words,
        "loss": fit.loss,
        "losses_of_all_starts": fit.losses,
        "estimates": {
            each.name: {
                "value": each.value,
                "interval_95": each.interval,
                "interval_95_by_profile": [*map(_plain, profiled[each.name].interval)]
                if each.name in profiled
                else None,
                "words": each.words or None,
            }
            for each in known.estimates
        },
        "correlation": {
            name: dict(zip(names, map(_plain, row), strict=True))
            for name, row in zip(names, known.correlation.tolist(), strict=True)
        },
        "fisher_spectrum": known.spectrum.tolist(),
        "open": known.open,
        "akaike": compared.akaike,
        "bayes": compared.bayes,
        "log_likelihood": compared.log_likelihood,
        "noise": known.noise,
        "residual_autocorrelation": known.linked,
    }
    (folder / ESTIMATES).write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    with (folder / PREDICTED).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["series", "sees", "time_s", "observed", "predicted", "sigma"])
        seen = predict(jnp.asarray(fit.z), fit.problem)
        for each, line in zip(fit.problem.observed, seen, strict=True):
            for row in zip(each.times, each.values, line, strict=True):
                writer.writerow([each.name, each.sees, *map(float, row), float(each.sigma)])

    if profiles:
        with (folder / PROFILES).open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["name", "value", "deviance"])
            for one in profiles:
                for pair in zip(one.values.tolist(), one.deviance.tolist(), strict=True):
                    writer.writerow([one.name, *pair])


def table(fit: Fit, known: Certainty, profiles: Sequence[Profile] = ()) -> str:
    """What was found, in plain words."""
    width = max(20, *(len(each.name) for each in known.estimates))
    lines = []
    for each in known.estimates:
        words = f"{each.value:.4g}"
        if each.interval is not None:
            words += f"  (95 %: {each.interval[0]:.4g} to {each.interval[1]:.4g})"
        elif each.words:
            words = f"no interval, for {each.words}"
        if each.interval is not None and each.words:
            words += f"; {each.words}"
        lines.append(f"{each.name:<{width}}  {words}")
    for one in profiles:
        ends = " to ".join(f"{end:.4g}" if math.isfinite(end) else "?" for end in one.interval)
        lines.append(f"{one.name:<{width}}  95 % by profile likelihood: {ends}")
    for series in fit.problem.observed:
        note, linked = f"noise {known.noise[series.name]:.3g}", known.linked[series.name]
        if abs(linked) > LINKED / math.sqrt(series.values.size):
            note += (
                f"; residuals are linked in time ({linked:+.2f}), so that the model misses "
                "something or the intervals are too narrow"
            )
        lines.append(f"{series.sees:<{width}}  {note}")
    if len(fit.losses) > 1:
        same = sum(loss <= fit.loss + SAME for loss in fit.losses)
        lines.append(f"{'starts':<{width}}  {same} of {len(fit.losses)} ended at the least loss")
    compared = criteria(fit)
    lines.append(f"{'model':<{width}}  AIC {compared.akaike:.5g}, BIC {compared.bayes:.5g}")
    ending = fit.words if fit.converged else f"NOT CONVERGED: {fit.words}"
    lines.append(f"{'search':<{width}}  loss {fit.loss:.4g}; {ending}")
    return "\n".join(lines)


def command(values: Mapping[str, float]) -> str:
    """How to run the model as fitted; the keys of the fit's own choices come beside."""
    return " ".join(["pvs-simulate", *(f"{name}={value!r}" for name, value in values.items())])


def _plain(number: float) -> float | None:
    return number if np.isfinite(number) else None
