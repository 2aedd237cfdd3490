"""Does the cost of a flow solve stay put while everything else changes?

    python -m benchmarks.robustness [quick] [mesh[:units] ...]

Straight Krogh cylinder, R 6/9/60 um, 4 layers, cells two gaps long, mouth open, far end closed, one
cold solve to 1e-8 of a wall that widens. One row a case: unknowns, Krylov iterations, Chebyshev
degree, products with the velocity matrix, each also relative to the first row; processor seconds a
solve. With meshes named (units um by default), those instead, each relative to its own first row.
"""

import sys
import time
from collections.abc import Iterator
from dataclasses import replace

import jax

jax.config.update("jax_enable_x64", True)

import jax.numpy as jnp  # noqa: E402

from meshes.annulus import annulus  # noqa: E402
from meshes.mesh import Mesh  # noqa: E402
from meshes.read_mesh import read_mesh  # noqa: E402
from solver.flow import Open, Sheath, StokesDarcy, Tissue, plan  # noqa: E402
from solver.flow.boundary import boundary_of  # noqa: E402
from solver.flow.past import at_rest  # noqa: E402
from solver.flow.solve import solve  # noqa: E402
from solver.geometry.metric import sweep  # noqa: E402
from solver.geometry.motion import positions  # noqa: E402
from solver.geometry.space import build_space  # noqa: E402

UM = 1e-6
STEP = 2.0  # s
SOLVE = jax.jit(solve)
USUAL = StokesDarcy(tolerance=1e-8, limit=2000, memory=1)


def tube(slenderness: float = 100.0, layers: int = 4) -> Mesh:
    """A Krogh cylinder with cells two gaps long."""
    along = max(2, round(slenderness / 2))
    return annulus(
        6 * UM,
        9 * UM,
        3 * UM * slenderness,
        tissue_outer=60 * UM,
        across=layers,
        around=16,
        along=along,
        tissue_layers=6,
    )


def with_material(permeability: float = 1e-16, conductance: float = 1e-10) -> StokesDarcy:
    return replace(
        USUAL,
        sheath=Sheath(conductance=conductance),
        tissue=Tissue(permeability=permeability, storage=1e-4),
    )


def cold(mesh: Mesh, flow: StokesDarcy, widened: float = 1.0) -> dict[str, float]:
    """One cold solve from rest preconditioner; the wall stands `widened` and grows by 1 %.

    The preconditioner is that of the rest geometry, whatever `widened` is.
    """
    space = build_space(mesh)
    prepared = plan(flow, space, STEP)
    ratio = jnp.ones(space.fluid.vertices)
    step = sweep(
        positions(space, widened * ratio), positions(space, (widened + 0.01) * ratio), space.fluid
    )
    data, past = boundary_of(flow, space, step, STEP), at_rest(flow, space)
    arguments = (flow, prepared, space, step, data, past, STEP)
    found = jax.block_until_ready(SOLVE(*arguments))
    begun = time.process_time()
    jax.block_until_ready(SOLVE(*arguments))
    iterations = int(found.solve.iterations)
    return {
        "unknowns": 4 * space.fluid.vertices + space.tissue.vertices,
        "iterations": iterations,
        "degree": int(prepared.degree),
        "products": iterations * (int(prepared.degree) + 1),
        "seconds": time.process_time() - begun,
        "mass": float(found.solve.mass_residual),
        "converged": bool(found.solve.converged),
    }


def cases(quick: bool) -> Iterator[tuple[str, Mesh, StokesDarcy, float]]:
    usual, flow = tube(), with_material()
    yield "straight, L/W = 100, 4 layers", usual, flow, 1.0
    yield "both ends open", usual, replace(flow, distal=Open()), 1.0
    for slenderness in (10,) if quick else (10, 30, 300, 1000):
        yield f"L/W = {slenderness}", tube(slenderness), flow, 1.0
    for layers in (8,) if quick else (6, 8, 12, 16):
        yield f"{layers} layers", tube(layers=layers), flow, 1.0
    for conductance in (0.0, 1e-12, 2e-11, 1e-9, 1e-7, 1e-5, float("inf")):
        yield f"L_p = {conductance:g}", usual, with_material(conductance=conductance), 1.0
    for permeability in (1e-18, 1e-17, 1e-15, 1e-14, 1e-13):
        yield f"k = {permeability:g}", usual, with_material(permeability), 1.0
    for pair in ((1e-18, float("inf")), (1e-13, float("inf")), (1e-18, 2e-11), (1e-13, 1e-7)):
        yield f"k, L_p = {pair[0]:g}, {pair[1]:g}", usual, with_material(*pair), 1.0
    for widened in (0.8, 0.9, 1.1, 1.2):
        yield f"wall at {widened:g} R1, frozen", usual, flow, widened


def cases_of(mesh: Mesh) -> Iterator[tuple[str, Mesh, StokesDarcy, float]]:
    """The corners of the same box on any mesh."""
    flow, infinite = with_material(), float("inf")
    yield f"{mesh.name}, closed", mesh, flow, 1.0
    for pair in ((1e-16, 0.0), (1e-18, 2e-11), (1e-13, 1e-7)):
        yield f"k, L_p = {pair[0]:g}, {pair[1]:g}", mesh, with_material(*pair), 1.0
    for widened in (0.8, 1.2):
        yield f"wall at {widened:g} R1, frozen", mesh, flow, widened
    for pair in ((1e-18, infinite), (1e-13, infinite)):
        yield f"k, L_p = {pair[0]:g}, {pair[1]:g}", mesh, with_material(*pair), 1.0
    yield "both ends open", mesh, replace(flow, distal=Open()), 1.0


def main() -> None:
    print(
        f"{'case':<34}{'unknowns':>9}{'its':>6}{'ratio':>7}{'degree':>7}{'products':>9}{'ratio':>7}"
        f"{'s':>7}{'mass':>9}",
        flush=True,
    )
    first: dict[str, float] = {}

    def row(name: str, found: dict[str, float]) -> None:
        shares = [found[key] / first.get(key, found[key]) for key in ("iterations", "products")]
        print(
            f"{name:<34}{found['unknowns']:>9}{found['iterations']:>6}{shares[0]:>7.2f}"
            f"{found['degree']:>7}{found['products']:>9}{shares[1]:>7.2f}{found['seconds']:>7.2f}"
            f"{found['mass']:>9.0e}{'' if found['converged'] else '  NOT CONVERGED'}",
            flush=True,
        )

    named = [word for word in sys.argv[1:] if word != "quick"]
    given = [word.partition(":") for word in named]
    meshes = [read_mesh(path, units or "um") for path, _, units in given]
    tables = [cases_of(mesh) for mesh in meshes] or [cases("quick" in sys.argv)]
    for table in tables:
        first = {}
        for name, mesh, flow, widened in table:
            found = cold(mesh, flow, widened)
            first = first or found
            row(name, found)


if __name__ == "__main__":
    main()
