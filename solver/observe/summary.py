"""A run in a few numbers, and the numbers in plain words.

Reads the columns of `signals.csv` (SI; flows are means over the step before a row, volumes hold at
its time). With `Q` the flow out of the mouth and `T` the period of the oscillation,

    exchange = (1/2) int_T |Q| dt          net = mean of Q over whole cycles

so exchange is what goes in and comes out again, and net is what does not come back. Both leave the
first cycle out, in which the motion begins, where another follows. A number that a run cannot give
(no oscillation, less than a cycle and a half) is NaN.
"""

import math
from collections.abc import Callable, Mapping

import numpy as np
from jaxtyping import Float, Shaped

from solver.flow.brinkman import Filling, Pvs
from solver.flow.ends import Closed, End, Outer, Resistance, Sink, Windkessel
from solver.flow.inertia import Unsteady
from solver.flow.outer_wall import OuterWall, Prescribed, Spring
from solver.flow.stokes_darcy import StokesDarcy
from solver.geometry.material import Directional, FromMesh, Property
from solver.observe.clearance import litres, words
from solver.observe.rhythm import (
    dominant_period,
    exchange_volume_per_cycle,
    lag,
    mean_over_cycles,
)
from solver.route.joins import compartments_of
from solver.route.kinds import Inflow, Renewed, Route

Signals = Mapping[str, Float[np.ndarray, " times"]]
Solves = Mapping[str, Shaped[np.ndarray, " steps"]]
Summary = dict[str, float | int | bool | str | None]

FEWEST = 5  # samples in which an oscillation can be seen
PER_CYCLE = (
    "period_s",
    "exchange_volume_per_cycle_m3",
    "exchange_share_of_pvs",
    "net_outflow_at_mouth_m3_per_s",
    "blood_csf_correlation",
    "blood_csf_lag_s",
    "norepinephrine_radius_lag_s",
)
STILL = 1e-9  # relative swing of the blood volume below which nothing oscillates
NEGLIGIBLE = 1e-3  # net over exchange per cycle
SIMULTANEOUS = 0.05  # s, a lag that no reader needs


def summarise(signals: Signals, solves: Solves, *, period: float | None = None) -> Summary:
    """Numbers of a run, SI, the unit in the name.

    Args:
        signals: columns by name, `time_s` among them.
        solves: how each step's solves went; empty if there was no step.
        period: of the oscillation, s; found in the blood volume by default.

    Returns:
        A flat mapping; see the module for exchange and net.
    """
    times, blood, csf = (
        np.asarray(signals[name], dtype=float)
        for name in ("time_s", "blood_volume_m3", "pvs_volume_m3")
    )
    inside, tissue = (float(signals[f"tracer_{room}_m3"][-1]) for room in ("pvs", "tissue"))
    iterations = np.asarray(solves.get("krylov_iterations", ()), dtype=float)
    return {
        "end_time_s": float(times[-1]),
        "peak_velocity_m_per_s": float(np.max(signals["peak_velocity_m_per_s"])),
        "peak_mean_mouth_velocity_m_per_s": float(
            np.max(np.abs(signals["mean_mouth_velocity_m_per_s"]))
        ),
        **_cycle(signals, _period(times, blood, period)),
        "pvs_volume_m3": float(csf[0]),
        "tracer_pvs_m3": inside,
        "tracer_tissue_m3": tissue,
        "tracer_mean_pvs_concentration": inside / float(csf[-1]),
        "krylov_iterations_mean": float(iterations.mean()) if iterations.size else math.nan,
    }


def _period(
    times: Float[np.ndarray, " times"], blood: Float[np.ndarray, " times"], period: float | None
) -> float:
    """Period of the oscillation, s; NaN if nothing moves or no cycle is whole."""
    if len(times) < FEWEST or np.ptp(blood) <= STILL * blood[0]:
        return math.nan
    whole = (times[-1] - times[0]) * (1 + 1e-9)
    if period is not None:
        return period if 0 < period <= whole else math.nan
    found = dominant_period(times, blood)
    return found if 0 < 2 * found <= whole else math.nan  # one swing is no oscillation yet


