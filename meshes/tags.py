"""One vocabulary of tags for regions (of cells) and patches (of facets), used everywhere.

Codes are what is written to files; names are what people type and read.
"""

from enum import IntEnum


class Region(IntEnum):
    """What fills a cell."""

    ARTERIAL_PVS = 1
    TISSUE = 2
    VENOUS_PVS = 3


class Patch(IntEnum):
    """What a facet is. `SHEATH` lies between a PVS and the tissue, all others on the boundary."""

    WALL = 11  # vessel wall, the moving inner boundary of a PVS
    SHEATH = 12  # astrocyte endfeet between PVS and tissue
    INLET = 13  # mouth of the PVS at the subarachnoid space
    DISTAL = 14  # far ends of the PVS
    TISSUE_OUTER = 15  # outer faces of the tissue block
    LUMEN = 16  # tissue facets that close a vessel's blind end
