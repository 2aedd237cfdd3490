"""How every solve of a run went, step by step, as the entry `solves` of `summary.json`."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Shaped

from solver.store import SUMMARY

NAMES = {  # as the solver calls them, and as the summary does
    "krylov_iterations": "iterations",
    "krylov_residual": "residual",
    "mass_residual": "mass_residual",
    "balance": "balance",
    "tracer_iterations": "tracer_iterations",
    "converged": "converged",
}


def solves_by_step(solves: Mapping[str, Shaped[np.ndarray, " steps"]]) -> dict[str, list[Any]]:
    """Lists, one entry a step; a number that is not finite becomes None.

    iterations and residual (relative) of the flow solve, mass_residual the largest cell imbalance
    before the projection and balance after it (relative), tracer_iterations, converged.
    """
    return {
        name: [_plain(value) for value in np.asarray(solves.get(key, ())).tolist()]
        for key, name in NAMES.items()
    }


def add_solves(folder: Path, solves: Mapping[str, Shaped[np.ndarray, " steps"]]) -> None:
    """Write the entry into the summary that is there; the file changes whole or not at all."""
    path = folder / SUMMARY
    summary = json.loads(path.read_text(encoding="utf-8"))
    text = json.dumps(summary | {"solves": solves_by_step(solves)}, indent=2)
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_text(text + "\n", encoding="utf-8")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
