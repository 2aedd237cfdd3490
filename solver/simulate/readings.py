"""Readings at time zero, and under which name each tracer's stand."""

from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float

from solver.geometry.metric import dual_volumes
from solver.geometry.motion import blood_volume, mean_radius
from solver.observe.readings import Readings
from solver.route.readings import read_fluid
from solver.route.readings import read_tracer as read_places
from solver.signal.onset import read_signal
from solver.state import Model, Prepared, State
from solver.tracer.species import AdvectionDiffusion, dissolving_volumes


def readings_at_rest(
    model: Model, prepared: Prepared, response: Any, state: State
) -> dict[str, Float[Array, ""]]:
    """Readings at time zero that are not zero: volumes and tracer as they are."""
    space = prepared.space
    ratio = response.radius_ratio(space.path, 0.0)
    volumes = dual_volumes(state.points, space.fluid)
    first: Readings = {}
    for name, tracer in tracers_of(model).items():
        fluid, tissue, beyond = {"": state.concentration, **state.tracers}[name]
        places = read_places(model.route, state.reservoirs, beyond, 0.0 * beyond)
        found = {
            "pvs_m3": (volumes * fluid).sum(),
            "tissue_m3": (dissolving_volumes(tracer, space) * tissue).sum(),
            **{place: value for place, value in places.items() if not place.startswith("out_")},
        }
        first |= of_tracer(name, found)
    return {
        "time_s": jnp.zeros(()),
        **read_signal(model.signal, jnp.zeros(())),
        "mean_radius_m": mean_radius(space, ratio),
        "blood_volume_m3": blood_volume(space, state.points, ratio),
        "pvs_volume_m3": volumes.sum(),
        **read_fluid(model.route, state.reservoirs),
        **first,
    }


def tracers_of(model: Model) -> dict[str, AdvectionDiffusion]:
    """All tracers; the first has no name."""
    return {"": model.tracer, **model.tracers}


def of_tracer(name: str, readings: Readings) -> Readings:
    """Readings of a tracer under its name: `tracer_pvs_m3` as `tracer_<name>_pvs_m3`."""
    start = f"tracer_{name}_" if name else "tracer_"
    return {start + column.removeprefix("tracer_"): value for column, value in readings.items()}
