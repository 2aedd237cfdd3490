"""What one experiment gave, and what is measured on it. Columns are those of `signals.csv`, SI.

Three observables of clearance differ and are always shown together: the tracer that has arrived,
how much it swings with the cycle, and the flow through the mouth. With `T` the period,

    arrived = mean of tracer mass over the last T       swing = sqrt(2) rms(m - mean of m over T)
    flow = sqrt(2) rms(Q - mean Q)                      net = mean of Q through, far end minus mouth

over the last whole cycles; the square root makes an amplitude of the rms of a sine, and holds for
any waveform.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from meshes.errors import InputError
from solver.observe.rhythm import exchange_volume_per_cycle, lag, last_cycles, mean_over_cycles

Series = Float[np.ndarray, " times"]
CYCLES = 3  # last ones on which rhythm is measured, as far as a run has them


@dataclass(frozen=True, eq=False)
class Outcome:
    """The series of one experiment.

    Attributes:
        signals: by column.
        period: of its rhythm, s.
        converged: whether every solve did.
    """

    signals: Mapping[str, Series]
    period: float
    converged: bool = True

    @property
    def times(self) -> Series:
        """s."""
        return self.signals["time_s"]

    @property
    def tracer(self) -> Series:
        """Mass in the perivascular space and the tissue, m3 of the mouth's fluid."""
        return self.signals["tracer_pvs_m3"] + self.signals["tracer_tissue_m3"]

    @property
    def outflow(self) -> Series:
        """Out of the mouths, m3/s."""
        return self._ends("flow_inlet")

    def column(self, name: str) -> Series:
        """A column; `mouth_outflow_m3_per_s` and `tracer_m3` are sums.

        Raises:
            InputError: the run has no such column.
        """
        made = {"mouth_outflow_m3_per_s": self.outflow, "tracer_m3": self.tracer}
        if name not in self.signals and name not in made:
            raise InputError(
                f"a claim asks for the column {name}, and the run has none; it has "
                f"{', '.join(self.signals)}"
            )
        return made[name] if name in made else self.signals[name]

    def late(self, series: Series) -> tuple[Series, Series]:
        """Times and values of the last whole cycles, at most `CYCLES`."""
        times, values = last_cycles(self.times, series, self.period)
        kept = times >= times[-1] - CYCLES * self.period * (1 + 1e-9) if len(times) else times > 0
        return times[kept], values[kept]

    def lag(self, first: str, second: str) -> tuple[float, float]:
        """Seconds by which a column follows another, and their correlation there."""
        found = lag(self.times, self.column(first), self.column(second), period=self.period)
        return found.seconds, found.correlation

    def _ends(self, prefix: str) -> Series:
        ends = [values for name, values in self.signals.items() if name.startswith(prefix)]
        return np.sum([np.zeros(len(self.times)), *ends], axis=0)


class Measure(NamedTuple):
    """A number that every outcome has.

    Attributes:
        words: what it is; `unit`: SI.
        of: takes it.
    """

    words: str
    unit: str
    of: Callable[[Outcome], float]


def arrived(outcome: Outcome) -> float:
    """Tracer in the end, mean over the last cycle so that its phase does not matter, m3."""
    times, values = last_cycles(outcome.times, outcome.tracer, outcome.period)
    last = times >= times[-1] - outcome.period * (1 + 1e-9) if len(times) else times > 0
    if not last.any():
        return float(outcome.tracer[-1])
    return float(np.trapezoid(values[last], times[last]) / np.ptp(times[last]))


def tracer_swing(outcome: Outcome) -> float:
    """Amplitude with which tracer comes and goes, its slow rise taken away, m3."""
    times, values = outcome.times, outcome.tracer
    begin, end = times[0] + 0.5 * outcome.period, times[-1] - 0.5 * outcome.period
    whole = np.concatenate([[0.0], np.cumsum(0.5 * np.diff(times) * (values[1:] + values[:-1]))])

    def level(moment: Series) -> Series:
        after, before = (np.interp(moment + k * outcome.period, times, whole) for k in (0.5, -0.5))
        return (after - before) / outcome.period

    inside = (times >= begin) & (times <= end)
    inside &= times >= times[-1] - (CYCLES + 0.5) * outcome.period
    if inside.sum() < 3:
        return float("nan")
    return _amplitude(values[inside] - level(times[inside]))


def flow_amplitude(outcome: Outcome) -> float:
    """Of the flow through the mouth, m3/s."""
    return _amplitude(outcome.late(outcome.outflow)[1])


def net_flow(outcome: Outcome) -> float:
    """Through from mouth to far ends, mean over whole cycles, m3/s."""
    through = 0.5 * (outcome._ends("flow_distal") - outcome.outflow)
    far = outcome._ends("flow_distal")
    if not np.any(far):
        through = -outcome.outflow
    times, values = outcome.late(through)
    return mean_over_cycles(times, values, outcome.period) if len(times) else float("nan")


def net_share(outcome: Outcome) -> float:
    """Net flow over the mean of |Q| at the mouth (1)."""
    _, flow = outcome.late(outcome.outflow)
    size = float(np.mean(np.abs(flow))) if len(flow) else 0.0
    return net_flow(outcome) / size if size > 0 else 0.0


