"""Glymphax on a problem, through its public door: `prepare`, `begin`, `advance`.

`advance` also carries tracer. A step that returns nothing of it lets jax drop the transport when
it compiles, so what is timed is the flow alone.
"""

import time
from dataclasses import replace
from typing import Any

import jax

jax.config.update("jax_enable_x64", True)

import jax.numpy as jnp  # noqa: E402

from meshes.mesh import Mesh  # noqa: E402
from solver.signal import Quiet  # noqa: E402
from solver.simulate import advance, begin, prepare  # noqa: E402
from solver.state import Model, State  # noqa: E402
from solver.wall import Prescribed, Still  # noqa: E402

from .measure import Measured, Tell, best, peak, timed  # noqa: E402
from .problems import AMPLITUDE, FREQUENCY, STEP, STEPS, Problem  # noqa: E402

MOUTH = "flow_inlet_m3_per_s"


def model_of(problem: Problem, mesh: Mesh) -> Model:
    """The model; its numbers are arrays, so that they can be freed."""
    wall = Prescribed(amplitude=AMPLITUDE, frequency=FREQUENCY) if problem.moving else Still()
    flow = jax.tree.map(lambda leaf: jnp.asarray(leaf, dtype=float), problem.flow)
    return Model(mesh, signal=Quiet(), wall=wall, flow=flow)


def flow_step(model: Model, prepared: Any, state: State) -> tuple[State, dict[str, Any]]:
    """One step of flow; concentrations stay as they are."""
    response = model.wall.response(model.signal, prepared.until)
    after, readings, health = advance(model, prepared, response, state)
    far = jnp.concatenate(
        [
            patch.vertices
            for name, patch in zip(prepared.space.end_names, prepared.space.ends, strict=True)
            if name.startswith("distal")
        ]
    )
    read = {
        "flow": readings[MOUTH],
        "pressure": after.pressure[far].mean(),
        "iterations": health.krylov_iterations,
        "residual": health.krylov_residual,
    }
    return replace(after, concentration=state.concentration), read


def measure(
    problem: Problem, *, finer: bool = False, gradient: bool = True, budget: float, tell: Tell
) -> Measured:
    """Cold solve, run and gradient.

    Args:
        finer: the reference only: a cold solve on the problem's finer mesh.
        gradient: whether to take one.
        budget: s that a moving run may take before it is cut short.
        tell: called with what is known so far.
    """
    mesh = problem.finer() if finer else problem.mesh()
    model = model_of(problem, mesh)
    steps = STEPS if problem.moving else 1
    prepared, setup = timed(lambda: prepare(_plain(model), STEP * steps, STEP))
    space = prepared.space
    wall = model.wall.response(model.signal, prepared.until)
    state = jax.jit(begin)(model, prepared, wall)
    stepper, compiling = timed(lambda: jax.jit(flow_step).lower(model, prepared, state).compile())

    def once() -> tuple[State, dict[str, Any]]:
        return jax.block_until_ready(stepper(model, prepared, state))

    (_, read), cold = best(once)
    result = Measured(
        method="MINRES, f64",
        unknowns=4 * space.fluid.vertices + space.tissue.vertices,
        setup=setup,
        compile=compiling,
        cold=cold,
        iterations=int(read["iterations"]),
        flow=float(read["flow"]),
        pressure=float(read["pressure"]),
        note=_unconverged([read], model),
    )
    result.memory = peak()
    if finer:
        return result
    tell(result)
    if problem.moving:
        _run(result, stepper, model, prepared, state, budget)
    result.memory = peak()  # before the gradient is compiled
    tell(result)
    if gradient:
        _gradient(result, model, prepared, state)
    return result


def _plain(model: Model) -> Model:
    """The model with plain numbers: `prepare` works on the host."""
    return replace(model, flow=jax.tree.map(float, model.flow))


def _unconverged(reads: list[dict[str, Any]], model: Model) -> str:
    failed = sum(float(read["residual"]) > model.flow.tolerance for read in reads)
    return f"{failed} of {len(reads)} solves NOT CONVERGED" if failed else ""


def _run(
    result: Measured, stepper: Any, model: Model, prepared: Any, state: State, budget: float
) -> None:
    reads: list[dict[str, Any]] = []
    start = time.perf_counter()
    while len(reads) < prepared.steps and time.perf_counter() - start < budget:
        state, read = jax.block_until_ready(stepper(model, prepared, state))
        reads.append(read)
    result.run = time.perf_counter() - start
    result.steps = len(reads)
    result.flow_run = [float(read["flow"]) for read in reads]
    result.pressure_run = [float(read["pressure"]) for read in reads]
    result.iterations_run = sum(int(read["iterations"]) for read in reads) / len(reads)
    result.note += _unconverged(reads, model)


def _gradient(result: Measured, model: Model, prepared: Any, state: State) -> None:
    """Reverse mode: every number of the flow and every rest position of the space at once."""

    def readout(flow: Any, rest: Any) -> Any:
        moved = replace(prepared, space=replace(prepared.space, fluid_rest=rest))
        begun = replace(state, points=state.points + rest - jax.lax.stop_gradient(rest))
        _, read = flow_step(replace(model, flow=flow), moved, begun)
        return read["pressure" if _moves(model) else "flow"]

    rest = prepared.space.fluid_rest
    both = jax.jit(jax.value_and_grad(readout, argnums=(0, 1)))
    work, compiling = timed(lambda: both.lower(model.flow, rest).compile())
    (_, (by_flow, _)), seconds = best(lambda: jax.block_until_ready(work(model.flow, rest)))
    result.gradient, result.gradient_compile = seconds, compiling
    result.parameters = len(jax.tree.leaves(by_flow)) + rest.size
    result.gradient_value = float(by_flow.viscosity)


def _moves(model: Model) -> bool:
    """Whether its wall does: then the mouth's flow hardly depends on anything, pressure does."""
    return not isinstance(model.wall, Still)
