"""`pvs-fit task=design`: the numbers of the wall's answer that move most for the same effort."""

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from solver import store
from solver.fit.design import Design, design
from solver.fit.problem import Problem
from solver.fit.report import command

from .command import DONE, NOT_CONVERGED
from .progress import Waiting

LEFT_OUT = (  # of the fit alone; pvs-simulate does not know them
    *("task", "free", "animals", "data", "more", "fit", "profile", "certainty", "sample"),
    *("validate", "design", "experiment", "map", "resume"),
)
OF_A_RUN = {"resume": True, "objective": None}  # what pvs-simulate knows beside


def design_into(folder: Path, config: dict[str, Any], problem: Problem, shown: Waiting) -> int:
    """Design, and leave `design.json` and the model as designed in the folder."""

    def tell(run: int, goal: float, effort: float, values: Mapping[str, float]) -> None:
        numbers = ", ".join(f"{name} {value:.4g}" for name, value in values.items())
        shown.stage(f"run {run}: goal x {goal:.4f}, effort x {effort:.4f}, {numbers}")

    shown.stage("compiling")
    asked = config["design"]
    found = design(problem, asked["goal"], limit=asked["limit"], on_point=tell)
    told = {"goal_column": asked["goal"], **asdict(found)}
    (folder / "design.json").write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    save_model(folder, config, found.values)
    print(table(found, asked["goal"]))
    print(f"\nas designed: {command(found.values)}\n{folder}")
    if found.converged:
        return DONE
    print(f"{found.words}; what was found is kept", file=sys.stderr)
    return NOT_CONVERGED


def table(found: Design, goal: str) -> str:
    """What was found, in plain words."""
    lines = []
    for name, before in found.start.items():
        more, effort = found.brings[name]
        lines.append(
            f"{name:<28}  {before:.4g} -> {found.values[name]:.4g}; 1 % more of it brings "
            f"{more:+.2f} % for {effort:+.2f} % effort at the start"
        )
    for name, (first, last) in ((goal, found.goal), ("effort (m2/s2)", found.effort)):
        lines.append(f"{name:<28}  {first:.4g} -> {last:.4g}, x {last / first:.4g}")
    ending = found.words if found.converged else f"NOT CONVERGED: {found.words}"
    return "\n".join([*lines, f"{'search':<28}  {ending}"])


def save_model(folder: Path, config: dict[str, Any], values: Mapping[str, float]) -> None:
    """Write `config.yaml`: what pvs-simulate knows of the configuration, with new numbers."""
    folder.mkdir(exist_ok=True)
    kept = {key: value for key, value in config.items() if key not in LEFT_OUT} | OF_A_RUN
    for name, value in values.items():
        *rooms, last = name.split(".")
        place = kept
        for room in rooms:
            place = place[room]
        place[last] = value
    store.save_config(folder, kept)
