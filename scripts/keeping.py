"""A run kept while it goes: a row of signals after every step, a checkpoint now and then."""

import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from jaxtyping import Shaped
from numpy import ndarray
from omegaconf import DictConfig, OmegaConf

from meshes.errors import InputError
from solver import store
from solver.simulate import Moment, as_arrays, from_arrays, identity, single_numbers
from solver.state import Model, Prepared

from .origin import version

FREE = ("resume", "output.checkpoint_every", "output.figures", "machine.cache")  # may change
LEAST = 1e-9  # of a step: what rounding may do to a time


class Keeping:
    """Keeps a run in its folder, from where an earlier one in that folder was stopped.

    Attributes:
        since: where that was; None for a run from its beginning.
        seconds: what the earlier pieces of the run took, s.
        resumed: how often it was taken up.
    """

    def __init__(self, folder: Path, config: DictConfig, model: Model, prepared: Prepared) -> None:
        """Open the folder: for a new run, or cut back to its checkpoint.

        Raises:
            InputError: a checkpoint of another run, or one that cannot be read.
        """
        self._folder = folder
        self._every = float(config.output.checkpoint_every)
        self._begun = self._when = time.monotonic()
        self._last: Moment | None = None
        plain: Any = OmegaConf.to_container(config, resolve=True)
        self._about = {"config": _leaves(plain), "model": identity(model)}
        self.since, self.seconds, self.resumed = None, 0.0, 0
        found = store.read_checkpoint(folder) if config.resume else None
        if found is None:
            store.open_run(folder)
        else:
            self.since = _taken_up(folder, *found, self._about, model, prepared)
            self.seconds, self.resumed = found[1]["seconds"], found[1]["resumed"] + 1
            store.cut_fields(folder, (self.since.index + LEAST) * prepared.step)
            store.save_signals(folder, _signals(self.since))
        store.save_config(folder, plain)

    def __enter__(self) -> Self:
        """Nothing more to open."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Of a run that ends on an error, keep what is whole, unless the disk is what failed."""
        if kind is not None and not issubclass(kind, InputError):
            self.save()

    def row(self, moment: Moment) -> None:
        """Keep one more step.

        Raises:
            Unwritable: if the disk does not take it; what was written stays.
        """
        if moment.index == 1:
            store.save_signals(self._folder, _signals(moment))
        else:
            store.add_signals(self._folder, [*single_numbers(moment.readings[-1]).values()])
        if bool(moment.solves[-1]["converged"]):
            self._last = moment
            if time.monotonic() - self._when >= self._every:
                self.save()

    def save(self) -> None:
        """Write the checkpoint of the last step whose solves converged."""
        if self._last is not None:
            about = self._about | {
                "seconds": self.seconds + time.monotonic() - self._begun,
                "resumed": self.resumed,
                "versions": _versions(),
            }
            store.save_checkpoint(self._folder, as_arrays(self._last), about)
        self._when = time.monotonic()

    def done(self) -> None:
        """Take the checkpoint away: there is nothing to go on with."""
        store.remove_checkpoint(self._folder)
        self._last = None


def _taken_up(
    folder: Path,
    arrays: dict[str, Shaped[ndarray, "..."]],
    told: Mapping[str, Any],
    about: Mapping[str, Any],
    model: Model,
    prepared: Prepared,
) -> Moment:
    """The moment in a checkpoint, if it is one of this very run."""
    place = folder / store.CHECKPOINT
    remedy = (
        "give the same command as before, resume=false to begin anew, or another folder with "
        "hydra.run.dir=<folder>"
    )
    for part, words in (("config", "set otherwise"), ("model", "other numbers")):
        before, now = told[part], about[part]
        changed = [key for key in {**before, **now} if before.get(key) != now.get(key)]
        if changed:
            raise InputError(
                f"{place}: is of a run with {words} in {', '.join(changed[:6])}; {remedy}"
            )
    try:
        return from_arrays(model, prepared, arrays)
    except KeyError as error:
        raise InputError(
            f"{place}: was left by {told['versions']} and this is {_versions()}, whose state is "
            f"another ({error}); {remedy}"
        ) from error


def _signals(moment: Moment) -> dict[str, Shaped[ndarray, " times"]]:
    """Columns of the table: single numbers, in their order."""
    return {name: column for name, column in moment.columns.items() if column.ndim == 1}


def _leaves(config: Any, prefix: str = "") -> dict[str, Any]:
    """Values by dotted key, those left out that may change."""
    if not isinstance(config, dict) or not config:
        return {prefix: config}
    found: dict[str, Any] = {}
    for key, value in config.items():
        found |= _leaves(value, f"{prefix}.{key}" if prefix else str(key))
    return {key: value for key, value in found.items() if key not in FREE}


def _versions() -> str:
    return f"glymphax {version('glymphax')} with jax {version('jax')}"
