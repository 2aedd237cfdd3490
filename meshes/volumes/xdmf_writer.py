"""Write grids to an XDMF file and its HDF5 file."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element, ElementTree, SubElement

import numpy as np
from jaxtyping import Float, Int

OWN_GROUP = "glymphax"  # of the HDF5 file: what only our own reader understands
TYPES = {"f": "Float", "i": "Int", "u": "UInt"}
SHAPES = {4: "Tetrahedron", 3: "Triangle"}


class Grid(NamedTuple):
    """Cells of one shape with the arrays on them."""

    name: str
    cells: Int[np.ndarray, "cells corners"]
    data: Mapping[str, np.ndarray]


def write_xdmf(
    path: Path,
    heavy: Path,
    points: Float[np.ndarray, "points 3"],
    grids: list[Grid],
    point_data: Mapping[str, np.ndarray],
    own: Mapping[str, np.ndarray],
) -> None:
    """Write the light file to `path` and the heavy one to `heavy`, the latter when it is complete.

    Args:
        grids: all on the same points; point data go with the first, empty ones are left out.
        own: arrays for our own reader.
    """
    import h5py  # slow to import, and only such files need it

    root = Element("Xdmf", Version="3.0")
    domain = SubElement(root, "Domain")
    partial = path.with_name(path.name + ".h5")
    try:
        with h5py.File(partial, "w") as file:
            for name, values in own.items():
                file[f"{OWN_GROUP}/{name}"] = values
            for cells in (grid for grid in grids if len(grid.cells)):
                element = SubElement(domain, "Grid", Name=cells.name, GridType="Uniform")
                place = SubElement(element, "Geometry", GeometryType="XYZ")
                _put(place, file, heavy.name, "points", points)
                topology = SubElement(
                    element,
                    "Topology",
                    TopologyType=SHAPES[cells.cells.shape[1]],
                    NumberOfElements=str(len(cells.cells)),
                    NodesPerElement=str(cells.cells.shape[1]),
                )
                _put(topology, file, heavy.name, cells.name, cells.cells)
                arrays = [("Cell", name, values) for name, values in cells.data.items()]
                if cells is grids[0]:
                    arrays += [("Node", name, values) for name, values in point_data.items()]
                for number, (centre, name, values) in enumerate(arrays):
                    kind = {1: "Scalar", 3: "Vector", 9: "Tensor"}[values[0].size]
                    one = SubElement(
                        element, "Attribute", Name=name, AttributeType=kind, Center=centre
                    )
                    _put(one, file, heavy.name, f"{cells.name}_{number}", values)
        ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)
        os.replace(partial, heavy)
    finally:
        partial.unlink(missing_ok=True)


def _put(parent: Element, file: Any, heavy: str, name: str, values: np.ndarray) -> None:
    """One array: numbers to the heavy file, once for each name, where they are to the light one."""
    if name not in file:
        file.create_dataset(name, data=values, compression="gzip", compression_opts=4, shuffle=True)
    item = SubElement(
        parent,
        "DataItem",
        DataType=TYPES[values.dtype.kind],
        Precision=str(values.dtype.itemsize),
        Dimensions=" ".join(map(str, values.shape)),
        Format="HDF",
    )
    item.text = f"{heavy}:/{name}"
