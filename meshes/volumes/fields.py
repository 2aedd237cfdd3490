"""What a file says about its cells besides their tags: the names of their parts, and its fields."""

from pathlib import Path

import meshio
import numpy as np
from jaxtyping import Int

from meshes.errors import InputError
from meshes.mesh import VESSEL_ARRAYS
from meshes.volumes.naming import Tagged
from meshes.volumes.tag_arrays import OWN_ARRAYS

PART = "part"  # our cell array of indices into the names that our field data carry
RESERVED = (*OWN_ARRAYS, PART)  # cell arrays of ours that are no fields
FULL = {1: (), 3: (3,), 9: (3, 3)}  # components and what becomes of them
SYMMETRIC = [0, 3, 5, 3, 1, 4, 5, 4, 2]  # XX YY ZZ XY YZ XZ, as VTK has it, to three rows


def parts_of(
    path: Path,
    raw: meshio.Mesh,
    tagged: Tagged,
    elements: list[Int[np.ndarray, " cells"]],
    names: tuple[str, ...],
) -> tuple[tuple[str, ...], Int[np.ndarray, " cells"]]:
    """Names of the parts in the order in which cells have them, and each cell's index.

    Args:
        elements: for each block of volumes, the element from which each tetrahedron was cut.
        names: names in a file of `write_mesh`; none in others.

    Raises:
        InputError: a cell of our own file has the number of no name.
    """
    if names and PART in raw.cell_data:
        numbers = [
            np.asarray(raw.cell_data[PART][block.block]).ravel()[block.rows][element]
            for block, element in zip(tagged.volumes, elements, strict=True)
        ]
        part = np.concatenate(numbers).astype(np.int32)
        if np.any((part < 0) | (part >= len(names))):
            raise InputError(
                f"{path}: its array {PART} numbers more parts than the {len(names)} it names "
                f"({', '.join(names)}); it is damaged: export it again"
            )
        return names, part
    words = np.concatenate(
        [b.called[element] for b, element in zip(tagged.volumes, elements, strict=True)]
    )
    found, first, which = np.unique(words, return_index=True, return_inverse=True)
    order = np.argsort(first)
    return tuple(found[order].tolist()), np.argsort(order)[which.ravel()].astype(np.int32)


def fields_of(
    path: Path, raw: meshio.Mesh, tagged: Tagged, elements: list[Int[np.ndarray, " cells"]]
) -> tuple[dict[str, np.ndarray], list[str]]:
    """Floating-point arrays on volume cells, and notes on those that cannot be kept.

    Values stay as they are in the file, nan included: nobody knows their unit. Every tetrahedron
    has the value of the element it was cut from. Scalars on points become the mean over the corners
    of each element, taken before doubled points are merged, so that a jump at an interface stays.
    """
    fields: dict[str, np.ndarray] = {}
    notes = []
    for name, blocks in raw.cell_data.items():
        arrays = [np.asarray(blocks[b.block])[b.rows] for b in tagged.volumes]
        if name in tagged.arrays or name in RESERVED or any(a.dtype.kind != "f" for a in arrays):
            continue
        rows = [
            a.reshape(len(a), -1).astype(float)[element]
            for a, element in zip(arrays, elements, strict=True)
        ]
        if all(np.isnan(row).all() for row in rows):
            continue  # an array of the surfaces
        widths = {row.shape[1] for row in rows}
        width = widths.pop() if len(widths) == 1 else 0
        if width == 6 and path.suffix.lower() == ".xdmf":
            notes.append(
                f"cell array {name} left out: six components have no fixed order in .xdmf; write "
                "all nine"
            )
        elif width == 6:
            fields[name] = np.concatenate(rows)[:, SYMMETRIC].reshape(-1, 3, 3)
        elif width in FULL:
            fields[name] = np.concatenate(rows).reshape(-1, *FULL[width])
        else:
            notes.append(
                f"cell array {name} left out: it has not 1, 3, 6 or 9 components on all cells"
            )
    for name, values in raw.point_data.items():
        values = np.asarray(values)
        scalar = values.dtype.kind == "f" and values.size == len(raw.points)
        if scalar and name not in fields and name not in (*VESSEL_ARRAYS, *RESERVED):
            flat = values.ravel().astype(float)
            fields[name] = np.concatenate(
                [
                    flat[block.nodes].mean(axis=1)[element]
                    for block, element in zip(tagged.volumes, elements, strict=True)
                ]
            )
    return fields, notes
