"""Runs the tetrahedraliser in a child process, so that its crash is a message and not ours."""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from meshes.errors import InputError
from meshes.fill.tetrahedralise import MISSING
from meshes.mesh import Mesh
from meshes.sweep.faces import tet_volumes

NOTHING = 1e-12  # volume below this times the cubed longest edge counts as zero
ONE, OTHER = np.triu_indices(4, 1)  # the corners of an edge
QUALITY = 1.8  # TetGen's bound on circumradius over shortest edge


class NoTetrahedraliser(InputError):
    """The packages of the extra are not installed.

    Attributes:
        space: the perivascular mesh that is to lie in the tissue, where it is known.
    """

    space: Mesh | None = None


class CannotFill(InputError):
    """The tetrahedraliser failed on this surface; it may not on another."""


def fill(
    points: Float[np.ndarray, "points 3"],
    triangles: Int[np.ndarray, "triangles 3"],
    holes: Float[np.ndarray, "holes 3"],
    volume: float,
    time_limit: float,
    name: str,
) -> tuple[Float[np.ndarray, "filled 3"], Int[np.ndarray, "cells 4"]]:
    """Tetrahedra inside a closed surface, whose points come first and unmoved.

    Args:
        points: of the surface, in units in which a vessel measures about one.
        triangles: of the surface.
        holes: a point in every cavity to be left empty.
        volume: of a tetrahedron, at most.
        time_limit: seconds.
        name: of the mesh, for messages.

    Raises:
        NoTetrahedraliser: tetgen or mmgpy is missing.
        CannotFill: it fails.
        InputError: it takes too long.
    """
    child = Path(__file__).parent / "tetrahedralise.py"
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "surface.npz", Path(folder) / "cells.npz"
        np.savez(
            source,
            points=points,
            triangles=triangles,
            holes=holes,
            volume=volume,
            ratio=QUALITY,
        )
        command = [sys.executable, str(child), str(source), str(target)]
        try:
            run = subprocess.run(  # in the folder that goes: TetGen leaves files where it fails
                command, cwd=folder, capture_output=True, timeout=time_limit, check=False
            )
        except subprocess.TimeoutExpired:
            raise InputError(
                f"{name}: the tissue took more than {time_limit:.0f} s to mesh; raise time_limit, "
                "use less tissue, or tissue=0"
            ) from None
        if run.returncode == MISSING:
            raise NoTetrahedraliser(
                f"{name}: tissue needs tetgen and mmgpy: pip install 'glymphax[mesh]', or make the "
                "perivascular space alone with tissue=0"
            )
        if run.returncode != 0 or not target.exists():
            said = (run.stderr or run.stdout).decode(errors="replace").strip().splitlines()
            last = said[-1] if said else f"exit status {run.returncode}"
            raise CannotFill(
                f"{name}: the tetrahedraliser failed on the tissue ({last}); "
                "use a smaller gap, other tissue, or tissue=0"
            )
        with np.load(target) as made:
            filled, cells = made["points"], made["cells"]
    if np.abs(filled[: len(points)] - points).max() > 1e-6:  # rounding of mmg's own scaling passes
        raise InputError(
            f"{name}: the tetrahedraliser moved the sheath; use tissue=0 for the PVS alone"
        )
    corner = filled[cells]
    longest = np.max(np.linalg.norm(corner[:, ONE] - corner[:, OTHER], axis=2), axis=1)
    if np.any(tet_volumes(filled, cells) <= NOTHING * longest**3):
        raise CannotFill(
            f"{name}: the tetrahedraliser left flat cells in the tissue; change tissue by a few "
            "per cent, or use tissue=0"
        )
    return filled, cells
