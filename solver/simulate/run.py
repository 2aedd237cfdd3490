"""What a run leaves, and whether fluid and tracer were kept in it."""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from solver.state import State

STILL = 1e-9  # of the PVS volume: less that swings or passes is nothing


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
