"""pvs-findings: claims in, experiments run, verdicts out."""

import sys
from collections.abc import Sequence
from pathlib import Path

from omegaconf import DictConfig

from .command import run_command


def report_into(config: DictConfig, folder: Path) -> int:
    """Run what the claims of `conf/findings.yaml` need, and leave the report in the folder."""
    from . import reporting  # with all that computes: loaded late, so that --help is quick

    return reporting.report_into(config, folder)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its status."""
    return run_command(report_into, "findings", arguments)


if __name__ == "__main__":
    sys.exit(main())
