"""What does a derivative of a whole run cost, in runs: forward, reverse and differences?

    python -m benchmarks.gradient_cost [large] [derivatives=1e-4] [steps ...]

A short Krogh cylinder (2,304 cells) or a large one (48,000) with norepinephrine's kernel; the loss
is of the tracer in the tissue all along the run, for what lies behind the last sample costs a
reverse pass nothing. Rows: seconds of the processor that a run takes (a shared machine's clock
tells little), then those of each derivative, for 1, 4 and (small) 16 free numbers, over those of a
run, and the memory that each program reserves beyond its arguments (MB, as the compiler tells it).
Flow is solved to 1e-8, and so are its tangents and adjoints, unless `derivatives` says otherwise:
then the last column is what that changes in the gradient, relative to its largest component.
"""

import sys
import time
from dataclasses import replace
from functools import partial
from typing import Any

import jax

jax.config.update("jax_enable_x64", True)

import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402

from meshes.annulus import annulus  # noqa: E402
from meshes.mesh import Mesh  # noqa: E402
from solver.fit.observed import observed  # noqa: E402
from solver.fit.parameters import freeable  # noqa: E402
from solver.fit.residuals import misfit  # noqa: E402
from solver.fit.simulated import columns, tangents  # noqa: E402
from solver.flow import StokesDarcy  # noqa: E402
from solver.signal import Norepinephrine  # noqa: E402
from solver.simulate import prepare  # noqa: E402
from solver.state import Model  # noqa: E402
from solver.wall import Vasomotion  # noqa: E402

UM = 1e-6
SEEN = "tracer_tissue_m3"
STEP = 2.0
SAMPLES = 41
REPEATS = 3


def cost(function: Any, *arguments: Any) -> tuple[float, float, Any]:
    """Least processor time of some runs, s, temporary memory of the program, MB, what it found."""
    program = jax.jit(function).lower(*arguments).compile()
    taken = []
    for _ in range(REPEATS + 1):
        begun = time.process_time()
        found = jax.block_until_ready(program(*arguments))
        taken.append(time.process_time() - begun)
    return min(taken[1:]), program.memory_analysis().temp_size_in_bytes / 1e6, found


def small() -> Mesh:
    return annulus(6 * UM, 9 * UM, 60 * UM, tissue_outer=40 * UM, across=4, around=8, along=8)


def large() -> Mesh:
    tube = {"across": 4, "around": 16, "along": 50, "tissue_layers": 6}
    return annulus(6 * UM, 9 * UM, 300 * UM, tissue_outer=60 * UM, **tube)


def main() -> None:
    words = sys.argv[1:]
    mesh = large() if "large" in words else small()
    asked = [float(word.partition("=")[2]) for word in words if word.startswith("derivatives=")]
    flow = StokesDarcy(tolerance=1e-8, derivative_tolerance=asked[0] if asked else None)
    model = Model(mesh, Norepinephrine(), Vasomotion(), flow)
    numbers = jnp.array([float(number) for number in freeable(model).values()])
    numbers = jnp.where(jnp.isfinite(numbers), numbers, 1.0)
    print(f"{mesh.name}: {len(mesh.cells)} cells")
    print(f"{'steps':>6}{'':>12}{'s':>9}{'runs':>8}{'MB':>9}{'error' if asked else '':>9}")
    for steps in [int(word) for word in words if word.isdigit()] or (8, 32, 128):
        run = (model, prepare(model, steps * STEP, STEP), {})
        once, memory, _ = cost(columns, numbers, *run)
        print(f"{steps:>6}{'run':>12}{once:>9.3f}{1.0:>8.2f}{memory:>9.1f}", flush=True)
        times = np.linspace(0.0, steps * STEP, SAMPLES)
        series = observed("data", SEEN, times, times**2)
        *reverse, gradient = cost(misfit, numbers, (series,), *run)
        error = None
        if asked:
            tight = replace(model, flow=replace(flow, derivative_tolerance=None))
            *_, exact = cost(misfit, numbers, (series,), tight, *run[1:])
            error = off(gradient, exact, numbers)
        tell("reverse", *reverse, once, error)
        for free in (1, 4) if "large" in words else (1, 4, 16):
            names, directions = ("time_s", SEEN), jnp.eye(free, numbers.size)
            *forward, _ = cost(partial(tangents, names), numbers, directions, *run)
            tell(f"forward {free}", *forward, once)
            tell(f"central {free}", 2 * free * once, memory, once)


def off(found: Any, exact: Any, numbers: jax.Array) -> float:
    """Largest difference of two gradients by the numbers' logarithms, over the largest slope."""
    slopes = [
        numbers * next(x for x in jax.tree.leaves(one) if x.shape == numbers.shape)
        for one in (found, exact)
    ]
    return float(jnp.abs(slopes[0] - slopes[1]).max() / jnp.abs(slopes[1]).max())


def tell(name: str, seconds: float, memory: float, once: float, error: float | None = None) -> None:
    """Print a row as soon as it is known."""
    last = "" if error is None else f"{error:>9.0e}"
    print(f"{'':>6}{name:>12}{seconds:>9.3f}{seconds / once:>8.2f}{memory:>9.1f}{last}", flush=True)


if __name__ == "__main__":
    main()
