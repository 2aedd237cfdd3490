"""A mesh made from a vessel tree, or read: checked, pictured and written."""

import sys
from dataclasses import replace
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from meshes.check import Report, check
from meshes.errors import InputError
from meshes.fill.run import NoTetrahedraliser
from meshes.mesh import Mesh
from meshes.notes import in_few_lines
from meshes.tissue import Tell
from meshes.write import write_mesh
from solver import store
from solver.render import mesh_picture, worst_picture

from .command import DONE, UNUSABLE, check_writable
from .geometry import choose_mesh, refused_mesh
from .progress import Waiting

FURTHER = ("xdmf", "msh")
NOTES = "notes.txt"


def mesh_into(config: DictConfig, folder: Path) -> int:
    """Make the mesh `conf/mesh.yaml` composes; leave mesh.vtu, its report and pictures.

    Of a volume mesh that is refused for what is in it the report and the picture of the worst
    places are left, for its maker to see.
    """
    check_writable(folder)
    also = _formats(config)
    with Waiting() as shown:
        shown.stage("meshing")
        mesh, refusal = _mesh_of(config, shown.stage)
        shown.stage("checking")
        report = check(mesh)
        path = None if refusal else write_mesh(mesh, folder / "mesh.vtu")
        for suffix in also if path else ():
            write_mesh(mesh, folder / f"mesh.{suffix}")
        store.save_config(folder, OmegaConf.to_container(config, resolve=True))  # type: ignore[arg-type]
        (folder / "report.txt").write_text(f"{report.table()}\n", encoding="utf-8")
        told = in_few_lines(mesh.notes)
        if len(told) < len(mesh.notes):
            (folder / NOTES).write_text("\n".join(mesh.notes) + "\n", encoding="utf-8")
        if config.output.figures:
            shown.stage("drawing")
            _draw(path, mesh, report, folder / "figures")
    print(report.table())
    for note in told:
        print(f"note: {note}")
    if len(told) < len(mesh.notes):
        print(f"all {len(mesh.notes)} notes: {folder / NOTES}")
    print(f"\n{path or folder}")
    if refusal:
        print(refusal, file=sys.stderr)
    elif report.failed:
        print("the mesh failed its check; see the rows marked fail", file=sys.stderr)
    return UNUSABLE if refusal or report.failed else DONE


def _formats(config: DictConfig) -> list[str]:
    """The further formats asked for."""
    asked = [str(word) for word in config.also]
    unknown = [word for word in asked if word not in FURTHER]
    if unknown:
        raise InputError(f"also={unknown[0]} is no format; use some of {', '.join(FURTHER)}")
    return asked


def _mesh_of(config: DictConfig, tell: Tell) -> tuple[Mesh, str]:
    """The mesh, or one that is refused as its file has it, with the reason.

    Without the tetrahedraliser it is the perivascular space alone.
    """
    try:
        return choose_mesh(config.mesh, tell), ""
    except NoTetrahedraliser as missing:
        if missing.space is None:
            raise
        told = f"{missing}; this is the perivascular space alone"
        return replace(missing.space, notes=(*missing.space.notes, told)), ""
    except InputError as error:
        mesh = refused_mesh(config.mesh)
        if mesh is None:
            raise
        return mesh, str(error)


def _draw(path: Path | None, mesh: Mesh, report: Report, folder: Path) -> None:
    """Pictures of the mesh and of its worst places, or a word on why there are none."""
    message = ""
    try:
        worst_picture(mesh, report, folder / "worst.png")
        if path is not None:
            message = mesh_picture(path, folder / "mesh.png").message
    except Exception as error:  # a picture is not worth the mesh it shows
        message = f"the picture could not be drawn: {' '.join(str(error).split())}"
    if message:
        print(message, file=sys.stderr)