def exchange_rate(outcome: Outcome) -> float:
    """Fluid that goes in and comes out again, m3/s."""
    times, flow = outcome.late(outcome.outflow)
    if not len(times):
        return float("nan")
    return exchange_volume_per_cycle(times, flow, outcome.period) / outcome.period


def tidal_share(outcome: Outcome) -> float:
    """Fluid exchanged in a cycle over the volume of the space (1)."""
    volume = float(np.mean(outcome.signals["pvs_volume_m3"]))
    return exchange_rate(outcome) * outcome.period / volume


def radius_amplitude(outcome: Outcome) -> float:
    """Relative to the radius at the start (1)."""
    radius = outcome.signals["mean_radius_m"]
    return _amplitude(outcome.late(radius)[1]) / float(radius[0])


def norepinephrine_amplitude(outcome: Outcome) -> float:
    """Relative to the baseline (1)."""
    return _amplitude(outcome.late(outcome.signals["norepinephrine_relative"])[1])


def constant_sum(outcome: Outcome) -> float:
    """Swing of blood and CSF volume together over that of CSF (1): 0 if one replaces the other."""
    csf = outcome.signals["pvs_volume_m3"]
    both = csf + outcome.signals["blood_volume_m3"]
    return float(np.ptp(both) / np.ptp(csf)) if np.ptp(csf) > 0 else float("nan")


def drawn_in(outcome: Outcome) -> float:
    """Largest gain of CSF volume over the start (1)."""
    volume = outcome.signals["pvs_volume_m3"]
    return float(volume.max() / volume[0] - 1.0)


def mouth_share(outcome: Outcome) -> float:
    """Of the largest gain of CSF volume, what came through the mouth (1)."""
    return _until_widest(outcome, -outcome.outflow)


def tissue_gain(outcome: Outcome) -> float:
    """Fluid that the tissue gained while the space did, over the largest gain of the space (1)."""
    volume = outcome.signals["pvs_volume_m3"]
    stored = outcome.signals["tissue_stored_volume_m3"]
    gain = float(volume.max() - volume[0])
    return float(stored[volume.argmax()] - stored[0]) / gain if gain > 0 else float("nan")


def _until_widest(outcome: Outcome, inflow: Series) -> float:
    """Volume that a flow brought until the space was widest, over what the space had gained."""
    volume = outcome.signals["pvs_volume_m3"]
    gain = float(volume.max() - volume[0])
    brought = np.concatenate([[0.0], np.cumsum(np.diff(outcome.times) * inflow[1:])])
    return float(brought[volume.argmax()]) / gain if gain > 0 else float("nan")


def peak(outcome: Outcome) -> float:
    """Most tracer that was in the perivascular space at once, m3."""
    return float(outcome.signals["tracer_pvs_m3"].max())


def tissue(outcome: Outcome) -> float:
    """Tracer in the tissue in the end, m3."""
    return float(outcome.signals["tracer_tissue_m3"][-1])


def mouth_speed(outcome: Outcome) -> float:
    """Largest mean velocity over the mouth, m/s."""
    return float(np.abs(outcome.signals["mean_mouth_velocity_m_per_s"]).max())


def _amplitude(values: Series) -> float:
    return float(np.sqrt(2.0) * np.std(values)) if len(values) else float("nan")


OBSERVABLES = ("arrived", "swing", "flow")
MEASURES = {
    "arrived": Measure("tracer arrived", "m3", arrived),
    "swing": Measure("tracer oscillation", "m3", tracer_swing),
    "flow": Measure("flow amplitude", "m3/s", flow_amplitude),
    "net": Measure("net flow", "m3/s", net_flow),
    "net_share": Measure("net flow over exchange", "1", net_share),
    "exchange": Measure("fluid exchanged per time", "m3/s", exchange_rate),
    "tidal": Measure("share of the space exchanged in a cycle", "1", tidal_share),
    "radius": Measure("radius amplitude", "1", radius_amplitude),
    "norepinephrine": Measure("norepinephrine amplitude", "1", norepinephrine_amplitude),
    "constant_sum": Measure("swing of blood and CSF volume together", "1", constant_sum),
    "drawn_in": Measure("largest gain of CSF volume", "1", drawn_in),
    "mouth_share": Measure("share of it that came through the mouth", "1", mouth_share),
    "tissue_gain": Measure("fluid gained by the tissue over that by the space", "1", tissue_gain),
    "peak": Measure("most tracer in the space", "m3", peak),
    "tissue": Measure("tracer in the tissue", "m3", tissue),
    "mouth_speed": Measure("largest mean velocity over the mouth", "m/s", mouth_speed),
}


def measure(outcome: Outcome, name: str) -> float:
    """One of `MEASURES` by name.

    Raises:
        InputError: there is none of that name.
    """
    if name not in MEASURES:
        raise InputError(f"no measure {name!r}; the measures are {', '.join(MEASURES)}")
    return MEASURES[name].of(outcome)
