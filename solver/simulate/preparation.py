"""What is done on the host before the first step: nothing of it needs a number that a fit frees."""

import warnings
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from meshes.errors import InputError
from solver.flow.check import check_flow
from solver.flow.outer_wall import Prescribed, displacement
from solver.flow.plan import plan
from solver.flow.stokes_darcy import StokesDarcy
from solver.geometry.metric import cell_volumes
from solver.geometry.motion import flattest_cell, positions
from solver.geometry.space import Space, build_space
from solver.rates.choice import check_averages, without
from solver.route.check import check_route
from solver.route.joins import join
from solver.state import Model, Prepared, Span
from solver.tracer.check import check_names, check_tracer


def prepare(model: Model, until: float, step: float) -> Prepared:
    """Split the mesh, set up the preconditioner and check the motion. Host only.

    Args:
        until: end of the run, s; rounded to whole steps.
        step: time step, s.

    Raises:
        InputError: times that make no run or that the signal cannot serve, a mesh the solver
            cannot use, a flow that cannot be (`solver.flow.check`), a porosity outside its range,
            walls that close lumen or gap or turn cells inside out.
    """
    if not (step > 0 and until >= step):
        raise InputError(
            f"run.until = {until} s and run.step = {step} s make no step; give 0 < step <= until"
        )
    if not jax.config.jax_enable_x64:  # type: ignore[attr-defined]
        warnings.warn(
            "jax computes in float32, in which the flow solve may not converge; call "
            'jax.config.update("jax_enable_x64", True) before the first array is made',
            stacklevel=2,
        )
    averaged = model.rates.names(model.wall, step)
    model.signal.check(until, step)
    without(model.wall, averaged).check(until, step)
    response = model.wall.response(model.signal, until)  # refuses to close the lumen
    space = build_space(model.mesh)
    check_tracer(model.tracer, space)
    check_names(model.tracers)
    for name, tracer in model.tracers.items():
        check_tracer(tracer, space, f"tracers.{name}")
    check_route(model.route, space)
    check_flow(model.flow, space, _moves(response, model.flow))
    check_averages(averaged, model.flow, model.route, space)
    _check_room(model, response, space, until, step)
    _check_cells(model, response, space, until, step)
    steps = round(until / step)
    return Prepared(
        space=space,
        plan=plan(model.flow, space, step),
        joins=join(model.route, space),
        step=float(step),
        span=Span(steps, steps * float(step)),
        averaged=averaged,
    )


def _moves(response: Any, flow: StokesDarcy) -> bool:
    """Whether the arterial wall moves, or the sheath as prescribed."""
    low, high = (float(bound) for bound in response.bounds())
    told = isinstance(flow.outer_wall, Prescribed) and float(flow.outer_wall.amplitude) != 0.0
    return low < high or low != 1.0 or told


def _check_room(model: Model, response: Any, space: Space, until: float, step: float) -> None:
    """Refuse walls that would meet: by their bounds, then step by step with a prescribed sheath."""
    outer = model.flow.outer_wall
    wall = np.asarray(space.wall.vertices)[np.asarray(space.arterial)[space.wall.vertices] > 0]
    gap, reach = np.asarray(space.gap)[wall], np.asarray(space.reach)[wall]
    footing = np.asarray(space.feet.items[0])[wall]
    widest = float(response.bounds()[1])
    room = gap - (widest - 1.0) * reach
    if isinstance(outer, Prescribed) and float(outer.amplitude) != 0.0:
        swing = abs(float(outer.amplitude)) * np.asarray(space.outer_radius)[footing]
        if (room - swing).min() > 0.0:
            return
        still = jnp.zeros(space.sheath.vertices.shape[0])

        def left(time: Float[Array, ""]) -> Float[Array, " wall"]:
            grown = reach * (response.radius_ratio(space.path[wall], time) - 1.0)
            return gap - grown + displacement(outer, space, time, still)[footing]

        times = step * jnp.arange(round(until / step) + 1)
        room = np.asarray(jax.lax.map(lambda time: left(time).min(), times))
        if room.min() <= 0.0:
            first = float(times[np.flatnonzero(room <= 0.0)[0]])
            raise InputError(
                f"{model.mesh.name}: wall and sheath would meet at t = {first:g} s, the wall "
                f"moving up to {widest - 1.0:.2g} of its radius, the sheath as prescribed; lower "
                "flow.outer_wall.amplitude or wall.gain, or widen mesh.gap"
            )
    elif room.min() <= 0.0:
        tight = np.asarray(space.fluid_rest)[:, wall[room.argmin()]]
        raise InputError(
            f"{model.mesh.name}: the wall would reach the sheath at {tight} m when the radius "
            f"grows {widest:.2f} times; lower wall.gain or widen mesh.gap"
        )


def _check_cells(model: Model, response: Any, space: Space, until: float, step: float) -> None:
    """Refuse walls that turn cells inside out: by their bounds, and if these do, step by step."""
    outer, everywhere = model.flow.outer_wall, jnp.ones(space.path.shape)
    if not any(
        flattest_cell(space, positions(space, bound * everywhere))[0] <= 0.0
        for bound in response.bounds()
    ):
        return
    rest = cell_volumes(space.fluid_rest, space.fluid)
    still = jnp.zeros(space.sheath.vertices.shape[0])

    def where(time: Float[Array, ""]) -> Float[Array, "3 vertices"]:
        ratio = response.radius_ratio(space.path, time)
        return positions(space, ratio, displacement(outer, space, time, still))

    def smallest(time: Float[Array, ""]) -> Float[Array, ""]:
        return (cell_volumes(where(time), space.fluid) / rest).min()

    times = step * jnp.arange(round(until / step) + 1)
    inverted = np.flatnonzero(np.asarray(jax.lax.map(smallest, times)) <= 0.0)
    if inverted.size:
        first = times[inverted[0]]
        _, place = flattest_cell(space, where(first))
        raise InputError(
            f"{model.mesh.name}: the wall's motion turns a cell at {place} m inside out at "
            f"t = {float(first):g} s; lower wall.gain, or give the mesh a wider gap or rounder "
            "cells there"
        )
