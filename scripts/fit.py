"""pvs-fit: numbers of a model from what somebody observed, or for what somebody wants."""

import sys
from collections.abc import Sequence
from pathlib import Path

from omegaconf import DictConfig

from .command import run_command


def fit_into(config: DictConfig, folder: Path) -> int:
    """Fit or design what `conf/fit.yaml` composes and leave its files in the folder."""
    from . import fitting  # with all that computes: loaded late, so that --help is quick

    return fitting.fit_into(config, folder)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its status."""
    return run_command(fit_into, "fit", arguments)


if __name__ == "__main__":
    sys.exit(main())
