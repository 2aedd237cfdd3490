"""A structured straight tube along z: annulus and, if wished, a Krogh cylinder of tissue with a
venous space round it.

The geometry of most exact solutions, so every number here is exact by construction: layers across
the gap, columns from wall to sheath, flat ends. Lengths in metres. Krogh cylinder: Krogh 1919 [R].
"""

from itertools import permutations
from typing import Literal

import numpy as np
from jaxtyping import Int

from meshes.errors import InputError
from meshes.mesh import Mesh, VesselCoordinates
from meshes.sweep.faces import boundary_and_interface
from meshes.tags import Patch, Region
from meshes.tree import VesselTree

Circle = Literal["area", "inscribed"]


def circle_factor(around: int, circle: Circle) -> float:
    """How much farther than the radius the corners of a regular polygon stand.

    `area`: the polygon has the area of the circle. `inscribed`: corners lie on the circle, and the
    area is short by `1 - sin(2 pi/n) / (2 pi/n)` (2.6 % for n = 16).
    """
    angle = 2.0 * np.pi / around
    return float(np.sqrt(angle / np.sin(angle))) if circle == "area" else 1.0


def annulus(
    inner: float,
    outer: float,
    length: float,
    *,
    tissue_outer: float | None = None,
    venous: float | None = None,
    across: int = 4,
    around: int = 16,
    along: int | None = None,
    tissue_layers: int | None = None,
    venous_layers: int | None = None,
    circle: Circle = "area",
) -> Mesh:
    """A straight annulus from z = 0 (`INLET`) to z = length (`DISTAL`), layered and structured.

    With `circle="area"` all rings are widened so that the polygon's area equals the circle's at
    every radius: volumes are exact, corners stand `circle_factor` times farther out. Patches:
    `WALL` at the inner radius, `SHEATH` at the outer one, `TISSUE_OUTER` at `tissue_outer`, and
    `LUMEN` for the flat ends of the tissue. Hexahedra are all cut alike: cutting every second
    sector in mirror image leaves two kinds of vertices and excites an alternating pressure that
    the stabilisation hardly sees. Path is z. Tissue layers grow geometrically.

    A venous space, a toy for drainage through the tissue, reaches from a second `SHEATH` at
    `tissue_outer` to a second `WALL` at `venous`, its flat ends `INLET` and `DISTAL` like the
    arterial ones. Its vessel lies outside, so there radial points at the axis, fraction grows
    inward and radius is that of its wall.

    Args:
        inner: lumen radius R1, m.
        outer: sheath radius R2, m.
        length: m.
        tissue_outer: tissue radius R3, m; None for the perivascular space alone.
        venous: radius of the venous wall R4, m; None for no venous space.
        across: cells across the gap.
        around: nodes around a ring.
        along: cells along the tube; None for a spacing of two gaps.
        tissue_layers: cells across the tissue; None for cells about as deep as wide.
        venous_layers: cells across the venous space; None for as many as `across`.
        circle: "area" or "inscribed" (corners on the circle).

    Raises:
        InputError: radii not increasing, or too few cells.
    """
    _check(inner, outer, length, tissue_outer, across, around)
    beyond = _venous_layers(tissue_outer, venous, venous_layers, across)
    if along is None:
        along = max(1, round(length / (2.0 * (outer - inner))))
    radii = np.linspace(inner, outer, across + 1)
    if tissue_outer is not None:
        ratio = tissue_outer / outer
        layers = tissue_layers or max(2, round(np.log(ratio) * around / (2.0 * np.pi)))
        radii = np.concatenate([radii, outer * ratio ** (np.arange(1, layers + 1) / layers)])
    outermost = Patch.SHEATH if tissue_outer is None else Patch.TISSUE_OUTER
    if venous is not None:
        radii = np.concatenate([radii, np.linspace(radii[-1], venous, beyond + 1)[1:]])
        outermost = Patch.WALL
    last = len(radii) - 1
    factor = circle_factor(around, circle)
    height = np.linspace(0.0, length, along + 1)
    angle = 2.0 * np.pi * np.arange(around) / around
    grid = np.meshgrid(
        np.arange(len(radii)), np.arange(around), np.arange(along + 1), indexing="ij"
    )
    layer, sector, ring = (a.transpose(2, 1, 0).ravel() for a in grid)
    outward = np.stack([np.cos(angle[sector]), np.sin(angle[sector]), 0.0 * sector], axis=1)
    points = factor * radii[layer][:, None] * outward
    points[:, 2] = height[ring]
    cells, cell_layer = _cells(len(radii), around, along)
    regions = np.select(
        [cell_layer < across, cell_layer < last - beyond],
        [Region.ARTERIAL_PVS, Region.TISSUE],
        Region.VENOUS_PVS,
    ).astype(np.int32)
    facets, patches = _facets(cells, regions, layer, ring, along, outermost)
    number = np.arange(len(points))
    of_artery = layer <= across
    of_vein = (layer >= last - beyond) & (beyond > 0)
    vessel = VesselCoordinates(
        path=height[ring],
        radius=np.where(of_vein, venous or 0.0, float(inner)),
        fraction=np.select(
            [of_artery, of_vein], [layer / across, (last - layer) / max(beyond, 1)], 1.0
        ),
        radial=np.select([of_artery[:, None], of_vein[:, None]], [outward, -outward], 0.0),
        gap=factor
        * np.select([of_artery, of_vein], [outer - inner, radii[-1] - radii[-1 - beyond]]),
        column=np.select([of_artery, of_vein], [number - layer, number + last - layer], -1),
    )
    tree = VesselTree(
        points=np.array([[0.0, 0.0, 0.0], [0.0, 0.0, length]]),
        radius=np.full(2, float(inner)),
        parent=np.array([-1, 0]),
        name="straight tube",
    )
    return Mesh(
        points,
        cells,
        regions,
        facets,
        patches,
        vessel,
        tree,
        name="annulus",
        widening=factor,
    )


