"""Evaluations that a fit has made, kept on disk, so that one that was stopped goes on exactly.

A search is a deterministic function of what it is told of each point. One that is begun anew with
the evaluations of an earlier one at hand takes the same way in no time, and goes on from where
that one stopped: the search's own state need not be saved, whichever method it is.

The file is a row of numpy arrays: for each evaluation a key, the number of arrays, the arrays.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import numpy as np

from solver.fit.problem import Problem

Arrays = tuple[np.ndarray, ...]


class Memory:
    """What was evaluated, by what was asked."""

    def __init__(self, path: Path | None = None) -> None:
        """Nothing, or what a file holds; further evaluations are added to it."""
        self._path, self._found = path, _read(path) if path and path.exists() else {}

    def recall(self, key: str, evaluate: Callable[[], Arrays]) -> Arrays:
        """What was found under a key, evaluated if it was not."""
        if key not in self._found:
            self._found[key] = evaluate()
            if self._path:
                with self._path.open("ab") as file:
                    for each in (np.array(key), np.array(len(self._found[key]))):
                        np.save(file, each)
                    for each in self._found[key]:
                        np.save(file, each)
        return self._found[key]

    def __len__(self) -> int:
        """Number of evaluations held."""
        return len(self._found)


def digest(problem: Problem) -> str:
    """A word that two problems share only if all their numbers and choices are the same."""
    found = hashlib.sha256()
    leaves, structure = jax.tree.flatten(problem)
    found.update(repr(structure).encode())
    for leaf in leaves:
        array = np.asarray(leaf)
        found.update(repr((array.shape, array.dtype.str)).encode() + array.tobytes())
    return found.hexdigest()


def _read(path: Path) -> dict[str, Arrays]:
    """Every whole evaluation of a file; the last may have been cut off, and is then cut away."""
    found: dict[str, Arrays] = {}
    whole = 0
    with path.open("rb") as file:
        while True:
            try:
                key, count = str(_next(file)), int(_next(file))
                found[key] = tuple(_next(file) for _ in range(count))
            except (EOFError, ValueError):
                break
            whole = file.tell()
    with path.open("r+b") as file:
        file.truncate(whole)
    return found


def _next(file: Any) -> np.ndarray:
    return np.load(file, allow_pickle=False)
