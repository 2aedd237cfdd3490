"""Tags and surfaces: every face that needs a tag has one, and surfaces are manifolds."""

import numpy as np

from meshes.check.report import Row
from meshes.check.subject import Subject
from meshes.face_table import crowded_edges, triangle_codes
from meshes.tags import Patch


def check_tags(subject: Subject) -> list[Row]:
    """Every boundary face and every face between two kinds once, with a patch it can have."""
    mesh, faces, face, kind = subject.mesh, subject.faces, subject.facet_face, subject.kind
    inner = faces.second >= 0
    first = kind[faces.first]
    second = np.where(inner, kind[faces.second], first)
    between = first != second
    touching = inner & (first == 1) & (second == 1)
    touching &= mesh.regions[faces.first] != mesh.regions[faces.second]
    listed = np.zeros(len(faces.first), dtype=bool)
    listed[face[face >= 0]] = True
    needed = ~inner | between
    (code,) = triangle_codes(mesh.facets)
    _, which, times = np.unique(code, return_inverse=True, return_counts=True)
    found = face >= 0
    rows = [
        subject.count("faces without a tag", needed & ~listed, faces.triangles),
        subject.count("facets tagged twice", times[which.ravel()] > 1, mesh.facets),
        subject.count("facets on no face", ~found, mesh.facets),
        subject.count("facets inside a region", found & ~needed[face], mesh.facets),
    ]
    if not subject.is_pvs.any():
        return rows
    sheath = mesh.patches == Patch.SHEATH
    has_tissue = bool((kind == 0).any())
    at_sheath = between & ((first == 1) | (second == 1))
    paired = found & (at_sheath[face] if has_tissue else ~inner[face])
    name = "sheath facets not between PVS and tissue"
    other = found & at_sheath[face] & ~sheath
    return [
        *rows,
        subject.count(name, sheath & ~paired, mesh.facets),
        subject.count("faces between PVS and tissue not sheath", other, mesh.facets),
        subject.count("faces between arterial and venous PVS", touching, faces.triangles),
        *_sheath_vertices(subject, sheath, has_tissue),
        *check_manifold(subject),
    ]


def _sheath_vertices(subject: Subject, sheath: np.ndarray, has_tissue: bool) -> list[Row]:
    """The two regions share the vertices of the sheath, all of them, and no others."""
    mesh = subject.mesh
    used = np.zeros((2, len(mesh.points)), dtype=bool)
    used[0, mesh.cells[subject.is_pvs]] = True
    used[1, mesh.cells[~subject.is_pvs]] = True
    on_sheath = np.unique(mesh.facets[sheath])
    both = used[0] & used[1]
    needed = both if has_tissue else used[0]
    shared = both.copy()
    shared[on_sheath] = False
    points = np.arange(len(mesh.points))[:, None]
    return [
        subject.count("sheath vertices without a partner", ~needed[on_sheath], on_sheath[:, None]),
        subject.count("points shared off the sheath", shared, points),
    ]


def check_manifold(subject: Subject) -> list[Row]:
    """Edges at which more than two triangles of the wall, or of the skin of the space, meet."""
    faces = subject.faces
    inside = subject.is_pvs[faces.first]
    other = np.where(faces.second >= 0, subject.is_pvs[faces.second], False)
    wall = crowded_edges(subject.mesh.facets_of(Patch.WALL))
    skin = crowded_edges(faces.triangles[inside != other])
    return [
        subject.count("edges where the wall is no surface", np.ones(len(wall), bool), wall),
        subject.count("edges where the space meets itself", np.ones(len(skin), bool), skin, "warn"),
    ]
