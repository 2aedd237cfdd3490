"""The volume mesh as everybody downstream sees it: points, tagged tetrahedra, tagged facets.

Lengths are metres. A mesh is topology and numbers only: no physics, no jax.
"""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float, Int

from meshes.tags import Patch, Region
from meshes.tree import VesselTree


@dataclass(frozen=True, eq=False)
class VesselCoordinates:
    """Where each mesh point lies relative to its vessel; what moves the wall and builds columns.

    Attributes:
        path: distance along the vessel from the mouth, m.
        radius: lumen radius of the vessel at rest, m.
        fraction: 0 on the wall, 1 on the sheath, between across the gap; 1 in the tissue.
        radial: unit vector from the vessel axis outward; on an end plane it lies in that plane;
            zero in the tissue.
        gap: local width between wall and sheath, m (of the nearest wall point; 0 in the tissue).
        column: index of the wall point on which a PVS point's column stands; -1 in the tissue.
    """

    path: Float[np.ndarray, " points"]
    radius: Float[np.ndarray, " points"]
    fraction: Float[np.ndarray, " points"]
    radial: Float[np.ndarray, "points 3"]
    gap: Float[np.ndarray, " points"]
    column: Int[np.ndarray, " points"]


@dataclass(frozen=True, eq=False)
class Mesh:
    """A conforming tetrahedral mesh of perivascular space and tissue.

    Cells are positively oriented; facets are the boundary triangles and the sheath triangles, each
    once, pointing out of their region (the sheath's out of the PVS). PVS and tissue share points on
    the sheath and nowhere else: where the PVS ends blindly inside the tissue, its end is `DISTAL`
    and the tissue closes the whole disk with triangles of its own, `LUMEN`.

    Attributes:
        points: m.
        cells: tetrahedra.
        regions: one `Region` code per cell.
        facets: triangles.
        patches: one `Patch` code per facet.
        vessel: vessel coordinates of every point.
        tree: the centreline tree the mesh was made from, if any.
        name: where the mesh came from, for messages.
        notes: what was changed on the way here.
        widening: how many times farther than the radius the wall's points stand; above 1 where
            rings are polygons of the circle's area, so that volumes and their changes are exact.
    """

    points: Float[np.ndarray, "points 3"]
    cells: Int[np.ndarray, "cells 4"]
    regions: Int[np.ndarray, " cells"]
    facets: Int[np.ndarray, "facets 3"]
    patches: Int[np.ndarray, " facets"]
    vessel: VesselCoordinates
    tree: VesselTree | None = None
    name: str = "mesh"
    notes: tuple[str, ...] = field(default=())
    widening: float = 1.0

    def cells_of(self, region: Region) -> Int[np.ndarray, "cells 4"]:
        """Tetrahedra of one region."""
        return self.cells[self.regions == region]

    def facets_of(self, patch: Patch) -> Int[np.ndarray, "facets 3"]:
        """Triangles of one patch."""
        return self.facets[self.patches == patch]
