"""One code on one problem in a process of its own, so that peak memory is its own.

python -m benchmarks.side_by_side.child CODE PROBLEM --threads N --budget S -> JSON on the last line
"""

import argparse
import json
import os
from dataclasses import asdict
from typing import Any


def tell(result: Any) -> None:
    """What is known so far; the last line counts."""
    print(json.dumps(asdict(result)), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("code", choices=("ours", "finer", "ngsolve"))
    parser.add_argument("problem")
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--budget", type=float, required=True)
    parser.add_argument("--no-gradient", action="store_true")
    parser.add_argument("--method", default="auto")
    given = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):  # XLA takes as many threads as it may use cores
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: given.threads])
    from .problems import PROBLEMS  # numpy and jax count the cores when they are loaded

    problem = PROBLEMS[given.problem]
    if given.code == "ngsolve":
        from . import ngsolve_case

        result = ngsolve_case.measure(
            problem, budget=given.budget, threads=given.threads, tell=tell, method=given.method
        )
    else:
        from . import ours

        result = ours.measure(
            problem,
            finer=given.code == "finer",
            gradient=not given.no_gradient,
            budget=given.budget,
            tell=tell,
        )
    tell(result)


if __name__ == "__main__":
    main()
