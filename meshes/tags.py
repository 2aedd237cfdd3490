"""One vocabulary of tags for regions (of cells) and patches (of facets), used everywhere.

Codes are what is written to files; names are what people type and read.
"""

from enum import IntEnum


class Region(IntEnum):
    """What fills a cell."""

    ARTERIAL_PVS = 1
    TISSUE = 2
    VENOUS_PVS = 3
    CSF = 4  # free cerebrospinal fluid: subarachnoid space, ventricles; no flow is solved in it


SPACES = (Region.ARTERIAL_PVS, Region.VENOUS_PVS)  # the perivascular ones


class Patch(IntEnum):
    """What a facet is. `SHEATH` and `PIA` lie between two regions, all others on the boundary."""

    WALL = 11  # vessel wall, the moving inner boundary of a PVS
    SHEATH = 12  # astrocyte endfeet between PVS and tissue
    INLET = 13  # mouth of the PVS at the subarachnoid space
    DISTAL = 14  # far ends of the PVS
    TISSUE_OUTER = 15  # outer faces of the tissue block
    LUMEN = 16  # tissue facets that close a vessel's blind end
    CSF_OUTER = 17  # outer faces of free fluid: dura, skull, a cut
    PIA = 18  # between free fluid and tissue: pia, ependyma
