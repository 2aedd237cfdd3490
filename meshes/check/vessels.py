"""Vessels: coordinates of the points, and sizes against the centreline's own."""

import numpy as np
from jaxtyping import Float, Int
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from meshes.check.neighbours import Neighbours, branches_of, nearest_vessels
from meshes.check.report import Row
from meshes.check.subject import Subject
from meshes.check.tubes import tube_sizes
from meshes.tags import Patch, Region
from meshes.tree import VesselTree

MOST_PIECES = 100  # of the space, whose distance from the others is taken
NEAREST, AT_ONCE = 32, 100_000  # nodes asked for a wall point; wall points
ROUND = 50  # triangles of the sheath that say how fine it is at a place
AGREE = 0.1  # wall area and volume against the tree: fillets at junctions, rings are polygons


def check_coordinates(subject: Subject) -> list[Row]:
    """Whether every perivascular point knows its vessel, and what the vessel is like."""
    mesh, vessel = subject.mesh, subject.mesh.vessel
    inside = np.zeros(len(mesh.points), dtype=bool)
    inside[mesh.cells[subject.is_pvs]] = True
    pvs = np.flatnonzero(inside)
    wall = np.unique(mesh.facets_of(Patch.WALL))
    on_wall = np.zeros(len(mesh.points) + 1, dtype=bool)  # the last answers for column -1
    on_wall[wall] = True
    bad = (
        ~np.isfinite(vessel.path[pvs])
        | ~(vessel.radius[pvs] > 0.0)
        | ~(vessel.gap[pvs] > 0.0)
        | ~on_wall[vessel.column[pvs]]
        | ~(np.abs(np.linalg.norm(vessel.radial[pvs], axis=1) - 1.0) <= 1e-6)
    )
    rows = [subject.count("PVS points without vessel coordinates", bad, pvs[:, None])]
    for name, values in (("lumen radius", vessel.radius), ("gap", vessel.gap)):
        if wall.size:
            low, high = wall[np.argmin(values[wall])], wall[np.argmax(values[wall])]
            rows += [
                subject.length(f"{name}, least", float(values[low]), low),
                subject.length(f"{name}, largest", float(values[high]), high),
            ]
    return [*rows, subject.length("path, longest", float(vessel.path[pvs].max()))]


def check_tree(subject: Subject) -> list[Row]:
    """Wall area and volume of every space over those of its tree, and its vessels' distance."""
    mesh = subject.mesh
    arterial = bool(np.any(mesh.regions == Region.ARTERIAL_PVS))
    own = Region.ARTERIAL_PVS if arterial else Region.VENOUS_PVS
    rows = _against(subject, mesh.tree, own, "the tree's", "vessels")
    return rows + _against(subject, mesh.veins, Region.VENOUS_PVS, "the veins'", "veins")


def _against(
    subject: Subject, tree: VesselTree | None, region: Region, whose: str, vessels: str
) -> list[Row]:
    """One space against its tree."""
    mesh = subject.mesh
    own = mesh.regions == region
    inside = np.zeros(len(mesh.points), dtype=bool)
    inside[mesh.cells[own]] = True
    facets = mesh.facets_of(Patch.WALL)
    of_own = inside[facets].all(axis=1)
    if tree is None or not of_own.any() or len(tree.points) < 2:
        return []
    outer = tree.radius + gap_at(subject, tree, np.unique(facets[of_own]))
    branches = branches_of(tree)
    area, lumen = tube_sizes(tree, tree.radius, branches)
    volume = tube_sizes(tree, outer, branches)[1] - lumen
    rows = [
        _share(f"wall area over {whose}", subject.facet_areas(Patch.WALL)[of_own].sum() / area),
        _share(f"space volume over {whose}", float(subject.volumes[own].sum()) / volume),
    ]
    found = nearest_vessels(tree, outer, branches)
    return [*rows, *_distance(subject, f"distance between {vessels}", found)]


