"""Raw points, tagged cells and tagged facets in, a checked `Mesh` out.

What a mesh generator leaves open is settled here, and noted: node order, unused points, the tags
that follow from the others, and where perivascular space and tissue share points (on the sheath
and nowhere else).
"""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Bool, Float, Int

from meshes.coordinates import vessel_coordinates
from meshes.errors import InputError
from meshes.face_table import FaceTable, face_table
from meshes.free_fluid import facets_without_space
from meshes.mesh import Mesh, VesselCoordinates
from meshes.sweep.faces import tet_volumes
from meshes.tagging import at, complete_facets, place_facets
from meshes.tags import SPACES, Patch, Region
from meshes.tree import VesselTree
from meshes.unassembled import no_vessel

FAR = 1e6  # m; no coordinate is farther out
FLAT = 1e-12  # volume below this times the cubed longest edge counts as zero


def assemble(
    points: Float[np.ndarray, "points 3"],
    cells: Int[np.ndarray, "cells 4"],
    regions: Int[np.ndarray, " cells"],
    facets: Int[np.ndarray, "facets 3"],
    patches: Int[np.ndarray, " facets"],
    *,
    vessel: VesselCoordinates | None = None,
    tree: VesselTree | None = None,
    veins: VesselTree | None = None,
    name: str = "mesh",
    notes: tuple[str, ...] = (),
    parts: tuple[str, ...] = (),
    part: Int[np.ndarray, " cells"] | None = None,
    fields: Mapping[str, np.ndarray] | None = None,
) -> Mesh:
    """Check and complete a tagged mesh.

    Cells, facets and points keep their order; what is added comes last. The sheath is every face
    between perivascular space and tissue, tagged or not, but for faces tagged `INLET` or `DISTAL`:
    there the two are parted, and the tissue side becomes `LUMEN` (or what it was tagged).

    Args:
        points: m.
        regions: `Region` codes.
        facets: tagged triangles, any orientation; untagged faces may be missing.
        patches: `Patch` codes.
        vessel: vessel coordinates, if known; computed if not, or if points change.
        parts: names of the parts; see `Mesh`, as for `part`, `fields`, `tree` and `veins`.
        part: index into `parts` for each cell.
        fields: values on cells.

    Raises:
        InputError: flat, overlapping or wrongly tagged cells or facets; names place and remedy.
    """
    told = list(notes)
    before = len(points)
    _check_arrays(points, cells, facets, name)
    cells = _orient(points, cells, name, told)
    points, cells, facets = _drop_unused(points, cells, facets, name, told)
    faces = face_table(cells)
    if faces.crowded >= 0:
        place = at(points, faces.triangles[faces.crowded])
        raise InputError(f"{name}: a face at {place} belongs to three or more cells; remesh there")
    _refuse_overlap(points, cells, faces, name)
    _refuse_contact(points, cells, regions, faces, name)
    is_pvs = np.isin(regions, SPACES)
    if is_pvs.any():
        placed = place_facets(points, faces, is_pvs, facets, patches, name, told)
        owner, facets, patches = complete_facets(points, faces, regions, placed, name, told)
        points, cells, facets = _part(points, cells, is_pvs, facets, patches, owner, told)
    else:
        facets, patches = facets_without_space(points, faces, regions, facets, patches, name, told)
        vessel = no_vessel(len(points))
    if is_pvs.any() and len(points) != before:
        vessel = None
    cells, facets = cells.astype(np.int64), facets.astype(np.int64)
    regions, patches = regions.astype(np.int32), patches.astype(np.int32)
    if vessel is None:
        vessel = vessel_coordinates(points, cells, regions, facets, patches, name)
    return Mesh(
        points,
        cells,
        regions,
        facets,
        patches,
        vessel,
        tree,
        name,
        tuple(told),
        parts=parts,
        part=np.zeros(0, dtype=np.int32) if part is None else part.astype(np.int32),
        fields=dict(fields or {}),
        veins=veins,
    )


def _check_arrays(
    points: Float[np.ndarray, "points 3"],
    cells: Int[np.ndarray, "cells 4"],
    facets: Int[np.ndarray, "facets 3"],
    name: str,
) -> None:
    for what, table in (("cell", cells), ("facet", facets)):
        beyond = np.flatnonzero(np.any((table < 0) | (table >= len(points)), axis=1))
        if beyond.size:
            raise InputError(
                f"{name}: {what} {beyond[0]} uses a point that does not exist (there are "
                f"{len(points)}); the file is damaged, export it again"
            )
    bad = np.flatnonzero(~(np.abs(points) < FAR).all(axis=1))
    if bad.size:
        raise InputError(
            f"{name}: point {bad[0]} has a coordinate that is not a finite number below {FAR:g} m "
            f"({bad.size} such); remesh"
        )


def _orient(
    points: Float[np.ndarray, "points 3"],
    cells: Int[np.ndarray, "cells 4"],
    name: str,
    told: list[str],
) -> Int[np.ndarray, "cells 4"]:
    """Cells listed in the other node order are turned; flat ones refused."""
    corner = points[cells]
    longest = np.max(
        [np.sum((corner[:, a] - corner[:, b]) ** 2, axis=1) for a in range(4) for b in range(a)],
        axis=0,
    )
    volumes = tet_volumes(points, cells)
    flat = np.flatnonzero(np.abs(volumes) <= FLAT * longest**1.5)
    if flat.size:
        raise InputError(
            f"{name}: cell {flat[0]} at {at(points, cells[flat[0]])} has zero volume "
            f"({flat.size} such); remesh there"
        )
    negative = volumes < 0
    if not negative.any():
        return cells
    told.append(f"{int(negative.sum())} cells of negative orientation turned")
    return np.where(negative[:, None], cells[:, [0, 1, 3, 2]], cells)


