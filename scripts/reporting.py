"""A report on claims: what they need is run, what was run is judged. Composes, calls, saves."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from omegaconf import DictConfig

from meshes.errors import InputError
from solver.claims import MEASURES, OBSERVABLES, Claim, Outcome, judge
from solver.claims.report import Reported, Variation, as_data, report
from solver.observe.summary import assumptions
from solver.render.findings import plot_claim

from .bench import Bench, Experiment, together
from .command import DONE, NOT_CONVERGED, STOPPED, build, check_writable
from .geometry import choose_mesh
from .machine import use_machine
from .progress import Waiting

Runs = dict[str, Experiment]  # by name of the experiment


def report_into(config: DictConfig, folder: Path) -> int:
    """Run what the claims of `conf/findings.yaml` need, and leave the report in the folder."""
    check_writable(folder)
    use_machine(config.machine)
    claims: dict[str, Claim] = {name: build(config.claims, name) for name in config.claims}
    variations = {
        name: Variation(one.words, list(one.overrides)) for name, one in config.variations.items()
    }
    with Waiting() as shown:
        shown.stage("composing")
        bench = _bench(config, folder, shown)
        plans = {name: _plan(bench, one, variations, config) for name, one in claims.items()}
        wanted = {
            one.key: one
            for base, varied, _ in plans.values()
            for runs in (base, *varied.values())
            for one in runs.values()
        }
        missing = [one for one in wanted.values() if bench.kept(one) is None]
        shown.stage(f"{len(wanted)} runs, {len(wanted) - len(missing)} of them kept from before")
        on_step = together(shown.step, sum(one.steps for one in missing))
        for experiment in missing:
            if not bench.stopped:
                bench.run(experiment, on_step)
        reported = _reported(bench, claims, plans, variations)
        unfinished = [name for name in claims if name not in reported]
        shown.stage("writing")
        _write(folder, reported, variations, _setting(config, bench), unfinished)
    for name, one in reported.items():
        print(f"{name:<14}  {one.finding.verdict:<14}  {one.finding.reason}")
    print(f"\n{folder / 'findings.md'}")
    if bench.stopped or bench.failed:
        why = "stopped by hand" if bench.stopped else f"{len(bench.failed)} runs did not converge"
        print(f"{why}; what was computed is kept, and the same command goes on", file=sys.stderr)
        return STOPPED if bench.stopped else NOT_CONVERGED
    return DONE


def _bench(config: DictConfig, folder: Path, shown: Waiting) -> Bench:
    """The straight tube at the size asked for, or the user's mesh."""
    base = [*config.size.base, *config.base]
    if config.mesh.path is not None:
        return Bench(folder, base, None, choose_mesh(config.mesh, shown.stage))
    tube = {**config.tube, **config.size.tube}
    return Bench(folder, base, {name: float(value) for name, value in tube.items()})


def _plan(
    bench: Bench, claim: Claim, variations: Mapping[str, Variation], config: DictConfig
) -> tuple[Runs, dict[str, Runs], dict[str, str]]:
    """Experiments of a claim: on the base, under every variation, and what cannot be varied."""
    base = {name: bench.experiment(changes) for name, changes in claim.experiments.items()}
    varied: dict[str, Runs] = {}
    untried: dict[str, str] = {}
    for name in claim.variations if config.size.variations else ():
        if name not in variations:
            raise InputError(
                f"no variation {name!r} in conf/findings.yaml; there is {', '.join(variations)}"
            )
        try:
            varied[name] = {
                label: bench.experiment(variations[name].overrides, claim.experiments[label])
                for label in claim.needed
            }
        except InputError as error:
            untried[name] = str(error)
    return base, varied, untried


def _reported(
    bench: Bench,
    claims: Mapping[str, Claim],
    plans: Mapping[str, tuple[Runs, dict[str, Runs], dict[str, str]]],
    variations: Mapping[str, Variation],
) -> dict[str, Reported]:
    """Claims whose own experiments are all there, judged on the variations that are."""
    kept = {
        one.key: bench.kept(one)
        for base, varied, _ in plans.values()
        for runs in (base, *varied.values())
        for one in runs.values()
    }

    def outcomes(runs: Runs) -> dict[str, Outcome]:
        found = {label: kept[one.key] for label, one in runs.items()}
        return {label: outcome for label, outcome in found.items() if outcome is not None}

    words = {name: one.words for name, one in variations.items()}
    reported = {}
    for name, (runs, varied, untried) in plans.items():
        base = outcomes(runs)
        if len(base) < len(runs):
            continue
        others = {key: outcomes(them) for key, them in varied.items()}
        lost = {key for key, found in others.items() if len(found) < len(varied[key])}
        whole = {key: found for key, found in others.items() if key not in lost}
        why = untried | dict.fromkeys(lost, "its runs did not end")
        finding = judge(claims[name], base, whole, words, why)
        commands = {label: bench.command(one) for label, one in runs.items()}
        reported[name] = Reported(claims[name], finding, base, whole, commands)
    return reported


def _setting(config: DictConfig, bench: Bench) -> list[str]:
    """What a reader must know before believing the numbers."""
    experiment = bench.experiment()
    mesh = bench.mesh(experiment)
    flow = build(experiment.config, "flow")
    if bench.tube is not None:
        sizes = [f"{1e6 * bench.tube[name]:g}" for name in ("inner", "outer", "tissue", "length")]
        where = "a straight artery of radius {}, its sheath at {}, its tissue to {}, {} um long"
        where = where.format(*sizes)
    else:
        where = mesh.name
    run = experiment.config.run
    return [
        f"Computed on {where} ({len(mesh.points)} points), {run.until:g} s of biology in steps of "
        f"{run.step:g} s unless an experiment says otherwise. Size: {config.size.words}.",
        f"Assumed throughout: {assumptions(flow)}. Tracer is counted as the volume of the mouth's "
        "fluid that holds as much.",
        "Three observables are told apart: the tracer that arrived (mean over the last cycle), how "
        "far it swings with the cycle, and the amplitude of the flow through the mouth.",
    ]


def _write(
    folder: Path,
    reported: Mapping[str, Reported],
    variations: Mapping[str, Variation],
    setting: Sequence[str],
    unfinished: Sequence[str],
) -> None:
    """findings.md, findings.json and figures/."""
    text = report(reported, variations, setting, unfinished)
    (folder / "findings.md").write_text(text, encoding="utf-8")
    data = json.dumps(as_data(reported, variations), indent=2)
    (folder / "findings.json").write_text(data + "\n", encoding="utf-8")
    for name, one in reported.items():
        shown = {}
        for key in OBSERVABLES:
            measure = MEASURES[key]
            shown[f"{measure.words} ({measure.unit})"] = {
                label: (
                    measure.of(one.base[label]),
                    [measure.of(them[label]) for them in one.varied.values() if label in them],
                )
                for label in one.shown
            }
        title = f"{one.claim.sentence.strip()} ({one.finding.verdict})"
        plot_claim(title, shown, folder / "figures" / f"{name}.png")
