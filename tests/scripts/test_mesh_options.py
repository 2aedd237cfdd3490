"""pvs-mesh: veins beside arteries, shapes by name, and what happens without the extra."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from meshes.read_mesh import read_mesh
from meshes.tags import Patch, Region
from scripts import mesh

needs_tetrahedraliser = pytest.mark.skipif(
    find_spec("tetgen") is None or find_spec("mmgpy") is None, reason="needs glymphax[mesh]"
)
QUICK = ("output.figures=false", "hydra.run.dir=run", "mesh.around=8", "mesh.layers=2")


def swc(path: Path, start: tuple[float, float, float], end: tuple[float, float, float]) -> Path:
    """A straight vessel of radius 6 um in micrometres."""
    nodes = np.linspace(start, end, 11)
    rows = [f"{k + 1} 0 {x} {y} {z} 6 {k or -1}" for k, (x, y, z) in enumerate(nodes)]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """Arguments for an artery and a vein, 40 um apart; the working folder is a fresh one."""
    monkeypatch.chdir(tmp_path)
    artery = swc(tmp_path / "artery.swc", (0, 0, 0), (0, 0, 100))
    vein = swc(tmp_path / "vein.swc", (40, 0, 0), (45, 0, 100))
    return (f"mesh.path={artery}", f"mesh.veins.path={vein}", "mesh.area_ratio=1.4", *QUICK)


@needs_tetrahedraliser
def test_veins_share_the_tissue_of_arteries(
    pair: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert mesh.main([*pair, "mesh/tissue=box", "mesh.tissue.margin=30e-6", "mesh.growth=1.2"]) == 0
    made = read_mesh("run/mesh.vtu")
    assert set(np.unique(made.regions)) == set(Region) - {Region.CSF}
    assert made.veins is not None and made.veins.name == "vein.swc"
    assert sum(note.startswith("veins: ") for note in made.notes) == len(made.notes) // 2
    told = capsys.readouterr().out.splitlines()
    for row in ("wall area over the veins'", "space volume over the veins'"):
        (line,) = (line for line in told if line.startswith(row))
        assert line.endswith("ok")


@needs_tetrahedraliser
def test_a_shape_is_chosen_by_name(pair: tuple[str, ...]) -> None:
    shape = ("mesh/shape=eccentric", "mesh.shape.towards=[1, 0, 0]", "mesh.shape.offset=0.4")
    assert mesh.main([*pair, *shape, "mesh.tissue=0"]) == 0
    gap = read_mesh("run/mesh.vtu").vessel.gap
    assert gap.min() < 0.7 * gap.max()


def test_without_the_extra_the_space_alone_is_written(
    pair: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    absent = tmp_path / "absent"
    absent.mkdir()
    for package in ("tetgen", "mmgpy"):
        (absent / f"{package}.py").write_text("raise ImportError\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(absent))
    assert mesh.main([*pair, "mesh/tissue=box", "mesh.tissue.margin=3e-5"]) == 0
    assert "glymphax[mesh]" in capsys.readouterr().out
    made = read_mesh("run/mesh.vtu")
    assert set(np.unique(made.regions)) == {Region.ARTERIAL_PVS, Region.VENOUS_PVS}
    assert len(made.facets_of(Patch.SHEATH))
    assert any("perivascular space alone" in note for note in made.notes)


def test_two_widths_are_refused(pair: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert mesh.main([*pair, "mesh.gap=3e-6"]) == 2
    assert "gap and area_ratio" in capsys.readouterr().err


def test_a_krogh_cylinder_of_two_vessels_is_refused(
    pair: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert mesh.main([*pair, "mesh/tissue=krogh"]) == 2
    assert "one vessel" in capsys.readouterr().err