def _cycle(signals: Signals, period: float) -> dict[str, float]:
    """What holds per cycle; NaN throughout without a period."""
    if not math.isfinite(period):
        return dict.fromkeys(PER_CYCLE, math.nan)
    times, csf = signals["time_s"], signals["pvs_volume_m3"]
    slack = 1e-9 * period  # times are sums of steps
    begun = int(np.searchsorted(times, times[0] + period - slack))
    if times[-1] - times[begun] < period - slack:
        begun = 0
    late, mouth = times[begun:], mouth_flow(signals)[begun:]
    exchange = exchange_volume_per_cycle(late, mouth, period)
    shift, correlation = lag(times, signals["blood_volume_m3"], csf, period=period)
    delay, _ = lag(
        times, signals["norepinephrine_relative"], signals["mean_radius_m"], period=period
    )
    values = (
        period,
        exchange,
        exchange / float(np.mean(csf)),
        mean_over_cycles(late, mouth, period),
        correlation,
        shift,
        delay,
    )
    return dict(zip(PER_CYCLE, values, strict=True))


def mouth_flow(signals: Signals) -> Float[np.ndarray, " times"]:
    """Flow out of the perivascular space through all mouths together, m3/s."""
    mouths = [column for name, column in signals.items() if name.startswith("flow_inlet")]
    return np.sum([np.zeros(len(signals["time_s"])), *mouths], axis=0)


def assumptions(flow: StokesDarcy, route: Route = Renewed()) -> str:  # noqa: B008
    """What a reader must know before believing the numbers, in one line."""
    parts = [
        _far_ends(flow),
        f"mouth {_beyond(flow.inlet)}{_mouth(route)}",
        *_compartments(route),
        _pial(flow.outer),
        _outer_wall(flow.outer_wall),
        _sheath(flow.sheath.conductance),
        "fibres fill the PVS" if _filled(flow.pvs) else "",
        "the fluid has inertia" if isinstance(flow.inertia, Unsteady) else "",
    ]
    return "; ".join(part for part in parts if part)


def _filled(pvs: Filling) -> bool:
    """Whether fibres fill any of the perivascular space."""
    return isinstance(pvs, Pvs) and _some(pvs.permeability, math.isfinite)


def _far_ends(flow: StokesDarcy) -> str:
    """Whether anything may flow through, told by all that leads out besides the mouth."""
    named = {name: kind for name, kind in flow.ends.items() if not name.startswith("inlet")}
    others = sorted(name for name, kind in named.items() if not isinstance(kind, Closed))
    gradient = f", gradient {_single(flow.gradient):g} Pa/m" if _some(flow.gradient, bool) else ""
    if not isinstance(flow.distal, Closed):
        how = {Resistance: "resist", Windkessel: "drain through a windkessel"}
        return f"net flow possible (far ends {how.get(type(flow.distal), 'open')}{gradient})"
    if others:
        return f"net flow possible (far ends closed but {', '.join(others)}{gradient})"
    return "tidal exchange through the mouth (far ends closed)"


def _beyond(end: End) -> str:
    words = {
        Closed: "closed to fluid, its tracer ",
        Resistance: "behind a resistance, ",
        Windkessel: "behind a windkessel, ",
    }
    return words.get(type(end), "")


def _mouth(route: Route) -> str:
    """How the tracer's concentration at the mouth is renewed."""
    if isinstance(route, Inflow):
        return "renewed while fluid enters, open while it leaves"
    for name, place in compartments_of(route).items():
        if any(end.startswith("inlet") for end in place.ends):
            return f"renewed by {name}"
    return "renewed at all times"


def _compartments(route: Route) -> list[str]:
    """Each compartment in a few words."""
    return [
        f"{name} of {litres(_single(place.volume))} "
        + (
            f"renewed in {_single(place.renewal):g} s"
            if np.isfinite(_single(place.renewal))
            else "never renewed"
        )
        + (f", into {place.into}" if place.into else "")
        for name, place in compartments_of(route).items()
    ]


def _pial(outer: Outer) -> str:
    if isinstance(outer, Sink):
        return "pial surface drains through a membrane"
    return "pial surface closed" if isinstance(outer, Closed) else "pial surface open"


def _outer_wall(wall: OuterWall) -> str:
    if isinstance(wall, Spring):
        return f"outer wall on springs ({_single(wall.modulus):g} Pa)"
    if isinstance(wall, Prescribed):
        return f"outer wall moves as told ({_single(wall.amplitude):.1%} of its radius)"
    return "outer wall rigid"


