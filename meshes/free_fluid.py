"""Facets of a mesh without a vessel: tissue and free cerebrospinal fluid alone."""

import numpy as np
from jaxtyping import Bool, Float, Int

from meshes.errors import InputError
from meshes.face_table import FaceTable, find_triangles, odd_order
from meshes.tagging import at
from meshes.tags import Patch, Region

WITHOUT_SPACE = (Patch.TISSUE_OUTER, Patch.CSF_OUTER, Patch.PIA)


def facets_without_space(
    points: Float[np.ndarray, "points 3"],
    faces: FaceTable,
    regions: Int[np.ndarray, " cells"],
    facets: Int[np.ndarray, "facets 3"],
    patches: Int[np.ndarray, " facets"],
    name: str,
    told: list[str],
) -> tuple[Int[np.ndarray, "facets 3"], Int[np.ndarray, " facets"]]:
    """Facets of a mesh of tissue and free fluid alone: where they lie says what they are.

    Raises:
        InputError: a facet is tagged as if there were a vessel.
    """
    fluid = regions == Region.CSF
    wanted = _patches_of_faces(faces, fluid)
    face = find_triangles(facets, faces.triangles)
    _refuse(points, facets, patches, face, name)
    other = int(np.sum(patches != wanted[face]))
    if other:
        told.append(f"{other} tagged facets taken for what they lie between")
    chosen = np.flatnonzero(wanted)
    inward = (wanted[chosen] == Patch.PIA) & ~fluid[faces.first[chosen]]  # out of the fluid
    outward = faces.triangles[chosen]
    outward = np.where(inward[:, None], outward[:, [0, 2, 1]], outward)
    # those of the file come first and as they are, so that a second reading changes nothing
    place = np.full(len(wanted), len(face))
    place[face[::-1]] = np.arange(len(face))[::-1]
    order = np.argsort(place[chosen], kind="stable")
    triangles, listed = outward[order], place[chosen][order]
    known = listed < len(face)
    given = facets[listed[known]]
    turned = odd_order(given) != odd_order(triangles[known])
    triangles[known] = np.where(turned[:, None], given[:, [0, 2, 1]], given)
    return triangles, wanted[chosen][order]


def _patches_of_faces(
    faces: FaceTable, fluid: Bool[np.ndarray, " cells"]
) -> Int[np.ndarray, " faces"]:
    """The patch of every face by what is on its two sides; 0 inside a region."""
    inner, first = faces.second >= 0, fluid[faces.first]
    alike = inner & (first == fluid[faces.second])
    outer = np.where(first, Patch.CSF_OUTER, Patch.TISSUE_OUTER)
    patches: np.ndarray = np.where(alike, 0, np.where(inner, Patch.PIA, outer))
    return patches


def _refuse(
    points: Float[np.ndarray, "points 3"],
    facets: Int[np.ndarray, "facets 3"],
    patches: Int[np.ndarray, " facets"],
    face: Int[np.ndarray, " facets"],
    name: str,
) -> None:
    """No facet may be of no cell, or of a vessel."""
    lost = np.flatnonzero(face < 0)
    if lost.size:
        raise InputError(
            f"{name}: facet {lost[0]} at {at(points, facets[lost[0]])} is not the face of any "
            f"cell ({lost.size} such); the surface and volume meshes must conform"
        )
    wrong = np.flatnonzero(~np.isin(patches, WITHOUT_SPACE))
    if wrong.size:
        raise InputError(
            f"{name}: the facet at {at(points, facets[wrong[0]])} is tagged "
            f"{Patch(int(patches[wrong[0]])).name} ({wrong.size} such), but the mesh has no "
            "perivascular cells; say which name means them by mesh.tags.<name>=arterial_pvs, or "
            "mesh.tags.<name of the facets>=ignore"
        )
