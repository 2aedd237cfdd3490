"""Measure a mesh and judge it: what the solver needs must hold, what it likes is told.

Signs of volumes and dihedral angles judge the cells; a small scaled Jacobian does not, because
stretched layers are wanted. Below six cells across the gap the flow resistance is off by several
per cent.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, dijkstra

from meshes.face_table import FaceTable, face_table, find_triangles, triangle_codes
from meshes.mesh import Mesh
from meshes.sweep.faces import tet_volumes
from meshes.tags import Patch, Region

Verdict = Literal["ok", "warn", "fail"]

ENOUGH_ACROSS = 6  # cells
STRETCH = 10.0  # longest edge over gap
SHARP = {"PVS": 1.0, "tissue": 5.0}  # degrees; layers are thin by design, so small angles are good
FLAT = 175.0  # degrees; such an angle is a sliver anywhere
EDGES = ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3))


@dataclass(frozen=True)
class Row:
    """One measured thing: its value and unit, what to think of it, and where it is worst."""

    name: str
    value: float
    unit: str
    verdict: Verdict = "ok"
    place: str = ""


@dataclass(frozen=True)
class Report:
    """What `check` found."""

    name: str
    rows: tuple[Row, ...]

    @property
    def failed(self) -> bool:
        """Whether some row says the mesh cannot be used."""
        return any(row.verdict == "fail" for row in self.rows)

    def row(self, name: str) -> Row:
        """The row of this name.

        Raises:
            KeyError: there is none.
        """
        for row in self.rows:
            if row.name == name:
                return row
        raise KeyError(name)

    def table(self) -> str:
        """Plain text, one row a line."""
        width = max(len(row.name) for row in self.rows)
        lines = [
            f"{row.name:<{width}}  {_number(row.value):>11} {row.unit:<7} {row.verdict:<4}"
            f"  {row.place}"
            for row in self.rows
        ]
        return "\n".join([self.name, *(line.rstrip() for line in lines)])


def _number(value: float) -> str:
    return f"{value:.0f}" if value == int(value) and abs(value) < 1e9 else f"{value:.5g}"


def check(mesh: Mesh) -> Report:
    """Measure cells, gap, tags, sheath, sizes, pieces and ends of a mesh.

    Nothing is raised: a mesh that cannot be used is one whose report has `failed`.
    """
    faces = face_table(mesh.cells)
    is_pvs = mesh.regions != Region.TISSUE
    rows = [
        Row("points", len(mesh.points), ""),
        *_cells(mesh, is_pvs),
        *_gap(mesh, is_pvs),
        *_tags(mesh, faces, is_pvs),
        *_coordinates(mesh, is_pvs),
        *_sizes(mesh),
        *_pieces(mesh, faces),
        *_ends(mesh),
    ]
    return Report(mesh.name, tuple(rows))


def _at(mesh: Mesh, vertices: Int[np.ndarray, " vertices"]) -> str:
    """The centre of some vertices in words."""
    centre = mesh.points[vertices].reshape(-1, 3).mean(axis=0) * 1e6
    return "at (" + ", ".join(f"{x:.5g}" for x in centre) + ") um"


def _count(
    mesh: Mesh,
    name: str,
    bad: Bool[np.ndarray, " n"],
    table: Int[np.ndarray, "n corners"],
    verdict: Verdict = "fail",
) -> Row:
    """How many of a family are bad, judged by `verdict` if any, with the place of the first."""
    if not bad.any():
        return Row(name, 0, "")
    return Row(name, int(bad.sum()), "", verdict, _at(mesh, table[np.flatnonzero(bad)[0]]))


def _cells(mesh: Mesh, is_pvs: Bool[np.ndarray, " cells"]) -> list[Row]:
    volumes = tet_volumes(mesh.points, mesh.cells)
    rows = [_count(mesh, "inverted cells", volumes <= 0.0, mesh.cells)]
    for name, cells in (("PVS", mesh.cells[is_pvs]), ("tissue", mesh.cells[~is_pvs])):
        if not len(cells):
            continue
        angles = _dihedral(mesh.points, cells)
        low, high = int(np.argmin(angles.min(axis=1))), int(np.argmax(angles.max(axis=1)))
        smallest, largest = float(angles[low].min()), float(angles[high].max())
        rows += [
            Row(f"{name} cells", len(cells), ""),
            Row(
                f"{name} smallest dihedral",
                smallest,
                "degree",
                "ok" if smallest >= SHARP[name] else "warn",
                _at(mesh, cells[low]),
            ),
            Row(
                f"{name} largest dihedral",
                largest,
                "degree",
                "ok" if largest <= FLAT else "warn",
                _at(mesh, cells[high]),
            ),
        ]
    return rows


def _dihedral(
    points: Float[np.ndarray, "points 3"], cells: Int[np.ndarray, "cells 4"]
) -> Float[np.ndarray, "cells 6"]:
    """Angle between the two faces at every edge, degrees."""
    corner = points[cells]
    angles = np.empty((len(cells), 6))
    for k, (a, b) in enumerate(EDGES):
        c, d = (i for i in range(4) if i not in (a, b))
        edge = corner[:, b] - corner[:, a]
        one = np.cross(edge, corner[:, c] - corner[:, a])
        other = np.cross(edge, corner[:, d] - corner[:, a])
        sine = np.linalg.norm(np.cross(one, other), axis=1)
        angles[:, k] = np.degrees(np.arctan2(sine, np.einsum("ij,ij->i", one, other)))
    return angles


def _gap(mesh: Mesh, is_pvs: Bool[np.ndarray, " cells"]) -> list[Row]:
    """Cells across: edges on the shortest way from the wall to each sheath point."""
    cells = mesh.cells[is_pvs]
    wall, sheath = np.unique(mesh.facets_of(Patch.WALL)), np.unique(mesh.facets_of(Patch.SHEATH))
    if not len(cells) or not wall.size or not sheath.size:
        return [Row("cells across the gap, least", 0, "", "fail", "no wall or no sheath")]
    pairs = cells[:, np.array(EDGES)].reshape(-1, 2)
    size = len(mesh.points)
    graph = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(size, size))
    steps = dijkstra(graph.tocsr(), directed=False, indices=wall, min_only=True, unweighted=True)[
        sheath
    ]
    least, middle = int(np.argmin(steps)), float(np.median(steps))
    corner = mesh.points[cells]
    longest = np.max(
        [np.linalg.norm(corner[:, a] - corner[:, b], axis=1) for a, b in EDGES], axis=0
    )
    gap = mesh.vessel.gap[cells].mean(axis=1)
    stretch = longest / np.maximum(gap, np.finfo(float).tiny)
    far = int(np.argmax(stretch))
    few: Verdict = "ok" if steps[least] >= ENOUGH_ACROSS else "warn"
    return [
        Row("cells across the gap, least", float(steps[least]), "", few, _at(mesh, sheath[least])),
        Row(
            "cells across the gap, median",
            middle,
            "",
            "ok" if middle >= ENOUGH_ACROSS else "warn",
        ),
        Row(
            "longest edge over gap",
            float(stretch[far]),
            "",
            "ok" if stretch[far] <= STRETCH else "warn",
            _at(mesh, cells[far]),
        ),
    ]


def _tags(mesh: Mesh, faces: FaceTable, is_pvs: Bool[np.ndarray, " cells"]) -> list[Row]:
    """Every boundary face and every face between the regions once, with the patch it can have."""
    has_second = faces.second >= 0
    first = is_pvs[faces.first]
    second = np.where(has_second, is_pvs[faces.second], first)
    touching = has_second & first & second
    touching &= mesh.regions[faces.first] != mesh.regions[faces.second]
    between = has_second & (first != second)
    face = find_triangles(mesh.facets, faces.triangles)
    listed = np.zeros(len(faces.first), dtype=bool)
    listed[face[face >= 0]] = True
    needed = ~has_second | between
    (code,) = triangle_codes(mesh.facets)
    _, which, times = np.unique(code, return_inverse=True, return_counts=True)
    found = face >= 0
    sheath = mesh.patches == Patch.SHEATH
    paired = found & (between[face] if is_pvs.size and not is_pvs.all() else ~has_second[face])
    shared = np.zeros((2, len(mesh.points)), dtype=bool)
    shared[0, mesh.cells[is_pvs]] = True
    shared[1, mesh.cells[~is_pvs]] = True
    shared[:, mesh.facets[sheath]] = False
    points = np.arange(len(mesh.points))[:, None]
    return [
        _count(mesh, "faces without a tag", needed & ~listed, faces.triangles),
        _count(mesh, "facets tagged twice", times[which.ravel()] > 1, mesh.facets),
        _count(mesh, "facets on no face", ~found, mesh.facets),
        _count(mesh, "facets inside a region", found & ~needed[face], mesh.facets),
        _count(mesh, "sheath facets not between PVS and tissue", sheath & ~paired, mesh.facets),
        _count(
            mesh,
            "faces between PVS and tissue not sheath",
            found & between[face] & ~sheath,
            mesh.facets,
        ),
        _count(mesh, "faces between arterial and venous PVS", touching, faces.triangles),
        _count(mesh, "points shared off the sheath", np.asarray(shared.all(axis=0)), points),
    ]


def _coordinates(mesh: Mesh, is_pvs: Bool[np.ndarray, " cells"]) -> list[Row]:
    vessel = mesh.vessel
    pvs = np.unique(mesh.cells[is_pvs])
    wall = np.unique(mesh.facets_of(Patch.WALL))
    table = np.arange(len(mesh.points))[:, None]
    on_wall = np.zeros(len(mesh.points) + 1, dtype=bool)  # the last answers for column -1
    on_wall[wall] = True
    bad = np.zeros(len(mesh.points), dtype=bool)
    bad[pvs] = (
        ~np.isfinite(vessel.path[pvs])
        | ~(vessel.radius[pvs] > 0.0)
        | ~(vessel.gap[pvs] > 0.0)
        | ~on_wall[vessel.column[pvs]]
        | (np.abs(np.linalg.norm(vessel.radial[pvs], axis=1) - 1.0) > 1e-6)
    )
    rows = [_count(mesh, "PVS points without vessel coordinates", bad, table)]
    for name, values in (("lumen radius", vessel.radius), ("gap", vessel.gap)):
        if wall.size:
            low, high = wall[np.argmin(values[wall])], wall[np.argmax(values[wall])]
            rows += [
                Row(f"{name}, least", float(values[low]) * 1e6, "um", place=_at(mesh, low)),
                Row(f"{name}, largest", float(values[high]) * 1e6, "um", place=_at(mesh, high)),
            ]
    if pvs.size:
        rows.append(Row("path, longest", float(vessel.path[pvs].max()) * 1e6, "um"))
    return rows


def _sizes(mesh: Mesh) -> list[Row]:
    volumes = tet_volumes(mesh.points, mesh.cells)
    a, b, c = (mesh.points[mesh.facets[:, i]] for i in range(3))
    areas = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2.0
    return [
        Row(f"volume {r.name.lower()}", float(volumes[mesh.regions == r].sum()) * 1e18, "um3")
        for r in Region
        if np.any(mesh.regions == r)
    ] + [
        Row(f"area {p.name.lower()}", float(areas[mesh.patches == p].sum()) * 1e12, "um2")
        for p in Patch
        if np.any(mesh.patches == p)
    ]


def _pieces(mesh: Mesh, faces: FaceTable) -> list[Row]:
    """Pieces of each region, joined through faces; those of the space need a wall and a mouth."""
    inner = faces.second >= 0
    a, b = faces.first[inner], faces.second[inner]
    same = mesh.regions[a] == mesh.regions[b]
    size = len(mesh.cells)
    graph = coo_array((np.ones(int(same.sum())), (a[same], b[same])), shape=(size, size))
    piece = connected_components(graph, directed=False)[1]
    face = find_triangles(mesh.facets, faces.triangles)
    rows = []
    for region in Region:
        here = np.flatnonzero(mesh.regions == region)
        if not here.size:
            continue
        numbers, first, counts = np.unique(piece[here], return_index=True, return_counts=True)
        smallest = here[first[np.argmin(counts)]]
        one = len(numbers) == 1
        place = (
            "" if one else f"smallest has {counts.min()} cells " + _at(mesh, mesh.cells[smallest])
        )
        rows.append(
            Row(
                f"pieces of {region.name.lower()}", len(numbers), "", "ok" if one else "warn", place
            )
        )
        if region is Region.TISSUE:
            continue
        mouths = (Patch.INLET, Patch.DISTAL)[: 2 if region is Region.VENOUS_PVS else 1]
        for what, patches in (("wall", (Patch.WALL,)), ("mouth", mouths)):
            with_it = piece[faces.first[face[(face >= 0) & np.isin(mesh.patches, patches)]]]
            without = ~np.isin(piece[here], with_it)
            name = f"{region.name.lower()} pieces without a {what}"
            if without.any():
                count = len(np.unique(piece[here][without]))
                first_cell = mesh.cells[here[np.argmax(without)]]
                rows.append(Row(name, count, "", "fail", _at(mesh, first_cell)))
            else:
                rows.append(Row(name, 0, ""))
    return rows


def _ends(mesh: Mesh) -> list[Row]:
    """How many separate mouths and far ends there are."""
    rows = []
    arterial = np.any(mesh.regions == Region.ARTERIAL_PVS)
    without: dict[Patch, Verdict] = {
        Patch.INLET: "fail" if arterial else "ok",  # a vein's mouth may be distal
        Patch.DISTAL: "warn",
    }
    for patch, verdict in without.items():
        triangles = mesh.facets_of(patch)
        used = np.unique(triangles)
        number = np.searchsorted(used, triangles)
        graph = coo_array(
            (
                np.ones(2 * len(number)),
                (np.r_[number[:, 0], number[:, 1]], np.r_[number[:, 1], number[:, 2]]),
            ),
            shape=(len(used), len(used)),
        )
        ends = connected_components(graph, directed=False)[0] if len(used) else 0
        rows.append(Row(f"{patch.name.lower()} ends", ends, "", "ok" if ends else verdict))
    return rows
