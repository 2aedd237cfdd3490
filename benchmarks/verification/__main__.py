"""python -m benchmarks.verification [folder] [V8 V9 ...]: all problems, or some anew."""

import argparse
import time
from pathlib import Path

import jax

jax.config.update("jax_enable_x64", True)

from scripts.origin import version  # noqa: E402

from .flows import FLOWS  # noqa: E402
from .kept import read_found, save_found  # noqa: E402
from .page import write_page  # noqa: E402
from .problem import Found, Problem  # noqa: E402
from .tracers import TRACERS  # noqa: E402

PROBLEMS = (*FLOWS, *TRACERS)
COMMAND = "python -m benchmarks.verification docs"


def solve_all(problem: Problem) -> Found:
    """Every level of a problem."""
    begun = time.process_time()
    levels = [problem.errors(level) for level in problem.levels]
    jax.clear_caches()
    errors = {name: [float(level[name]) for level in levels] for name in levels[0]}
    return Found(problem, errors, time.process_time() - begun)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("folder", nargs="?", default="docs", type=Path, help="of verification.md")
    asked.add_argument(
        "names", nargs="*", help="as V8; all by default, others are kept as they are"
    )
    given = asked.parse_args()
    kept = read_found(given.folder, PROBLEMS)
    for problem in PROBLEMS:
        if given.names and problem.name.split(",")[0] not in given.names:
            continue
        found = kept[problem.name] = solve_all(problem)
        print(f"{problem.name}: {problem.title} ({found.seconds:.0f} s)")
        for name, errors in found.errors.items():
            told = ", ".join(f"{error:.2e}" for error in errors)
            orders = ", ".join(f"{each:.2f}" for each in found.orders(name)[1:])
            print(f"  {name:<40}  {told}  order {orders}", flush=True)
        save_found(given.folder, kept.values())
    shown = [kept[problem.name] for problem in PROBLEMS if problem.name in kept]
    print(write_page(given.folder, shown, COMMAND, version("glymphax")))


if __name__ == "__main__":
    main()
