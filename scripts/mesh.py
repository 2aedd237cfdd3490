"""pvs-mesh: make a mesh from a vessel tree, or read a volume mesh; check, picture and write it."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from meshes.check import check
from meshes.fill.run import NoTetrahedraliser
from meshes.mesh import Mesh
from meshes.tissue import Tell
from meshes.write import write_mesh
from solver import store
from solver.render import mesh_picture

from .command import DONE, UNUSABLE, check_writable, run_command
from .geometry import choose_mesh
from .progress import Waiting


def mesh_into(config: DictConfig, folder: Path) -> int:
    """Make the mesh `conf/mesh.yaml` composes; leave mesh.vtu, its report and a picture."""
    check_writable(folder)
    with Waiting() as shown:
        shown.stage("meshing")
        mesh = _chosen(config.mesh, shown.stage)
        shown.stage("checking")
        report = check(mesh)
        path = write_mesh(mesh, folder / "mesh.vtu")
        store.save_config(folder, OmegaConf.to_container(config, resolve=True))  # type: ignore[arg-type]
        (folder / "report.txt").write_text(f"{report.table()}\n", encoding="utf-8")
    print(report.table())
    for note in mesh.notes:
        print(f"note: {note}")
    if config.output.figures:
        _draw(path, folder / "figures" / "mesh.png")
    print(f"\n{path}")
    if report.failed:
        print("the mesh failed its check; see the rows marked fail", file=sys.stderr)
    return UNUSABLE if report.failed else DONE


def _chosen(config: DictConfig, tell: Tell) -> Mesh:
    """The mesh, or the perivascular space alone where nothing can make the tissue."""
    try:
        return choose_mesh(config, tell)
    except NoTetrahedraliser as missing:
        if missing.space is None:
            raise
        told = f"{missing}; this is the perivascular space alone"
        return replace(missing.space, notes=(*missing.space.notes, told))


def _draw(mesh: Path, picture: Path) -> None:
    """A picture, or a word on why there is none."""
    try:
        message = mesh_picture(mesh, picture).message
    except Exception as error:  # a picture is not worth the mesh it shows
        message = f"the picture could not be drawn: {' '.join(str(error).split())}"
    if message:
        print(message, file=sys.stderr)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its status."""
    return run_command(mesh_into, "mesh", arguments)


if __name__ == "__main__":
    sys.exit(main())