def _refuse_overlap(
    points: Float[np.ndarray, "points 3"],
    cells: Int[np.ndarray, "cells 4"],
    faces: FaceTable,
    name: str,
) -> None:
    """Two cells on one face must lie on its two sides; if not, one of them is inverted."""
    inner = faces.second >= 0
    a, b, c = (points[faces.triangles[inner, i]] for i in range(3))
    across = points[faces.apex[inner, 1]] - a
    folded = np.einsum("ij,ij->i", np.cross(b - a, c - a), across) <= 0
    if not folded.any():
        return
    pairs = np.stack([faces.first, faces.second], axis=1)[inner][folded]
    cell = int(np.argmax(np.bincount(pairs.ravel())))
    raise InputError(
        f"{name}: cell {cell} at {at(points, cells[cell])} is inverted: it overlaps a neighbour "
        f"({len(np.unique(pairs))} cells involved); remesh there"
    )


def _refuse_contact(
    points: Float[np.ndarray, "points 3"],
    cells: Int[np.ndarray, "cells 4"],
    regions: Int[np.ndarray, " cells"],
    faces: FaceTable,
    name: str,
) -> None:
    """Arterial and venous perivascular space must not touch, and free fluid neither of them."""
    if np.isin(regions, SPACES).any() and np.any(regions == Region.CSF):
        cell = int(np.argmax(regions == Region.CSF))
        raise InputError(
            f"{name}: has perivascular space and free fluid, the latter at "
            f"{at(points, cells[cell])}; no flow is solved in free fluid: leave it out by "
            "mesh.tags.<name>=ignore, or call both csf"
        )
    inner = np.flatnonzero(faces.second >= 0)
    a, b = regions[faces.first[inner]], regions[faces.second[inner]]
    touching = inner[(a != b) & (a != Region.TISSUE) & (b != Region.TISSUE)]
    remedy = (
        "put tissue between them, or give both one region by mesh.tags.<name>=arterial_pvs or "
        "venous_pvs"
    )
    if touching.size:
        raise InputError(
            f"{name}: the face at {at(points, faces.triangles[touching[0]])} lies between arterial "
            f"and venous perivascular space ({touching.size} such); {remedy}"
        )
    shared = np.intersect1d(
        cells[regions == Region.ARTERIAL_PVS], cells[regions == Region.VENOUS_PVS]
    )
    if shared.size:
        raise InputError(
            f"{name}: arterial and venous perivascular space share the point at "
            f"{at(points, shared[:1])} ({shared.size} such); {remedy}"
        )


def _drop_unused(
    points: Float[np.ndarray, "points 3"],
    cells: Int[np.ndarray, "cells 4"],
    facets: Int[np.ndarray, "facets 3"],
    name: str,
    told: list[str],
) -> tuple[Float[np.ndarray, "points 3"], Int[np.ndarray, "cells 4"], Int[np.ndarray, "facets 3"]]:
    used = np.zeros(len(points), dtype=bool)
    used[cells] = True
    loose = np.flatnonzero(~used[facets].all(axis=1))
    if loose.size:
        raise InputError(
            f"{name}: facet {loose[0]} at {at(points, facets[loose[0]])} is not the face of any "
            f"cell ({loose.size} such); the surface and volume meshes must conform"
        )
    if used.all():
        return points, cells, facets
    told.append(f"{int((~used).sum())} points of no cell dropped")
    number = np.cumsum(used) - 1
    return points[used], number[cells], number[facets]


def _part(
    points: Float[np.ndarray, "points 3"],
    cells: Int[np.ndarray, "cells 4"],
    is_pvs: Bool[np.ndarray, " cells"],
    facets: Int[np.ndarray, "facets 3"],
    patches: Int[np.ndarray, " facets"],
    owner: Int[np.ndarray, " facets"],
    told: list[str],
) -> tuple[Float[np.ndarray, "points 3"], Int[np.ndarray, "cells 4"], Int[np.ndarray, "facets 3"]]:
    """Double the points that the two regions share off the sheath; the tissue gets the new ones."""
    uses = np.zeros((2, len(points)), dtype=bool)
    uses[0, cells[is_pvs]] = True
    uses[1, cells[~is_pvs]] = True
    on_sheath = np.zeros(len(points), dtype=bool)
    on_sheath[facets[patches == Patch.SHEATH]] = True
    shared = uses.all(axis=0) & ~on_sheath
    if not shared.any():
        return points, cells, facets
    told.append(f"{int(shared.sum())} points shared by both regions off the sheath doubled")
    twin = np.where(shared, len(points) + np.cumsum(shared) - 1, np.arange(len(points)))
    cells = np.where(is_pvs[:, None], cells, twin[cells])
    facets = np.where(is_pvs[owner][:, None], facets, twin[facets])
    return np.concatenate([points, points[shared]]), cells, facets
