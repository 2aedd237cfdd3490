"""Pieces of the regions and ends of the space: each piece needs a wall and a mouth."""

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from meshes.check.report import Row, Verdict
from meshes.check.subject import Subject
from meshes.tags import SPACES, Patch, Region


def check_pieces(subject: Subject) -> list[Row]:
    """Pieces of each region, joined through faces."""
    mesh, faces, face = subject.mesh, subject.faces, subject.facet_face
    inner = faces.second >= 0
    a, b = faces.first[inner], faces.second[inner]
    same = mesh.regions[a] == mesh.regions[b]
    graph = coo_array((np.ones(int(same.sum()), bool), (a[same], b[same])), (len(mesh.cells),) * 2)
    piece = connected_components(graph, directed=False)[1]
    rows = []
    for region in Region:
        here = np.flatnonzero(mesh.regions == region)
        if not here.size:
            continue
        name = region.name.lower()
        rows.append(_alone(subject, name, here, piece))
        if region not in SPACES:
            continue
        mouths = (Patch.INLET, Patch.DISTAL)[: 2 if region is Region.VENOUS_PVS else 1]
        for what, patches in (("wall", (Patch.WALL,)), ("mouth", mouths)):
            with_it = piece[faces.first[face[(face >= 0) & np.isin(mesh.patches, patches)]]]
            without = here[~np.isin(piece[here], with_it)]
            _, first = np.unique(piece[without], return_index=True)
            cells = mesh.cells[without[first]]
            title = f"{name} pieces without a {what}"
            rows.append(subject.count(title, np.ones(len(cells), dtype=bool), cells))
    return rows


def _alone(subject: Subject, name: str, here: np.ndarray, piece: np.ndarray) -> Row:
    """How many pieces a region has; the smallest is told."""
    numbers, first, counts = np.unique(piece[here], return_index=True, return_counts=True)
    if len(numbers) == 1:
        return Row(f"pieces of {name}", 1, bound="= 1")
    smallest = int(np.argmin(counts))
    words, where = subject.at(subject.mesh.cells[here[first[smallest]]])
    words = f"smallest has {counts[smallest]} cells {words}"
    return Row(f"pieces of {name}", len(numbers), "", "= 1", "warn", words, where)


def check_ends(subject: Subject) -> list[Row]:
    """How many separate mouths and far ends there are."""
    mesh = subject.mesh
    arterial = bool(np.any(mesh.regions == Region.ARTERIAL_PVS))
    without: dict[Patch, Verdict] = {
        Patch.INLET: "fail" if arterial else "ok",  # a vein's mouth may be distal
        Patch.DISTAL: "warn",
    }
    rows = []
    for patch, verdict in without.items():
        triangles = mesh.facets_of(patch)
        used, number = np.unique(triangles, return_inverse=True)
        number = number.reshape(-1, 3)
        pairs = np.concatenate([number[:, :2], number[:, 1:]])
        graph = coo_array((np.ones(len(pairs)), tuple(pairs.T)), (len(used),) * 2)
        ends = connected_components(graph, directed=False)[0] if len(used) else 0
        rows.append(Row(f"{patch.name.lower()} ends", ends, "", ">= 1", "ok" if ends else verdict))
    return rows
