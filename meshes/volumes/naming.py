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
from meshes.volumes.tag_arrays import OWN_ARRAYS, codes_of, tag_array
from meshes.volumes.translation import nearest_word
from meshes.volumes.vocabulary import (
    IGNORE,
    may_be_free,
    member,
    patch_called,
    region_called,
)


class Elements(NamedTuple):
    """Elements of one shape, corners only.

    Attributes:
        kind: meshio's name of the shape.
        block: which block of the file they are.
        nodes: point indices.
        tags: our code of each; 0 for none.
        called: what the file calls each, as the user wrote it; our lower-case word where the file
            has our codes; the word of the user's own dictionary where the file has only a code and
            the word says more than the region; empty for none.
        rows: which elements of the block they are.
    """

    kind: str
    block: int
    nodes: Int[np.ndarray, "elements corners"]
    tags: Int[np.ndarray, " elements"]
    called: np.ndarray
    rows: Int[np.ndarray, " elements"]


class Tagged(NamedTuple):
    """Volume and surface elements, the cell arrays their tags come from, and notes."""

    volumes: list[Elements]
    surfaces: list[Elements]
    arrays: frozenset[str]
    notes: tuple[str, ...] = ()
    ignored: int = 0  # volume elements left out


def tagged_elements(
    path: Path, raw: meshio.Mesh, tags: Mapping[str, str], *, strict: bool = True
) -> Tagged:
    """Volume and surface elements with our tags on them; volumes to be ignored are left out.

    Args:
        tags: file name or code -> what it means, over the vocabulary.
        strict: whether every name in `tags` must be one of the file.

    Raises:
        InputError: no tags, names of unknown meaning, or words in `tags` that match nothing.
    """
    unused = set(tags)
    volumes, found, array = _tagged(path, raw, VOLUMES, Region, tags, unused)
    surfaces, named, other = _tagged(path, raw, SURFACES, Patch, tags, unused)
    if not any(np.any(block.tags == Patch.WALL) for block in surfaces):
        free = {name: Region.CSF.name for name in found if name not in tags and may_be_free(name)}
        volumes, _, _ = _tagged(path, raw, VOLUMES, Region, {**tags, **free}, set())
    notes = []
    if unused and not strict:
        notes.append(f"mesh.tags also names {', '.join(sorted(unused))}, which the file has not")
    elif unused:
        raise InputError(
            f"{path}: mesh.tags names {', '.join(sorted(unused))}, but the file has only "
            f"{', '.join([*found, *named]) or 'no names'}; correct the name"
        )
    left = sum(int(np.sum(block.tags == 0)) for block in volumes)
    volumes = [_without(block, block.tags == 0) for block in volumes]
    volumes = [block for block in volumes if len(block.nodes)]
    if not volumes:
        raise InputError(f"{path}: all its volumes are ignored; leave some in mesh.tags")
    if left:
        notes.append(f"{left} volume elements ignored, as mesh.tags says")
    return Tagged(volumes, surfaces, frozenset((array, other)), tuple(notes), left)


def _without(block: Elements, left: np.ndarray) -> Elements:
    """A block less some of its elements."""
    if not left.any():
        return block
    kept = np.flatnonzero(~left)
    return block._replace(
        nodes=block.nodes[kept],
        tags=block.tags[kept],
        called=block.called[kept],
        rows=block.rows[kept],
    )


def _tagged(
    path: Path,
    raw: meshio.Mesh,
    kinds: Mapping[str, Any],
    tag: type[IntEnum],
    mapping: Mapping[str, str],
    unused: set[str],
) -> tuple[list[Elements], list[str], str]:
    """Elements of some kinds with our codes, the names the file gave them, and in which array."""
    blocks = [i for i, block in enumerate(raw.cells) if block.type in kinds and len(block.data)]
    what = "volumes" if tag is Region else "surfaces"
    array = tag_array(raw, blocks, tag)
    if array is None:
        if tag is Patch and not blocks:
            return [], [], ""
        raise InputError(
            f"{path}: its {what} carry no tags (cell arrays: {', '.join(raw.cell_data) or 'none'})"
            f"; name them in the mesh generator, or write an array '{tag.__name__.lower()}'"
            + ("" if tag is Region else ", or give a file of tagged facets as mesh.facets")
        )
    codes = [codes_of(path, raw, array, i) for i in blocks]
    names = {
        int(value[0]): str(name)
        for name, value in raw.field_data.items()
        if array.startswith("gmsh:") and len(value) == 2 and value[1] == (3 if tag is Region else 2)
    }
    known, called, unknown = {0: 0}, {0: ""}, []
    for code in np.unique(np.concatenate(codes)).tolist():
        if code <= 0 and tag is Patch:
            known[code], called[code] = 0, ""
            continue
        name = names.get(code, str(code))
        unused -= {name, str(code)}
        wanted = mapping.get(name, mapping.get(str(code)))
        meaning = _meaning(path, tag, name, wanted, array in OWN_ARRAYS)
        if meaning is None:
            unknown.append(name)
            continue
        known[code] = meaning
        ours = array in OWN_ARRAYS and wanted is None and meaning
        spoken = wanted if code not in names and wanted and member(tag, wanted) is None else name
        called[code] = tag(meaning).name.lower() if ours else spoken
    found = [names.get(code, str(code)) for code in known if code > 0] + unknown
    if unknown:
        raise _unknown(path, tag, what, unknown, found)
    elements = []
    for i, code in zip(blocks, codes, strict=True):
        kind, nodes = raw.cells[i].type, np.asarray(raw.cells[i].data).astype(np.int64)
        values, which = np.unique(code, return_inverse=True)
        meant = np.array([known[value] for value in values.tolist()])[which.ravel()]
        own = np.array([called[value] for value in values.tolist()])[which.ravel()]
        rows = np.arange(len(nodes))
        elements.append(Elements(kind, i, nodes[:, : corners(kind)], meant, own, rows))
    return elements, found, array


def _unknown(
    path: Path, tag: type[IntEnum], what: str, unknown: list[str], found: list[str]
) -> InputError:
    """The refusal that lists every unknown name with the nearest word of the vocabulary."""
    near = [(name, nearest_word(name, what)) for name in unknown]
    told = [name + (f" ({word}?)" if word else "") for name, word in near]
    return InputError(
        f"{path}: has {what} {', '.join(told)} of unknown meaning (names found: "
        f"{', '.join(found)}); set mesh.tags.{unknown[0]}={near[0][1] or '...'} to one of "
        f"{', '.join(t.name.lower() for t in tag)} or ignore, and so the others, or give a YAML "
        "file of such pairs as mesh.tags"
    )


def _meaning(
    path: Path, tag: type[IntEnum], name: str, wanted: str | None, own: bool
) -> int | None:
    """Our code for one name of the file, 0 for one to ignore; None if nobody knows."""
    if wanted is not None:
        if wanted == IGNORE:
            return 0
        called = region_called(wanted) if tag is Region else patch_called(wanted)
        chosen = member(tag, wanted) or called
        if chosen is None:
            words = ", ".join(t.name.lower() for t in tag)
            near = nearest_word(wanted, "volumes" if tag is Region else "surfaces")
            raise InputError(
                f"{path}: mesh.tags.{name}={wanted} is not one of {words}, ignore"
                + (f"; is {near} meant?" if near else "")
            )
        return int(chosen)
    if own:
        chosen = member(tag, name)
    else:
        chosen = region_called(name) if tag is Region else patch_called(name)
    return None if chosen is None else int(chosen)
