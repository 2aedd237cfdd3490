"""python -m benchmarks.verification [folder] [V8 V9 ...]: all problems, or some."""

import argparse
import time
from pathlib import Path

import jax

jax.config.update("jax_enable_x64", True)

from scripts.origin import version  # noqa: E402

from .flows import FLOWS  # noqa: E402
from .page import write_page  # noqa: E402
from .problem import Found, Problem  # noqa: E402
from .tracers import TRACERS  # noqa: E402

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
    asked.add_argument("names", nargs="*", help="as V8; all by default")
    given = asked.parse_args()
    found = []
    for problem in (*FLOWS, *TRACERS):
        if given.names and problem.name.split(",")[0] not in given.names:
            continue
        found.append(solve_all(problem))
        print(f"{problem.name}: {problem.title} ({found[-1].seconds:.0f} s)")
        for name, errors in found[-1].errors.items():
            told = ", ".join(f"{error:.2e}" for error in errors)
            orders = ", ".join(f"{each:.2f}" for each in found[-1].orders(name)[1:])
            print(f"  {name:<40}  {told}  order {orders}", flush=True)
    print(write_page(given.folder, found, COMMAND, version("glymphax")))


if __name__ == "__main__":
    main()
