"""Clearance by route: how much tracer left the space, and the model, by which way.

Rates in `signals.csv` are means over the step before a row, so what left is their sum times the
step. Tracer has the unit of volume (m3): as much as that volume at the mouth's concentration holds.
"""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float

Signals = Mapping[str, Float[np.ndarray, " times"]]
LEFT, HELD = "tracer_left_", "tracer_held_"  # entries of a summary, by ends and compartments
NEGLIGIBLE = 1e-6  # of what the busiest way carried
LITRES = (("mL", 1e-6), ("uL", 1e-9), ("nL", 1e-12), ("pL", 1e-15), ("fL", 1e-18), ("aL", 1e-21))


def clearance(signals: Signals, step: float) -> dict[str, float]:
    """Tracer that left by each way, m3, negative where more came in.

    Args:
        signals: columns by name.
        step: time step, s.

    Returns:
        `tracer_left_<way>_m3`: through each end, `outer` faces, by `uptake`, and out of the model
        from each compartment; `tracer_held_<compartment>_m3`: what each holds at the end.
    """
    left = {
        name.removeprefix("tracer_out_").removesuffix("_m3_per_s"): column
        for name, column in signals.items()
        if name.startswith("tracer_out_")
    }
    left["uptake"] = signals["tracer_uptake_m3_per_s"]
    places = [name.removeprefix("fluid_").removesuffix("_m3") for name in _volumes(signals)]
    held = {name: signals[f"tracer_{name}_m3"] for name in places if f"tracer_{name}_m3" in signals}
    return {f"{LEFT}{name}_m3": step * float(np.sum(rate)) for name, rate in left.items()} | {
        f"{HELD}{name}_m3": float(content[-1]) for name, content in held.items()
    }


def _volumes(signals: Signals) -> list[str]:
    return [name for name in signals if name.startswith("fluid_") and name.endswith("_m3")]


def words(summary: Mapping[str, float | int | bool | str | None]) -> str:
    """Clearance in plain words: what came in, what left and what compartments hold."""
    ways = {
        name.removeprefix(LEFT).removesuffix("_m3"): value
        for name, value in summary.items()
        if name.startswith(LEFT) and isinstance(value, float)
    }
    held = {
        name.removeprefix(HELD).removesuffix("_m3"): value
        for name, value in summary.items()
        if name.startswith(HELD) and isinstance(value, float)
    }
    least = NEGLIGIBLE * max((abs(value) for value in ways.values()), default=0.0)
    parts = [
        f"{litres(abs(value))} {'out' if value > 0 else 'in'} {_by(name, held)}"
        for name, value in ways.items()
        if abs(value) > least
    ]
    parts += [f"{litres(value)} held by {name}" for name, value in held.items()]
    return "; ".join(parts) or "none moved"


def _by(way: str, held: Mapping[str, float]) -> str:
    if way == "uptake":
        return "by uptake"
    return f"of the model at {way}" if way in held else f"through {way}"


def litres(volume: float) -> str:
    """A volume (m3) in the litre that makes it readable."""
    unit, size = next(((u, s) for u, s in LITRES if abs(volume) >= s), LITRES[-1])
    return f"{volume / size:.3g} {unit}"
