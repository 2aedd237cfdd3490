"""The only room that knows the order: norepinephrine rises, the artery narrows, the space widens,
fluid moves, tracer is carried, the probe sees it.

`prepare` does on the host what needs no parameter that a fit frees; `advance` is one step, a pure
function; `trajectory` scans it and is differentiable end to end; `simulate` runs it with progress.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from meshes.errors import InputError
from meshes.tags import Region
from solver.flow.boundary import boundary_of
from solver.flow.check import check_flow
from solver.flow.darcy import storage_volumes
from solver.flow.outer_wall import Prescribed, displacement
from solver.flow.past import at_rest as flow_at_rest
from solver.flow.plan import plan
from solver.flow.solve import foreseen, solve
from solver.flow.stokes_darcy import StokesDarcy
from solver.geometry.metric import dual_volumes, sweep
from solver.geometry.motion import blood_volume, mean_radius, positions
from solver.geometry.space import Space, build_space
from solver.observe.instrument import Watch, as_trees, see
from solver.observe.readings import Readings, in_order, read_flow, read_tracer
from solver.rates.choice import check_averages, without
from solver.rates.mixing import mix
from solver.rates.readings import read_fast
from solver.rates.stroke import strokes
from solver.route.check import check_route
from solver.route.fluid import filled, reservoirs_of
from solver.route.joins import compartments_of, join
from solver.route.readings import joined_ends, read_fluid, read_windkessels
from solver.route.readings import read_tracer as read_places
from solver.signal.onset import read_signal
from solver.state import Health, Model, Prepared, State, at_rest
from solver.tracer.carry import carry
from solver.tracer.check import check_names, check_tracer
from solver.tracer.species import AdvectionDiffusion, dissolving_volumes

STILL = 1e-9  # of the PVS volume: less that swings or passes is nothing


def prepare(model: Model, until: float, step: float) -> Prepared:
    """Split the mesh, set up the preconditioner and check the motion. Host only.

    Args:
        until: end of the run, s; rounded to whole steps.
        step: time step, s.

    Raises:
        InputError: times that make no run or that the signal cannot serve, a mesh the solver
            cannot use, a flow that cannot be (`solver.flow.check`), a porosity outside its range,
            walls that close lumen or gap.
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
    return Prepared(
        space=space,
        plan=plan(model.flow, space, step),
        joins=join(model.route, space),
        step=float(step),
        steps=round(until / step),
        averaged=averaged,
    )


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
    tracers = _tracers(model)
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
        readings |= _of_tracer(name, found)
    if fast:
        readings |= read_fast(prepared.averaged, flow.velocity, fast, mixed[""])
    health = Health(
        krylov_iterations=flow.solve.iterations,
        krylov_residual=flow.solve.residual,
        mass_residual=flow.solve.mass_residual,
        balance=flow.solve.balance,
        tracer_iterations=sum((one.iterations for one in carried.values()), jnp.asarray(0)),
        converged=jnp.stack(
            [
                flow.solve.converged,
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


def _tracers(model: Model) -> dict[str, AdvectionDiffusion]:
    """All tracers; the first has no name."""
    return {"": model.tracer, **model.tracers}


def _of_tracer(name: str, readings: Readings) -> Readings:
    """Readings of a tracer under its name: `tracer_pvs_m3` as `tracer_<name>_pvs_m3`."""
    start = f"tracer_{name}_" if name else "tracer_"
    return {start + column.removeprefix("tracer_"): value for column, value in readings.items()}


def trajectory(
    model: Model, prepared: Prepared, watch: Watch | None = None
) -> tuple[State, Readings, Health]:
    """The whole run as one differentiable function: final state, and readings and health per step.

    Steps are checkpointed: the reverse pass recomputes each from the state before it. What `watch`
    sees joins the readings, as in `simulate`.
    """
    looks = as_trees(watch)
    response = respond(model, prepared)

    @jax.checkpoint
    def once(state: State, _: None) -> tuple[State, tuple[Readings, Health]]:
        state, readings, health = advance(model, prepared, response, state)
        return state, (readings | see(looks, state, prepared), health)

    state, (readings, health) = jax.lax.scan(
        once, begin(model, prepared, response), None, length=prepared.steps
    )
    return state, readings, health


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


@dataclass(frozen=True, eq=False)
class Fields:
    """Fields at one moment on the moved mesh: PVS points first, then the tissue's.

    Attributes:
        time: s.
        points: m; `cells`: tetrahedra on them.
        point_data: velocity (m/s; zero in the tissue), pressure (Pa), concentration, fraction of
            the gap, path from the mouth (m).
        cell_data: region codes.
    """

    time: float
    points: Float[np.ndarray, "points 3"]
    cells: Int[np.ndarray, "cells 4"]
    point_data: dict[str, np.ndarray]
    cell_data: dict[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class Run:
    """What a run leaves.

    Attributes:
        signals: readings per step, time zero included, by column name.
        solves: how each step's solves went.
        observed: what watches read that is no single number, by name, times first.
        state: the last state.
        converged: whether every solve did; a run stops at the first that does not.
        complete: whether it reached its end.
        joined: ends that open into a compartment, whose fluid and tracer stay in the model.
        tracers: names of the further tracers.
    """

    signals: dict[str, Float[np.ndarray, " times"]]
    solves: dict[str, np.ndarray]
    state: State
    converged: bool
    complete: bool
    step: float = field(default=0.0)
    observed: dict[str, Float[np.ndarray, "times ..."]] = field(default_factory=dict)
    joined: tuple[str, ...] = ()
    tracers: tuple[str, ...] = ()

    @property
    def times(self) -> Float[np.ndarray, " times"]:
        """Times of the signals, s."""
        return self.signals["time_s"]

    @property
    def fluid_volume_imbalance(self) -> float:
        """Largest |fluid - start + what left the model|, relative.

        Fluid is that of PVS, tissue (what is stored), windkessels and compartments. Relative to
        the larger of the PVS volume's swing and the volume that passed the ends; where nothing
        moves, to the PVS volume.
        """
        s, pvs = self.signals, self.signals["pvs_volume_m3"]
        ends = _rates(s, "flow_")
        ends.pop("sheath", None)
        out = [v for k, v in ends.items() if k not in self.joined and f"fluid_{k}_m3" not in s]
        held = sum(_contents(s, "fluid_").values(), pvs + s["tissue_stored_volume_m3"])
        left = self.step * np.cumsum(sum([*out, *_rates(s, "fluid_out_").values()], 0.0 * pvs))
        passed = self.step * max((np.abs(np.cumsum(v)).max() for v in ends.values()), default=0.0)
        scale = max(np.ptp(pvs), passed)
        return float(
            np.abs(held + left - held[0]).max() / (scale if scale > STILL * pvs[0] else pvs[0])
        )

    @property
    def tracer_mass_imbalance(self) -> float:
        """Largest |mass - start - produced + what left or was taken up| over the largest mass.

        Of several tracers the worst.
        """
        words = ["tracer_", *(f"tracer_{name}_" for name in self.tracers)]
        return max(self._imbalance(of) for of in words)

    def _imbalance(self, of: str) -> float:
        """That of the tracer whose columns begin with a word."""
        s = self.signals
        places = [f"{of}{name}_m3" for name in _contents(s, "fluid_")]
        out = [v for k, v in _rates(s, f"{of}out_").items() if k not in self.joined]
        mass = sum((s[k] for k in places if k in s), s[f"{of}pvs_m3"] + s[f"{of}tissue_m3"])
        lost = sum(out, s[f"{of}uptake_m3_per_s"] - s[f"{of}produced_m3_per_s"])
        error = np.abs(mass - mass[0] + self.step * np.cumsum(lost)).max()
        return float(error / mass.max()) if mass.max() > 0 else float(error)


def _rates(signals: dict[str, np.ndarray], start: str) -> dict[str, np.ndarray]:
    """Columns of rates that begin with a word, by what follows."""
    return {
        name.removeprefix(start).removesuffix("_m3_per_s"): column
        for name, column in signals.items()
        if name.startswith(start) and name.endswith("_m3_per_s")
    }


def _contents(signals: dict[str, np.ndarray], start: str) -> dict[str, np.ndarray]:
    """Columns of volumes that begin with a word, by what follows."""
    return {
        name.removeprefix(start).removesuffix("_m3"): column
        for name, column in signals.items()
        if name.startswith(start) and name.endswith("_m3")
    }


def fields(model: Model, prepared: Prepared, state: State) -> Fields:
    """The state as fields on PVS and tissue points together."""
    space = prepared.space
    fluid, tissue = space.fluid.vertices, space.tissue.vertices
    cells = [_positive(space.fluid), _positive(space.tissue) + fluid]
    join = partial(np.concatenate, axis=-1)
    return Fields(
        time=float(state.index) * prepared.step,
        points=join([np.asarray(state.points), np.asarray(space.tissue_rest)]).T.copy(),
        cells=np.concatenate(cells),
        point_data={
            "velocity": join([np.asarray(state.velocity), np.zeros((3, tissue))]).T.copy(),
            "pressure": join([np.asarray(state.pressure), np.asarray(state.tissue_pressure)]),
            "concentration": join([np.asarray(c) for c in state.concentration[:2]]),
            **{
                f"concentration_{name}": join([np.asarray(c) for c in concentration[:2]])
                for name, concentration in state.tracers.items()
            },
            "fraction": join([np.asarray(space.fraction), np.ones(tissue)]),
            "path": model.mesh.vessel.path[join([space.fluid_points, space.tissue_points])],
        },
        cell_data={
            "region": np.repeat(
                [Region.ARTERIAL_PVS, Region.TISSUE], [len(part) for part in cells]
            ).astype(np.int32)
        },
    )


def _positive(graph: Any) -> np.ndarray:
    """Cells of a graph, positively oriented again."""
    cells = np.asarray(graph.cells).T.copy()
    flipped = np.asarray(graph.orientation) < 0
    cells[flipped] = cells[flipped][:, [0, 1, 3, 2]]
    return cells


def simulate(
    model: Model,
    prepared: Prepared,
    *,
    watch: Watch | None = None,
    on_step: Callable[[Progress], None] | None = None,
    on_fields: Callable[[Fields], None] | None = None,
    fields_every: float | None = None,
) -> Run:
    """Run a model step by step, telling how it goes; stops at a solve that does not converge.

    Args:
        watch: further readings, functions of the state and what was prepared: one number or
            array, or several by name (`solver.observe.instrument`).
        on_step: called after every step.
        on_fields: called with the fields at the start and every `fields_every` seconds.
    """
    looks = as_trees(watch)
    response = _respond(model, prepared)
    state = _begin(model, prepared, response)
    stride = max(1, round(fields_every / prepared.step)) if fields_every else 0
    if on_fields and stride:
        on_fields(fields(model, prepared, state))
    first = readings_at_rest(model, prepared, response, state)
    table, solves = [first | _see(looks, state, prepared)], []
    converged, interrupted = True, False
    try:
        for index in range(1, prepared.steps + 1):
            state, readings, health = _once(model, prepared, response, state, looks)
            table.append(jax.tree.map(np.asarray, readings))
            solves.append({name: np.asarray(value) for name, value in vars(health).items()})
            converged = bool(health.converged)
            if on_step:
                on_step(_progress(index, prepared, health))
            if on_fields and stride and (index % stride == 0 or not converged):
                on_fields(fields(model, prepared, state))
            if not converged:
                _warn_if_dry(model, state)
                break
    except KeyboardInterrupt:
        interrupted = True
    columns = {
        name: np.array([row.get(name, 0.0) for row in table], dtype=float)
        for name in in_order(table[-1])
    }
    return Run(
        signals={name: column for name, column in columns.items() if column.ndim == 1},
        solves={name: np.array([row[name] for row in solves]) for name in (solves or [{}])[0]},
        state=state,
        converged=converged,
        complete=converged and not interrupted,
        step=prepared.step,
        observed={name: column for name, column in columns.items() if column.ndim > 1},
        joined=joined_ends(model.route, prepared.space),
        tracers=tuple(model.tracers),
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


# Compiled once for all runs of a kind: models that differ in numbers alone share the program.


_respond = jax.jit(respond)


_begin = jax.jit(begin)


_see = jax.jit(see)


@jax.jit
def _once(
    model: Model, prepared: Prepared, response: Any, state: State, looks: dict[str, Any]
) -> tuple[State, Readings, Health]:
    """A step, and what the watches see after it."""
    state, readings, health = advance(model, prepared, response, state)
    return state, readings | see(looks, state, prepared), health


@jax.jit
def readings_at_rest(
    model: Model, prepared: Prepared, response: Any, state: State
) -> dict[str, Float[Array, ""]]:
    """Readings at time zero that are not zero: volumes and tracer as they are."""
    space = prepared.space
    ratio = response.radius_ratio(space.path, 0.0)
    volumes = dual_volumes(state.points, space.fluid)
    first: Readings = {}
    for name, tracer in _tracers(model).items():
        fluid, tissue, beyond = {"": state.concentration, **state.tracers}[name]
        places = read_places(model.route, state.reservoirs, beyond, 0.0 * beyond)
        found = {
            "pvs_m3": (volumes * fluid).sum(),
            "tissue_m3": (dissolving_volumes(tracer, space) * tissue).sum(),
            **{place: value for place, value in places.items() if not place.startswith("out_")},
        }
        first |= _of_tracer(name, found)
    return {
        "time_s": jnp.zeros(()),
        **read_signal(model.signal, jnp.zeros(())),
        "mean_radius_m": mean_radius(space, ratio),
        "blood_volume_m3": blood_volume(space, state.points, ratio),
        "pvs_volume_m3": volumes.sum(),
        **read_fluid(model.route, state.reservoirs),
        **first,
    }


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
    footing = np.asarray(space.footing)[wall]
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
