"""Run folders that hydra makes before anybody knows whether they are needed."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from hydra.experimental.callback import Callback
from omegaconf import DictConfig

SEVERAL = "multirun.yaml"  # what hydra leaves beside the folders of several runs

absent: list[Path] = []  # what was not there before hydra made the run folder
sweeps: list[Path] = []  # folders of several runs


class Before(Callback):
    """Notes, before hydra makes a run folder, what of its path is not there yet."""

    def on_run_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Before a single run."""
        _note(Path(config.hydra.run.dir))

    def on_multirun_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Before the first of several runs."""
        _note(Path(config.hydra.sweep.dir))
        sweeps.append(Path(config.hydra.sweep.dir).absolute())


def forget() -> None:
    """Before a command begins."""
    del absent[:], sweeps[:]


def remove_empty(entered: Sequence[Path]) -> None:
    """Remove what hydra made and no run filled: folders of jobs, then what holds them."""
    for folder in [*(job for job in entered if job.parent in absent), *absent]:
        with suppress(OSError):
            if [path.name for path in folder.iterdir()] == [SEVERAL]:
                (folder / SEVERAL).unlink()
            folder.rmdir()


def _note(folder: Path) -> None:
    folder = folder.absolute()
    absent.extend(path for path in (folder, *folder.parents) if not path.exists())
