"""Give every face of the boundary and of the sheath its one patch, from the tags a file has.

What follows from the other tags is settled and told; what does not is refused with its place.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from meshes.errors import InputError
from meshes.face_table import FaceTable, crowded_edges, find_triangles, odd_order
from meshes.tags import SPACES, Patch, Region

ENDS = (Patch.INLET, Patch.DISTAL)
TISSUE_FACES = (Patch.TISSUE_OUTER, Patch.LUMEN)


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


def at(points: Float[np.ndarray, "points 3"], vertices: Int[np.ndarray, " vertices"]) -> str:
    """The centre of some vertices in words."""
    return "(" + ", ".join(f"{x:.6g}" for x in points[vertices].mean(axis=0)) + ") m"


def place_facets(
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
            f"{name}: facet {lost[0]} at {at(points, facets[lost[0]])} is not the face of any "
            f"cell ({lost.size} such); the surface and volume meshes must conform"
        )
    second = faces.second
    side = np.where(second >= 0, is_pvs[second], is_pvs[faces.first])
    between = (second >= 0) & (side != is_pvs[faces.first])
    inside = (second >= 0) & ~between
    _refuse_sheath_inside(points, faces, is_pvs, facets, face, inside, patches, name)
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
            f"{name}: the facet at {at(points, faces.triangles[face[k]])} is tagged both {one} "
            f"and {other} ({clash.size} such); give every facet one tag"
        )
    if len(first) < len(face):
        told.append(f"{len(face) - len(first)} facets listed twice kept once")
    order = np.sort(first)
    return Placed(face[order], facets[keep][order], patches[order], tissue_tag)


def complete_facets(
    points: Float[np.ndarray, "points 3"],
    faces: FaceTable,
    regions: Int[np.ndarray, " cells"],
    placed: Placed,
    name: str,
    told: list[str],
) -> tuple[Int[np.ndarray, " facets"], Int[np.ndarray, "facets 3"], Int[np.ndarray, " facets"]]:
    """Give every face of the boundary and of the sheath its one patch.

    Returns:
        the cell each facet belongs to (the perivascular one on the sheath), the triangles outward
        from it, and their patches.
    """
    is_pvs = np.isin(regions, SPACES)
    boundary = faces.second < 0
    pvs_first = is_pvs[faces.first]
    between = ~boundary & (pvs_first != is_pvs[faces.second])
    tag = np.zeros(len(faces.first), dtype=np.int64)
    tag[placed.face] = placed.patches
    _settle_interface(points, faces, between, tag, name)
    _settle_tissue(boundary & ~pvs_first, tag, told)
    for region in (Region.ARTERIAL_PVS, Region.VENOUS_PVS):
        here = boundary & (regions[faces.first] == region)
        _settle_pvs(points, faces, here, not is_pvs.all(), tag, name, told)
    _require(tag, regions, name)
    pinched = crowded_edges(faces.triangles[tag == Patch.WALL])
    if len(pinched):
        raise InputError(
            f"{name}: more than two wall facets meet at the edge at {at(points, pinched[0])} "
            f"({len(pinched)} such), so that the wall is no surface; part the vessels there, or "
            "remesh"
        )
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


def _refuse_sheath_inside(
    points: Float[np.ndarray, "points 3"],
    faces: FaceTable,
    is_pvs: Bool[np.ndarray, " cells"],
    facets: Int[np.ndarray, "facets 3"],
    face: Int[np.ndarray, " facets"],
    inside: Bool[np.ndarray, " faces"],
    patches: Int[np.ndarray, " facets"],
    name: str,
) -> None:
    """A sheath inside the space or inside the tissue has nothing to part."""
    wrong = np.flatnonzero(inside[face] & (patches == Patch.SHEATH))
    if wrong.size:
        where = "perivascular space" if is_pvs[faces.first[face[wrong[0]]]] else "tissue"
        raise InputError(
            f"{name}: the facet at {at(points, facets[wrong[0]])} is tagged SHEATH, but lies "
            f"inside the {where} ({wrong.size} such), and a sheath parts the two; tag the "
            "cells on one of its sides as the other, or leave the facet out by "
            "mesh.tags.<its name>=ignore"
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
            f"{name}: the facet at {at(points, faces.triangles[wrong[0]])} between perivascular "
            f"space and tissue is tagged {Patch(int(tag[wrong[0]])).name} ({wrong.size} such); "
            "such a facet can be SHEATH, INLET or DISTAL: correct mesh.tags or the mesh"
        )
    tag[between & (tag == 0)] = Patch.SHEATH
    on_sheath = np.zeros(len(points), dtype=bool)
    on_sheath[faces.triangles[between & (tag == Patch.SHEATH)]] = True
    stuck = np.flatnonzero(between & np.isin(tag, ENDS) & on_sheath[faces.triangles].all(axis=1))
    if stuck.size:
        raise InputError(
            f"{name}: the end facet at {at(points, faces.triangles[stuck[0]])} has all its "
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
            f"{name}: the facet at {at(points, faces.triangles[wrong[0]])} is tagged "
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
            f"{at(points, faces.triangles[bare[0]])}; tag them (no facet is tagged "
            f"{' or '.join(p.name for p in missing) or 'anything new'})"
        )
    told.append(
        f"{bare.size} facets without a tag taken as {missing[0].name}, the only one missing"
    )
    tag[bare] = missing[0]


def _require(tag: Int[np.ndarray, " faces"], regions: Int[np.ndarray, " cells"], name: str) -> None:
    arterial = np.any(regions == Region.ARTERIAL_PVS)
    for patch in (Patch.WALL, Patch.SHEATH, Patch.INLET):
        mouths = ENDS if patch is Patch.INLET and not arterial else (patch,)
        if not np.isin(tag, mouths).any():
            raise InputError(
                f"{name}: has no {patch.name} facet; tag them, or say which name means them by "
                f"mesh.tags.<name>={patch.name.lower()}"
                + (
                    " (perivascular space and tissue share no face)"
                    if patch is Patch.SHEATH and np.any(regions == Region.TISSUE)
                    else ""
                )
            )