def _sheath(conductance: Property) -> str:
    """Only what differs from a sheath of endfeet."""
    if not _some(conductance, lambda value: value != 0.0):
        return "sheath sealed"
    if not _some(conductance, math.isfinite):
        return "no endfeet between PVS and tissue"
    sealed = _some(conductance, lambda value: value == 0.0)
    absent = _some(conductance, math.isinf)
    return "sheath differs by region" if sealed or absent else ""


def _some(given: Property, holds: Callable[[float], object]) -> bool:
    """Whether something holds of a property in some region; of one from the mesh, that it may."""
    if isinstance(given, Mapping):
        return any(holds(float(value)) for value in given.values())
    if isinstance(given, FromMesh | Directional):
        return True
    return bool(holds(float(given)))


def _single(value: object) -> float:
    return float(np.asarray(value))


def table(summary: Mapping[str, float | int | bool | str | None], assumed: str) -> str:
    """The numbers in plain words, one row a line.

    Args:
        summary: what `summarise` gave, with `fluid_volume_imbalance`, `tracer_mass_imbalance` and
            `converged` beside it.
        assumed: what `assumptions` gave.
    """
    number = {key: _number(value) for key, value in summary.items()}
    rows = (
        ("peak PVS velocity", _velocity(number)),
        ("exchange per cycle", _exchange(number)),
        ("blood and CSF volume", _rhythm(number)),
        (f"tracer after {number['end_time_s']:.0f} s", _tracer(number)),
        (
            "balances",
            f"fluid volume to {_share(number['fluid_volume_imbalance'])}, tracer mass to "
            f"{_share(number['tracer_mass_imbalance'])}, relative",
        ),
        (
            "solver",
            f"{'converged' if summary['converged'] else 'did not converge'}, "
            f"{number['krylov_iterations_mean']:.1f} Krylov iterations a step",
        ),
        ("clearance by route", words(summary)),
        ("assumptions", assumed),
    )
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:<{width}}  {words}" for name, words in rows)


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else math.nan


def _share(value: float) -> str:
    return f"{value:.0e}" if value else "0"


def _velocity(number: Mapping[str, float]) -> str:
    peak, mouth = (
        1e6 * number[f"peak_{name}_m_per_s"] for name in ("velocity", "mean_mouth_velocity")
    )
    return f"{peak:.3g} um/s; over the mouth {mouth:.3g} um/s in the mean at its fastest"


def _exchange(number: Mapping[str, float]) -> str:
    exchange, net = number["exchange_volume_per_cycle_m3"], number["net_outflow_at_mouth_m3_per_s"]
    if not math.isfinite(exchange):
        return "not known: no whole cycle of oscillation in this run"
    share, lost = number["exchange_share_of_pvs"], net * number["period_s"] / exchange
    kept = f"{abs(lost):.1%} of it net {'out' if lost > 0 else 'in'}"
    if abs(lost) < NEGLIGIBLE:
        kept = f"no net flow (below {NEGLIGIBLE:.1%} of it)"
    return (
        f"{litres(exchange)} in and out every {number['period_s']:.3g} s, {share:.1%} of the PVS; "
        f"{kept}"
    )


def _rhythm(number: Mapping[str, float]) -> str:
    correlation, shift = number["blood_csf_correlation"], number["blood_csf_lag_s"]
    if not math.isfinite(correlation):
        return "no whole cycle to compare"
    sign = "opposite: CSF rises as blood falls" if correlation < 0 else "together"
    when = "at once"
    if abs(shift) >= SIMULTANEOUS:
        when = f"CSF {abs(shift):.2g} s {'after' if shift > 0 else 'before'} blood"
    lagging = number["norepinephrine_radius_lag_s"]
    driver = ""
    if math.isfinite(lagging):
        driver = f"; radius {lagging:.2g} s after norepinephrine"
    return f"{sign} (correlation {correlation:+.2f}), {when}{driver}"


def _tracer(number: Mapping[str, float]) -> str:
    inside, tissue = number["tracer_pvs_m3"], number["tracer_tissue_m3"]
    whole = inside + tissue
    if not whole > 0:
        return "none arrived"
    return (
        f"{inside / whole:.0%} in the PVS, {tissue / whole:.0%} in the tissue; as much in all as "
        f"{litres(whole)} of CSF at the mouth holds; PVS at "
        f"{number['tracer_mean_pvs_concentration']:.0%} of the mouth's concentration"
    )
