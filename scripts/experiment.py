"""`pvs-fit task=experiment`: which instrument, recording for how long, pins a number best."""

import csv
from collections.abc import Sequence
from dataclasses import astuple, fields
from pathlib import Path
from typing import Any

from meshes.errors import InputError
from solver.fit.experiment import Candidate, experiment
from solver.fit.problem import Problem

from .command import DONE
from .progress import Waiting

SHOWN = 12  # rows of a table for each duration


def experiment_into(folder: Path, config: dict[str, Any], problem: Problem, shown: Waiting) -> int:
    """Compare experiments, and leave `experiment.csv` in the folder."""
    asked: dict[str, Any] = dict(config["experiment"])
    if asked["pins"] is None:
        names = ", ".join(each.name for each in problem.free)
        raise InputError(f"experiment.pins is not given; name one that is free, {names}")
    shown.stage("compiling")
    asked |= {key: asked[key] or () for key in ("candidates", "durations")}
    found = experiment(problem, **asked)
    with (folder / "experiment.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([each.name for each in fields(Candidate)])
        for each in found:
            writer.writerow([" + ".join(each.columns), *astuple(each)[1:]])
    print(table(found, asked["pins"]))
    print(f"\n{folder}")
    return DONE


def table(found: Sequence[Candidate], pins: str) -> str:
    """The best of every duration, in plain words."""
    lines = [f"to pin {pins}, best first:"]
    for duration in sorted({each.duration for each in found}):
        rows = [each for each in found if each.duration == duration]
        pair = [each for each in rows if len(each.columns) > 1]
        alone = [each for each in rows if len(each.columns) == 1]
        for each in [*alone[:SHOWN], *pair]:
            name = " and ".join(each.columns)
            words = "these data would say nothing of it"
            if each.low is not None and each.high is not None:
                words = f"95 %: {each.low:.4g} to {each.high:.4g}"
            lines.append(f"{duration:>8.4g} s  {name:<44}  {words}")
    return "\n".join(lines)