def _check(
    inner: float, outer: float, length: float, tissue: float | None, across: int, around: int
) -> None:
    if not 0.0 < inner < outer or length <= 0.0:
        raise InputError(
            f"annulus: needs 0 < inner < outer and length > 0, got {inner}, {outer}, {length} m"
        )
    if tissue is not None and tissue <= outer:
        raise InputError(
            f"annulus: tissue_outer {tissue} m must exceed outer {outer} m; None for no tissue"
        )
    if across < 1 or around < 4:
        raise InputError("annulus: needs across >= 1 and around >= 4")


def _venous_layers(
    tissue: float | None, venous: float | None, layers: int | None, across: int
) -> int:
    """Cells across the venous space; 0 for none."""
    if venous is None:
        if layers is not None:
            raise InputError(
                "annulus: venous_layers needs venous, the radius of the venous wall, m"
            )
        return 0
    if tissue is None or venous <= tissue:
        raise InputError(
            f"annulus: venous {venous} m must exceed tissue_outer, got {tissue}; the venous space "
            "lies round the tissue"
        )
    layers = across if layers is None else layers
    if layers < 1:
        raise InputError("annulus: needs venous_layers >= 1")
    return layers


def _cells(
    radii: int, around: int, along: int
) -> tuple[Int[np.ndarray, "cells 4"], Int[np.ndarray, " cells"]]:
    """Kuhn's six tetrahedra a hexahedron, and each one's layer."""
    layer, sector, ring = (
        a.ravel()
        for a in np.meshgrid(
            np.arange(radii - 1), np.arange(around), np.arange(along), indexing="ij"
        )
    )

    def corner(bits: Int[np.ndarray, " 3"]) -> Int[np.ndarray, " hexahedra"]:
        turned = (sector + bits[1]) % around
        index: np.ndarray = ((ring + bits[2]) * around + turned) * radii + layer + bits[0]
        return index

    tets = []
    for axes in permutations(range(3)):
        steps = np.zeros((4, 3), dtype=int)
        for number, axis in enumerate(axes):
            steps[number + 1 :, axis] = 1
        tet = np.stack([corner(bits) for bits in steps], axis=1)
        odd = np.linalg.det(np.eye(3)[list(axes)]) < 0  # (across, around, along) is right-handed
        tets.append(tet[:, [0, 1, 3, 2]] if odd else tet)
    return np.concatenate(tets), np.tile(layer, 6)


def _facets(
    cells: Int[np.ndarray, "cells 4"],
    regions: Int[np.ndarray, " cells"],
    layer: Int[np.ndarray, " points"],
    ring: Int[np.ndarray, " points"],
    along: int,
    outermost: Patch,
) -> tuple[Int[np.ndarray, "facets 3"], Int[np.ndarray, " facets"]]:
    """Boundary and sheath triangles with their patches, told from ring and layer numbers."""
    boundary, sheath = boundary_and_interface(cells, regions)
    triangles = boundary.triangles
    tissue = regions[boundary.cells] == Region.TISSUE

    def all_on(numbers: Int[np.ndarray, " points"], value: int) -> np.ndarray:
        return np.all(numbers[triangles] == value, axis=1)

    patches = np.select(
        [
            all_on(layer, 0),
            all_on(layer, int(layer.max())),
            tissue,
            all_on(ring, 0),
            all_on(ring, along),
        ],
        [Patch.WALL, outermost, Patch.LUMEN, Patch.INLET, Patch.DISTAL],
    )
    facets = np.concatenate([triangles, sheath.triangles])
    patches = np.concatenate([patches, np.full(len(sheath.triangles), Patch.SHEATH)])
    return facets, patches.astype(np.int32)
