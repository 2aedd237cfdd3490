"""Read a tagged volume mesh from a file: gmsh, VTK or XDMF. Metres and our tags out."""

from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from io import StringIO
from pathlib import Path

import meshio
import numpy as np
from jaxtyping import Float
from scipy.spatial import cKDTree

from meshes.assemble import assemble
from meshes.errors import InputError
from meshes.files import existing_file
from meshes.lengths import LARGEST_RADIUS, METRES, SMALLEST_RADIUS, metres, suggestion
from meshes.mesh import VESSEL_ARRAYS, Mesh, VesselCoordinates
from meshes.tags import Region
from meshes.tree import VesselTree
from meshes.volumes.elements import SURFACES, VOLUMES, corners, cut_surfaces, cut_volumes
from meshes.volumes.fields import fields_of, parts_of
from meshes.volumes.gmsh_data import read_gmsh
from meshes.volumes.naming import Elements, tagged_elements

FORMATS = (".msh", ".vtu", ".vtk", ".xdmf")


def read_mesh(
    path: str | Path, units: str | None = None, tags: Mapping[str, str] | None = None
) -> Mesh:
    """Read a volume mesh, tagged by our vocabulary.

    Args:
        path: .msh (gmsh 2.2 or 4.1), .vtu, .vtk or .xdmf file. Hexahedra, prisms and pyramids are
            cut into tetrahedra; of curved elements the corners are kept.
        units: length unit of the file: um, mm, cm, m or nm; None only for files that carry it,
            which are those of `write_mesh`.
        tags: what names (or codes) of the file mean where the vocabulary does not know or is
            wrong: file name -> `wall`, `tissue`, ..., or `ignore` for a surface.

    Returns:
        The mesh in metres; its notes say what was merged, turned or inferred. Its parts are the
        names (or, where it has none, the codes) of the file's volumes; its fields are the file's
        floating-point cell arrays, and scalar point arrays averaged to cells, with the numbers of
        the file: lengths are converted, fields never. Six components are XX YY ZZ XY YZ XZ.

    Raises:
        InputError: the file cannot be used; the message names place and remedy.
    """
    path = existing_file(path)
    if path.suffix.lower() not in FORMATS:
        raise InputError(
            f"{path}: unknown mesh format {path.suffix!r}; use one of {', '.join(FORMATS)}"
        )
    raw = _read(path)
    units = _units(path, raw, units)
    scale = metres(units, str(path))
    tagged = tagged_elements(path, raw, tags or {})
    points = np.asarray(raw.points, dtype=float)
    notes = _curved(raw)
    points, volumes, surfaces, merged = _merge_interface(points, tagged.volumes, tagged.surfaces)
    if merged:
        notes.append(f"{merged} points doubled on the interface merged")
    cut = [cut_volumes(block.kind, block.nodes) for block in volumes]
    cells = np.concatenate([tets for tets, _ in cut])
    regions = np.concatenate([b.tags[e] for b, (_, e) in zip(volumes, cut, strict=True)])
    faces = [cut_surfaces(block.kind, block.nodes) for block in surfaces]
    facets = np.concatenate([f for f, _ in faces] or [np.zeros((0, 3), dtype=np.int64)])
    patches = np.concatenate(
        [b.tags[e] for b, (_, e) in zip(surfaces, faces, strict=True)]
        or [np.zeros(0, dtype=np.int64)]
    )
    elements = [element for _, element in cut]
    own_names = _lines(raw, "parts") if "metres_per_unit" in raw.field_data else ()
    parts, part = parts_of(path, raw, tagged, elements, own_names)
    fields, left_out = fields_of(path, raw, tagged, elements)
    vessel = None if merged else _vessel(raw, scale)
    mesh = assemble(
        points * scale,
        cells,
        regions,
        facets[patches > 0],
        patches[patches > 0],
        vessel=vessel,
        tree=_tree(raw, "tree"),
        name=path.name,
        notes=(*_lines(raw, "notes"), *notes, *left_out),
        parts=parts,
        part=part,
        fields=fields,
    )
    _check_size(path, mesh, units)
    widening = np.asarray(raw.field_data.get("widening", 1.0), dtype=float)
    return replace(mesh, widening=float(widening.ravel()[0]), veins=_tree(raw, "veins"))


