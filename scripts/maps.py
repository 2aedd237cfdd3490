"""`pvs-fit task=map`: where a field would have to change for a readout to change."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from meshes.write import write_mesh
from solver.fit.maps import Map, sensitivity_map
from solver.fit.problem import Problem
from solver.render.mapped import sensitivity_picture
from solver.state import Model

from .command import DONE
from .progress import Waiting


def map_into(folder: Path, config: dict[str, Any], problem: Problem, shown: Waiting) -> int:
    """Map, and leave `sensitivity.vtu` and a picture of it in the folder."""
    asked = config["map"]
    shown.stage("compiling")
    model, prepared, looks = problem.run
    assert isinstance(model, Model)
    found = sensitivity_map(model, prepared, looks, asked["goal"], asked["of"])
    path, mesh = folder / "sensitivity.vtu", model.mesh
    write_mesh(replace(mesh, fields=mesh.fields | {"sensitivity": found.density}), path)
    if config["output"]["figures"]:
        (folder / "figures").mkdir(exist_ok=True)
        sensitivity_picture(path, folder / "figures" / "sensitivity.png", words(found, asked))
    print(f"{words(found, asked)}\n{path}")
    return DONE


def words(found: Map, asked: dict[str, Any]) -> str:
    """The map in one sentence."""
    return (
        f"1 % more {asked['of']} everywhere changes the total of {asked['goal']} by "
        f"{found.elasticity:+.3g} %; half of that comes from {100 * found.half:.0f} % of the volume"
    )
