"""pvs-mesh as a linter of other people's meshes: what it leaves, and how it ends."""

from dataclasses import replace
from pathlib import Path

import meshio
import numpy as np
import pytest

from meshes.annulus import annulus
from meshes.mesh import Mesh
from meshes.read_mesh import read_mesh
from meshes.tags import Patch, Region
from scripts import command, mesh

um = 1e-6


def foreign(path: Path, tube: Mesh) -> Path:
    """A mesh in micrometres with one array of codes."""
    data = {"f": [tube.regions, tube.patches]}
    blocks = [("tetra", tube.cells), ("triangle", tube.facets)]
    meshio.write(path, meshio.Mesh(tube.points / um, blocks, cell_data=data))
    return path


@pytest.fixture
def lint(tmp_path, monkeypatch, capsys):
    """Write a mesh, lint it, give back status and what was said."""
    monkeypatch.chdir(tmp_path)
    codes = {1: "arterial_pvs", 2: "tissue"} | {p.value: p.name.lower() for p in Patch}
    names = tmp_path / "names.yaml"
    names.write_text("".join(f"{code}: {word}\n" for code, word in codes.items()))

    def call(tube: Mesh, *more: str):
        path = foreign(tmp_path / "their.vtu", tube)
        keys = [f"mesh.path={path}", "mesh.units=um", f"mesh.tags={names}", "hydra.run.dir=run"]
        status = mesh.main([*keys, "output.figures=false", *more])
        return status, capsys.readouterr()

    return call


def tube(across: int = 4) -> Mesh:
    return annulus(10 * um, 14 * um, 40 * um, tissue_outer=40 * um, across=across, around=12)


@pytest.mark.parametrize(("across", "verdict"), [(4, "ok"), (2, "warn")])
def test_a_sound_mesh_ends_with_0_even_with_warnings(lint, tmp_path, across, verdict):
    status, said = lint(tube(across))
    assert status == command.DONE
    row = next(line for line in said.out.splitlines() if line.startswith("cells across the gap, l"))
    assert row.split()[5:9] == [str(across), ">=", "4", verdict]
    assert "note: mesh.tags also names" in said.out
    assert {path.name for path in (tmp_path / "run").iterdir()} == {
        *("config.yaml", "mesh.vtu", "report.txt")
    }


def test_further_formats_hold_the_same_mesh(lint, tmp_path):
    status, _ = lint(tube(), "also=[xdmf,msh]")
    assert status == command.DONE
    first = read_mesh(tmp_path / "run" / "mesh.vtu")
    for name in ("mesh.xdmf", "mesh.msh"):
        other = read_mesh(tmp_path / "run" / name, "m")
        for array in ("points", "cells", "regions", "facets", "patches"):
            np.testing.assert_array_equal(getattr(other, array), getattr(first, array))
    status, said = lint(tube(), "also=[stl]", "hydra.run.dir=other")
    assert status == command.BAD_INPUT
    assert "also=stl is no format; use some of xdmf, msh" in said.err


def test_a_refused_mesh_is_linted_all_the_same(lint, tmp_path):
    """Walls without a tag and a cell turned inside out: the table has both, the picture too."""
    whole = tube()
    inner = np.setdiff1d(np.arange(len(whole.points)), np.unique(whole.facets))[7]
    points = whole.points.copy()
    points[inner] += [0, 0, 30 * um]
    keep = np.ones(len(whole.facets), dtype=bool)
    keep[np.flatnonzero(whole.patches == Patch.WALL)[:3]] = False
    broken = replace(whole, points=points, facets=whole.facets[keep], patches=whole.patches[keep])
    status, said = lint(broken, "output.figures=true")
    assert status == command.UNUSABLE
    assert "is inverted: it overlaps a neighbour" in said.err
    table = {line[:40].strip(): line for line in said.out.splitlines()}
    for name in ("faces without a tag", "cells that overlap a neighbour"):
        assert "fail  at (" in table[name]
    assert table["faces without a tag"].split()[4] == "3"
    left = {path.relative_to(tmp_path / "run").as_posix() for path in (tmp_path / "run").rglob("*")}
    assert left == {"config.yaml", "report.txt", "figures", "figures/worst.png"}


def test_a_mesh_without_a_vessel_fails_but_is_kept(lint, tmp_path):
    whole = tube()
    plain = replace(
        whole,
        regions=np.full_like(whole.regions, Region.TISSUE),
        facets=whole.facets[:0],
        patches=whole.patches[:0],
    )
    blocks = [("tetra", plain.cells)]
    path = tmp_path / "head.vtu"
    data = {"f": [plain.regions]}
    meshio.write(path, meshio.Mesh(plain.points / um, blocks, cell_data=data))
    status, said = lint(whole, f"mesh.path={path}")
    assert status == command.UNUSABLE
    assert "pvs-simulate needs cells of arterial_pvs" in said.out
    assert (tmp_path / "run" / "mesh.vtu").is_file()


def test_a_file_that_cannot_be_read_ends_with_2(lint, tmp_path):
    bad = tmp_path / "bad.vtu"
    bad.write_text("<VTKFile")
    status, said = lint(tube(), f"mesh.path={bad}")
    assert status == command.BAD_INPUT
    assert said.err.count("\n") == 2  # the stage, and one sentence
    assert not (tmp_path / "run").exists()
