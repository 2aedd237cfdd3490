"""Which elements of a file carry which of our tags: arrays, names, codes and the user's words."""

from collections.abc import Mapping
from enum import IntEnum
from pathlib import Path
from typing import Any, NamedTuple

import meshio
import numpy as np
from jaxtyping import Int

from meshes.errors import InputError
from meshes.tags import Patch, Region
from meshes.volumes.elements import SURFACES, VOLUMES, corners
from meshes.volumes.vocabulary import IGNORE, member, patch_called, region_called

# Arrays in which programs keep tags: ours, gmsh, FEniCS, VMTK, medit.
REGION_ARRAYS = ("region", "regions", "gmsh:physical", "label", "labels", "subdomains", "cell_tags")
PATCH_ARRAYS = ("patch", "patches", "gmsh:physical", "boundaries", "facet_tags")
SHARED_ARRAYS = ("markers", "marker", "tags", "tag", "CellEntityIds", "medit:ref", "f")
OWN_ARRAYS = ("region", "patch")  # codes of these mean what `tags.py` says


class Elements(NamedTuple):
    """Elements of one shape, corners only.

    Attributes:
        kind: meshio's name of the shape.
        block: which block of the file they are.
        nodes: point indices.
        tags: our code of each; 0 for none.
        called: what the file calls each, as the user wrote it; our lower-case word where the file
            has our codes; empty for none.
    """

    kind: str
    block: int
    nodes: Int[np.ndarray, "elements corners"]
    tags: Int[np.ndarray, " elements"]
    called: np.ndarray


class Tagged(NamedTuple):
    """Volume and surface elements, and the cell arrays of the file that their tags come from."""

    volumes: list[Elements]
    surfaces: list[Elements]
    arrays: frozenset[str]


def tagged_elements(path: Path, raw: meshio.Mesh, tags: Mapping[str, str]) -> Tagged:
    """Volume and surface elements with our tags on them.

    Args:
        tags: file name or code -> what it means, over the vocabulary.

    Raises:
        InputError: no tags, names of unknown meaning, or words in `tags` that match nothing.
    """
    mapping = {str(key): str(value) for key, value in tags.items()}
    unused = set(mapping)
    volumes, found, array = _tagged(path, raw, VOLUMES, REGION_ARRAYS, Region, mapping, unused)
    surfaces, named, other = _tagged(path, raw, SURFACES, PATCH_ARRAYS, Patch, mapping, unused)
    if unused:
        raise InputError(
            f"{path}: mesh.tags names {', '.join(sorted(unused))}, but the file has only "
            f"{', '.join([*found, *named]) or 'no names'}; correct the name"
        )
    return Tagged(volumes, surfaces, frozenset((array, other)))


def _tagged(
    path: Path,
    raw: meshio.Mesh,
    kinds: Mapping[str, Any],
    arrays: tuple[str, ...],
    tag: type[IntEnum],
    mapping: dict[str, str],
    unused: set[str],
) -> tuple[list[Elements], list[str], str]:
    """Elements of some kinds with our codes, the names the file gave them, and in which array."""
    blocks = [i for i, block in enumerate(raw.cells) if block.type in kinds and len(block.data)]
    what = "volumes" if tag is Region else "surfaces"
    array = next(
        (
            name
            for name in (*arrays, *SHARED_ARRAYS)
            if name in raw.cell_data and any(np.any(raw.cell_data[name][i]) for i in blocks)
        ),
        None,
    )
    if array is None:
        if tag is Patch and not blocks:
            return [], [], ""
        raise InputError(
            f"{path}: its {what} carry no tags (cell arrays: {', '.join(raw.cell_data) or 'none'})"
            f"; name them in the mesh generator, or write an array '{arrays[0]}'"
        )
    codes = [np.asarray(raw.cell_data[array][i]).astype(np.int64).ravel() for i in blocks]
    dimension = 3 if tag is Region else 2
    names = {
        int(value[0]): str(name)
        for name, value in raw.field_data.items()
        if array.startswith("gmsh:") and len(value) == 2 and value[1] == dimension
    }
    known, called, unknown = {0: 0}, {0: ""}, []
    for code in np.unique(np.concatenate(codes)).tolist():
        if code == 0 and tag is Patch:
            continue
        name = names.get(code, str(code))
        unused -= {name, str(code)}
        wanted = mapping.get(name, mapping.get(str(code)))
        meaning = _meaning(path, tag, name, wanted, array in OWN_ARRAYS)
        if meaning is None:
            unknown.append(name)
        else:
            known[code] = meaning
            ours = array in OWN_ARRAYS and wanted is None and meaning
            called[code] = tag(meaning).name.lower() if ours else name
    found = [names.get(code, str(code)) for code in known if code] + unknown
    if unknown:
        words = ", ".join(t.name.lower() for t in tag)
        raise InputError(
            f"{path}: has {what} {', '.join(unknown)} of unknown meaning (names found: "
            f"{', '.join(found)}); set mesh.tags.{unknown[0]}=... to one of {words}"
        )
    elements = []
    for i, code in zip(blocks, codes, strict=True):
        kind, nodes = raw.cells[i].type, np.asarray(raw.cells[i].data).astype(np.int64)
        values, which = np.unique(code, return_inverse=True)
        meant = np.array([known[value] for value in values.tolist()])[which.ravel()]
        own = np.array([called[value] for value in values.tolist()])[which.ravel()]
        elements.append(Elements(kind, i, nodes[:, : corners(kind)], meant, own))
    return elements, found, array


def _meaning(
    path: Path, tag: type[IntEnum], name: str, wanted: str | None, own: bool
) -> int | None:
    """Our code for one name of the file; None if nobody knows."""
    if wanted is not None:
        if wanted == IGNORE and tag is Patch:
            return 0
        called = region_called(wanted) if tag is Region else patch_called(wanted)
        chosen = member(tag, wanted) or called
        if chosen is None:
            words = ", ".join(t.name.lower() for t in tag)
            raise InputError(f"{path}: mesh.tags.{name}={wanted} is not one of {words}")
        return int(chosen)
    if own:
        chosen = member(tag, name)
    else:
        chosen = region_called(name) if tag is Region else patch_called(name)
    return None if chosen is None else int(chosen)
