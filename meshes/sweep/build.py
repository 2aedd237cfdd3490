"""Columns of a tree, built and rebuilt until every tetrahedron is positive, or refused by place.

Works in units of the median lumen radius. Branches too short for the template are cut (tips) or
shrunk into one junction (between two); where a cell is inverted the gap shrinks there by a tenth.
"""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float
from scipy.spatial import cKDTree

from meshes.errors import InputError
from meshes.shape import Shape
from meshes.sweep.assemble import assemble
from meshes.sweep.centreline import Centreline, smooth_branches
from meshes.sweep.columns import Columns, prisms_to_tets, stacked_points, triangles_of
from meshes.sweep.faces import tet_volumes
from meshes.sweep.graph import Branch, branches_of, place, with_merged_ends, without_branch
from meshes.sweep.rings import TooShort
from meshes.sweep.room import Filled, limit_gaps, sloped
from meshes.tree import VesselTree

SHRINKS = 12  # rebuilds with a locally smaller gap before giving up
SOFTER, SOFTEST = 1.5, 3  # factor on the smoothing of a branch whose bend is too tight; how often
LINK = 3.0  # a branch between junctions shorter than this many sheath radii may be merged
FLAT = 1e-6  # least volume of a tetrahedron over the mean


@dataclass(frozen=True, eq=False)
class Build:
    """Columns and centrelines, in units of `scale` metres, and what had to be changed."""

    columns: Columns
    lines: list[Centreline]
    scale: float
    notes: tuple[str, ...]


def build_columns(
    tree: VesselTree,
    gap: Float[np.ndarray, " nodes"],
    around: int,
    heights: Float[np.ndarray, " levels"],
    stretch: float,
    smoothing: float,
    widen: float,
    shape: Shape | None = None,
) -> Build:
    """Columns of a checked tree with a gap at every node, m, for layers of some heights.

    Raises:
        InputError: no room for the gap or for the template; names the place.
    """
    scale = float(np.median(tree.radius))
    scaled = replace(tree, points=tree.points / scale, radius=tree.radius / scale)
    share = gap / tree.radius
    notes: list[str] = []
    softer: dict[int, int] = {}
    while True:
        branches = branches_of(scaled)
        outer = scaled.radius * (1.0 + _at_nodes(scaled, tree, scale, share))
        widths = np.array([smoothing * SOFTER ** softer.get(i, 0) for i in range(len(branches))])
        lines, shift = smooth_branches(scaled, branches, outer, widths)
        try:
            lines, limited = _limited(branches, lines, shape)
            columns, lines, shrunk = _positive(
                tree, branches, lines, around, heights, stretch, widen, scale
            )
        except Filled as filled:
            if filled.neighbour < 0 and softer.get(filled.branch, 0) < SOFTEST and smoothing > 0.0:
                softer[filled.branch] = softer.get(filled.branch, 0) + 1
                continue
            link = _short_link(branches, lines, filled)
            if link is None:
                raise _no_room(tree, lines[filled.branch], filled, scale) from None
            scaled, note = _adapted(tree, scaled, branches, link, scale)
            notes.append(note)
            softer.clear()
            continue
        except TooShort as short:
            scaled, note = _adapted(tree, scaled, branches, short, scale)
            notes.append(note)
            softer.clear()
            continue
        break
    for number in softer:
        where = _near(tree, scaled.points[branches[number].nodes[0]], scale)
        notes.append(f"{where}: bends of the branch from here smoothed {SOFTER}x or more wider")
    if smoothing > 0.0:
        notes.append(f"centreline smoothed, largest shift {shift * scale * 1e6:.2f} um")
    if limited > 0.0:
        notes.append(f"gap limited by bends or neighbours on {100.0 * limited:.1f} % of the length")
    if shrunk:
        notes.append(f"gap shrunk {shrunk} times by a tenth where cells were inverted")
    if shape is not None:
        notes.append(_narrowest(shape, lines, scale))
    return Build(columns, lines, scale, tuple(notes))


def _narrowest(shape: Shape, lines: list[Centreline], scale: float) -> str:
    """What the narrow side of the sheath is like."""
    found = [shape.narrowest(line.inner, line.outer) for line in lines]
    least, held = min(gap for gap, _ in found), any(held for _, held in found)
    much = ", held there at a tenth of the mean gap" if held else ""
    return f"gap on the narrow side of the sheath at least {least * scale * 1e6:.3g} um{much}"


