"""How far is a run with its heartbeat averaged from the same run with every beat resolved?

Straight vessels (R 6/9 um) whose wall beats at 9 Hz, with and without tissue round them and a slow
motion beneath. Tracer is that in PVS and tissue together; of a resolved run the mean over the last
whole beats. `without` is how far the same run is that leaves the beat out.
"""

import time
from dataclasses import dataclass

import jax
import numpy as np

from meshes.annulus import annulus
from solver.flow import Sheath, StokesDarcy
from solver.signal import Quiet
from solver.simulate import Run, prepare, simulate
from solver.state import Model
from solver.units import um
from solver.wall import Band, Vasomotion

BEAT = 9.0  # Hz


@dataclass(frozen=True)
class Case:
    """One vessel and its motion."""

    name: str
    length: float
    amplitude: float
    tissue: bool = False
    slow: float = 0.0
    until: float = 3.0
    per_beat: int = 16
    along: int = 32


CASES = (
    Case("tide of 1 um", 100 * um, 0.006),
    Case("on slow motion", 100 * um, 0.03, slow=0.05),
    Case("with tissue", 100 * um, 0.03, tissue=True, along=20),
    Case("tide of 16 um", 200 * um, 0.05),
    Case("tide of 5 um", 100 * um, 0.03),
)


def model_of(case: Case, amplitude: float) -> Model:
    """The case with a beat of some amplitude."""
    tissue = {"tissue_outer": 40 * um, "tissue_layers": 3} if case.tissue else {}
    mesh = annulus(6 * um, 9 * um, case.length, across=4, around=8, along=case.along, **tissue)
    slow = {"slow": Band(case.slow, 1.0 / case.until)} if case.slow else {}
    beat = {"cardiac": Band(amplitude, BEAT, speed=1.0, drive="passive")}
    sheath = Sheath() if case.tissue else Sheath(conductance=0.0)
    return Model(
        mesh,
        signal=Quiet(),
        wall=Vasomotion(gain=0.0, bands=slow | beat),
        flow=StokesDarcy(sheath=sheath, memory=case.per_beat + 1),
    )


def timed(model: Model, until: float, step: float) -> tuple[Run, float]:
    """A run, and its seconds on the processor for all steps, without compiling."""
    clock = [0.0]  # compiling ends with the first step
    prepared = prepare(model, until, step)
    run = simulate(model, prepared, on_step=lambda _: clock.append(time.process_time()))
    steps = len(clock) - 1
    return run, (clock[-1] - clock[1]) * steps / (steps - 1)


def tracer(run: Run) -> np.ndarray:
    """In PVS and tissue, m3."""
    return run.signals["tracer_pvs_m3"] + run.signals["tracer_tissue_m3"]


def compare(case: Case, steps: int = 16) -> str:
    """A row of the table."""
    step, fine = case.until / steps, 1.0 / (BEAT * case.per_beat)
    averaged, quick = timed(model_of(case, case.amplitude), case.until, step)
    without, _ = timed(model_of(case, 0.0), case.until, step)
    resolved, slow = timed(model_of(case, case.amplitude), case.until, fine)
    held = np.convolve(tracer(resolved), np.ones(case.per_beat) / case.per_beat, "valid")
    middle = resolved.times[: len(held)] + 0.5 * (case.per_beat - 1) * fine

    def error(run: Run, at: float) -> float:
        return float(np.interp(at, run.times, tracer(run)) / np.interp(at, middle, held) - 1.0)

    early, late = 0.25 * case.until, middle[-1]
    tide = 1e6 * averaged.signals["fast_cardiac_displacement_m"].max()
    return (
        f"| {case.name} | {tide:.1f} um | {error(averaged, early):+.1%} | "
        f"{error(averaged, late):+.1%} | {error(without, late):+.1%} | {slow / quick:.0f} |"
    )


if __name__ == "__main__":
    jax.config.update("jax_enable_x64", True)
    print("| case | tide | after a quarter | at the end | without | times faster |")
    print("|---|---|---|---|---|---|")
    for one in CASES:
        print(compare(one), flush=True)
