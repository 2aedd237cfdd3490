"""The volume mesh as everybody downstream sees it: points, tagged tetrahedra, tagged facets.

Lengths are metres. A mesh is topology and numbers only: no physics, no jax.
"""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float, Int

from meshes.errors import InputError
from meshes.tags import Patch, Region
from meshes.tree import VesselTree

REGION_NAMES = frozenset(region.name.lower() for region in Region)
VESSEL_ARRAYS = ("path", "radius", "fraction", "radial", "gap", "column")  # point arrays in files
FIELD_SHAPES = ((), (3,), (3, 3))


@dataclass(frozen=True, eq=False)
class VesselCoordinates:
    """Where each mesh point lies relative to its vessel; what moves the wall and builds columns.

    Attributes:
        path: distance along the vessel from the mouth, m.
        radius: lumen radius of the vessel at rest, m.
        fraction: 0 on the wall, 1 on the sheath, between across the gap; 1 in the tissue.
        radial: unit vector from the wall's vessel into the space, so outward from the vessel axis;
            on an end plane it lies in that plane; zero in the tissue.
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
    and the tissue closes the whole disk with triangles of its own, `LUMEN`. Arterial and venous PVS
    share no points at all.

    Parts say which of the user's own names a cell carries, where a region has several (grey and
    white tissue, say). Where the parts are named like the regions, or not given, they are made from
    `regions` anew, so `dataclasses.replace` with other regions keeps them right.

    Attributes:
        points: m.
        cells: tetrahedra.
        regions: one `Region` code per cell.
        facets: triangles.
        patches: one `Patch` code per facet.
        vessel: vessel coordinates of every point.
        tree: the centreline tree that was swept, if any: that of the file, less what was cut off,
            with what was moved where it is now.
        veins: that of its venous space, if any.
        name: where the mesh came from, for messages.
        notes: what was changed on the way here.
        widening: how many times farther than the radius the wall's points stand; above 1 where
            rings are polygons of the circle's area, so that volumes and their changes are exact.
        parts: names of the parts, as the user wrote them; lower-case region names by default.
        part: for each cell, the index of its name in `parts`.
        fields: floating-point values on cells by name, of shape (cells,), (cells, 3) or
            (cells, 3, 3); in the units of the file they come from, which nobody converts, and not
            held to be finite.

    Raises:
        InputError: parts or fields that do not fit the cells.
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
    parts: tuple[str, ...] = ()
    part: Int[np.ndarray, " cells"] = field(default_factory=lambda: np.zeros(0, dtype=np.int32))
    fields: dict[str, np.ndarray] = field(default_factory=dict)
    veins: VesselTree | None = None

    def __post_init__(self) -> None:
        """Settle the parts; refuse parts and fields of other cells than these."""
        count = len(self.cells)
        if set(self.parts) <= REGION_NAMES and (self.parts or not len(self.part)):
            present = np.unique(self.regions)
            names = tuple(Region(int(code)).name.lower() for code in present)
            object.__setattr__(self, "parts", names)
            object.__setattr__(
                self, "part", np.searchsorted(present, self.regions).astype(np.int32)
            )
        elif len(self.part) != count or not np.all(
            (self.part >= 0) & (self.part < len(self.parts))
        ):
            raise InputError(
                f"{self.name}: has {len(self.parts)} parts ({', '.join(self.parts) or 'no names'}) "
                f"and {len(self.part)} part numbers for {count} cells; give every cell the number "
                "of one of the names"
            )
        for name, values in self.fields.items():
            if values.shape[:1] != (count,) or values.shape[1:] not in FIELD_SHAPES:
                raise InputError(
                    f"{self.name}: its field {name} has shape {values.shape} for {count} cells; "
                    "give one number, three or 3 x 3 per cell"
                )

    def cells_of(self, region: Region) -> Int[np.ndarray, "cells 4"]:
        """Tetrahedra of one region."""
        return self.cells[self.regions == region]

    def facets_of(self, patch: Patch) -> Int[np.ndarray, "facets 3"]:
        """Triangles of one patch."""
        return self.facets[self.patches == patch]

    def in_part(self, name: str) -> Bool[np.ndarray, " cells"]:
        """Which cells carry one of the names in `parts`.

        Raises:
            InputError: no part is named so.
        """
        if name not in self.parts:
            raise InputError(f"{self.name}: has no part {name}; it has {', '.join(self.parts)}")
        inside: np.ndarray = self.part == self.parts.index(name)
        return inside
