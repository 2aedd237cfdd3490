"""What does a derivative of the flow cost, in forward solves?

    python -m benchmarks.gradient [mesh.vtu units] [derivatives=1e-4]

One cold step of the moving wall on a Krogh cylinder (or the mesh given), tolerance 1e-8, that of
tangents and adjoints too unless `derivatives` says otherwise. A readout (fluid through the sheath)
is differentiated in reverse with respect to every number of the flow record and all wall radii
together, and forward with respect to eight parameters at once. Rows: seconds of the processor (a
shared machine's clock tells little), those over one solve's, and the largest relative difference to
central differences.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jax

jax.config.update("jax_enable_x64", True)

import jax.numpy as jnp  # noqa: E402

from benchmarks.robustness import STEP, UM  # noqa: E402
from meshes.annulus import annulus  # noqa: E402
from meshes.read_mesh import read_mesh  # noqa: E402
from solver.flow import Open, Sheath, Spring, StokesDarcy, Tissue, plan  # noqa: E402
from solver.flow.boundary import boundary_of  # noqa: E402
from solver.flow.past import at_rest  # noqa: E402
from solver.flow.solve import solve  # noqa: E402
from solver.geometry.metric import sweep  # noqa: E402
from solver.geometry.motion import positions  # noqa: E402
from solver.geometry.space import build_space  # noqa: E402

REPEATS = 5
NAMES = ("k", "L_p", "S", "mu", "alpha", "p inlet", "modulus", "motion")


def seconds(run: Callable, *arguments: Any) -> tuple[Any, float]:
    """What a compiled function returns, and the least processor time of some runs."""
    found = jax.block_until_ready(run(*arguments))
    shortest = float("inf")
    for _ in range(REPEATS):
        begun = time.process_time()
        found = jax.block_until_ready(run(*arguments))
        shortest = min(shortest, time.process_time() - begun)
    return found, shortest


def main() -> None:
    asked = [float(word.partition("=")[2]) for word in sys.argv if word.startswith("derivatives=")]
    named = [word for word in sys.argv[1:] if not word.startswith("derivatives=")]
    if named:
        mesh = read_mesh(*named[:2])
    else:
        mesh = annulus(
            6 * UM,
            9 * UM,
            300 * UM,
            tissue_outer=60 * UM,
            across=4,
            around=16,
            along=50,
            tissue_layers=6,
        )
    usual = StokesDarcy(
        sheath=Sheath(),
        tissue=Tissue(),
        inlet=Open(1.0),
        outer_wall=Spring(1500.0),
        tolerance=1e-8,
        derivative_tolerance=asked[0] if asked else None,
        limit=2000,
        memory=1,
    )
    space = build_space(mesh)
    prepared = plan(usual, space, STEP)

    def through(
        logarithms: jax.Array, radii: jax.Array, prepared: Any, space: Any
    ) -> tuple[jax.Array, jax.Array]:
        k, conductance, storage, viscosity, slip, inlet, modulus, motion = jnp.exp(logarithms)
        flow = replace(
            usual,
            viscosity=0.7e-3 * viscosity,
            sheath=Sheath(1e-10 * conductance, slip),
            tissue=Tissue(1e-16 * k, 1e-4 * storage),
            inlet=Open(inlet),
            outer_wall=Spring(1500.0 * modulus),
        )
        ratio = radii * motion
        step = sweep(space.fluid_rest, positions(space, 1.0 + 0.01 * ratio), space.fluid)
        data, past = boundary_of(flow, space, step, STEP), at_rest(flow, space)
        moved = solve(flow, prepared, space, step, data, past, STEP)
        share = jnp.cos(3.0 * space.path[space.pairs.fluid] / space.path.max())
        return 1e18 * (share * moved.exchange).sum(), moved.solve.iterations

    start, radii = jnp.zeros(8), jnp.ones(space.fluid.vertices)
    rest = prepared, space
    (value, iterations), once = seconds(jax.jit(through), start, radii, *rest)
    unknowns = 4 * space.fluid.vertices + space.tissue.vertices
    print(f"{mesh.name}: {unknowns} unknowns, {int(iterations)} iterations, readout {value:.6g}")
    print(f"{'':<34}{'s':>8}{'solves':>8}{'error':>9}")
    print(f"{'solve':<34}{once:>8.3f}{1.0:>8.2f}", flush=True)

    reverse = jax.jit(jax.value_and_grad(through, argnums=(0, 1), has_aux=True))
    (_, slopes), took = seconds(reverse, start, radii, *rest)
    size = 1e-4
    difference = jnp.stack(
        [
            (
                jax.jit(through)(start.at[i].set(size), radii, *rest)[0]
                - jax.jit(through)(start.at[i].set(-size), radii, *rest)[0]
            )
            / (2 * size)
            for i in range(8)
        ]
    )

    def error(found: jax.Array) -> float:
        return float((jnp.abs(found - difference) / jnp.abs(difference).max()).max())

    print(
        f"{f'reverse, 8 + {len(radii)} numbers':<34}{took:>8.3f}{took / once:>8.2f}"
        f"{error(slopes[0]):>9.0e}",
        flush=True,
    )

    @jax.jit
    def forward(x: jax.Array, radii: jax.Array, *rest: Any) -> jax.Array:
        return jax.jacfwd(lambda y: through(y, radii, *rest)[0])(x)

    tangents, took = seconds(forward, start, radii, *rest)
    print(
        f"{'forward, 8 parameters':<34}{took:>8.3f}{took / once:>8.2f}{error(tangents):>9.0e}",
        flush=True,
    )


if __name__ == "__main__":
    main()
