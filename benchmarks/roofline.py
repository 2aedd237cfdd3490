"""How near does the flow solve come to the memory bandwidth of the device it runs on?

    python -m benchmarks.roofline [millions of unknowns ...]

On whatever device jax finds. A fixed number of MINRES iterations on a straight Krogh cylinder of
about that many unknowns (default: 0.05 and 0.2 on a CPU; 1, 4 and 16 on a GPU), in float64 and with
the preconditioner in float32. Columns: unknowns times iterations a second, bytes moved an iteration
as counted from the arrays it reads and writes (each gather counted once in full, caches ignored),
bytes a second over the copy bandwidth measured in the same run. A size that does not fit is skipped
with the reason.
"""

import sys
import time
from dataclasses import replace
from typing import Any

import jax

jax.config.update("jax_enable_x64", True)

import jax.numpy as jnp  # noqa: E402

from benchmarks.robustness import STEP, UM, USUAL  # noqa: E402
from meshes.annulus import annulus  # noqa: E402
from solver.algebra.krylov import minres  # noqa: E402
from solver.algebra.multigrid import SMOOTHING, Hierarchy  # noqa: E402
from solver.flow import plan  # noqa: E402
from solver.flow.assemble import approximate, assemble, in_precision  # noqa: E402
from solver.flow.past import at_rest  # noqa: E402
from solver.flow.system import Preconditioner, System, masked_product, precondition  # noqa: E402
from solver.geometry.metric import sweep  # noqa: E402
from solver.geometry.space import build_space  # noqa: E402

ITERATIONS = 30
AROUND, LAYERS, TISSUE_LAYERS = 16, 4, 6
UNKNOWNS_A_RING = AROUND * (4 * (LAYERS + 1) + TISSUE_LAYERS + 1)


def size(tree: Any) -> int:
    """Bytes of the arrays of a tree."""
    return sum(x.size * x.dtype.itemsize for x in jax.tree.leaves(tree))


def gathered(columns: jax.Array, values: int, itemsize: int) -> int:
    """Bytes that a product reads of its vector: `values` a slot and row, and the index."""
    return columns.size * (values * itemsize + columns.dtype.itemsize)


def bytes_of_product(system: System) -> int:
    """Bytes of one product with the whole matrix."""
    n, m = system.free.shape[-1], system.tissue_own.shape[0]
    tissue = system.tissue.neighbours.columns
    return (
        size(system.blocks)
        + gathered(system.pattern.columns, 4, 8)
        + size(system.tissue_rows)
        + gathered(tissue, 1, 8)
        + 8 * (2 * 4 * n + 3 * m)
        + 2 * (size(system.free) + 8 * 6 * n)  # masked before and after
    )


def bytes_of_cycle(hierarchy: Hierarchy) -> int:
    """Bytes of one V-cycle."""
    total = size(hierarchy.coarsest.inverse)
    for level in hierarchy.levels:
        item, rows = level.inverse.dtype.itemsize, level.inverse.shape[0]
        once = size(level.matrix.values) + gathered(level.matrix.pattern.columns, 1, item)
        total += 2 * SMOOTHING * (once + 6 * rows * item)
        for table in (level.prolong, level.restrict):
            total += size(table.values) + gathered(table.pattern.columns, 1, item)
    return total


def bytes_of_preconditioner(p: Preconditioner) -> int:
    """Bytes of one application."""
    item, n = p.local.dtype.itemsize, p.lines.place.shape[0]
    lines = size(p.lines.pivots) + 2 * size(p.lines.upper) + 8 * 3 * n * item
    velocity = size(p.blocks) + gathered(p.pattern.columns, 3, item) + lines
    local = size(p.local) + gathered(p.pattern.columns, 1, item)
    steps, small = int(p.degree) - 1, int(p.local_degree) - 1
    return (
        lines
        + steps * (velocity + 8 * 3 * n * item)
        + small * (local + 8 * n * item)
        + bytes_of_cycle(p.columns.hierarchy)
    )


def copy_bandwidth() -> float:
    """Bytes a second that a large copy reads and writes."""
    x = jnp.ones(2**26 if jax.default_backend() == "gpu" else 2**24)
    copy = jax.jit(lambda x: x + 1.0)
    copy(x).block_until_ready()
    shortest = float("inf")
    for _ in range(5):
        begun = time.perf_counter()
        copy(x).block_until_ready()
        shortest = min(shortest, time.perf_counter() - begun)
    return 2 * x.nbytes / shortest


def measure(millions: float, bandwidth: float) -> None:
    along = max(4, round(millions * 1e6 / UNKNOWNS_A_RING))
    mesh = annulus(
        6 * UM,
        9 * UM,
        6 * UM * along,
        tissue_outer=60 * UM,
        across=LAYERS,
        around=AROUND,
        along=along,
        tissue_layers=TISSUE_LAYERS,
    )
    flow = USUAL
    space = build_space(mesh)
    prepared = plan(flow, space, STEP)
    still = sweep(space.fluid_rest, space.fluid_rest, space.fluid)
    assembled = jax.jit(assemble)(flow, prepared.masks, space, still, at_rest(flow, space), STEP)
    system = assembled.system
    unknowns = 4 * space.fluid.vertices + space.tissue.vertices
    key = jax.random.PRNGKey(0)
    right = (
        jax.random.normal(key, (4, space.fluid.vertices)),
        jax.random.normal(key, (space.tissue.vertices,)),
        jnp.zeros(0),
    )

    @jax.jit
    def iterate(system: System, preconditioner: Preconditioner, right: Any) -> Any:
        return minres(
            lambda x: masked_product(system, x),
            right,
            jax.tree.map(jnp.zeros_like, right),
            lambda x: precondition(preconditioner, x),
            0.0,
            ITERATIONS,
        )[0]

    for precision in ("float64", "float32"):
        preconditioner = in_precision(
            approximate(replace(flow, precision="float64"), prepared, space, assembled), precision
        )
        arguments = system, preconditioner, right
        jax.block_until_ready(iterate(*arguments))
        begun = time.perf_counter()
        jax.block_until_ready(iterate(*arguments))
        seconds = (time.perf_counter() - begun) / ITERATIONS
        moved = (
            bytes_of_product(system)
            + bytes_of_preconditioner(preconditioner)
            + 8 * 14 * unknowns  # vectors of MINRES read and written
        )
        print(
            f"{unknowns:>10}  {precision:<9}{unknowns / seconds:>10.2e}"
            f"{1e9 * seconds / unknowns:>10.2f}"
            f"{moved / unknowns:>10.0f}{moved / seconds / 1e9:>9.1f}"
            f"{moved / seconds / bandwidth:>8.2f}",
            flush=True,
        )


def main() -> None:
    device = jax.devices()[0]
    accelerated = jax.default_backend() == "gpu"
    sizes = [float(word) for word in sys.argv[1:]] or (
        [1.0, 4.0, 16.0] if accelerated else [0.05, 0.2]
    )
    bandwidth = copy_bandwidth()
    print(f"{device.device_kind}: copies {bandwidth / 1e9:.1f} GB/s")
    if not accelerated:
        print("no GPU here; the same command measures one where jax finds it")
    print(
        f"{'unknowns':>10}  {'precond.':<9}{'unk it/s':>10}{'ns':>10}{'B/unk it':>10}{'GB/s':>9}"
        f"{'of copy':>8}"
    )
    for millions in sizes:
        try:
            measure(millions, bandwidth)
        except (MemoryError, jax.errors.JaxRuntimeError) as error:
            print(f"{millions:g} million unknowns do not fit: {str(error).splitlines()[0]}")


if __name__ == "__main__":
    main()
