"""How many Krylov iterations does a vasomotion cycle cost, cold and warm, and at what residual?

    python -m benchmarks.flow_iterations [mesh.vtu units] ...

Without arguments: the packaged sample. One row a mesh: unknowns, iterations of the first step that
moves, mean over the second cycle, seconds a step there, largest cell imbalance before and after
projection.
"""

import sys
import time

import jax

jax.config.update("jax_enable_x64", True)

from meshes.mesh import Mesh  # noqa: E402
from meshes.read_mesh import read_mesh  # noqa: E402
from meshes.samples import sample_mesh  # noqa: E402
from solver.flow import StokesDarcy  # noqa: E402
from solver.signal import Norepinephrine  # noqa: E402
from solver.simulate import Model, prepare, simulate  # noqa: E402
from solver.wall import Vasomotion  # noqa: E402

STEPS = 25  # a cycle


def measure(mesh: Mesh) -> None:
    model = Model(
        mesh,
        signal=Norepinephrine(onset=0.0),
        wall=Vasomotion(),
        flow=StokesDarcy(memory=STEPS),
    )
    prepared = prepare(model, until=100.0, step=50.0 / STEPS)
    stamps: list[float] = []
    run = simulate(model, prepared, on_step=lambda _: stamps.append(time.perf_counter()))
    unknowns = 4 * prepared.space.fluid.vertices + prepared.space.tissue.vertices
    iterations, solves = run.solves["krylov_iterations"], run.solves
    print(
        f"{mesh.name:<28}{unknowns:>9}{iterations[0]:>6}{iterations[STEPS:].mean():>7.1f}"
        f"{(stamps[-1] - stamps[STEPS - 1]) / STEPS:>8.2f}{solves['mass_residual'].max():>10.0e}"
        f"{solves['balance'].max():>10.0e}  {'converged' if run.converged else 'NOT CONVERGED'}",
        flush=True,
    )


def main() -> None:
    print(
        f"{'mesh':<28}{'unknowns':>9}{'cold':>6}{'warm':>7}{'s/step':>8}{'before':>10}{'after':>10}"
    )
    pairs = list(zip(sys.argv[1::2], sys.argv[2::2], strict=True))
    for mesh in (read_mesh(*pair) for pair in pairs) if pairs else (sample_mesh(),):
        measure(mesh)


if __name__ == "__main__":
    main()
