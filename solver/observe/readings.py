"""What is read off every step: the columns of signals.csv, in SI."""

from collections.abc import Iterable

import jax.numpy as jnp
from jaxtyping import Array, Float

from solver.flow.solve import Flow
from solver.geometry.metric import Sweep, facet_areas
from solver.geometry.motion import blood_volume, mean_radius
from solver.geometry.space import Space
from solver.route.kinds import Route
from solver.route.readings import read_tracer as read_places
from solver.tracer.carry import Step
from solver.tracer.mouth import Reservoirs

Readings = dict[str, Float[Array, ""]]

LEADING = (
    "time_s",
    "norepinephrine",
    "state_",
    "arousal",
    "mean_radius",
    "blood_volume",
    "pvs_volume",
    "flow_inlet",
    "flow_distal",
    "flow_",
    "fluid_",
    "tracer_",
)


def in_order(names: Iterable[str]) -> list[str]:
    """Column names in the order in which the story is told; others last."""

    def place(name: str) -> tuple[int, str]:
        found = (at for at, word in enumerate(LEADING) if name.startswith(word))
        return next(found, len(LEADING)), name

    return sorted(names, key=place)


def read_flow(
    space: Space,
    step: Sweep,
    radius_ratio: Float[Array, " vertices"],
    stored: Float[Array, " tissue_vertices"],
    flow: Flow,
) -> Readings:
    """Radius, volumes and flow rates; flows are means over the step, volumes hold at its end."""
    ends = {
        f"flow_{name}_m3_per_s": patch.of(flow.end_fluxes).sum()
        for name, patch in zip(space.end_names, space.ends, strict=True)
    }
    mouths = [
        (ends[f"flow_{name}_m3_per_s"], jnp.linalg.norm(facet_areas(step.end, patch).sum(axis=1)))
        for name, patch in zip(space.end_names, space.ends, strict=True)
        if name.startswith("inlet")
    ]
    through = -sum((flux for flux, _ in mouths), start=jnp.zeros(()))
    area = sum((size for _, size in mouths), start=jnp.zeros(()))
    return {
        "mean_radius_m": mean_radius(space, radius_ratio),
        "blood_volume_m3": blood_volume(space, step.end, radius_ratio),
        "pvs_volume_m3": step.end_volumes.sum(),
        **ends,
        "flow_sheath_m3_per_s": flow.exchange.sum(),
        "flow_outer_m3_per_s": flow.outer_fluxes.sum(),
        "tissue_stored_volume_m3": stored.sum(),
        "peak_velocity_m_per_s": jnp.sqrt((flow.velocity**2).sum(axis=0).max()),
        "mean_mouth_velocity_m_per_s": through / jnp.where(area > 0, area, 1.0),
        "pressure_min_pa": flow.pressure.min(),
        "pressure_max_pa": flow.pressure.max(),
    }


def read_tracer(
    space: Space,
    route: Route,
    step: Sweep,
    tissue_content: Float[Array, " tissue_vertices"],
    beyond: Reservoirs,
    tracer: Step,
) -> Readings:
    """Tracer mass by region (m3, concentration being relative) and its rates."""
    fluid, tissue, reservoirs = tracer.concentration
    out = dict(zip(space.end_names, tracer.ends, strict=True))
    mouths = [rate for name, rate in out.items() if name.startswith("inlet")]
    influx = -sum(mouths, start=jnp.zeros(()))
    places = read_places(route, beyond.end, reservoirs, tracer.beyond)
    return {
        "tracer_pvs_m3": (step.end_volumes * fluid).sum(),
        "tracer_tissue_m3": (tissue_content * tissue).sum(),
        "tracer_influx_m3_per_s": influx,
        "tracer_outflux_m3_per_s": tracer.ends.sum() + influx + tracer.outer,
        "tracer_uptake_m3_per_s": tracer.uptake,
        "tracer_produced_m3_per_s": tracer.produced,
        **{f"tracer_out_{name}_m3_per_s": rate for name, rate in out.items()},
        "tracer_out_outer_m3_per_s": tracer.outer,
        **{f"tracer_{name}": value for name, value in places.items()},
    }