def _limited(
    branches: list[Branch], lines: list[Centreline], shape: Shape | None
) -> tuple[list[Centreline], float]:
    """Lines with room for the farthest point of their sheath, and the share of length limited."""
    if shape is None:
        return limit_gaps(branches, lines)
    wide = [replace(line, outer=shape.farthest(line.inner, line.outer)) for line in lines]
    wide, limited = limit_gaps(branches, wide)
    fitting = [
        replace(line, outer=shape.within(line.inner, line.outer), shape=shape) for line in wide
    ]
    return fitting, limited


def _at_nodes(scaled: VesselTree, tree: VesselTree, scale: float, values: np.ndarray) -> np.ndarray:
    """Values of the given tree's nodes for a tree that may have lost some."""
    if len(values) == len(scaled.radius):
        return values
    found: np.ndarray = values[cKDTree(tree.points / scale).query(scaled.points)[1]]
    return found


def _positive(
    tree: VesselTree,
    branches: list[Branch],
    lines: list[Centreline],
    around: int,
    heights: Float[np.ndarray, " levels"],
    stretch: float,
    widen: float,
    scale: float,
) -> tuple[Columns, list[Centreline], int]:
    """Columns whose tetrahedra are all positive, the lines they stand on, and shrinks needed."""
    layers = len(heights) - 1
    for shrunk in range(SHRINKS + 1):
        columns = assemble(branches, lines, around, stretch, widen)
        triangles = triangles_of(columns)
        cells, owner = prisms_to_tets(triangles, layers, layers + 1)
        volumes = tet_volumes(stacked_points(columns, heights), cells)
        bad = volumes <= FLAT * volumes.mean()
        if not bad.any():
            return columns, lines, shrunk
        where = columns.wall[np.unique(triangles[owner[bad]])]
        lines = [_shrunk(line, where) for line in lines]
    raise InputError(
        f"{_near(tree, where[0], scale)}: vessels meet too closely for the junction template; "
        "use a smaller gap, or prune or simplify the tree there"
    )


def _shrunk(line: Centreline, where: Float[np.ndarray, "places 3"]) -> Centreline:
    """The line with a tenth less gap within one and a half sheath radii of the places."""
    distance = cKDTree(where).query(line.points)[0]
    gap = np.where(distance < 1.5 * line.outer, 0.9, 1.0) * (line.outer - line.inner)
    return replace(line, outer=line.inner + sloped(line.s, gap))


def _adapted(
    tree: VesselTree, scaled: VesselTree, branches: list[Branch], short: TooShort, scale: float
) -> tuple[VesselTree, str]:
    """The tree without a branch too short to mesh, and the note that says so."""
    branch = branches[short.branch]
    has, needs = short.has * scale * 1e6, short.needs * scale * 1e6
    where = _near(tree, scaled.points[branch.nodes[-1]], scale)
    if not branch.from_junction:
        raise InputError(
            f"{where}: the vessel from the mouth to here is {has:.1f} um long and needs "
            f"{needs:.1f} um; start the tree farther out or use a smaller gap"
        )
    measure = f"{has:.1f} um long, the template needs {needs:.1f} um"
    if branch.to_junction:
        return with_merged_ends(scaled, branch), f"{where}: branch shrunk to a point, {measure}"
    return without_branch(scaled, branch), f"{where}: tip branch cut off, {measure}"


def _short_link(branches: list[Branch], lines: list[Centreline], filled: Filled) -> TooShort | None:
    """The short branch, if any, between two junctions whose other branches lack room."""
    if filled.neighbour < 0:
        return None
    ends = [{int(b.nodes[0]), int(b.nodes[-1])} for b in branches]
    for number, (branch, line) in enumerate(zip(branches, lines, strict=True)):
        needs = LINK * float(line.outer.max())
        inner = branch.from_junction and branch.to_junction and line.length < needs
        if inner and ends[number] & ends[filled.branch] and ends[number] & ends[filled.neighbour]:
            return TooShort(number, line.length, needs)
    return None


def _no_room(tree: VesselTree, line: Centreline, filled: Filled, scale: float) -> InputError:
    i = filled.sample
    cause, remedy = "the neighbouring vessel", "prune the vessel there"
    if filled.neighbour < 0:
        cause, remedy = "the vessel's own bend", "more smoothing"
    asked = (line.outer[i] - line.inner[i]) * scale * 1e6
    return InputError(
        f"{_near(tree, line.points[i], scale)}: a gap that {cause} fills, less than a fifth "
        f"of {asked:.1f} um fits; use a smaller gap or {remedy}"
    )


def _near(tree: VesselTree, point: Float[np.ndarray, " 3"], scale: float) -> str:
    return place(tree, int(np.argmin(np.linalg.norm(tree.points - point * scale, axis=1))))
