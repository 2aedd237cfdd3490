"""XDMF files with one grid or several, as meshio, FEniCS and DOLFINx write them.

meshio takes one grid without references. DOLFINx puts mesh, cell tags and facet tags into one file,
the later grids pointing at the geometry of the first by XInclude. So each grid is made to stand
alone and given to meshio's reader, and they are joined here. What the light file says of the heavy
one is held against it first: a damaged pair must not ask for all memory.
"""

import copy
import math
import re
from pathlib import Path
from xml.etree import ElementTree

import meshio
import numpy as np
from meshio.xdmf.main import XdmfReader

from meshes.errors import InputError
from meshes.volumes.join import join
from meshes.volumes.written_numbers import no_number
from meshes.volumes.xdmf_writer import OWN_GROUP

INCLUDE = "{https://www.w3.org/2001/XInclude}include"
OTHER_INCLUDE = "{http://www.w3.org/2001/XInclude}include"
DEFLATE = 1100  # bytes that one byte of a compressed file can hold at most


def read_xdmf(path: Path) -> meshio.Mesh:
    """Points, cells and arrays of all uniform grids of a file.

    Raises:
        InputError: no XML, a time series, or heavy data that are missing or not as announced.
        Exception: of any other kind, on a damaged file.
    """
    try:
        root = ElementTree.parse(path).getroot()
    except (ElementTree.ParseError, ValueError, LookupError) as error:  # unknown encodings
        raise InputError(f"{path}: is no XML ({error}); it is damaged: export it again") from error
    domain = root.find("Domain")
    if domain is None:
        raise InputError(f"{path}: has no <Domain>; it is damaged: export it again")
    grids = [_alone(grid, domain) for grid in _uniform(path, domain)]
    if not grids:
        raise InputError(f"{path}: has no <Grid> with cells; export a mesh")
    for item in (item for grid in grids for item in grid.iter("DataItem")):
        _check_item(path, item)
    reader = XdmfReader(str(path))
    parts = []
    for grid in grids:
        single = ElementTree.Element("Xdmf", root.attrib)
        ElementTree.SubElement(single, "Domain").append(grid)
        old = root.get("Version", "3").startswith("2")
        try:
            parts.append((reader.read_xdmf2 if old else reader.read_xdmf3)(single))
        except KeyError as error:
            raise InputError(
                f"{path}: has cells or words of the kind {error}, which cannot be read; export "
                "straight cells, volumes and facets in two files"
            ) from error
    mesh = join(path, parts)
    mesh.field_data |= _own_arrays(path, root)
    return mesh


def _own_arrays(path: Path, root: ElementTree.Element) -> dict[str, np.ndarray]:
    """What `write_mesh` keeps for our own reader in the heavy file."""
    import h5py

    named = next((item.text or "" for item in root.iter("DataItem")), "").strip()
    heavy = path.resolve().parent / named.rpartition(":")[0]
    if not heavy.is_file():
        return {}
    with h5py.File(heavy, "r") as file:
        own = file.get(OWN_GROUP)
        return {} if own is None else {name: values[()] for name, values in own.items()}


def _uniform(path: Path, domain: ElementTree.Element) -> list[ElementTree.Element]:
    """The grids that hold cells; a collection of one counts as what is in it."""
    found = []
    for grid in domain.findall("Grid"):
        if grid.get("GridType", "Uniform") == "Uniform":
            found.append(grid)
            continue
        inside = grid.findall("Grid")
        if len(inside) != 1:
            raise InputError(
                f"{path}: its grid {grid.get('Name', '')} is a collection of {len(inside)} (a time "
                "series, or pieces); export the mesh alone"
            )
        found.append(inside[0])
    return [grid for grid in found if grid.find("Topology") is not None]


def _alone(grid: ElementTree.Element, domain: ElementTree.Element) -> ElementTree.Element:
    """A copy of a grid with what it includes put in place, without what meshio does not know."""
    alone = copy.deepcopy(grid)
    for place, child in enumerate(alone):
        if child.tag not in (INCLUDE, OTHER_INCLUDE):
            continue
        wanted = re.search(r"(Geometry|Topology)", child.get("xpointer", ""))
        named = re.search(r"@Name=['\"]([^'\"]*)['\"]", child.get("xpointer", ""))
        for other in domain.iter("Grid"):
            source = other.find(wanted[1]) if wanted else None
            if source is not None and (named is None or other.get("Name") == named[1]):
                alone[place] = copy.deepcopy(source)
                break
    for child in [c for c in alone if c.tag not in ("Topology", "Geometry", "Attribute")]:
        if child.tag != "Information":
            alone.remove(child)
    for item in alone.iter("DataItem"):
        item.set("Format", item.get("Format", "XML"))
    return alone


def _check_item(path: Path, item: ElementTree.Element) -> None:
    """Hold one array against what is announced."""
    kind, words = item.get("Format", "XML"), (item.text or "").strip()
    size = item.get("Dimensions", "").split()
    if no_number(size, whole=True) or not size:
        raise InputError(
            f"{path}: an array has the dimensions {' '.join(size) or 'none'}; it is damaged: "
            "export it again"
        )
    shape = [int(word) for word in size]
    if kind == "Binary":
        raise InputError(
            f"{path}: keeps raw binary arrays ({words}); export it with HDF or XML data"
        )
    if kind != "HDF":
        if "Reference" in item.attrib:
            return
        count = len(words.split())
        whole = "Int" in item.get("DataType", item.get("NumberType", "Float"))
        wrong = no_number(words.split(), whole=whole)
        if wrong:
            raise InputError(
                f"{path}: an array of {'whole ' if whole else ''}numbers holds {wrong}; correct it"
            )
        if count != math.prod(shape):
            raise InputError(
                f"{path}: an array announced as {' x '.join(map(str, shape))} numbers has {count}; "
                "it is cut short or damaged: export it again"
            )
        return
    name, _, inside = words.rpartition(":")
    heavy = path.resolve().parent / name
    if not heavy.is_file():
        raise InputError(
            f"{path}: its data are in {name}, which is not beside it; copy that file too"
        )
    _check_heavy(path, heavy, inside, shape)


def _check_heavy(path: Path, heavy: Path, inside: str, shape: list[int]) -> None:
    import h5py  # slow to import, and only such files need it

    try:
        with h5py.File(heavy, "r") as file:
            data = file[inside]
            found, size, outside = data.shape, data.size * data.dtype.itemsize, data.external
    except (OSError, KeyError, AttributeError, ValueError, RuntimeError) as error:
        raise InputError(
            f"{path}: {inside or 'an array'} cannot be read from {heavy.name} "
            f"({' '.join(str(error).split())[:120]}); it is cut short or belongs to another mesh: "
            "export both again"
        ) from error
    if math.prod(found) != math.prod(shape) or outside:
        raise InputError(
            f"{path}: announces {' x '.join(map(str, shape))} numbers in {inside}, but "
            f"{heavy.name} has {' x '.join(map(str, found))}; the two do not belong together: "
            "export both again"
        )
    if size > DEFLATE * heavy.stat().st_size:
        raise InputError(
            f"{path}: {inside} announces {size / 1e9:.3g} GB, which {heavy.name} cannot hold; it "
            "is damaged: export both again"
        )
