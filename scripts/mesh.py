"""pvs-mesh: make a mesh from a vessel tree, or read a volume mesh; check, picture and write it."""

import sys
from collections.abc import Sequence
from pathlib import Path

from omegaconf import DictConfig

from .command import run_command


def mesh_into(config: DictConfig, folder: Path) -> int:
    """Make the mesh `conf/mesh.yaml` composes; leave it, its report and pictures in the folder."""
    from . import meshing  # with all that computes: loaded late, so that --help is quick

    return meshing.mesh_into(config, folder)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its status."""
    return run_command(mesh_into, "mesh", arguments)


if __name__ == "__main__":
    sys.exit(main())
