"""From a vessel tree to a layered perivascular space and the tissue round it.

The space between lumen (R1) and sheath (R2, by gap, ratio or area ratio) is swept along the tree as
straight columns from wall to sheath, one topology on both, and cut into tetrahedra; tissue fills
the rest out to a distance from the centreline. Metres in and out.
"""

import numpy as np
from jaxtyping import Float

from meshes.annulus import circle_factor
from meshes.errors import InputError
from meshes.mesh import Mesh
from meshes.shape import Shape
from meshes.sweep.build import Build, build_columns
from meshes.sweep.columns import layer_heights
from meshes.sweep.graph import check_tree
from meshes.sweep.space import perivascular_mesh
from meshes.tissue import with_krogh_tissue, with_tissue
from meshes.tree import VesselTree


def sheath(
    tree: VesselTree,
    *,
    gap: float | None = None,
    ratio: float | None = None,
    area_ratio: float | None = None,
    shape: Shape | None = None,
    tissue: float = 100e-6,
    around: int = 16,
    layers: int = 4,
    growth: float = 1.0,
    stretch: float = 2.5,
    smoothing: float = 0.75,
    inscribed: bool = False,
    time_limit: float = 300.0,
) -> Mesh:
    """Mesh the perivascular space of a tree and the tissue around it.

    A ring is a polygon of `around` corners. Corners stand farther out than the radius by
    `sqrt(a / sin a)`, a = 2 pi / around, so that the polygon's area is the circle's, at R1 and at
    R2: volumes are right, and so is the share of the gap. With `inscribed` they lie on the circle.

    The centreline is smoothed by a Gaussian of `smoothing` sheath radii; straight lines stay as
    they are. The gap is limited where a bend or a neighbour leaves no room, tip branches shorter
    than the template are cut off, inner ones shrunk into their junction, bends too tight smoothed
    more: `Mesh.notes` tells all. An eccentric or elliptic sheath keeps the section's area, and is
    round and concentric at junctions.

    A single straight tube gets a Krogh cylinder: tissue to exactly `tissue` from the axis, flat at
    both end planes (facets `LUMEN`). Otherwise the tissue ends at `tissue` from the centreline and
    is flush with the plane of the mouth (all `TISSUE_OUTER`); at a tip it closes the vessel by a
    disk of its own facets (`LUMEN`) opposite the `DISTAL` annulus: the two share only the rim.

    Args:
        tree: centreline tree, m.
        gap: R2 - R1, m; or else
        ratio: R2 / R1; or else
        area_ratio: area of the space over area of the lumen, R2^2 / R1^2 - 1.
        shape: `Eccentric` or `Elliptic`; None for a round sheath with the lumen at its centre.
        tissue: distance of the tissue's outer face from the centreline, m; 0 for none, the sheath
            is then boundary.
        around: columns round a ring, even, at least 8.
        layers: cells across the gap.
        growth: height of a layer over that of its neighbour nearer the wall or the sheath.
        stretch: spacing along the vessel over the gap.
        smoothing: width of the centreline filter over R2.
        inscribed: corners on the circle instead of equal area.
        time_limit: seconds allowed to the tetrahedraliser of the tissue.

    Returns:
        The mesh; every tetrahedron is positive.

    Raises:
        InputError: the tree is no tree, a gap does not fit (the message names the place), or the
            tissue cannot be made.
    """
    _check(tree, tissue, around, layers, growth, stretch, smoothing)
    width = width_of(tree, gap, ratio, area_ratio)
    check_tree(tree)
    widen = circle_factor(around, "inscribed" if inscribed else "area")
    heights = layer_heights(layers, growth)
    build = build_columns(tree, width, around, heights, stretch, smoothing, widen, shape)
    mesh = perivascular_mesh(build, tree, heights, widen)
    if tissue == 0.0:
        return mesh
    _check_tissue(tree, build, tissue, widen)
    if len(build.lines) == 1 and _straight(build):
        return with_krogh_tissue(mesh, build, tissue, widen)
    return with_tissue(mesh, build, tissue, time_limit)


def width_of(
    tree: VesselTree, gap: float | None, ratio: float | None, area_ratio: float | None
) -> Float[np.ndarray, " nodes"]:
    """Gap at every node, m, from the one measure that is given.

    Raises:
        InputError: none or several are given, or one leaves no gap.
    """
    given = {"gap": gap, "ratio": ratio, "area_ratio": area_ratio}
    chosen = {name: value for name, value in given.items() if value is not None}
    if len(chosen) != 1:
        raise InputError(
            f"{tree.name}: give one of gap (m), ratio (R2 / R1) and area_ratio (space over lumen), "
            f"got {' and '.join(chosen) or 'none'}"
        )
    [(name, value)] = chosen.items()
    least = 1.0 if name == "ratio" else 0.0
    if not value > least:
        raise InputError(f"{tree.name}: {name} must exceed {least:g}, got {value}")
    if name == "gap":
        return np.full(len(tree.radius), value)
    factor = value if name == "ratio" else np.sqrt(1.0 + value)
    widths: np.ndarray = (factor - 1.0) * tree.radius
    return widths


def _check(
    tree: VesselTree,
    tissue: float,
    around: int,
    layers: int,
    growth: float,
    stretch: float,
    smoothing: float,
) -> None:
    if around < 8 or around % 2:
        raise InputError(f"{tree.name}: around must be an even number, at least 8, got {around}")
    if layers < 1 or growth <= 0.0 or stretch <= 0.0 or smoothing < 0.0 or tissue < 0.0:
        raise InputError(
            f"{tree.name}: needs layers >= 1, growth > 0, stretch > 0, smoothing >= 0 and "
            f"tissue >= 0, got {layers}, {growth}, {stretch}, {smoothing} and {tissue} m"
        )


def _check_tissue(tree: VesselTree, build: Build, tissue: float, widen: float) -> None:
    widest = widen * build.scale * max(float(line.farthest.max()) for line in build.lines)
    if tissue < 1.2 * widest:
        raise InputError(
            f"{tree.name}: tissue ends {tissue * 1e6:.1f} um from the centreline, the sheath needs "
            f"{widest * 1e6:.1f} um; use at least {1.2e6 * widest:.0f} um, or 0 for none"
        )


def _straight(build: Build) -> bool:
    tangent = build.lines[0].tangent
    return bool(np.linalg.norm(tangent - tangent[0], axis=1).max() < 1e-9)
