"""A run step by step, telling how it goes."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from solver.geometry.motion import flattest_cell
from solver.observe.instrument import Watch, as_trees, see
from solver.observe.readings import Readings
from solver.route.joins import compartments_of
from solver.route.readings import joined_ends
from solver.simulate.fields import Fields, fields
from solver.simulate.moment import Moment, after
from solver.simulate.readings import readings_at_rest
from solver.simulate.run import Run
from solver.simulate.step import advance, begin, respond
from solver.state import Health, Model, Prepared, State
from solver.wall.sampled import longer


@dataclass(frozen=True)
class Progress:
    """Where a run is: step `index` of `total`, at `time` s, and how its solves went."""

    index: int
    total: int
    time: float
    iterations: int
    residual: float
    mass_residual: float
    converged: bool


def simulate(
    model: Model,
    prepared: Prepared,
    *,
    watch: Watch | None = None,
    since: Moment | None = None,
    on_step: Callable[[Progress], None] | None = None,
    on_fields: Callable[[Fields], None] | None = None,
    fields_every: float | None = None,
    keep: Callable[[Moment], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Run:
    """Run a model step by step, telling how it goes; stops at a solve that does not converge.

    Args:
        watch: further readings, functions of the state and what was prepared: one number or
            array, or several by name (`solver.observe.instrument`).
        since: go on from here, to the same numbers as without a stop (`solver.simulate.moment`).
        on_step: called after every step.
        on_fields: called with the fields at the start and every `fields_every` seconds.
        keep: called after every step with all that is needed to go on from it.
        stop: asked after every step whether to end here.
    """
    looks = as_trees(watch)
    response = longer(_respond(model, prepared))
    ready = prepared.without_end()
    stride = max(1, round(fields_every / prepared.step)) if on_fields and fields_every else 0
    moment = since or _start(model, ready, response, looks)
    if on_fields and stride and not since:
        on_fields(fields(model, prepared, moment.state))
    converged, stopped = True, False
    try:
        while converged and not stopped and moment.index < prepared.steps:
            state, readings, health = _once(model, ready, response, moment.state, looks)
            moment = after(moment, state, readings, vars(health))
            converged = bool(health.converged)
            if on_step:
                on_step(_progress(moment.index, prepared, health))
            if on_fields and stride and (moment.index % stride == 0 or not converged):
                on_fields(fields(model, prepared, state))
            if keep:
                keep(moment)
            stopped = stop is not None and stop()
    except KeyboardInterrupt:
        if moment.index == 0:  # nothing to tell of
            raise
    if not converged:
        _warn_if_dry(model, moment.state)
        _warn_if_inverted(prepared, moment)
    columns = moment.columns
    return Run(
        signals={name: column for name, column in columns.items() if column.ndim == 1},
        solves=moment.solved,
        state=moment.state,
        converged=converged,
        complete=converged and moment.index == prepared.steps,
        step=prepared.step,
        observed={name: column for name, column in columns.items() if column.ndim > 1},
        joined=joined_ends(model.route, prepared.space),
        tracers=tuple(model.tracers),
    )


def _start(model: Model, prepared: Prepared, response: Any, looks: dict[str, Any]) -> Moment:
    """Time zero."""
    state = _begin(model, prepared, response)
    readings = _at_rest(model, prepared, response, state) | _see(looks, state, prepared)
    return Moment(state, (jax.tree.map(np.asarray, readings),))


def _progress(index: int, prepared: Prepared, health: Health) -> Progress:
    return Progress(
        index=index,
        total=prepared.steps,
        time=index * prepared.step,
        iterations=int(health.krylov_iterations),
        residual=float(health.krylov_residual),
        mass_residual=float(health.mass_residual),
        converged=bool(health.converged),
    )


def _warn_if_dry(model: Model, state: State) -> None:
    """Tell that a compartment ran out of fluid."""
    names = compartments_of(model.route)
    for name, volume in zip(names, np.asarray(state.reservoirs), strict=False):
        if not volume > 0:
            warnings.warn(
                f"route.{name} ran dry: the space drew more fluid from it than it held and its "
                f"renewal brought; raise route.{name}.volume or lower route.{name}.renewal",
                stacklevel=3,
            )


def _warn_if_inverted(prepared: Prepared, moment: Moment) -> None:
    """Tell that cells of the mesh turned inside out, and where."""
    count, time = int(moment.solved["inverted"][-1]), moment.index * prepared.step
    if count:
        _, place = flattest_cell(prepared.space, moment.state.points)
        warnings.warn(
            f"{count} cells of the space turned inside out by t = {time:g} s, the flattest at "
            f"{place} m; lower wall.gain, stiffen flow.outer_wall, or give the mesh a wider gap "
            "there",
            stacklevel=3,
        )


# Compiled once for all runs of a kind: models that differ in numbers alone share the program, and
# so do runs of other steps and lengths.
_respond = jax.jit(respond)
_begin = jax.jit(begin)
_see = jax.jit(see)
_at_rest = jax.jit(readings_at_rest)


@jax.jit
def _once(
    model: Model, prepared: Prepared, response: Any, state: State, looks: dict[str, Any]
) -> tuple[State, Readings, Health]:
    """A step, and what the watches see after it."""
    state, readings, health = advance(model, prepared, response, state)
    return state, readings | see(looks, state, prepared), health
