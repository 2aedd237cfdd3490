"""Spaces side by side in one mesh, and tissue joined to them."""

from dataclasses import fields, replace

import numpy as np
from jaxtyping import Float, Int
from scipy.spatial import cKDTree

from meshes.errors import InputError
from meshes.mesh import Mesh, VesselCoordinates
from meshes.sweep.faces import boundary_and_interface, tet_volumes
from meshes.tags import Patch, Region


def beside(one: Mesh, other: Mesh) -> Mesh:
    """Two perivascular meshes as one, the veins' points, cells and facets last."""
    count = len(one.points)
    column = other.vessel.column
    shifted = replace(other.vessel, column=np.where(column >= 0, column + count, -1))
    return replace(
        one,
        points=np.concatenate([one.points, other.points]),
        cells=np.concatenate([one.cells, other.cells + count]),
        regions=np.concatenate([one.regions, other.regions]),
        facets=np.concatenate([one.facets, other.facets + count]),
        patches=np.concatenate([one.patches, other.patches]),
        vessel=_appended(one.vessel, shifted),
        veins=other.tree,
        notes=(*one.notes, *(f"veins: {note}" for note in other.notes)),
        part=np.zeros(0, dtype=np.int32),
        parts=(),
    )


def with_cells(
    mesh: Mesh,
    fresh: Float[np.ndarray, "fresh 3"],
    cells: Int[np.ndarray, "cells 4"],
    *,
    outer: Int[np.ndarray, " outer"] | None = None,
    closing: Int[np.ndarray, " closing"] | None = None,
) -> Mesh:
    """One mesh of the perivascular space and tissue cells on new and shared points.

    Tissue facets are `LUMEN` where they hold a point of `closing` (disks of ends), or, given the
    points `outer` of a cylinder's side, where they are not on it; all others `TISSUE_OUTER`.

    Raises:
        InputError: a tetrahedron is inverted.
    """
    points = np.concatenate([mesh.points, fresh])
    volumes = tet_volumes(points, cells)
    if volumes.min() <= 0.0:
        x, y, z = points[cells[np.argmin(volumes)]].mean(axis=0) * 1e6
        raise InputError(
            f"{mesh.name}: a tetrahedron of the tissue at ({x:.1f}, {y:.1f}, {z:.1f}) um is "
            "inverted; use other tissue, or tissue=0 for the PVS alone"
        )
    every = np.concatenate([mesh.cells, cells])
    regions = np.concatenate([mesh.regions, np.full(len(cells), Region.TISSUE, dtype=np.int32)])
    boundary, interface = boundary_and_interface(every, regions)
    faces = boundary.triangles[regions[boundary.cells] == Region.TISSUE]
    if outer is not None:
        lumen = ~np.isin(faces, outer).all(axis=1)
    else:
        lumen = np.isin(faces, [] if closing is None else closing).any(axis=1)
    own = mesh.patches != Patch.SHEATH
    side = np.where(lumen, Patch.LUMEN, Patch.TISSUE_OUTER)
    patches = [mesh.patches[own], np.full(len(interface.cells), Patch.SHEATH), side]
    sheath = np.unique(mesh.facets_of(Patch.SHEATH))
    nearest = sheath[cKDTree(mesh.points[sheath]).query(fresh)[1]]
    tissue = VesselCoordinates(
        path=mesh.vessel.path[nearest],
        radius=mesh.vessel.radius[nearest],
        fraction=np.ones(len(fresh)),
        radial=np.zeros((len(fresh), 3)),
        gap=np.zeros(len(fresh)),
        column=np.full(len(fresh), -1),
    )
    return replace(
        mesh,
        points=points,
        cells=every,
        regions=regions,
        facets=np.concatenate([mesh.facets[own], interface.triangles, faces]),
        patches=np.concatenate(patches).astype(np.int32),
        vessel=_appended(mesh.vessel, tissue),
        part=np.zeros(0, dtype=np.int32),
        parts=(),
    )


def _appended(one: VesselCoordinates, other: VesselCoordinates) -> VesselCoordinates:
    return VesselCoordinates(
        **{
            item.name: np.concatenate([getattr(one, item.name), getattr(other, item.name)])
            for item in fields(VesselCoordinates)
        }
    )
