"""pvs-render: pictures, films and pages of a run, from its folder alone."""

import sys
from collections.abc import Sequence
from pathlib import Path

from omegaconf import DictConfig

from .command import run_command


def render_run(config: DictConfig, folder: Path) -> int:
    """Draw what `conf/render.yaml` names."""
    from . import drawing  # with all that computes: loaded late, so that --help is quick

    return drawing.render_run(config, folder)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; a first argument that is no key is the run's folder. Returns the status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given and "=" not in given[0] and not given[0].startswith("-"):
        given[0] = f"run='{given[0]}'"
    return run_command(render_run, "render", given)


if __name__ == "__main__":
    sys.exit(main())
