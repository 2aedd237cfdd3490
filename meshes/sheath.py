"""From a vessel tree to a layered perivascular space and the tissue round it.

The space between lumen (R1) and sheath (R2, by gap, ratio or area ratio) is swept along the tree as
straight columns from wall to sheath, one topology on both, and cut into tetrahedra; tissue fills
the rest out to a distance from the centreline. Metres in and out.
"""

from dataclasses import replace
from typing import get_args

import numpy as np
from jaxtyping import Float

from meshes.annulus import circle_factor
from meshes.apart import Asked, Overlap, refuse_contact, share_room
from meshes.block import Box, Krogh, Tissue
from meshes.errors import InputError
from meshes.fill.join import beside
from meshes.fill.krogh import krogh_cylinder
from meshes.fill.place import place_in_box, places_in_distance
from meshes.fill.run import CannotFill
from meshes.mesh import Mesh
from meshes.shape import Shape
from meshes.sweep.build import Build, build_columns
from meshes.sweep.columns import layer_heights
from meshes.sweep.faces import tet_volumes
from meshes.sweep.graph import check_tree
from meshes.sweep.remedy import Touching, check_choices
from meshes.sweep.space import perivascular_mesh
from meshes.sweep.trouble import Short
from meshes.tags import Region
from meshes.tissue import Tell, surround
from meshes.tree import VesselTree
from meshes.width import width_of


def sheath(
    tree: VesselTree,
    *,
    gap: float | None = None,
    ratio: float | None = None,
    area_ratio: float | None = None,
    shape: Shape | None = None,
    tissue: Tissue = 100e-6,
    veins: VesselTree | None = None,
    overlap: Overlap = "refuse",
    around: int = 16,
    layers: int = 4,
    growth: float = 1.0,
    stretch: float = 2.5,
    smoothing: float = 0.75,
    inscribed: bool = False,
    short: Short = "merge",
    touching: Touching = "shrink",
    time_limit: float = 300.0,
    tell: Tell = lambda _: None,
) -> Mesh:
    """Mesh the perivascular space of a tree and the tissue around it.

    A ring is a polygon of `around` corners. Corners stand farther out than the radius by
    `sqrt(a / sin a)`, a = 2 pi / around, so that the polygon's area is the circle's, at R1 and at
    R2: volumes are right, and so is the share of the gap. With `inscribed` they lie on the circle.

    The centreline is smoothed by a Gaussian of `smoothing` sheath radii; straight lines stay as
    they are; towards a junction the filter is wider. Where a bend, a neighbour or a junction leaves
    no room the gap shrinks, down to a fifth of what was asked; bends too tight are smoothed more,
    junctions slide to where their vessels part, and what still does not fit is changed as `short`
    and `touching` say: `Mesh.notes` tells every place, `Mesh.tree` and `Mesh.veins` are the trees
    as they were swept.
    An eccentric or elliptic sheath keeps the section's area, and is round and concentric at
    junctions.

    Tissue reaches out to a distance, or fills a `Box` or a `Krogh` cylinder. At a distance, a
    single straight tube gets a Krogh cylinder, flat at both end planes (facets `LUMEN`); otherwise
    the tissue is flush with the plane of the mouth (all `TISSUE_OUTER`). Ends inside the tissue are
    blind: it closes the vessel by a disk of its own facets (`LUMEN`) opposite the vessel's annulus:
    the two share only the rim.

    Veins get a space of their own, `VENOUS_PVS`, with `WALL`, `SHEATH`, `INLET` (their root, where
    they drain) and `DISTAL`. Where sheaths of both would touch, the gaps shrink and a note says so.

    Args:
        tree: centreline tree, m.
        gap: R2 - R1, m; or else
        ratio: R2 / R1; or else
        area_ratio: area of the space over area of the lumen, R2^2 / R1^2 - 1.
        shape: `Eccentric` or `Elliptic`; None for a round sheath with the lumen at its centre.
        tissue: distance of the tissue's outer face from the centreline, m, a `Box` or a `Krogh`;
            0 or None for none, the sheath is then boundary.
        veins: centreline tree of veins in the same tissue, m; rooted where they drain.
        overlap: where an artery and a vein leave less than a fifth of the gap, "refuse" the place
            or "prune" the veins there.
        around: columns round a ring, even, at least 8.
        layers: cells across the gap.
        growth: height of a layer over that of its neighbour nearer the wall or the sheath.
        stretch: spacing along the vessel over the gap.
        smoothing: width of the centreline filter over R2.
        inscribed: corners on the circle instead of equal area.
        short: what becomes of a branch too short for its junctions, where the gap has shrunk to
            three fifths: "merge" makes it longer, and what hangs on it gives way, or, where it has
            less than half of what it needs, makes one junction of two, and splits that in two with
            a tube between where the template does not fit; such a tip is cut off. "trim" lets the
            gap shrink to a fifth, then cuts off the side branch beyond it, or the tip; "refuse"
            names its place.
        touching: what becomes of vessels between which less than a fifth of their gaps fits:
            "shrink" shrinks the gaps to a fifth and moves the vessels apart by what then lacks,
            "refuse" names the place.
        time_limit: seconds allowed to the tetrahedraliser of the tissue.
        tell: is told, in a few words, what happens now.

    Returns:
        The mesh; every tetrahedron is positive.

    Raises:
        NoTetrahedraliser: the tissue needs packages that are not installed.
        InputError: the tree is no tree, a gap does not fit (the message names the place), or the
            tissue cannot be made.
    """
    _check(tree, around, layers, growth, stretch, smoothing)
    widen = circle_factor(around, "inscribed" if inscribed else "area")
    heights = layer_heights(layers, growth)
    trees = [tree] if veins is None else [tree, veins]
    if overlap not in get_args(Overlap):
        raise InputError(f"{tree.name}: overlap must be refuse or prune, got {overlap}")
    asked = [Asked(each, width_of(each, gap, ratio, area_ratio)) for each in trees]
    notes: tuple[str, ...] = ()
    for each in trees:
        check_tree(each)
    check_choices(tree, short, touching)
    if veins is not None:
        artery, vein, notes = share_room(asked[0], asked[1], shape, widen, overlap)
        asked = [artery, vein]
    builds = []
    for wish in asked:
        tell(f"space round {wish.tree.name}, {len(wish.tree.radius)} nodes")
        builds.append(
            build_columns(
                wish.tree,
                wish.gap,
                around,
                heights,
                stretch,
                smoothing,
                widen,
                shape,
                short,
                touching,
            )
        )
    if veins is not None:
        refuse_contact(builds[0], builds[1], widen, tree.name)
    return _with_tissue(builds, heights, widen, tissue, time_limit, notes, tell)


