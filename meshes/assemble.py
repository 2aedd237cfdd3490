"""Raw points, tagged cells and tagged facets in, a checked `Mesh` out.

What a mesh generator leaves open is settled here, and noted: node order, unused points, the tags
that follow from the others, and where perivascular space and tissue share points (on the sheath
and nowhere else).
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from meshes.coordinates import vessel_coordinates
from meshes.errors import InputError
from meshes.face_table import FaceTable, face_table, find_triangles, odd_order
from meshes.mesh import Mesh, VesselCoordinates
from meshes.sweep.faces import tet_volumes
from meshes.tags import Patch, Region
from meshes.tree import VesselTree

ENDS = (Patch.INLET, Patch.DISTAL)
TISSUE_FACES = (Patch.TISSUE_OUTER, Patch.LUMEN)
FAR = 1e6  # m; no coordinate is farther out
FLAT = 1e-12  # volume below this times the cubed longest edge counts as zero


class Placed(NamedTuple):
    """Tagged facets and the faces they are.

    Attributes:
        face: the face of each.
        facets: their vertices as given.
        patches: their patch.
        behind: for every face, the patch of its tissue side, where an end between the two regions
            was tagged on both sides; else 0.
    """

    face: Int[np.ndarray, " tagged"]
    facets: Int[np.ndarray, "tagged 3"]
    patches: Int[np.ndarray, " tagged"]
    behind: Int[np.ndarray, " faces"]


def assemble(
    points: Float[np.ndarray, "points 3"],
    cells: Int[np.ndarray, "cells 4"],
    regions: Int[np.ndarray, " cells"],
    facets: Int[np.ndarray, "facets 3"],
    patches: Int[np.ndarray, " facets"],
    *,
    vessel: VesselCoordinates | None = None,
    tree: VesselTree | None = None,
    name: str = "mesh",
    notes: tuple[str, ...] = (),
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
        at = _at(points, faces.triangles[faces.crowded])
        raise InputError(f"{name}: a face at {at} belongs to three or more cells; remesh there")
    _refuse_overlap(points, cells, faces, name)
    is_pvs = regions != Region.TISSUE
    if not is_pvs.any():
        raise InputError(f"{name}: has no perivascular cells; tag them mesh.tags.<name>=pvs region")
    placed = _place(points, faces, is_pvs, facets, patches, name, told)
    owner, facets, patches = _complete(points, faces, is_pvs, placed, name, told)
    points, cells, facets = _part(points, cells, is_pvs, facets, patches, owner, told)
    if len(points) != before:
        vessel = None
    cells, facets = cells.astype(np.int64), facets.astype(np.int64)
    regions, patches = regions.astype(np.int32), patches.astype(np.int32)
    if vessel is None:
        vessel = vessel_coordinates(points, cells, regions, facets, patches, name)
    return Mesh(points, cells, regions, facets, patches, vessel, tree, name, tuple(told))


def _at(points: Float[np.ndarray, "points 3"], vertices: Int[np.ndarray, " vertices"]) -> str:
    """The centre of some vertices in words."""
    return "(" + ", ".join(f"{x:.6g}" for x in points[vertices].mean(axis=0)) + ") m"


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
            f"{name}: cell {flat[0]} at {_at(points, cells[flat[0]])} has zero volume "
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
        f"{name}: cell {cell} at {_at(points, cells[cell])} is inverted: it overlaps a neighbour "
        f"({len(np.unique(pairs))} cells involved); remesh there"
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
            f"{name}: facet {loose[0]} at {_at(points, facets[loose[0]])} is not the face of any "
            f"cell ({loose.size} such); the surface and volume meshes must conform"
        )
    if used.all():
        return points, cells, facets
    told.append(f"{int((~used).sum())} points of no cell dropped")
    number = np.cumsum(used) - 1
    return points[used], number[cells], number[facets]


def _place(
    points: Float[np.ndarray, "points 3"],
    faces: FaceTable,
    is_pvs: Bool[np.ndarray, " cells"],
    facets: Int[np.ndarray, "facets 3"],
    patches: Int[np.ndarray, " facets"],
    name: str,
    told: list[str],
) -> Placed:
    """Find tagged facets among the faces."""
    face = find_triangles(facets, faces.triangles)
    lost = np.flatnonzero(face < 0)
    if lost.size:
        raise InputError(
            f"{name}: facet {lost[0]} at {_at(points, facets[lost[0]])} is not the face of any "
            f"cell ({lost.size} such); the surface and volume meshes must conform"
        )
    second = faces.second
    side = np.where(second >= 0, is_pvs[second], is_pvs[faces.first])
    between = (second >= 0) & (side != is_pvs[faces.first])
    inside = (second >= 0) & ~between
    if inside[face].any():
        told.append(f"{int(inside[face].sum())} tagged facets inside a region ignored")
    tissue_tag = np.zeros(len(faces.first), dtype=np.int64)
    ended = np.zeros(len(faces.first), dtype=bool)
    ended[face[np.isin(patches, ENDS)]] = True
    behind = np.isin(patches, TISSUE_FACES) & between[face] & ended[face]
    tissue_tag[face[behind]] = patches[behind]
    keep = ~inside[face] & ~behind
    face, patches = face[keep], patches[keep]
    _, first, which = np.unique(face, return_index=True, return_inverse=True)
    clash = np.flatnonzero(patches != patches[first[which.ravel()]])
    if clash.size:
        k = clash[0]
        one, other = (Patch(int(p)).name for p in (patches[first[which.ravel()[k]]], patches[k]))
        raise InputError(
            f"{name}: the facet at {_at(points, faces.triangles[face[k]])} is tagged both {one} "
            f"and {other} ({clash.size} such); give every facet one tag"
        )
    if len(first) < len(face):
        told.append(f"{len(face) - len(first)} facets listed twice kept once")
    order = np.sort(first)
    return Placed(face[order], facets[keep][order], patches[order], tissue_tag)


def _complete(
    points: Float[np.ndarray, "points 3"],
    faces: FaceTable,
    is_pvs: Bool[np.ndarray, " cells"],
    placed: Placed,
    name: str,
    told: list[str],
) -> tuple[Int[np.ndarray, " facets"], Int[np.ndarray, "facets 3"], Int[np.ndarray, " facets"]]:
    """Give every face of the boundary and of the sheath its one patch.

    Returns:
        the cell each facet belongs to (the perivascular one on the sheath), the triangles outward
        from it, and their patches.
    """
    boundary = faces.second < 0
    pvs_first = is_pvs[faces.first]
    between = ~boundary & (pvs_first != is_pvs[faces.second])
    tag = np.zeros(len(faces.first), dtype=np.int64)
    tag[placed.face] = placed.patches
    _settle_interface(points, faces, between, tag, name)
    _settle_tissue(boundary & ~pvs_first, tag, told)
    _settle_pvs(points, faces, boundary & pvs_first, not is_pvs.all(), tag, name, told)
    _require(tag, is_pvs, name)
    added = np.setdiff1d(np.flatnonzero(boundary | between), placed.face)
    listed = np.concatenate([placed.face, added])
    inward = ~boundary[listed] & ~pvs_first[listed]  # the first cell is the tissue
    owner = np.where(inward, faces.second[listed], faces.first[listed])
    outward = np.where(
        inward[:, None], faces.triangles[listed][:, [0, 2, 1]], faces.triangles[listed]
    )
    given = np.concatenate([placed.facets, outward[len(placed.face) :]])
    turned = odd_order(given) != odd_order(outward)
    triangles = np.where(turned[:, None], given[:, [0, 2, 1]], given)
    ends = np.flatnonzero(between[listed] & np.isin(tag[listed], ENDS))
    behind = np.where(inward[ends], faces.first[listed[ends]], faces.second[listed[ends]])
    closed = placed.behind[listed[ends]]
    return (
        np.concatenate([owner, behind]),
        np.concatenate([triangles, triangles[ends][:, [0, 2, 1]]]),
        np.concatenate([tag[listed], np.where(closed > 0, closed, Patch.LUMEN)]),
    )


def _settle_interface(
    points: Float[np.ndarray, "points 3"],
    faces: FaceTable,
    between: Bool[np.ndarray, " faces"],
    tag: Int[np.ndarray, " faces"],
    name: str,
) -> None:
    """Faces between perivascular space and tissue are the sheath, unless tagged as an end."""
    wrong = np.flatnonzero(between & ~np.isin(tag, (0, Patch.SHEATH, *ENDS)))
    if wrong.size:
        raise InputError(
            f"{name}: the facet at {_at(points, faces.triangles[wrong[0]])} between perivascular "
            f"space and tissue is tagged {Patch(int(tag[wrong[0]])).name} ({wrong.size} such); "
            "such a facet can be SHEATH, INLET or DISTAL: correct mesh.tags or the mesh"
        )
    tag[between & (tag == 0)] = Patch.SHEATH
    on_sheath = np.zeros(len(points), dtype=bool)
    on_sheath[faces.triangles[between & (tag == Patch.SHEATH)]] = True
    stuck = np.flatnonzero(between & np.isin(tag, ENDS) & on_sheath[faces.triangles].all(axis=1))
    if stuck.size:
        raise InputError(
            f"{name}: the end facet at {_at(points, faces.triangles[stuck[0]])} has all its "
            f"corners on the sheath ({stuck.size} such); refine the mesh across the gap there"
        )


def _settle_tissue(
    tissue: Bool[np.ndarray, " faces"], tag: Int[np.ndarray, " faces"], told: list[str]
) -> None:
    """Boundary faces of the tissue are its outer faces, or a closed lumen."""
    for found, meant in (
        (0, Patch.TISSUE_OUTER),
        (Patch.INLET, Patch.TISSUE_OUTER),
        (Patch.DISTAL, Patch.TISSUE_OUTER),
        (Patch.SHEATH, Patch.TISSUE_OUTER),
        (Patch.WALL, Patch.LUMEN),
    ):
        here = tissue & (tag == found)
        if here.any():
            was = "without a tag" if found == 0 else f"tagged {Patch(found).name}"
            told.append(f"{int(here.sum())} facets of the tissue {was} taken as {meant.name}")
            tag[here] = meant


def _settle_pvs(
    points: Float[np.ndarray, "points 3"],
    faces: FaceTable,
    pvs: Bool[np.ndarray, " faces"],
    has_tissue: bool,
    tag: Int[np.ndarray, " faces"],
    name: str,
    told: list[str],
) -> None:
    """Boundary faces of the perivascular space; untagged ones follow if one patch is missing."""
    outer = pvs & (tag == Patch.TISSUE_OUTER)
    if outer.any() and not has_tissue:
        told.append(f"{int(outer.sum())} outer facets taken as SHEATH: the mesh has no tissue")
        tag[outer] = Patch.SHEATH
    allowed = [Patch.WALL, *ENDS] + ([] if has_tissue else [Patch.SHEATH])
    wrong = np.flatnonzero(pvs & ~np.isin(tag, [0, *allowed]))
    if wrong.size:
        raise InputError(
            f"{name}: the facet at {_at(points, faces.triangles[wrong[0]])} is tagged "
            f"{Patch(int(tag[wrong[0]])).name}, but no tissue lies behind it ({wrong.size} such); "
            f"make the tissue conform to the perivascular space, or tag it one of "
            f"{', '.join(p.name for p in allowed)}"
        )
    bare = np.flatnonzero(pvs & (tag == 0))
    if not bare.size:
        return
    missing = [patch for patch in allowed if not np.any(tag[pvs] == patch)]
    if len(missing) != 1:
        raise InputError(
            f"{name}: {bare.size} boundary facets of the perivascular space have no tag, one at "
            f"{_at(points, faces.triangles[bare[0]])}; tag them (no facet is tagged "
            f"{' or '.join(p.name for p in missing) or 'anything new'})"
        )
    told.append(
        f"{bare.size} facets without a tag taken as {missing[0].name}, the only one missing"
    )
    tag[bare] = missing[0]


def _require(tag: Int[np.ndarray, " faces"], is_pvs: Bool[np.ndarray, " cells"], name: str) -> None:
    for patch in (Patch.WALL, Patch.SHEATH, Patch.INLET):
        if not np.any(tag == patch):
            raise InputError(
                f"{name}: has no {patch.name} facet; tag them, or say which name means them by "
                f"mesh.tags.<name>={patch.name.lower()}"
                + (
                    " (perivascular space and tissue share no face)"
                    if patch is Patch.SHEATH and not is_pvs.all()
                    else ""
                )
            )


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
