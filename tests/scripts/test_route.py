"""The whole route through the command, on a mesh with a venous space and on one without."""

from pathlib import Path

import pytest

from meshes.annulus import annulus
from meshes.write import write_mesh
from scripts import command, simulate
from solver.store import read_run

CHAIN = ("cuffs", "dura", "lymphatics", "nodes")
SIZE = {"across": 1, "around": 6, "along": 3, "tissue_layers": 2}
TINY = ["hydra.run.dir=run", "run.until=8", "output.figures=false", "output.fields_every=inf"]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder."""
    monkeypatch.chdir(tmp_path)


def test_tracer_goes_from_the_subarachnoid_space_to_the_neck(
    capsys: pytest.CaptureFixture[str],
) -> None:
    mesh = annulus(6e-6, 9e-6, 40e-6, tissue_outer=20e-6, venous=25e-6, **SIZE)
    write_mesh(mesh, Path("veins.vtu"))
    given = ["mesh.path=veins.vtu", "route=whole", "flow/end@flow.venous_outlet=windkessel"]
    driven = ["flow.inlet.pressure=10", "+tracer@tracers.amyloid=amyloid_beta"]
    assert simulate.main([*TINY, *given, *driven]) == command.DONE
    said = capsys.readouterr().out
    assert "nodes of 300 pL never renewed, into outside" in said
    assert "; amyloid: " in said
    summary = read_run("run").summary
    assert summary["fluid_volume_imbalance"] < 1e-10
    assert summary["tracer_mass_imbalance"] < 1e-10
    held = [summary[f"tracer_held_{name}_m3"] for name in CHAIN]
    assert held == sorted(held, reverse=True) and held[-1] > 0.0
    amyloid = [summary[f"tracer_amyloid_held_{name}_m3"] for name in CHAIN]
    assert amyloid == sorted(amyloid, reverse=True) and amyloid[-1] > 0.0
    assert summary["tracer_amyloid_left_inlet_m3"] > 0.0  # none in the mouth's fluid at the start


def test_without_a_venous_space_the_remedy_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    write_mesh(annulus(6e-6, 9e-6, 40e-6, tissue_outer=20e-6, **SIZE), Path("artery.vtu"))
    assert simulate.main([*TINY, "mesh.path=artery.vtu", "route=whole"]) == command.BAD_INPUT
    said = capsys.readouterr().err
    assert "route.cuffs.ends: artery.vtu has no end 'venous_outlet'" in said
    assert "mesh.veins.path=" in said and "route.cuffs.ends=[distal]" in said
