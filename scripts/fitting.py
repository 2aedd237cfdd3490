"""A fit or a design: the problem a configuration composes, its search, what it leaves."""

import shutil
import sys
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from meshes.errors import InputError
from solver.fit.certainty import Certainty, certainty
from solver.fit.memory import Memory
from solver.fit.profile import chosen, profile
from solver.fit.report import EVALUATIONS, HISTORY, add_to_history, command, save_fit, table
from solver.fit.sample import library, sample
from solver.fit.search import Iteration
from solver.fit.solve import Fit, fit
from solver.fit.told import left_out_table, posterior_table, save_left_out, save_posterior
from solver.fit.validate import check_several, cross_validate
from solver.render.fitted import plot_fit, plot_posterior

from .animals import animals_of
from .command import DONE, NOT_CONVERGED, STOPPED, check_writable
from .design import design_into, save_model
from .experiment import experiment_into
from .machine import use_machine
from .maps import map_into
from .observations import series_of
from .problems import problem_of
from .progress import Waiting

OTHERS = {"design": design_into, "experiment": experiment_into, "map": map_into}
TASKS = ("fit", *OTHERS)
CERTAINTIES = ("laplace", "sample")


def fit_into(config: DictConfig, folder: Path) -> int:
    """Fit or design what `conf/fit.yaml` composes and leave its files in the folder."""
    check_writable(folder)
    use_machine(config.machine)
    plain = _plain(config)
    if config.task not in TASKS:
        raise InputError(f"task is {config.task!r}; use one of {', '.join(TASKS)}")
    with Waiting() as shown:
        if config.task in OTHERS:
            free = None if config.task == "map" else plain["free"] or {}
            problem = problem_of(animals_of(config), free, {}, shown)
            return OTHERS[config.task](folder, plain, problem, shown)
        return _fit(config, folder, plain, shown)


def _fit(config: DictConfig, folder: Path, plain: dict[str, Any], shown: Waiting) -> int:
    if config.certainty not in CERTAINTIES:
        raise InputError(f"certainty is {config.certainty!r}; use one of {', '.join(CERTAINTIES)}")
    if config.certainty == "sample":
        library()
    animals = animals_of(config)
    plains = {name: _plain(own) for name, own in animals.items()}
    series = {name: series_of(own, name) for name, own in plains.items()}
    if config.validate:
        check_several([one for each in series.values() for one in each])
    problem = problem_of(animals, plain["free"] or {}, series, shown)
    profiled = chosen(plain["profile"], problem.free)

    def tell(step: Iteration) -> None:
        add_to_history(folder, step)
        shown.stage(_in_words(step))

    shown.stage("compiling")
    memory = _memory(folder, config.resume)
    found = fit(problem, **config.fit, memory=memory, on_iteration=tell)
    shown.stage("asking how sure")
    known = certainty(found)
    profiles = []
    for each in known.estimates:
        if each.name in profiled and each.interval and not found.interrupted:
            shown.stage(f"profiling {each.name}")
            profiles.append(profile(found, known, each.name, memory))
    save_fit(folder, found, known, profiles)
    for name, own in plains.items():
        save_model(folder / name, own, found.values_of(name))
    if config.output.figures:
        plot_fit(folder, folder / "figures" / "fit.png")
    print(table(found, known, profiles))
    if found.converged:
        ending = _further(folder, config, found, known, memory, shown)
    else:
        ending = found.words
    print()
    for name in plains:
        print(_as_fitted(found, folder, name))
    print(folder)
    if ending:
        print(f"{ending}; what was found is kept", file=sys.stderr)
    return STOPPED if found.interrupted else NOT_CONVERGED if ending else DONE


def _further(
    folder: Path, config: DictConfig, found: Fit, known: Certainty, memory: Memory, shown: Waiting
) -> str:
    """Cross-validation and sampling, where asked for; why one of them failed, if it did."""
    ending = ""
    if config.validate:
        left = cross_validate(
            found,
            limit=config.fit.limit,
            memory=memory,
            on_series=lambda name: shown.stage(f"leaving out {name}"),
        )
        save_left_out(folder, left)
        print("\n" + left_out_table(left))
        if not all(each.converged for each in left):
            ending = "a fit without one of the series did not converge"
    if config.certainty == "sample":
        shown.stage("sampling")
        drawn = sample(
            found,
            known,
            **config.sample,
            memory=memory,
            on_step=lambda step: shown.stage(f"sampling, step {step} of {config.sample.steps}"),
        )
        save_posterior(folder, found, drawn)
        if config.output.figures:
            plot_posterior(folder, folder / "figures" / "posterior.png")
        print("\n" + posterior_table(drawn))
        if not drawn.long_enough:
            ending = f"the chain is too short, {drawn.words}; raise sample.steps"
    return ending


def _memory(folder: Path, earlier: str | None) -> Memory:
    """Evaluations of the fit that is resumed, if one is; further ones are kept in the folder."""
    kept, history = folder / EVALUATIONS, folder / HISTORY
    if earlier is None:
        kept.unlink(missing_ok=True)
    elif not (Path(earlier) / EVALUATIONS).is_file():
        raise InputError(
            f"{earlier}: no fit to go on with, for it holds no {EVALUATIONS}; give resume=<folder>"
        )
    elif not (kept.exists() and kept.samefile(Path(earlier) / EVALUATIONS)):
        shutil.copyfile(Path(earlier) / EVALUATIONS, kept)
    history.unlink(missing_ok=True)  # told again, from the first point
    return Memory(kept)


def _as_fitted(found: Fit, folder: Path, animal: str) -> str:
    """How pvs-simulate runs a model as fitted."""
    if not animal:
        return f"as fitted: {command(found.values)}"
    return f"{animal} as fitted: pvs-simulate --config-path={folder / animal} --config-name=config"


def _plain(config: DictConfig) -> dict[str, Any]:
    return OmegaConf.to_container(config, resolve=True)  # type: ignore[return-value]


def _in_words(step: Iteration) -> str:
    left = step.seconds_left
    ahead = "" if left is None else f", at most {left:.0f} s left in this search"
    return (
        f"search {step.search}, point {step.number}: loss {step.loss:.5g}, "
        f"gradient {step.gradient:.1e}, step {step.step:.1e}{ahead}"
    )
