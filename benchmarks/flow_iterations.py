"""How many Krylov iterations does a vasomotion cycle cost, cold and warm, and at what residual?

    python -m benchmarks.flow_iterations [mesh.vtu units] ...

Without arguments: the packaged sample. Flow alone, two cycles of 25 steps, 10 % motion at 0.02 Hz.
One row a mesh and tolerance: unknowns, iterations of the first step that moves, mean over the
second cycle, seconds of the first (the shortest of three) and of a step of the second cycle (their
mean), the latter over the former, largest cell imbalance before and after projection.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import replace

import jax

jax.config.update("jax_enable_x64", True)

from meshes.mesh import Mesh  # noqa: E402
from meshes.read_mesh import read_mesh  # noqa: E402
from meshes.samples import sample_mesh  # noqa: E402
from solver.flow import StokesDarcy  # noqa: E402
from solver.signal import Norepinephrine  # noqa: E402
from solver.simulate import advance, begin, prepare  # noqa: E402
from solver.state import Health, Model, Prepared, State  # noqa: E402
from solver.wall import Vasomotion  # noqa: E402

STEPS = 25  # a cycle
COLD = 3  # times that the first step is taken
TOLERANCES = (1e-6, 1e-8)


@jax.jit
def once(model: Model, prepared: Prepared, response: object, state: State) -> tuple[State, Health]:
    """A step whose tracer stays where it was, so that nobody computes it."""
    after, _, health = advance(model, prepared, response, state)
    return replace(after, concentration=state.concentration), replace(
        health, tracer_iterations=0, converged=health.krylov_residual <= model.flow.tolerance
    )


def measure(mesh: Mesh, tolerance: float) -> None:
    model = Model(
        mesh,
        signal=Norepinephrine(onset=0.0),
        wall=Vasomotion(),
        flow=StokesDarcy(memory=STEPS + 1, tolerance=tolerance),
    )
    prepared = prepare(model, until=100.0, step=50.0 / STEPS)
    response = model.wall.response(model.signal, prepared.until)
    state = begin(model, prepared, response)
    jax.block_until_ready(once(model, prepared, response, state))
    cold = min(_seconds(lambda: once(model, prepared, response, state)) for _ in range(COLD))
    rows, stamps = [], [time.perf_counter()]
    for _ in range(prepared.steps):
        state, health = jax.block_until_ready(once(model, prepared, response, state))
        rows.append(health)
        stamps.append(time.perf_counter())
    unknowns = 4 * prepared.space.fluid.vertices + prepared.space.tissue.vertices
    iterations = [int(row.krylov_iterations) for row in rows]
    warm = iterations[STEPS:]
    seconds = cold, (stamps[-1] - stamps[STEPS]) / STEPS
    print(
        f"{mesh.name:<24}{tolerance:>8.0e}{unknowns:>9}{iterations[0]:>6}"
        f"{sum(warm) / STEPS:>7.1f}{max(warm):>5}{seconds[0]:>8.2f}{seconds[1]:>8.2f}"
        f"{seconds[1] / seconds[0]:>7.2f}"
        f"{max(float(row.mass_residual) for row in rows):>9.0e}"
        f"{max(float(row.balance) for row in rows):>9.0e}"
        f"{'' if all(bool(row.converged) for row in rows) else '  NOT CONVERGED'}",
        flush=True,
    )


def _seconds(run: Callable[[], object]) -> float:
    """How long a compiled call takes."""
    begun = time.perf_counter()
    jax.block_until_ready(run())
    return time.perf_counter() - begun


def main() -> None:
    print(
        f"{'mesh':<24}{'tol':>8}{'unknowns':>9}{'cold':>6}{'warm':>7}{'max':>5}{'s cold':>8}"
        f"{'s warm':>8}{'ratio':>7}{'before':>9}{'after':>9}"
    )
    pairs = list(zip(sys.argv[1::2], sys.argv[2::2], strict=True))
    for mesh in [read_mesh(*pair) for pair in pairs] if pairs else [sample_mesh()]:
        for tolerance in TOLERANCES:
            measure(mesh, tolerance)


if __name__ == "__main__":
    main()
