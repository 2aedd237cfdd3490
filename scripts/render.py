"""pvs-render: draw the figures of a run again, from its folder alone."""

import sys
from collections.abc import Sequence
from pathlib import Path

from omegaconf import DictConfig

from meshes.errors import InputError
from solver.store import read_run

from .command import DONE, UNUSABLE, run_command
from .figures import draw_figures


def render_run(config: DictConfig, here: Path) -> int:
    """Draw `figures/` of the run folder that `conf/render.yaml` names."""
    del here
    if config.time is not None and not isinstance(config.time, int | float):
        raise InputError(f"time is {config.time!r}; give a number of seconds")
    run = read_run(str(config.run))
    drawn = draw_figures(run.folder, config.time)
    for path in sorted((run.folder / "figures").glob("*.png")):
        print(path)
    return DONE if drawn else UNUSABLE


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its status."""
    return run_command(render_run, "render", arguments)


if __name__ == "__main__":
    sys.exit(main())
