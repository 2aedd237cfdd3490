"""A run in a few numbers, and the numbers in plain words.

Reads the columns of `signals.csv` (SI; flows are means over the step before a row, volumes hold at
its time). With `Q` the flow out of the mouth and `T` the period of the oscillation,

    exchange = (1/2) int_T |Q| dt          net = mean of Q over whole cycles

so exchange is what goes in and comes out again, and net is what does not come back. A number that a
run cannot give (no oscillation, less than a cycle and a half) is NaN.
"""

import math
from collections.abc import Mapping

import numpy as np
from jaxtyping import Float, Shaped

from solver.flow.ends import Closed
from solver.flow.solve import StokesDarcy
from solver.observe.rhythm import (
    dominant_period,
    exchange_volume_per_cycle,
    lag,
    mean_over_cycles,
)

Signals = Mapping[str, Float[np.ndarray, " times"]]
Solves = Mapping[str, Shaped[np.ndarray, " steps"]]
Summary = dict[str, float | int | bool | str | None]

LITRES = (("nL", 1e-12), ("pL", 1e-15), ("fL", 1e-18), ("aL", 1e-21))
STILL = 1e-9  # relative swing of the blood volume below which nothing oscillates
SIMULTANEOUS = 0.05  # s, a lag that no reader needs


def summarise(signals: Signals, solves: Solves) -> Summary:
    """Numbers of a run, SI, the unit in the name.

    Args:
        signals: columns by name, `time_s` among them.
        solves: how each step's solves went; empty if there was no step.

    Returns:
        A flat mapping; see the module for exchange and net.
    """
    times, blood, csf = (
        np.asarray(signals[name], dtype=float)
        for name in ("time_s", "blood_volume_m3", "pvs_volume_m3")
    )
    mouth = mouth_flow(signals)
    moves = len(times) > 4 and np.ptp(blood) > STILL * blood[0]
    period = dominant_period(times, blood) if moves else math.nan
    if not 0 < period <= times[-1] - times[0]:
        period = math.nan
    cyclic = math.isfinite(period)
    exchange = exchange_volume_per_cycle(times, mouth, period) if cyclic else math.nan
    shift, correlation = lag(times, blood, csf, period=period) if cyclic else (math.nan, math.nan)
    delay, _ = (
        lag(times, signals["norepinephrine_relative"], signals["mean_radius_m"], period=period)
        if cyclic
        else (math.nan, math.nan)
    )
    inside, tissue = (float(signals[f"tracer_{room}_m3"][-1]) for room in ("pvs", "tissue"))
    iterations = np.asarray(solves.get("krylov_iterations", ()), dtype=float)
    return {
        "end_time_s": float(times[-1]),
        "period_s": period,
        "peak_velocity_m_per_s": float(np.max(signals["peak_velocity_m_per_s"])),
        "peak_mean_mouth_velocity_m_per_s": float(
            np.max(np.abs(signals["mean_mouth_velocity_m_per_s"]))
        ),
        "exchange_volume_per_cycle_m3": exchange,
        "exchange_share_of_pvs": exchange / float(np.mean(csf)),
        "net_outflow_at_mouth_m3_per_s": (
            mean_over_cycles(times, mouth, period) if cyclic else math.nan
        ),
        "blood_csf_correlation": correlation,
        "blood_csf_lag_s": shift,
        "norepinephrine_radius_lag_s": delay,
        "pvs_volume_m3": float(csf[0]),
        "tracer_pvs_m3": inside,
        "tracer_tissue_m3": tissue,
        "tracer_mean_pvs_concentration": inside / float(csf[-1]),
        "krylov_iterations_mean": float(iterations.mean()) if iterations.size else math.nan,
    }


def mouth_flow(signals: Signals) -> Float[np.ndarray, " times"]:
    """Flow out of the perivascular space through all mouths together, m3/s."""
    mouths = [column for name, column in signals.items() if name.startswith("flow_inlet")]
    return np.sum([np.zeros(len(signals["time_s"])), *mouths], axis=0)


def assumptions(flow: StokesDarcy) -> str:
    """What a reader must know before believing the numbers, in one line."""
    return "; ".join(
        (
            "fluid comes and goes through the mouth, far ends closed: tidal exchange, no net flow"
            if isinstance(flow.distal, Closed)
            else "far ends open: net flow is possible",
            "mouth closed to fluid"
            if isinstance(flow.inlet, Closed)
            else "mouth fluid renewed at all times",
            "pial surface closed" if isinstance(flow.outer, Closed) else "pial surface open",
            "outer wall rigid",
        )
    )


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
        return "none: no whole cycle of oscillation in this run"
    share = number["exchange_share_of_pvs"]
    lost = net * number["period_s"]
    kept = f"{litres(abs(lost))} net {'out' if lost > 0 else 'in'}"
    if abs(lost) < 1e-6 * exchange:
        kept = "no net flow"
    return (
        f"{litres(exchange)} in and out every {number['period_s']:.3g} s, {share:.1%} of the PVS; "
        f"{kept}"
    )


def _rhythm(number: Mapping[str, float]) -> str:
    correlation, shift = number["blood_csf_correlation"], number["blood_csf_lag_s"]
    if not math.isfinite(correlation):
        return "no oscillation to compare"
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
        f"{inside / whole:.0%} in the PVS, {tissue / whole:.0%} in the tissue; all of it as much as "
        f"{litres(whole)} of CSF at the mouth holds; PVS at "
        f"{number['tracer_mean_pvs_concentration']:.0%} of the mouth's concentration"
    )


def litres(volume: float) -> str:
    """A volume (m3) in the litre that makes it readable."""
    unit, size = next(((u, s) for u, s in LITRES if abs(volume) >= s), LITRES[-1])
    return f"{volume / size:.3g} {unit}"
