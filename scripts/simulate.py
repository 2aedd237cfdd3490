"""pvs-simulate: a vessel in, flow and clearance out. Composes, calls, saves."""

import math
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from meshes.notes import in_few_lines
from solver import store
from solver.estimate import check_fits, estimate
from solver.observe.clearance import clearance
from solver.observe.summary import assumptions, summarise, table
from solver.rates.readings import told
from solver.simulate import Fields, prepare, simulate
from solver.state import Model

from .command import DONE, NOT_CONVERGED, STOPPED, build, check_writable, run_command
from .figures import draw_figures
from .geometry import choose_mesh
from .instruments import choose_instruments, period_of, save_arrays, what_they_saw
from .machine import available_memory_bytes, cores, on_device, use_machine
from .origin import origin, period
from .progress import Waiting
from .solves import add_solves


def simulate_into(config: DictConfig, folder: Path) -> int:
    """Run what `conf/config.yaml` composes and leave its files in the folder."""
    begun = time.perf_counter()
    check_writable(folder)
    use_machine(config.machine)
    with Waiting() as shown:
        shown.stage("meshing")
        mesh = choose_mesh(config.mesh, shown.stage)
        rooms = {
            room: build(config, room)
            for room in ("signal", "wall", "flow", "tracer", "tracers", "route", "rates")
        }
        model = Model(mesh, **rooms)
        steps = round(config.run.until / config.run.step) if config.run.step > 0 else 0
        cost = estimate(mesh, model.flow, steps, cores=cores(), device=on_device())
        check_fits(cost, available_memory_bytes(), device=on_device())
        shown.stage(f"preparing: {cost.words()}")
        prepared = prepare(model, config.run.until, config.run.step)
        instruments = choose_instruments(config, model, prepared)
        store.open_run(folder)
        store.save_config(folder, OmegaConf.to_container(config, resolve=True))  # type: ignore[arg-type]

        def save_fields(fields: Fields) -> None:
            moment = (fields.time, fields.points, fields.cells)
            store.add_fields(folder, *moment, fields.point_data, fields.cell_data)

        shown.stage("compiling")
        every = config.output.fields_every if math.isfinite(config.output.fields_every) else None
        run = simulate(
            model,
            prepared,
            watch={name: each.look for name, each in instruments.items()},
            on_step=shown.step,
            on_fields=save_fields,
            fields_every=every,
        )
        store.save_signals(folder, {"time_s": run.times, **run.signals})
        save_arrays(folder, run, instruments)
        summary = summarise(run.signals, run.solves, period=period(model)) | {
            "converged": run.converged,
            "complete": run.complete,
            "fluid_volume_imbalance": run.fluid_volume_imbalance,
            "tracer_mass_imbalance": run.tracer_mass_imbalance,
            **clearance(run.signals, run.step),
        }
        seen, rows = what_they_saw(run, instruments, period_of(summary))
        store.save_summary(folder, summary | seen | origin(mesh, begun))
        add_solves(folder, run.solves)
        if config.output.figures:
            shown.stage("drawing")
            draw_figures(folder)
    assumed = [assumptions(model.flow, model.route), *told(prepared.averaged, run.signals)]
    print(table(summary, "; ".join(assumed)))
    notes = in_few_lines(mesh.notes) if config.mesh.path else ()
    for name, words in [*rows, *(("mesh", note) for note in notes)]:
        print(f"{name:<20}  {words}")
    print(f"\n{folder}")
    if run.complete:
        return DONE
    why = "stopped by hand" if run.converged else "no convergence"
    print(f"{why} at t = {run.times[-1]:g} s; what was written is kept", file=sys.stderr)
    return STOPPED if run.converged else NOT_CONVERGED


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its status."""
    return run_command(simulate_into, "config", arguments)


if __name__ == "__main__":
    sys.exit(main())
