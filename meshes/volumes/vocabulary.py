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
FREE = {"ventricle", "ventricles", "subarachnoid", "sas", "cistern", "cisterns", "cisterna"}
TISSUE = {"tissue", "parenchyma", "porous", "darcy", "brain", "interstitium", "isf", "ecs"}
PATCH_RULES: tuple[tuple[set[str], Patch], ...] = (
    ({"sheath", "interface", "endfeet", "endfoot", "limitans", "glia"}, Patch.SHEATH),
    ({"lumen", "blind"}, Patch.LUMEN),
    (TISSUE, Patch.TISSUE_OUTER),
    ({"inlet", "mouth", "inflow", "proximal"}, Patch.INLET),
    ({"outlet", "distal", "far", "outflow"}, Patch.DISTAL),
    ({"outer", "outside"}, Patch.SHEATH),
    ({"wall", "inner", "arterial", "artery", "vessel"}, Patch.WALL),
    ({"pia", "pial", "ependyma", "ependymal"}, Patch.PIA),
    ({"dura", "arachnoid", "skull"}, Patch.CSF_OUTER),
)


def words_of(name: str) -> set[str]:
    """The lower-case words of a name, numbers at their ends left off."""
    return {word.rstrip("0123456789") for word in re.split(r"[^a-z0-9]+", name.lower())}


def region_called(name: str) -> Region | None:
    """The region that a volume of this name means, if the vocabulary knows it."""
    words = words_of(name)
    if words & FREE:
        return Region.CSF
    if words & PVS:
        return Region.VENOUS_PVS if words & VENOUS else Region.ARTERIAL_PVS
    return Region.TISSUE if words & TISSUE else None


def may_be_free(name: str) -> bool:
    """Whether a volume of this name is free fluid where no vessel wall is near: `csf` alone."""
    words = words_of(name)
    return "csf" in words and not words & (PVS - {"csf"})


def patch_called(name: str) -> Patch | None:
    """The patch that a surface of this name means, if the vocabulary knows it."""
    if name.strip().upper() in Patch.__members__:
        return Patch[name.strip().upper()]
    words = words_of(name)
    return next((patch for known, patch in PATCH_RULES if words & known), None)


def member(kind: type[IntEnum], word: str) -> IntEnum | None:
    """The region or patch of this exact name (any case) or code."""
    key = word.strip().upper()
    if key in kind.__members__:
        return kind[key]
    return next((tag for tag in kind if str(tag.value) == key), None)


def known_words(kind: str) -> dict[str, str]:
    """Every word that means a region ("volumes") or a patch ("surfaces"), and what it means."""
    found: dict[str, IntEnum | None]
    if kind == "volumes":
        found = {word: region_called(word) for word in PVS | FREE | TISSUE}
        named: list[IntEnum] = list(Region)
    else:
        found = {word: patch for known, patch in PATCH_RULES[::-1] for word in known}
        named = list(Patch)
    words = {word: tag.name.lower() for word, tag in found.items() if tag is not None}
    return words | {tag.name.lower(): tag.name.lower() for tag in named}