def _read(path: Path) -> meshio.Mesh:
    said = StringIO()
    try:
        with redirect_stdout(said), redirect_stderr(said):
            raw = read_gmsh(path) if path.suffix.lower() == ".msh" else meshio.read(path)
    except (Exception, SystemExit) as error:  # meshio ends the interpreter on some files
        raise InputError(
            f"{path}: cannot be read as {path.suffix} ({type(error).__name__}: "
            f"{' '.join((str(error) + ' ' + said.getvalue()).split())[:120]}); it is cut short, "
            "damaged or of another format: export it again"
        ) from error
    if raw.points.ndim != 2 or raw.points.shape[1] != 3:
        raise InputError(f"{path}: its points are not three-dimensional; export a volume mesh")
    for block in raw.cells:
        if np.any(block.data < 0) or np.any(block.data >= len(raw.points)):
            raise InputError(
                f"{path}: some {block.type} uses a point that does not exist (there are "
                f"{len(raw.points)}); the file is damaged, export it again"
            )
    if not any(block.type in VOLUMES and len(block.data) for block in raw.cells):
        kinds = ", ".join(sorted({block.type for block in raw.cells})) or "none"
        raise InputError(
            f"{path}: holds no volume cells (only: {kinds}); a vessel tree of lines is read by "
            "read_tree, a surface must be meshed first"
        )
    return raw


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


def _merge_interface(
    points: Float[np.ndarray, "points 3"], volumes: list[Elements], surfaces: list[Elements]
) -> tuple[Float[np.ndarray, "points 3"], list[Elements], list[Elements], int]:
    """Merge tissue points into perivascular ones at the same place, if the two share none yet.

    Same means closer than a thousandth of the distance to the next perivascular point. Arterial and
    venous space are asked one by one.
    """
    uses = {region: np.zeros(len(points), dtype=bool) for region in Region}
    for block in volumes:
        for region, used in uses.items():
            used[block.nodes[block.tags == region]] = True
    tissue = uses.pop(Region.TISSUE)
    target = np.arange(len(points))
    for pvs in uses.values():
        if not tissue.any() or not pvs.any() or np.any(tissue & pvs):
            continue
        inner, outer = np.flatnonzero(pvs), np.flatnonzero(tissue)
        near = cKDTree(points[inner])
        distance, partner = near.query(points[outer])
        spacing = near.query(points[inner[partner]], k=2)[0][:, 1]
        same = distance < 1e-3 * spacing
        target[outer[same]] = inner[partner[same]]
    merged = int(np.sum(target != np.arange(len(points))))
    if merged:
        volumes = [block._replace(nodes=target[block.nodes]) for block in volumes]
        surfaces = [block._replace(nodes=target[block.nodes]) for block in surfaces]
    return points, volumes, surfaces, merged


def _vessel(raw: meshio.Mesh, scale: float) -> VesselCoordinates | None:
    """Vessel coordinates, if the file carries all of them, sound."""
    data = raw.point_data
    if any(name not in data for name in VESSEL_ARRAYS) or data["radial"].shape[1:] != (3,):
        return None
    column = np.asarray(data["column"])
    if not all(np.isfinite(data[name]).all() for name in VESSEL_ARRAYS) or not np.all(
        (column >= -1) & (column < len(raw.points))
    ):
        return None
    path, radius, fraction, gap = (
        np.asarray(data[name], dtype=float).reshape(-1)
        for name in ("path", "radius", "fraction", "gap")
    )
    return VesselCoordinates(
        path=path * scale,
        radius=radius * scale,
        fraction=fraction,
        radial=np.asarray(data["radial"], dtype=float),
        gap=gap * scale,
        column=column.reshape(-1).astype(np.int64),
    )


def _tree(raw: meshio.Mesh, word: str) -> VesselTree | None:
    """The centreline tree whose arrays' names start with a word, if the file carries it."""
    data = raw.field_data
    if f"{word}_points" not in data:
        return None
    return VesselTree(
        np.asarray(data[f"{word}_points"], dtype=float).reshape(-1, 3),
        np.asarray(data[f"{word}_radius"], dtype=float),
        np.asarray(data[f"{word}_parent"], dtype=np.int64),
        "".join(_lines(raw, f"{word}_name")),
        _lines(raw, f"{word}_notes"),
    )


def _lines(raw: meshio.Mesh, name: str) -> tuple[str, ...]:
    """Lines of a text that a file of `write_mesh` carries as bytes."""
    return tuple(
        bytes(np.asarray(raw.field_data.get(name, []), dtype=np.uint8)).decode().splitlines()
    )


def _check_size(path: Path, mesh: Mesh, units: str) -> None:
    radius = float(np.median(mesh.vessel.radius[mesh.vessel.column >= 0]))
    if not SMALLEST_RADIUS <= radius <= LARGEST_RADIUS:
        raise InputError(
            f"{path}: its vessel would have a radius of {radius:.3g} m with mesh.units={units}, "
            f"outside 0.5 um..5 mm; use {suggestion(radius / metres(units, str(path)))}"
        )
