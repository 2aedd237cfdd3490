"""Clearance by route: how much tracer left the space, and the model, by which way.

Rates in `signals.csv` are means over the step before a row, so what left is their sum times the
step. Tracer has the unit of volume (m3): as much as that volume at the mouth's concentration holds.
"""

import re
from collections.abc import Mapping

import numpy as np
from jaxtyping import Float

Signals = Mapping[str, Float[np.ndarray, " times"]]
Numbers = Mapping[str, float | int | bool | str | None]
UPTAKE = re.compile(r"tracer_(?:(\w+)_)?uptake_m3_per_s")  # a column that every tracer has
FOUND = re.compile(r"tracer_(?:|(\w+?)_)(left|held)_(\w+)_m3")  # an entry of a summary
NEGLIGIBLE = 1e-6  # of what the busiest way carried
LITRES = (("mL", 1e-6), ("uL", 1e-9), ("nL", 1e-12), ("pL", 1e-15), ("fL", 1e-18), ("aL", 1e-21))


def clearance(signals: Signals, step: float) -> dict[str, float]:
    """Tracer that left by each way, m3, negative where more came in.

    Args:
        signals: columns by name.
        step: time step, s.

    Returns:
        `tracer_left_<way>_m3`: through each end, `outer` faces, by `uptake`, and out of the model
        from each compartment; `tracer_held_<compartment>_m3`: what each holds at the end. Of
        further tracers `tracer_<name>_left_<way>_m3` and `tracer_<name>_held_<compartment>_m3`.
    """
    found: dict[str, float] = {}
    for tracer in filter(None, map(UPTAKE.fullmatch, signals)):
        word = f"tracer_{tracer[1]}_" if tracer[1] else "tracer_"
        ways = {
            name.removeprefix(f"{word}out_").removesuffix("_m3_per_s"): column
            for name, column in signals.items()
            if name.startswith(f"{word}out_")
        }
        ways["uptake"] = signals[tracer[0]]
        found |= {f"{word}left_{way}_m3": step * float(np.sum(rate)) for way, rate in ways.items()}
        places = [name for name in _places(signals) if f"{word}{name}_m3" in signals]
        found |= {
            f"{word}held_{name}_m3": float(signals[f"{word}{name}_m3"][-1]) for name in places
        }
    return found


def _places(signals: Signals) -> list[str]:
    """Names of what holds fluid beyond the ends."""
    columns = (name for name in signals if name.startswith("fluid_") and name.endswith("_m3"))
    return [name.removeprefix("fluid_").removesuffix("_m3") for name in columns]


def words(summary: Numbers) -> str:
    """Clearance in plain words: what came in, what left and what compartments hold."""
    amounts: dict[str, dict[str, dict[str, float]]] = {}
    for name, value in summary.items():
        entry = FOUND.fullmatch(name)
        if entry and isinstance(value, float):
            of = amounts.setdefault(entry[1] or "", {"left": {}, "held": {}})
            of[entry[2]][entry[3]] = value
    first = _of_tracer(**amounts.pop("", {"left": {}, "held": {}}))
    return "; ".join([first, *(f"{name}: {_of_tracer(**of)}" for name, of in amounts.items())])


def _of_tracer(left: Mapping[str, float], held: Mapping[str, float]) -> str:
    least = NEGLIGIBLE * max((abs(value) for value in left.values()), default=0.0)
    parts = [
        f"{litres(abs(value))} {'out' if value > 0 else 'in'} {_by(name, held)}"
        for name, value in left.items()
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
