"""Side by side with what people use today: Glymphax and NGSolve (Taylor-Hood) on the same meshes.

    python -m benchmarks.side_by_side [--quick] [--threads 2] [--minutes 9.5]

Same points, same tetrahedra, same tags, same physics, same wall motion. Each line is a process of
its own, one after the other, so that peak memory is that line's. Every number is measured in this
run; what is extrapolated says from how many steps. Errors are against the exact solution, which has
round walls where the meshes have polygons (the same for both codes); on the Y against our own
scheme on the mesh and on the once refined one, extrapolated at second order. Where NGSolve is
absent, ours runs alone. NGSolve: `python -m pip install ngsolve`.
"""

import argparse
import importlib.util
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

from .measure import Measured
from .problems import DEFAULT, PROBLEMS, QUICK, STEP, STEPS, WITHOUT_GRADIENT, Readouts

ROOT = Path(__file__).parents[2]
NAMES = {"ours": "Glymphax", "ngsolve": "NGSolve"}
HEADER = (
    f"{'code':<9}{'linear solver':<25}{'unknowns':>9}{'setup':>7}{'compile':>8}{'cold':>8}"
    f"{'its':>5}{'100 steps':>10}{'its':>6}{'MB':>6}{'flow err':>10}{'pres. err':>10}"
    f"{'run flow':>10}{'run pres.':>10}  gradient"
)
LEGEND = """
setup, compile, cold, 100 steps: seconds. setup: tables, spaces and kept preconditioners, once a
mesh (ours compiles some of it). compile: XLA, once a shape. cold: assemble and solve the first
step, best of up to three. 100 steps: moving wall, 10 % at 0.02 Hz, 2 s a step; `~` extrapolated
from the number of steps told in the notes. MB: peak of the process, before any gradient. its:
Krylov iterations. flow err: of the mouth's flow; pres. err: of the far ends' pressure; run flow,
run pres.: largest over the steps taken, relative to the largest value. gradient: seconds of a value
with its derivatives, and how many: ours by reverse mode, the rest positions of the space's vertices
included; NGSolve has no such mode over assembly and mesh, so by central differences, two solves a
number (an adjoint written by hand for each parameter would cost one more back-substitution).
"""


def run_child(code: str, name: str, threads: int, budget: float, limit: float) -> Measured | str:
    """One code on one problem; what went wrong if it did."""
    command = [sys.executable, "-m", "benchmarks.side_by_side.child", code, name]
    command += ["--threads", str(threads), "--budget", str(budget)]
    command += ["--no-gradient"] if name in WITHOUT_GRADIENT else []
    caps = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    environment = os.environ | dict.fromkeys(caps, str(threads))
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=limit,
            check=False,
        )
    except subprocess.TimeoutExpired as cut:
        told = (cut.stdout or b"").decode().strip().splitlines()
        if not told:
            return f"not done within {limit:.0f} s"
        return Measured(**(json.loads(told[-1]) | {"note": f"stopped after {limit:.0f} s"}))
    if done.returncode:
        return (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]
    return Measured(**json.loads(done.stdout.strip().splitlines()[-1]))


def extrapolated(coarse: Measured, fine: Measured) -> Readouts:
    """Second-order extrapolation of the readouts of a mesh and of its refinement."""
    return Readouts(
        flow=(4.0 * fine.flow - coarse.flow) / 3.0,
        pressure=(4.0 * fine.pressure - coarse.pressure) / 3.0,
    )


def reference(name: str, results: dict[tuple[str, str], Measured | str]) -> Readouts | None:
    """What the first step should read."""
    problem = PROBLEMS[name]
    if problem.exact:
        return problem.exact(0.0, STEP)
    coarse, fine = results.get(("ours", name)), results.get(("finer", name))
    if isinstance(coarse, Measured) and isinstance(fine, Measured):
        return extrapolated(coarse, fine)
    return None


def relative(found: float | None, right: float) -> str:
    """Relative error; a dash where there is nothing to be relative to."""
    return "-" if found is None or right == 0.0 else f"{found / right - 1.0:+.1e}"


def run_errors(name: str, result: Measured) -> tuple[str, str]:
    """Largest errors over a run relative to the largest exact value."""
    exact = PROBLEMS[name].exact
    if not (exact and result.steps):
        return "-", "-"
    right = [exact(STEP * n, STEP * (n + 1)) for n in range(result.steps)]
    told = []
    for found, wanted in (
        (result.flow_run, [r.flow for r in right]),
        (result.pressure_run, [r.pressure for r in right]),
    ):
        scale = max(map(abs, wanted))
        told.append(f"{max(abs(f - w) for f, w in zip(found, wanted, strict=True)) / scale:.1e}")
    return told[0], told[1]


def gradient(result: Measured) -> str:
    """Cost of a gradient in seconds and in cold solves."""
    if result.gradient is None:
        return "2 solves a number" if result.compile is None else "-"
    share = f"{result.gradient:.2g} s = {result.gradient / result.cold:.1f} cold solves"
    if result.solves:
        return f"{share}, {result.parameters} number (central difference)"
    return f"{share}, {result.parameters} numbers; compiles {result.gradient_compile:.0f} s"