def check_apart(subject: Subject) -> list[Row]:
    """The least distance between perivascular spaces that do not hang together."""
    mesh = subject.mesh
    edges = mesh.cells[subject.is_pvs][:, [[0, 1], [0, 2], [0, 3]]].reshape(-1, 2)
    graph = coo_array((np.ones(len(edges), bool), tuple(edges.T)), (len(mesh.points),) * 2)
    piece = connected_components(graph, directed=False)[1]
    sheath = np.unique(mesh.facets_of(Patch.SHEATH))
    numbers = np.unique(piece[sheath])
    best: Neighbours | None = None
    for number in numbers[: MOST_PIECES if len(numbers) > 1 else 0]:
        one, other = sheath[piece[sheath] == number], sheath[piece[sheath] != number]
        distance, nearest = cKDTree(mesh.points[other]).query(mesh.points[one])
        k = int(np.argmin(distance))
        if best is None or distance[k] < best.room:
            middle = 0.5 * (mesh.points[one[k]] + mesh.points[other[nearest[k]]])
            best = Neighbours(float(distance[k]), middle)
    return _distance(subject, "distance between spaces", best)


def gap_at(
    subject: Subject, tree: VesselTree, wall: Int[np.ndarray, " wall"]
) -> Float[np.ndarray, " nodes"]:
    """Mean gap of the wall points round every node of the tree, m."""
    node = _owners(subject, tree, wall)
    gap = subject.mesh.vessel.gap[wall]
    count = np.bincount(node, minlength=len(tree.points))
    total = np.bincount(node, gap, minlength=len(tree.points))
    known = np.flatnonzero(count)
    nearest = known[cKDTree(tree.points[known]).query(tree.points)[1]]
    mean: np.ndarray = (total / np.maximum(count, 1))[nearest]
    return mean


def _owners(
    subject: Subject, tree: VesselTree, wall: Int[np.ndarray, " wall"]
) -> Int[np.ndarray, " wall"]:
    """The node round which each wall point stands: as far as its radius, and of that radius.

    Not simply the nearest: beside a wide vessel that is a thin one's.
    """
    index, count = cKDTree(tree.points), min(NEAREST, len(tree.points))
    owners = np.empty(len(wall), dtype=np.int64)
    for start in range(0, len(wall), AT_ONCE):
        some = wall[start : start + AT_ONCE]
        distance, near = index.query(subject.mesh.points[some], count)
        distance, near = distance.reshape(len(some), -1), near.reshape(len(some), -1)
        own = subject.mesh.vessel.radius[some][:, None]
        off = np.maximum(np.abs(distance - own), np.abs(tree.radius[near] - own))
        owners[start : start + AT_ONCE] = near[np.arange(len(some)), np.argmin(off, axis=1)]
    return owners


def _share(name: str, value: float) -> Row:
    good = abs(value - 1.0) <= AGREE
    return Row(name, float(value), "", f"1 +- {AGREE:g}", "ok" if good else "warn")


def _distance(subject: Subject, name: str, found: Neighbours | None) -> list[Row]:
    """A row of the room between two spaces, which must hold a cell of tissue."""
    if found is None:
        return []
    vertex = int(cKDTree(subject.mesh.points).query(found.between)[1])
    size, unit = (1e-3, "mm") if subject.large else (1e-6, "um")
    limit = sheath_edge(subject, found.between) / size
    return [subject.judge(name, found.room / size, unit, limit, vertex)]


def sheath_edge(subject: Subject, place: Float[np.ndarray, " 3"]) -> float:
    """Median edge of the sheath's triangles at a place, m; less room holds no point of tissue."""
    triangles = subject.mesh.facets_of(Patch.SHEATH)
    points = subject.mesh.points
    away = np.linalg.norm(points[triangles].mean(axis=1) - place, axis=1)
    triangles = triangles[np.argsort(away)[:ROUND]]
    sides = points[triangles] - points[triangles[:, [1, 2, 0]]]
    return float(np.median(np.linalg.norm(sides, axis=2))) if len(triangles) else 0.0
