"""A run of pvs-simulate: prepared, kept while it goes, told at its end."""

import math
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from omegaconf import DictConfig

from meshes.notes import in_few_lines
from solver import store
from solver.estimate import check_fits, estimate
from solver.observe.clearance import clearance
from solver.observe.instrument import Ready
from solver.observe.summary import assumptions, summarise, table
from solver.rates.readings import told
from solver.simulate import Fields, Progress, Run, prepare, simulate
from solver.state import Model, Prepared

from .command import DONE, NOT_CONVERGED, ROOMS, STOPPED, UNWRITTEN, build, check_writable
from .figures import draw_figures
from .geometry import choose_mesh
from .instruments import choose_instruments, period_of, save_arrays, what_they_saw
from .keeping import Keeping
from .labelled import save_labelled
from .machine import available_memory_bytes, compile_seconds, cores, on_device, use_machine
from .origin import origin, period
from .progress import Waiting
from .solves import add_solves
from .stopping import after_the_step


@dataclass(frozen=True, eq=False)
class Case:
    """What is run: a model, prepared, and the instruments that watch it."""

    model: Model
    prepared: Prepared
    instruments: dict[str, Ready]


def run_into(config: DictConfig, folder: Path) -> int:
    """Run what `conf/config.yaml` composes and leave its files in the folder."""
    begun, compiled = time.perf_counter(), compile_seconds()
    check_writable(folder)
    use_machine(config.machine)
    with Waiting() as shown:
        case = _prepared(config, shown)
        kept = Keeping(folder, config, case.model, case.prepared)
        try:
            run = _march(config, folder, case, kept, shown, compiled)
            spent = {
                "wall_clock_s": kept.seconds + time.perf_counter() - begun,
                "compile_s": compile_seconds() - compiled,
                "resumed": kept.resumed,
            }
            rows = _leave(folder, case, run, spent)
        except store.Unwritable as error:
            print(f"{error} What was written before is kept. {_go_on(folder)}", file=sys.stderr)
            return UNWRITTEN
        if config.output.figures:
            shown.stage("drawing")
            draw_figures(folder)
    if run.complete or not run.converged:
        kept.done()
    notes = in_few_lines(case.model.mesh.notes) if config.mesh.path else ()
    for name, words in [*rows, *(("mesh", note) for note in notes)]:
        print(f"{name:<20}  {words}")
    print(f"\n{folder}")
    return _status(folder, run)


def _prepared(config: DictConfig, shown: Waiting) -> Case:
    """Everything that can be refused, before anything is written."""
    shown.stage("meshing")
    mesh = choose_mesh(config.mesh, shown.stage)
    model = Model(mesh, **{room: build(config, room) for room in ROOMS})
    steps = round(config.run.until / config.run.step) if config.run.step > 0 else 0
    cost = estimate(mesh, model.flow, steps, cores=cores(), device=on_device())
    check_fits(cost, available_memory_bytes(), device=on_device())
    shown.stage(f"preparing: {cost.words()}")
    prepared = prepare(model, config.run.until, config.run.step)
    return Case(model, prepared, choose_instruments(config, model, prepared))


def _march(
    config: DictConfig, folder: Path, case: Case, kept: Keeping, shown: Waiting, compiled: float
) -> Run:
    """The steps, from the last checkpoint if there is one; `compiled` s were spent before."""

    def save_fields(fields: Fields) -> None:
        moment = (fields.time, fields.points, fields.cells)
        store.add_fields(folder, *moment, fields.point_data, fields.cell_data)

    def tell(progress: Progress) -> None:
        if progress.index == first:
            shown.stage(f"compiled in {compile_seconds() - compiled:.0f} s")
        shown.step(progress)

    first = 1 + (kept.since.index if kept.since else 0)
    shown.stage(f"compiling, then on from step {first}" if kept.since else "compiling")
    every = config.output.fields_every
    with kept, after_the_step() as stop:
        run = simulate(
            case.model,
            case.prepared,
            watch={name: each.look for name, each in case.instruments.items()},
            since=kept.since,
            on_step=tell,
            on_fields=save_fields,
            fields_every=every if math.isfinite(every) else None,
            keep=kept.row,
            stop=stop,
        )
        if not run.complete:
            kept.save()
    return run


def _leave(folder: Path, case: Case, run: Run, spent: dict[str, float]) -> list[tuple[str, str]]:
    """The files that are written once; the table for people, and further rows of it."""
    model = case.model
    save_arrays(folder, run, case.instruments)
    save_labelled(folder, run)
    summary = summarise(run.signals, run.solves, period=period(model)) | {
        "converged": run.converged,
        "complete": run.complete,
        "fluid_volume_imbalance": run.fluid_volume_imbalance,
        "tracer_mass_imbalance": run.tracer_mass_imbalance,
        **clearance(run.signals, run.step),
    }
    seen, rows = what_they_saw(run, case.instruments, period_of(summary))
    store.save_summary(folder, summary | seen | origin(model.mesh, spent))
    add_solves(folder, run.solves)
    assumed = assumptions(model.flow, model.route)
    print(table(summary, "; ".join([assumed, *told(case.prepared.averaged, run.signals)])))
    words = f"{spent['wall_clock_s']:.0f} s, {spent['compile_s']:.0f} s of them compiling"
    again = f"; taken up {spent['resumed']} times" if spent["resumed"] else ""
    return [("time spent", words + again), *rows]


def _status(folder: Path, run: Run) -> int:
    """How the run ended, on stderr where it did not reach its end."""
    if run.complete:
        return DONE
    when = f"at t = {run.times[-1]:g} s; what was written is kept"
    if run.converged:
        print(f"stopped by hand {when}. {_go_on(folder)}", file=sys.stderr)
        return STOPPED
    print(f"no convergence {when}", file=sys.stderr)
    return NOT_CONVERGED


def _go_on(folder: Path) -> str:
    """What to do next with a run that was stopped."""
    if not (folder / store.CHECKPOINT).is_file():
        return "Give the same command again to begin anew"
    return f"Give the same command with hydra.run.dir={folder} to go on from there"