def _with_tissue(
    builds: list[Build],
    heights: Float[np.ndarray, " levels"],
    widen: float,
    tissue: Tissue,
    time_limit: float,
    notes: tuple[str, ...],
    tell: Tell,
) -> Mesh:
    """The spaces of finished columns as one mesh, in the tissue that is asked for."""
    name = builds[0].tree.name
    if not tissue:
        return _spaces(builds, heights, widen, notes)
    radius: float | None = None
    if isinstance(tissue, Box):
        places, spacing = [place_in_box(builds, tissue, name)], tissue.spacing
    else:
        radius = tissue.radius if isinstance(tissue, Krogh) else tissue
        _check_tissue(name, builds, radius, widen)
        alone = len(builds) == len(builds[0].lines) == 1
        if isinstance(tissue, Krogh) or (alone and _straight(builds[0])):
            mesh = _spaces(builds, heights, widen, notes)
            return krogh_cylinder(mesh, builds, radius, widen)
        places, spacing = places_in_distance(builds, name), None
    for placed in places:
        mesh = _spaces(placed.builds, heights, widen, (*notes, *placed.notes))
        try:
            return surround(mesh, placed, radius, spacing, time_limit, tell)
        except CannotFill:
            if placed is places[-1]:
                raise
    raise AssertionError


def _spaces(
    builds: list[Build],
    heights: Float[np.ndarray, " levels"],
    widen: float,
    notes: tuple[str, ...],
) -> Mesh:
    """Arterial and, if there is one, venous space side by side."""
    regions = (Region.ARTERIAL_PVS, Region.VENOUS_PVS)
    meshes = [
        perivascular_mesh(build, heights, widen, region)
        for build, region in zip(builds, regions, strict=False)
    ]
    mesh = meshes[0] if len(meshes) == 1 else beside(*meshes)
    volumes = tet_volumes(mesh.points, mesh.cells)
    if volumes.min() <= 0.0:
        x, y, z = mesh.points[mesh.cells[np.argmin(volumes)]].mean(axis=0) * 1e6
        raise InputError(
            f"{mesh.name}: the end of the vessel at ({x:.1f}, {y:.1f}, {z:.1f}) um cannot be cut "
            "flush with the tissue's face; move that face, or prune the vessel"
        )
    return replace(mesh, notes=(*mesh.notes, *notes))


def _check(
    tree: VesselTree, around: int, layers: int, growth: float, stretch: float, smoothing: float
) -> None:
    if around < 8 or around % 2:
        raise InputError(f"{tree.name}: around must be an even number, at least 8, got {around}")
    if layers < 1 or growth <= 0.0 or stretch <= 0.0 or smoothing < 0.0:
        raise InputError(
            f"{tree.name}: needs layers >= 1, growth > 0, stretch > 0 and smoothing >= 0, got "
            f"{layers}, {growth}, {stretch} and {smoothing}"
        )


def _check_tissue(name: str, builds: list[Build], tissue: float, widen: float) -> None:
    widest = widen * max(
        float(line.farthest.max()) * build.scale for build in builds for line in build.lines
    )
    if tissue < 1.2 * widest:
        raise InputError(
            f"{name}: tissue ends {tissue * 1e6:.1f} um from the centreline, the sheath needs "
            f"{widest * 1e6:.1f} um; use at least {1.2e6 * widest:.0f} um, or 0 for none"
        )


def _straight(build: Build) -> bool:
    tangent = build.lines[0].tangent
    return bool(np.linalg.norm(tangent - tangent[0], axis=1).max() < 1e-9)
