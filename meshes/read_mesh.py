"""Read a tagged volume mesh from a file: gmsh, VTK or XDMF. Metres and our tags out."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import meshio
import numpy as np

from meshes.assemble import assemble
from meshes.errors import InputError
from meshes.face_table import find_triangles
from meshes.files import existing_file
from meshes.lengths import LARGEST_RADIUS, METRES, SMALLEST_RADIUS, metres, suggestion
from meshes.mesh import Mesh
from meshes.sweep.faces import OUTWARD
from meshes.unassembled import unassembled
from meshes.volumes.elements import SURFACES, VOLUMES, corners, cut_surfaces, cut_volumes
from meshes.volumes.fields import fields_of, parts_of
from meshes.volumes.interface import merge_interface, refuse_cracks
from meshes.volumes.naming import tagged_elements
from meshes.volumes.own_file import lines_in, tree_in, vessel_in
from meshes.volumes.raw import read_facets, read_raw
from meshes.volumes.translation import read_translation

SMALLEST_MESH, LARGEST_MESH = 1e-6, 1.0  # m, a piece of a capillary's space to a head and neck

Tags = Mapping[str, str] | str | Path | None


def read_mesh(
    path: str | Path,
    units: str | None = None,
    tags: Tags = None,
    facets: str | Path | None = None,
) -> Mesh:
    """Read a volume mesh, tagged by our vocabulary.

    Args:
        path: .msh (gmsh 2.2 or 4.1), .vtu, .vtk or .xdmf file. Hexahedra, prisms and pyramids are
            cut into tetrahedra; of curved elements the corners are kept.
        units: length unit of the file: um, mm, cm, m or nm; None only for files that carry it,
            which are those of `write_mesh`.
        tags: what names (or codes) of the file mean where the vocabulary does not know or is
            wrong: file name -> `wall`, `tissue`, ..., or `ignore`, which leaves surfaces without a
            tag and volumes out. Or the path of a YAML file of such pairs.
        facets: file of tagged facets, where they are kept apart from the mesh; their points are
            matched by place.

    Returns:
        The mesh in metres; its notes say what was merged, turned or inferred. Its parts are the
        names (or, where it has none, the codes) of the file's volumes; its fields are the file's
        floating-point cell arrays, and scalar point arrays averaged to cells, with the numbers of
        the file: lengths are converted, fields never. Six components are XX YY ZZ XY YZ XZ.

    Raises:
        InputError: the file cannot be used; the message names place and remedy.
    """
    found, units, widening = _contents(path, units, tags, facets)
    refuse_cracks(found["points"], found["cells"], found["regions"], found["name"])
    mesh = assemble(**found)
    _check_size(Path(path), mesh, units)
    return replace(mesh, widening=widening)


def inspect_mesh(
    path: str | Path,
    units: str | None = None,
    tags: Tags = None,
    facets: str | Path | None = None,
) -> tuple[Mesh, str]:
    """Read a volume mesh for `check`, even one that `read_mesh` refuses for what is in it.

    Arguments as of `read_mesh`.

    Returns:
        The mesh and an empty text; or the mesh as the file has it, nothing settled, without vessel
        coordinates, and why it cannot be used.

    Raises:
        InputError: the file cannot be read, or has no tags.
    """
    found, units, widening = _contents(path, units, tags, facets)
    try:
        refuse_cracks(found["points"], found["cells"], found["regions"], found["name"])
        mesh = assemble(**found)
    except InputError as error:
        return unassembled(**found), str(error)
    _check_size(Path(path), mesh, units)
    return replace(mesh, widening=widening), ""


def _contents(
    path: str | Path, units: str | None, tags: Tags, facets: str | Path | None
) -> tuple[dict[str, Any], str, float]:
    """What `assemble` takes, the units of the file, and its widening."""
    path = existing_file(path)
    mapping = read_translation(tags)
    raw = read_raw(path)
    units = _units(path, raw, units)
    scale = metres(units, str(path))
    notes = _curved(raw)
    if facets is not None:
        raw, left = read_facets(Path(facets), raw)
        notes += left
    tagged = tagged_elements(path, raw, mapping, strict=not isinstance(tags, str | Path))
    points = np.asarray(raw.points, dtype=float)
    points, volumes, surfaces, merged = merge_interface(points, tagged.volumes, tagged.surfaces)
    if merged:
        notes.append(f"{merged} points doubled on the interface merged")
    cut = [cut_volumes(block.kind, block.nodes) for block in volumes]
    faces = [cut_surfaces(block.kind, block.nodes) for block in surfaces]
    triangles = np.concatenate([f for f, _ in faces] or [np.zeros((0, 3), dtype=np.int64)])
    patches = np.concatenate(
        [b.tags[e] for b, (_, e) in zip(surfaces, faces, strict=True)]
        or [np.zeros(0, dtype=np.int64)]
    )
    cells = np.concatenate([tets for tets, _ in cut])
    kept = patches > 0
    if tagged.ignored:
        gone = kept & (find_triangles(triangles, cells[:, OUTWARD].reshape(-1, 3)) < 0)
        kept &= ~gone
        notes.append(f"{int(gone.sum())} tagged facets of ignored volumes left out")
    elements = [element for _, element in cut]
    own_names = lines_in(raw, "parts") if "metres_per_unit" in raw.field_data else ()
    parts, part = parts_of(path, raw, tagged, elements, own_names)
    fields, left_out = fields_of(path, raw, tagged, elements)
    found = {
        "points": points * scale,
        "cells": cells,
        "regions": np.concatenate([b.tags[e] for b, (_, e) in zip(volumes, cut, strict=True)]),
        "facets": triangles[kept],
        "patches": patches[kept],
        "vessel": None if merged else vessel_in(raw, scale),
        "tree": tree_in(path, raw, "tree"),
        "veins": tree_in(path, raw, "veins"),
        "name": path.name,
        "notes": (*lines_in(raw, "notes"), *tagged.notes, *notes, *left_out),
        "parts": parts,
        "part": part,
        "fields": fields,
    }
    widening = np.asarray(raw.field_data.get("widening", 1.0), dtype=float)
    return found, units, float(widening.ravel()[0])


def _units(path: Path, raw: meshio.Mesh, units: str | None) -> str:
    """The unit to use; files of `write_mesh` say theirs."""
    if units is not None:
        metres(units, str(path))
    if "metres_per_unit" in raw.field_data:
        if units is not None and metres(units, str(path)) != 1.0:
            raise InputError(f"{path}: says it is in metres; set mesh.units=m or leave it out")
        return "m"
    if units is None:
        raise InputError(
            f"{path}: its length unit is not written in it; set mesh.units to one of "
            f"{', '.join(METRES)} (it is {np.ptp(raw.points, axis=0).max():.4g} long)"
        )
    return units


def _curved(raw: meshio.Mesh) -> list[str]:
    """A note if elements had more nodes than their corners."""
    curved = sorted(
        {
            block.type
            for block in raw.cells
            if (block.type in VOLUMES or block.type in SURFACES)
            and block.data.shape[1] > corners(block.type)
        }
    )
    return [f"only the corners of {', '.join(curved)} elements kept"] if curved else []


def _check_size(path: Path, mesh: Mesh, units: str) -> None:
    """Hold the vessel's radius, or without a vessel the length of all, against what there is."""
    inside = mesh.vessel.column >= 0
    if not inside.any():
        length = float(np.ptp(mesh.points, axis=0).max())
        if not SMALLEST_MESH <= length <= LARGEST_MESH:
            raise InputError(
                f"{path}: would be {length:.3g} m long with mesh.units={units}, outside 1 um..1 m; "
                "set mesh.units to the unit of the file"
            )
        return
    radius = float(np.median(mesh.vessel.radius[inside]))
    if not SMALLEST_RADIUS <= radius <= LARGEST_RADIUS:
        raise InputError(
            f"{path}: its vessel would have a radius of {radius:.3g} m with mesh.units={units}, "
            f"outside 0.5 um..5 mm; use {suggestion(radius / metres(units, str(path)))}"
        )
