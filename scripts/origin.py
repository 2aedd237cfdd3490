"""Where a summary comes from: model and mesh, what the run cost, which versions computed it."""

import platform
from collections.abc import Mapping
from importlib import metadata

from meshes.mesh import Mesh
from meshes.tags import Region
from solver.signal import Norepinephrine
from solver.state import Model
from solver.wall import Prescribed, Recorded

from .machine import peak_memory_bytes


def origin(mesh: Mesh, spent: Mapping[str, float]) -> dict[str, int | float | str | None]:
    """Entries of `summary.json` that no physics needs.

    Args:
        mesh: what was computed on.
        spent: what the run took, by name with unit.
    """
    tissue = int((mesh.regions == Region.TISSUE).sum())
    return {
        **spent,
        "peak_memory_bytes": peak_memory_bytes(),
        "mesh": mesh.name,
        "mesh_notes": "; ".join(mesh.notes),
        "mesh_points": len(mesh.points),
        "mesh_pvs_cells": len(mesh.cells) - tissue,
        "mesh_tissue_cells": tissue,
        "glymphax_version": version("glymphax"),
        "jax_version": version("jax"),
        "python_version": platform.python_version(),
    }


def period(model: Model) -> float | None:
    """Period the model itself names, s; None where it has to be found."""
    if isinstance(model.wall, Recorded):
        return None
    driver = model.wall if isinstance(model.wall, Prescribed) else model.signal
    if not isinstance(driver, Norepinephrine | Prescribed):
        return None
    return 1.0 / float(driver.frequency)


def version(distribution: str) -> str:
    """The installed version of a distribution; of glymphax, from a checkout, that it is one."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "not installed"
