"""In which array of a file the tags are, and the whole numbers in it."""

from enum import IntEnum
from pathlib import Path

import meshio
import numpy as np
from jaxtyping import Int

from meshes.errors import InputError
from meshes.tags import Region

# Arrays in which programs keep tags: ours, gmsh, FEniCS, VMTK, medit, MFEM; case and spaces aside.
REGION_ARRAYS = (
    *("region", "regions", "gmsh:physical", "label", "labels", "subdomains", "subdomain"),
    *("cell_tags", "material", "materialid", "attribute"),
)
PATCH_ARRAYS = ("patch", "patches", "gmsh:physical", "boundaries", "boundary", "facet_tags")
SHARED_ARRAYS = (
    *("markers", "marker", "tags", "tag", "cellentityids", "medit:ref", "f", "name_to_read"),
    *("physicalids", "physical_ids", "mesh_tags"),
)
OWN_ARRAYS = ("region", "patch")  # codes of these mean what `tags.py` says
CERTAIN = 2**53  # whole numbers beyond are not told apart as floats


def tag_array(raw: meshio.Mesh, blocks: list[int], tag: type[IntEnum]) -> str | None:
    """The cell array with the tags: one of a known name, else the only one of whole numbers."""
    arrays = REGION_ARRAYS if tag is Region else PATCH_ARRAYS
    full = [
        name
        for name, values in raw.cell_data.items()
        if any(_filled(np.asarray(values[i])) for i in blocks)
    ]
    for wanted in (*arrays, *SHARED_ARRAYS):
        for name in full:
            if name.lower().replace(" ", "_") == wanted:
                return name
    whole = [
        name
        for name in full
        if name not in (*OWN_ARRAYS, "part", "gmsh:geometrical")
        and all(np.asarray(raw.cell_data[name][i]).dtype.kind in "iu" for i in blocks)
        and all(np.asarray(raw.cell_data[name][i]).ndim == 1 for i in blocks)
    ]
    return whole[0] if len(whole) == 1 else None


def _filled(values: np.ndarray) -> bool:
    """Whether some numbers are neither 0 nor nan."""
    return values.dtype.kind in "fiu" and bool(np.any((values != 0) & (values == values)))


def codes_of(path: Path, raw: meshio.Mesh, array: str, block: int) -> Int[np.ndarray, " elements"]:
    """Tags as whole numbers; nan and what FEniCS gives to facets without a tag are 0."""
    values = np.asarray(raw.cell_data[array][block])
    kind = raw.cells[block].type
    if values.size != len(raw.cells[block].data):
        raise InputError(
            f"{path}: its array {array} has {values.size} numbers for "
            f"{len(raw.cells[block].data)} {kind} cells; give every cell one tag"
        )
    values = values.ravel()
    if values.dtype.kind == "f":
        values = np.where(np.isnan(values) | (np.abs(values) > CERTAIN), 0.0, values)
        broken = np.flatnonzero(values != np.round(values))
        if broken.size:
            raise InputError(
                f"{path}: its array {array} has {values[broken[0]]:g} on {kind} {broken[0]} "
                f"({broken.size} such); tags are whole numbers: name another array {array!r}, or "
                "round it"
            )
    elif values.dtype.kind == "u":
        values = np.where(values > 2**31 - 1, 0, values)
    return values.astype(np.int64)
