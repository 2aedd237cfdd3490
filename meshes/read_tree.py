"""Read a vessel tree from a file: SWC, or lines in a VTK file. Metres out, whatever went in."""

from pathlib import Path

import numpy as np

from meshes.errors import InputError
from meshes.files import existing_file
from meshes.lengths import check_radii, metres, suggestion
from meshes.tree import VesselTree
from meshes.trees.lines import read_lines
from meshes.trees.raw import merge_zero_length
from meshes.trees.swc import read_swc

FORMATS = {".swc": read_swc, ".vtk": read_lines, ".vtp": read_lines, ".vtu": read_lines}


def read_tree(path: str | Path, units: str | None = None) -> VesselTree:
    """Read a vessel tree; nodes keep the order of the file.

    Args:
        path: an SWC file, or a legacy .vtk, .vtp or .vtu file with lines and a radius.
        units: length unit of coordinates and radii in the file: um, mm, cm, m or nm. SWC files
            are micrometres unless told otherwise; VTK files have no convention.

    Returns:
        The tree in metres; its notes say what was chosen or merged.

    Raises:
        InputError: the file cannot be used; the message names place and remedy.
    """
    path = existing_file(path)
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        raise InputError(f"{path}: unknown tree format {suffix!r}; use one of {', '.join(FORMATS)}")
    if units is not None:
        metres(units, str(path))
    raw = merge_zero_length(FORMATS[suffix](path))
    if len(raw.points) < 2:
        raise InputError(f"{path}: all its nodes coincide; a vessel needs two distinct nodes")
    notes = raw.notes
    if units is None and suffix == ".swc":
        units = "um"
        notes = (*notes, "no unit given: micrometres, the SWC convention")
    if units is None:
        raise InputError(
            f"{path}: its length unit is not written in it; set mesh.units, for its median radius "
            f"{suggestion(float(np.median(raw.radius)))}"
        )
    check_radii(raw.radius, raw.labels, units, str(path))
    scale = metres(units, str(path))
    return VesselTree(raw.points * scale, raw.radius * scale, raw.parent, path.name, notes)
