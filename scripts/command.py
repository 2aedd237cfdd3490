"""A command: composes its configuration, runs once or often, and ends with a status.

    0    done
    1    a mesh that failed its check (pvs-mesh), figures that could not be drawn (pvs-render)
    2    bad input: one message on stderr, nothing left behind
    3    did not converge: what was written is kept
    4    a file that the disk did not take: what was written before is kept
    70   a fault in the program, in one of several runs (--multirun); its outcome.json has more
    130  stopped by hand: what was written is kept

Hydra composes `conf/`; every mistake in a configuration becomes one sentence here. Of several runs
each has its own status, wherever it ran; the command ends with the worst.

Rooms that compute are imported where they are needed: --help answers before they would be there.
"""

import os
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from . import folders
from .called import as_called, know_words
from .devices import take_one
from .outcomes import FAULT, Outcome, outcomes_in, sought
from .stopping import at_once

DONE, UNUSABLE, BAD_INPUT, NOT_CONVERGED, UNWRITTEN, STOPPED = 0, 1, 2, 3, 4, 130
CONF = Path(__file__).resolve().parents[1] / "conf"
ROOMS = ("signal", "wall", "flow", "tracer", "tracers", "route", "rates")  # with a mesh, a model

Task = Callable[[DictConfig, Path], int]


def run_command(task: Task, config_name: str, arguments: Sequence[str] | None = None) -> int:
    """Compose `conf/<config_name>.yaml`, hand it to `task` with the run folder, return the status.

    Args:
        task: does the work; returns a status, or raises `InputError`.
        config_name: of the primary configuration.
        arguments: of the command line; those of the process by default.
    """
    entered: list[Path] = []
    outcomes: list[Outcome] = []

    @hydra.main(version_base=None, config_path=str(CONF), config_name=config_name)
    def job(config: DictConfig) -> float | None:
        given = HydraConfig.get()
        folder = Path(given.runtime.output_dir)
        if given.mode == RunMode.MULTIRUN:
            return one_of_several(task, config_name, config, folder)
        entered.append(folder)
        outcomes.append(_outcome(task, config_name, config, folder))
        return None

    folders.forget()
    status = BAD_INPUT
    try:
        with as_called(arguments), at_once():
            job()
        if folders.sweeps:
            status = _told_together(folders.sweeps[0])
        else:
            _say(*(one.words for one in outcomes if one.words))
            status = max((one.status for one in outcomes), default=DONE)
    except (HydraException, OmegaConfBaseException) as error:
        from . import mistakes

        _say(mistakes.explain(error, CONF, config_name))
    except BrokenPipeError:  # whoever read our output has left
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        if entered or error.filename is None:
            raise
        _say(
            f"{error.filename}: cannot be used as a run folder ({error.strerror}); choose another "
            "with hydra.run.dir=<folder>"
        )
    except KeyboardInterrupt:
        status = STOPPED
        _say("stopped by hand; what was written is kept")
    finally:
        folders.remove_empty(entered)
    return status


def one_of_several(task: Task, config_name: str, config: DictConfig, folder: Path) -> float | None:
    """One run of a sweep, here or in another process: its outcome is left in its folder.

    A run that is done already is kept, unless `resume` is false.

    Returns:
        what an optimiser seeks, the entry `objective` of the summary.

    Raises:
        KeyboardInterrupt: if the run was told to stop, so that the others are not begun.
        RuntimeError: if an optimiser gets no number.
    """
    know_words()
    if OmegaConf.select(config, "machine.platform") == "cuda":
        take_one(Path(HydraConfig.get().sweep.dir))
    overrides = list(HydraConfig.get().overrides.task)
    earlier = Outcome.left_in(folder)
    if not (config.get("resume") and earlier and earlier.of(overrides) and earlier.done):
        try:
            outcome = _outcome(task, config_name, config, folder)
        except Exception:
            outcome = Outcome(FAULT, traceback.format_exc())
        replace(outcome, overrides=tuple(overrides)).leave_in(folder)
        if outcome.status == STOPPED:
            raise KeyboardInterrupt
        if outcome.status != DONE and config.get("objective"):
            raise RuntimeError(outcome.words or f"ended with status {outcome.status}")
    return sought(folder, config.get("objective"))


def _outcome(task: Task, config_name: str, config: DictConfig, folder: Path) -> Outcome:
    """Do the work on a configuration that holds no mistake."""
    from meshes.errors import InputError

    from . import mistakes
    from .quantities import settle

    try:
        settle(config, CONF)
        mistakes.check(config, usual(config_name))
        return Outcome(task(config, folder))
    except InputError as error:  # hydra would print more than the one message
        return Outcome(BAD_INPUT, str(error))
    except (HydraException, OmegaConfBaseException) as error:
        return Outcome(BAD_INPUT, mistakes.explain(error, CONF, config_name))


def _told_together(folder: Path) -> int:
    """Collect several runs, say which failed, and clear away a sweep that never began."""
    outcomes = outcomes_in(folder)
    refused = [one for one in outcomes.values() if one.status == BAD_INPUT]
    if len(refused) == len(outcomes):
        _say(*dict.fromkeys(one.words for one in refused))
        for name in outcomes:
            Outcome.clear(folder / name)
        folders.remove_empty([folder / name for name in outcomes])
        return BAD_INPUT
    from .sweep import collect

    print(collect(folder))
    failed = {name: one for name, one in outcomes.items() if not one.done}
    _say(*(f"{folder / name}: {one.last_line}" for name, one in failed.items()))
    return max(one.status for one in outcomes.values())


def usual(config_name: str) -> DictConfig:
    """The configuration with the same choice of groups and every value at its default."""
    choices = HydraConfig.get().runtime.choices
    given = HydraConfig.get().overrides.task
    added = {word[1:].split("=")[0] for word in given if word.startswith("+")}
    overrides = [
        f"{'+' if group in added else ''}{group}={choice}"
        for group, choice in choices.items()
        if isinstance(choice, str) and not group.startswith("hydra/")
    ]
    several = [word for word in given if (CONF / word.split("=")[0]).is_dir() and "=[" in word]
    return hydra.compose(config_name, [*overrides, *several])


def build(config: DictConfig | dict[str, Any], room: str) -> Any:
    """Call what the `_target_`s under one room of the configuration name.

    Raises:
        InputError: a value is missing, or its constructor refuses it.
    """
    from meshes.errors import InputError

    try:
        return hydra.utils.instantiate(config[room], _convert_="all")
    except HydraException as error:
        cause = error.__cause__
        if isinstance(cause, InputError):
            raise cause from error
        if isinstance(cause, TypeError | ValueError):
            reason = " ".join(str(cause).split())
            raise InputError(f"the configuration of {room} cannot be used: {reason}") from error
        raise


def check_writable(folder: Path) -> None:
    """Refuse a run folder that cannot be written, before anything is computed.

    Raises:
        InputError: naming the folder.
    """
    from meshes.errors import InputError

    probe = folder / f".writable-{os.getpid()}"
    try:
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise InputError(
            f"{folder}: cannot be written ({error.strerror}); choose another folder with "
            "hydra.run.dir=<folder>"
        ) from error


def _say(*messages: str) -> None:
    for message in messages:
        print(message, file=sys.stderr)
