"""One step: norepinephrine rises, the artery narrows, the space widens, fluid moves, tracer is
carried, the probe sees it.

`advance` is one step, a pure function; `trajectory` scans it and is differentiable end to end.
"""

from dataclasses import replace
from typing import Any

import jax.numpy as jnp

from solver.flow.boundary import boundary_of
from solver.flow.darcy import storage_volumes
from solver.flow.outer_wall import displacement
from solver.flow.past import at_rest as flow_at_rest
from solver.flow.solve import foreseen, solve
from solver.geometry.metric import sweep
from solver.geometry.motion import positions
from solver.observe.instrument import Watch, as_trees, see
from solver.observe.readings import Readings, read_flow, read_tracer
from solver.rates.mixing import mix
from solver.rates.readings import read_fast
from solver.rates.stroke import strokes
from solver.route.fluid import filled, reservoirs_of
from solver.route.readings import read_fluid, read_windkessels
from solver.signal.onset import read_signal
from solver.simulate.readings import of_tracer, tracers_of
from solver.simulate.segments import in_segments
from solver.state import Health, Model, Prepared, State, at_rest
from solver.tracer.carry import carry
from solver.tracer.species import dissolving_volumes


def respond(model: Model, prepared: Prepared) -> Any:
    """The wall's answer to the signal, averaged bands apart."""
    response = model.wall.response(model.signal, prepared.until)
    return replace(response, averaged=prepared.averaged) if prepared.averaged else response


def begin(model: Model, prepared: Prepared, response: Any) -> State:
    """The state at time zero."""
    space = prepared.space
    sheath = flow_at_rest(model.flow, space).sheath
    points = positions(space, response.radius_ratio(space.path, 0.0), sheath)
    return at_rest(model, space, points, prepared.joins, len(prepared.averaged))


def advance(
    model: Model, prepared: Prepared, response: Any, state: State
) -> tuple[State, Readings, Health]:
    """One step of biology."""
    space, step = prepared.space, prepared.step
    time = (state.index + 1) * step

    # norepinephrine rises, the artery narrows, the space widens
    norepinephrine = read_signal(model.signal, jnp.asarray(time))
    ratio = response.radius_ratio(space.path, time)
    sheath = displacement(model.flow.outer_wall, space, time, foreseen(state.past, step))
    widened = sweep(state.points, positions(space, ratio, sheath), space.fluid)

    # fluid moves, and a soft sheath with it
    boundary = boundary_of(model.flow, space, widened, step, time - 0.5 * step)
    flow = solve(model.flow, prepared.plan, space, widened, boundary, state.past, step)
    moved, pressure = flow.step, state.past.node_pressure
    fast = None
    if state.fast is not None:
        middle = time - 0.5 * step
        fast = strokes(model.flow, prepared.plan, space, moved, response, middle, state.fast)
    beyond = reservoirs_of(
        model.route, prepared.joins, model.flow, space, state.reservoirs, pressure, flow, step
    )

    # tracer is carried
    storage = storage_volumes(model.flow.tissue, space)
    stored = (storage * state.tissue_pressure, storage * flow.tissue_pressure)
    before = {"": state.concentration, **state.tracers}
    tracers = tracers_of(model)
    mixed = {name: mix(space, fast, tracer.diffusivity) for name, tracer in tracers.items() if fast}
    carried = {
        name: carry(
            tracer,
            space,
            beyond,
            moved,
            flow,
            stored,
            before[name],
            step,
            time,
            mixed[name].diffusivity if fast else None,
        )
        for name, tracer in tracers.items()
    }

    # the probe sees it
    readings = {
        "time_s": jnp.asarray(time),
        **norepinephrine,
        **read_flow(space, moved, ratio, stored[1], flow),
        **read_fluid(model.route, beyond.end, beyond),
        **read_windkessels(
            model.route,
            model.flow,
            space,
            pressure,
            flow.past.node_pressure,
            boundary.node_pressure,
        ),
    }
    for name, tracer in tracers.items():
        content = dissolving_volumes(tracer, space) + stored[1]
        found = read_tracer(space, model.route, moved, content, beyond, carried[name])
        readings |= of_tracer(name, found)
    if fast:
        readings |= read_fast(prepared.averaged, flow.velocity, fast, mixed[""])
    inverted = (moved.middle_volumes <= 0.0).sum()
    health = Health(
        krylov_iterations=flow.solve.iterations,
        krylov_residual=flow.solve.residual,
        mass_residual=flow.solve.mass_residual,
        balance=flow.solve.balance,
        tracer_iterations=sum((one.iterations for one in carried.values()), jnp.asarray(0)),
        inverted=inverted,
        converged=jnp.stack(
            [
                flow.solve.converged,
                inverted == 0,
                filled(beyond),
                *(one.converged for one in carried.values()),
                *([fast.converged] if fast else []),
            ]
        ).all(),
    )
    after = State(
        index=state.index + 1,
        points=moved.end,
        velocity=flow.velocity,
        pressure=flow.pressure,
        concentration=carried[""].concentration,
        tracers={name: carried[name].concentration for name in model.tracers},
        reservoirs=beyond.end,
        past=flow.past,
        fast=fast.memory if fast else None,
    )
    return after, readings, health


def trajectory(
    model: Model, prepared: Prepared, watch: Watch | None = None
) -> tuple[State, Readings, Health]:
    """The whole run as one differentiable function: final state, and readings and health per step.

    Steps are checkpointed (`solver.simulate.segments`): the memory of a reverse pass grows with the
    square root of their number. What `watch` sees joins the readings, as in `simulate`.
    """
    looks = as_trees(watch)
    response = respond(model, prepared)

    def once(state: State) -> tuple[State, tuple[Readings, Health]]:
        state, readings, health = advance(model, prepared, response, state)
        return state, (readings | see(looks, state, prepared), health)

    begun = begin(model, prepared, response)
    state, (readings, health) = in_segments(once, begun, prepared.steps)
    return state, readings, health