def line(code: str, name: str, result: Measured, right: Readouts | None) -> str:
    """One line of the table."""

    def number(value: float | None, form: str) -> str:
        return "-" if value is None else format(value, form)

    whole = None if not result.steps else result.run * STEPS / result.steps
    mark = "~" if result.steps < STEPS else ""
    flow, pressure = run_errors(name, result)
    return (
        f"{NAMES[code]:<9}{result.method:<25}{result.unknowns:>9}{number(result.setup, '.1f'):>7}"
        f"{number(result.compile, '.1f'):>8}{number(result.cold, '.3g'):>8}"
        f"{number(result.iterations, '.0f'):>5}"
        f"{mark + format(whole, '.3g') if whole else '-':>10}"
        f"{number(result.iterations_run, '.1f'):>6}{number((result.memory or 0) / 1e6, '.0f'):>6}"
        f"{relative(result.flow, right.flow) if right else '-':>10}"
        f"{relative(result.pressure, right.pressure) if right else '-':>10}"
        f"{flow:>10}{pressure:>10}  {gradient(result)}"
    )


def show(plan: tuple, results: dict[tuple[str, str], Measured | str]) -> None:
    """The table, problem by problem, and the notes below it."""
    print("\n" + HEADER)
    notes = []
    for name in dict.fromkeys(name for _, name in plan):
        print(PROBLEMS[name].title)
        right = reference(name, results)
        for code in ("ours", "ngsolve"):
            result = results.get((code, name))
            if isinstance(result, Measured):
                print("  " + line(code, name, result, right))
                if 0 < result.steps < STEPS:
                    told = f"{NAMES[code]}, {name}: {result.steps} of {STEPS} steps measured"
                    early = code == "ours" and result.steps < STEPS // 2
                    notes.append(
                        told + (", before warm starts have a cycle behind" if early else "")
                    )
                notes += [f"{NAMES[code]}, {name}: {result.note}"] if result.note else []
            elif result:
                print(f"  {NAMES[code]:<9}{result}")
        fine = results.get(("finer", name))
        if isinstance(fine, Measured):
            notes.append(
                f"{name}: reference from our scheme on this mesh and on {fine.unknowns} unknowns "
                f"(cold {fine.cold:.3g} s, {fine.iterations:.0f} iterations), extrapolated"
            )
        elif fine:
            notes.append(f"{name}: no reference: {fine}")
        notes += _between(name, results)
    print(LEGEND + "\n".join(notes))


def _between(name: str, results: dict[tuple[str, str], Measured | str]) -> list[str]:
    """How far the two codes are from each other."""
    pair = [results.get((code, name)) for code in ("ours", "ngsolve")]
    if not all(isinstance(result, Measured) for result in pair):
        return []
    ours, theirs = pair
    told = f"{name}: ours against NGSolve: flow {ours.flow / theirs.flow - 1.0:+.1e}"
    if PROBLEMS[name].moving:
        told += f", pressure {ours.pressure / theirs.pressure - 1.0:+.1e}"
    if ours.gradient_value is not None and theirs.gradient_value:
        difference = ours.gradient_value / theirs.gradient_value - 1.0
        told += f", derivative by viscosity {difference:+.1e}"
    return [told]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small meshes only")
    parser.add_argument("--threads", type=int, default=2, help="of both codes")
    parser.add_argument("--minutes", type=float, default=9.5, help="for everything together")
    parser.add_argument("--child", type=float, default=200.0, help="s for one line of the table")
    parser.add_argument("--budget", type=float, default=60.0, help="s for one moving-wall run")
    parser.add_argument("--only", nargs="*", help="names of problems")
    given = parser.parse_args()
    plan = tuple(
        pair
        for pair in (QUICK if given.quick else DEFAULT)
        if not given.only or pair[1] in given.only
    )
    deadline = time.monotonic() + 60.0 * given.minutes
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, {given.threads} threads for each code; "
        f"load when started {os.getloadavg()[0]:.1f}"
    )
    absent = importlib.util.find_spec("ngsolve") is None
    if absent:
        print("NGSolve is not here; install the extra: pip install ngsolve")
    results: dict[tuple[str, str], Measured | str] = {}
    for code, name in plan:
        if code == "ngsolve" and absent:
            continue
        left = deadline - time.monotonic()
        if left < 5.0:
            results[code, name] = "no time left; give --minutes more"
            continue
        start = time.monotonic()
        result = run_child(code, name, given.threads, given.budget, min(given.child, left))
        results[code, name] = result
        state = "done" if isinstance(result, Measured) else result
        print(f"  {code:<8}{name:<10}{time.monotonic() - start:6.0f} s  {state}", flush=True)
    print(f"load when done {os.getloadavg()[0]:.1f}")
    show(plan, results)


if __name__ == "__main__":
    main()
