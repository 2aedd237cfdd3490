"""What is measured of one code on one problem, and how times are taken."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from scripts.machine import peak_memory_bytes

REPEATS = 3  # of a cold solve, as long as they fit in
PATIENCE = 10.0  # s


@dataclass
class Measured:
    """One line of the table; None where it does not apply. Seconds, bytes, m3/s, Pa.

    Attributes:
        method: the linear solver and how it is used.
        unknowns: of the linear system.
        setup: once per mesh: tables, spaces, preconditioner; compile: once per shape.
        cold: assembly and solve of the first step, the best of a few.
        flow, pressure: readouts of the cold solve.
        steps, run: how many steps of the moving run were taken and how long they took.
        flow_run, pressure_run: readouts of each of them.
        gradient: time of one value and gradient; parameters: with respect to so many numbers.
        solves: how many solves a gradient takes (finite differences), 0 where it is automatic.
        memory: peak of the process.
    """

    method: str = ""
    unknowns: int = 0
    setup: float | None = None
    compile: float | None = None
    cold: float | None = None
    iterations: float | None = None
    flow: float | None = None
    pressure: float | None = None
    steps: int = 0
    run: float | None = None
    iterations_run: float | None = None
    flow_run: list[float] | None = None
    pressure_run: list[float] | None = None
    gradient: float | None = None
    gradient_compile: float | None = None
    gradient_value: float | None = None
    parameters: int = 0
    solves: int = 0
    memory: int | None = None
    note: str = ""


Tell = Callable[[Measured], None]


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """What work returns and the seconds it took."""
    start = time.perf_counter()
    result = work()
    return result, time.perf_counter() - start


def best(work: Callable[[], Any]) -> tuple[Any, float]:
    """The shortest of a few runs, fewer where they are long."""
    result, shortest = timed(work)
    spent, repeats = shortest, 1
    while repeats < REPEATS and spent + shortest < PATIENCE:
        result, seconds = timed(work)
        shortest, spent, repeats = min(shortest, seconds), spent + seconds, repeats + 1
    return result, shortest


def peak() -> int | None:
    """Peak memory of this process, bytes."""
    return peak_memory_bytes()
