"""What was found is kept beside the figures, so that one problem may be solved anew."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from .problem import Found, Problem

PLACE = Path("verification", "found.json")


def read_found(folder: Path, problems: Sequence[Problem]) -> dict[str, Found]:
    """What the folder holds of the problems, by name; of one whose levels are others, nothing."""
    if not (folder / PLACE).is_file():
        return {}
    told = json.loads((folder / PLACE).read_text(encoding="utf-8"))
    return {
        one.name: Found(one, told[one.name]["errors"], told[one.name]["seconds"])
        for one in problems
        if one.name in told and told[one.name]["levels"] == [*one.levels]
    }


def save_found(folder: Path, found: Iterable[Found]) -> None:
    """Keep it."""
    told = {
        one.problem.name: {
            "levels": one.problem.levels,
            "errors": one.errors,
            "seconds": one.seconds,
        }
        for one in found
    }
    (folder / PLACE).parent.mkdir(parents=True, exist_ok=True)
    (folder / PLACE).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
