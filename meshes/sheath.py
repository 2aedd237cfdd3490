"""From a vessel tree to a layered perivascular space and the tissue round it.

The space between lumen (R1) and sheath (R2 = R1 + gap or R1 * ratio) is swept along the tree as
straight columns from wall to sheath, one topology on both, and cut into tetrahedra; tissue fills
the rest out to a distance from the centreline. Metres in and out.
"""

import numpy as np

from meshes.annulus import circle_factor
from meshes.errors import InputError
from meshes.mesh import Mesh
from meshes.sweep.build import Build, build_columns
from meshes.sweep.graph import check_tree
from meshes.sweep.remedy import Short, Touching, check_choices
from meshes.sweep.space import perivascular_mesh
from meshes.tissue import with_krogh_tissue, with_tissue
from meshes.tree import VesselTree


def sheath(
    tree: VesselTree,
    *,
    gap: float | None = None,
    ratio: float | None = None,
    tissue: float = 100e-6,
    around: int = 16,
    layers: int = 4,
    stretch: float = 2.5,
    smoothing: float = 0.75,
    inscribed: bool = False,
    short: Short = "merge",
    touching: Touching = "shrink",
    time_limit: float = 300.0,
) -> Mesh:
    """Mesh the perivascular space of a tree and the tissue around it.

    A ring is a polygon of `around` corners. Corners stand farther out than the radius by
    `sqrt(a / sin a)`, a = 2 pi / around, so that the polygon's area is the circle's, at R1 and at
    R2: volumes are right, and so is the share of the gap. With `inscribed` they lie on the circle.

    The centreline is smoothed by a Gaussian of `smoothing` sheath radii; straight lines stay as
    they are; towards a junction the filter is wider. Where a bend, a neighbour or a junction leaves
    no room the gap shrinks, down to a fifth of what was asked; bends too tight are smoothed more,
    junctions slide to where their vessels part, and what still does not fit is changed as `short`
    and `touching` say: `Mesh.notes` tells every place.

    A single straight tube gets a Krogh cylinder: tissue to exactly `tissue` from the axis, flat at
    both end planes (facets `LUMEN`). Otherwise the tissue ends at `tissue` from the centreline and
    is flush with the plane of the mouth (all `TISSUE_OUTER`); at a tip it closes the vessel by a
    disk of its own facets (`LUMEN`) opposite the `DISTAL` annulus: the two share only the rim.

    Args:
        tree: centreline tree, m.
        gap: R2 - R1, m; or else
        ratio: R2 / R1.
        tissue: distance of the tissue's outer face from the centreline, m; 0 for none, the sheath
            is then boundary.
        around: columns round a ring, even, at least 8.
        layers: cells across the gap.
        stretch: spacing along the vessel over the gap.
        smoothing: width of the centreline filter over R2.
        inscribed: corners on the circle instead of equal area.
        short: what becomes of a branch too short for its junctions: "merge" makes one junction of
            two, "trim" cuts off the side branch beyond it, "refuse" names its place. A tip is cut
            off by both merge and trim.
        touching: what becomes of vessels between which less than a fifth of their gaps fits:
            "shrink" shrinks the gaps to a fifth and moves the vessels apart by what then lacks,
            "refuse" names the place.
        time_limit: seconds allowed to the tetrahedraliser of the tissue.

    Returns:
        The mesh; every tetrahedron is positive.

    Raises:
        InputError: the tree is no tree, a gap does not fit (the message names the place), or the
            tissue cannot be made.
    """
    _check(tree, gap, ratio, tissue, around, layers, stretch, smoothing)
    check_tree(tree)
    check_choices(tree, short, touching)
    outer = tree.radius + gap if gap is not None else tree.radius * float(ratio or 0.0)
    widen = circle_factor(around, "inscribed" if inscribed else "area")
    build = build_columns(
        tree, outer - tree.radius, around, layers, stretch, smoothing, widen, short, touching
    )
    mesh = perivascular_mesh(build, tree, layers, widen)
    if tissue == 0.0:
        return mesh
    _check_tissue(tree, build, tissue, widen)
    if len(build.lines) == 1 and _straight(build):
        return with_krogh_tissue(mesh, build, tissue, widen)
    return with_tissue(mesh, build, tissue, time_limit)


def _check(
    tree: VesselTree,
    gap: float | None,
    ratio: float | None,
    tissue: float,
    around: int,
    layers: int,
    stretch: float,
    smoothing: float,
) -> None:
    if (gap is None) == (ratio is None):
        raise InputError(f"{tree.name}: give either gap (m) or ratio (R2 / R1), one of the two")
    if gap is not None and gap <= 0.0:
        raise InputError(f"{tree.name}: gap must be positive, got {gap} m")
    if ratio is not None and ratio <= 1.0:
        raise InputError(f"{tree.name}: ratio R2 / R1 must exceed 1, got {ratio}")
    if around < 8 or around % 2:
        raise InputError(f"{tree.name}: around must be an even number, at least 8, got {around}")
    if layers < 1 or stretch <= 0.0 or smoothing < 0.0 or tissue < 0.0:
        raise InputError(
            f"{tree.name}: needs layers >= 1, stretch > 0, smoothing >= 0 and tissue >= 0, got "
            f"{layers}, {stretch}, {smoothing} and {tissue} m"
        )


def _check_tissue(tree: VesselTree, build: Build, tissue: float, widen: float) -> None:
    widest = widen * max(float(line.outer.max()) for line in build.lines) * build.scale
    if tissue < 1.2 * widest:
        raise InputError(
            f"{tree.name}: tissue ends {tissue * 1e6:.1f} um from the centreline, the sheath needs "
            f"{widest * 1e6:.1f} um; use at least {1.2e6 * widest:.0f} um, or 0 for none"
        )


def _straight(build: Build) -> bool:
    tangent = build.lines[0].tangent
    return bool(np.linalg.norm(tangent - tangent[0], axis=1).max() < 1e-9)
