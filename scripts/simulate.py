"""pvs-simulate: a vessel in, flow and clearance out."""

import sys
from collections.abc import Sequence
from pathlib import Path

from omegaconf import DictConfig

from .command import run_command


def simulate_into(config: DictConfig, folder: Path) -> int:
    """Run what `conf/config.yaml` composes and leave its files in the folder."""
    from .run import run_into  # with all that computes: loaded late, so that --help is quick

    return run_into(config, folder)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its status."""
    return run_command(simulate_into, "config", arguments)


if __name__ == "__main__":
    sys.exit(main())
