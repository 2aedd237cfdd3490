"""The verb of the oracle: a tube and the motion of its wall in, series in time out. SI."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from tests.exact.reduced.flow import Lubrication, Moved
from tests.exact.reduced.tracer import Carried, Tracer
from tests.exact.reduced.tube import Tube

Ratio = Callable[[np.ndarray, float], np.ndarray]  # R1 / R10 at path lengths (m) and a time (s)
Series = dict[str, Float[np.ndarray, " times"]]
DAMPED = 4  # equal parts of the first step, taken implicitly


@dataclass
class _Past:
    """Where a run is."""

    tissue: np.ndarray
    widening: np.ndarray
    concentration: np.ndarray
    reservoir: float
    entered: float = 0.0
    left: float = 0.0
    tracer_entered: float = 0.0
    tracer_left: float = 0.0


def run(
    tube: Tube,
    ratio: Ratio,
    until: float,
    step: float,
    *,
    period: float | None = None,
    settled: int = 3,
    begun: tuple[float, float, float] = (1.0, 0.0, 0.0),
) -> Series:
    """Run a tube and read it after every step, with the names of the solver's columns.

    Args:
        ratio: the motion of the wall.
        until, step: s.
        period: of the motion, s, a whole number of steps. After `settled` of them the last one's
            fluxes and factors serve again, which makes an hour of biology a few seconds.
        begun: concentration held at the mouth, and at the start in PVS and tissue.

    Returns:
        Series by name; flows are means over the step before, positive out of the PVS.
    """
    lubrication, tracer = Lubrication(tube), Tracer.of(tube)
    mouth, inside, outside = begun
    concentration = np.full(tube.size, outside)
    concentration[: tube.nodes] = inside
    concentration[0] = mouth
    past = _Past(
        tissue=np.zeros(tube.size - tube.nodes),
        widening=np.zeros(tube.nodes),
        concentration=concentration,
        reservoir=tube.reservoir or 0.0,
    )
    cycle = round(period / step) if period else 0
    kept: list[tuple[Moved, Carried]] = []
    rows = [_read(tube, tracer, past, None, tube.inner * ratio(tube.z, 0.0), 0.0, step)]
    for index in range(round(until / step)):
        parts = DAMPED if index == 0 else 1
        theta = 1.0 if index == 0 else 0.5
        reuse = cycle and index >= settled * cycle
        before = (past.entered, past.left, past.tracer_entered, past.tracer_left)
        for part in range(parts):
            times = step * (index + part / parts), step * (index + (part + 1) / parts)
            radii = tuple(
                tube.inner * np.broadcast_to(ratio(tube.z, t), tube.z.shape) for t in times
            )
            if reuse:
                moved, carried = kept[index % cycle]
            else:
                moved, carried = _prepare(lubrication, tracer, past, radii, step / parts, theta)
            _advance(tube, past, moved, carried, mouth, step / parts, theta)
        if cycle and not reuse:
            kept = [*kept, (moved, carried)][-cycle:]
        rows.append(_read(tube, tracer, past, moved, radii[1], step * (index + 1), step, before))
    return {name: np.array([row[name] for row in rows]) for name in rows[-1]}


def _prepare(
    lubrication: Lubrication,
    tracer: Tracer,
    past: _Past,
    radii: tuple[np.ndarray, np.ndarray],
    duration: float,
    theta: float,
) -> tuple[Moved, Carried]:
    """Flow and transport of one step."""
    moved = lubrication.step(radii, past.tissue, past.widening, duration, theta)
    mixed = lubrication.tube.reservoir is not None
    after = past.reservoir - duration * moved.entering * mixed
    carried = tracer.carry(moved, past.tissue, (past.reservoir, after), duration, theta)
    return moved, carried


def _advance(
    tube: Tube,
    past: _Past,
    moved: Moved,
    carried: Carried,
    mouth: float,
    duration: float,
    theta: float,
) -> None:
    """Take a step."""
    right = carried.before @ past.concentration
    if tube.reservoir is None:
        right[0] = mouth
    else:
        right[0] += carried.fresh * mouth
    after = carried.solver.solve(right)
    mean = (1.0 - theta) * past.concentration + theta * after
    first = [m[0] - r for m, r in zip(carried.masses, carried.reservoir, strict=True)]
    gained = first[1] * after[0] - first[0] * past.concentration[0]
    brought = gained + duration * (carried.leaving @ mean)[0]
    past.tracer_entered += float(brought)
    past.tracer_left += duration * (
        max(moved.leaving, 0.0) * float(mean[tube.along])
        + float(np.maximum(moved.drains, 0.0) @ mean[-tube.nodes :])
    )
    past.entered += duration * moved.entering
    past.left += duration * moved.leaving
    if tube.reservoir is not None:
        past.reservoir -= duration * moved.entering
    past.concentration, past.tissue, past.widening = after, moved.tissue, moved.widening


def _read(
    tube: Tube,
    tracer: Tracer,
    past: _Past,
    moved: Moved | None,
    inner: np.ndarray,
    time: float,
    step: float,
    before: tuple[float, ...] = (0.0, 0.0, 0.0, 0.0),
) -> dict[str, float]:
    """One row of the series."""
    areas = np.pi * ((tube.outer + past.widening) ** 2 - inner**2)
    masses = tracer.masses(areas, past.tissue, past.reservoir) * past.concentration
    now = (past.entered, past.left, past.tracer_entered, past.tracer_left)
    entering, leaving, brought, lost = ((b - a) / step for a, b in zip(before, now, strict=True))
    pressure = np.zeros(1) if moved is None else moved.pressure
    return {
        "time_s": time,
        "mean_radius_m": float((inner * tube.lengths).sum() / tube.length),
        "blood_volume_m3": float((np.pi * inner**2 * tube.lengths).sum()),
        "pvs_volume_m3": float((areas * tube.lengths).sum()),
        "flow_inlet_m3_per_s": -entering,
        "flow_distal_1_m3_per_s": leaving,
        "flow_sheath_m3_per_s": 0.0 if moved is None else float(moved.leaks.sum()),
        "tissue_stored_volume_m3": float((tube.storage * tube.volumes.ravel() * past.tissue).sum()),
        "pressure_min_pa": float(pressure.min()),
        "pressure_max_pa": float(pressure.max()),
        "mean_mouth_velocity_m_per_s": entering / float(areas[0]),
        "tracer_pvs_m3": float(masses[: tube.nodes].sum()) - past.reservoir * past.concentration[0],
        "tracer_tissue_m3": float(masses[tube.nodes :].sum()),
        "tracer_influx_m3_per_s": brought,
        "tracer_outflux_m3_per_s": lost,
    }
