"""Names that other programs give to regions and patches, and what we call them.

A name is cut into lower-case words; the first rule with one of its words decides. So `wall_outer`
is the sheath, `tissue_far` the outer face of the tissue and `outlet_a` a distal end.
"""

import re
from enum import IntEnum

from meshes.tags import Patch, Region

IGNORE = "ignore"
VENOUS = {"venous", "vein", "veins", "perivenous"}
PVS = {"pvs", "fluid", "perivascular", "periarterial", "stokes", "csf"}
TISSUE = {"tissue", "parenchyma", "porous", "darcy", "brain", "interstitium", "isf", "ecs"}
PATCH_RULES: tuple[tuple[set[str], Patch], ...] = (
    ({"sheath", "interface", "endfeet", "endfoot", "limitans", "glia"}, Patch.SHEATH),
    ({"lumen", "blind"}, Patch.LUMEN),
    (TISSUE, Patch.TISSUE_OUTER),
    ({"inlet", "mouth", "inflow", "proximal"}, Patch.INLET),
    ({"outlet", "distal", "far", "outflow"}, Patch.DISTAL),
    ({"outer", "outside"}, Patch.SHEATH),
    ({"wall", "inner", "arterial", "artery", "vessel"}, Patch.WALL),
)


def _words(name: str) -> set[str]:
    return {word.rstrip("0123456789") for word in re.split(r"[^a-z0-9]+", name.lower())}


def region_called(name: str) -> Region | None:
    """The region that a volume of this name means, if the vocabulary knows it."""
    words = _words(name)
    if words & PVS:
        return Region.VENOUS_PVS if words & VENOUS else Region.ARTERIAL_PVS
    return Region.TISSUE if words & TISSUE else None


def patch_called(name: str) -> Patch | None:
    """The patch that a surface of this name means, if the vocabulary knows it."""
    words = _words(name)
    return next((patch for known, patch in PATCH_RULES if words & known), None)


def member(kind: type[IntEnum], word: str) -> IntEnum | None:
    """The region or patch of this exact name (any case) or code."""
    key = word.strip().upper()
    if key in kind.__members__:
        return kind[key]
    return next((tag for tag in kind if str(tag.value) == key), None)
