"""One door for a geometry file: a vessel tree is swept into a mesh, a volume mesh is read."""

from collections.abc import Mapping
from pathlib import Path

from meshes.errors import InputError
from meshes.files import existing_file
from meshes.mesh import Mesh
from meshes.read_mesh import read_mesh
from meshes.read_tree import read_tree
from meshes.sweep.remedy import Short, Touching
from meshes.vtk_grid import read_grid

TREES = (".swc", ".vtp")
VOLUMES = (".msh", ".xdmf")
EITHER = (".vtk", ".vtu")
LINE_TYPES = {3, 4}  # VTK's numbers of lines and polylines
VOLUME_TYPES = {10, 12, 13, 14, 24, 25, 26, 27, 29}  # tetrahedra to curved hexahedra


def load(
    path: str | Path,
    units: str | None = None,
    *,
    gap: float | None = None,
    ratio: float | None = None,
    tissue: float = 100e-6,
    around: int = 16,
    layers: int = 4,
    stretch: float = 2.5,
    short: Short = "merge",
    touching: Touching = "shrink",
    tags: Mapping[str, str] | None = None,
) -> Mesh:
    """Mesh from a file of either kind; which kind is seen from the file.

    Args:
        path: .swc, .vtp, .vtk, .vtu, .msh or .xdmf file.
        units: length unit of the file; see `read_tree` and `read_mesh`.
        gap: tree: width of the perivascular space, m; this or `ratio`.
        ratio: tree: outer over inner radius.
        tissue: tree: distance of the tissue's outer face from the centreline, m; 0 for none.
        around: tree: points around a ring.
        layers: tree: cells across the gap.
        stretch: tree: cell length along the vessel over its width.
        short: tree: what becomes of a branch too short for its junctions; see `sheath`.
        touching: tree: what becomes of vessels that touch; see `sheath`.
        tags: volume mesh: meaning of names the vocabulary does not know.

    Raises:
        InputError: the file cannot be used, or gap or ratio is given for a volume mesh, or tags
            for a tree.
    """
    path = existing_file(path)
    if is_tree(path):
        from meshes.sheath import sheath  # the sweep is only needed for trees

        if tags:
            raise InputError(f"{path}: is a vessel tree and has no names; leave out mesh.tags")
        tree = read_tree(path, units)
        return sheath(
            tree,
            gap=gap,
            ratio=ratio,
            tissue=tissue,
            around=around,
            layers=layers,
            stretch=stretch,
            short=short,
            touching=touching,
        )
    if gap is not None or ratio is not None:
        raise InputError(
            f"{path}: is a volume mesh, which has its gap already; leave out mesh.gap and "
            "mesh.ratio"
        )
    return read_mesh(path, units, tags)


def is_tree(path: str | Path) -> bool:
    """Whether the file holds lines and no volumes.

    Raises:
        InputError: there is no such file, or its format is not known.
    """
    path = existing_file(path)
    suffix = path.suffix.lower()
    if suffix in TREES:
        return True
    if suffix in VOLUMES:
        return False
    if suffix not in EITHER:
        known = ", ".join((*TREES, *EITHER, *VOLUMES))
        raise InputError(f"{path}: unknown format {suffix!r}; use one of {known}")
    kinds = set(read_grid(path).celltypes.tolist())
    return bool(kinds & LINE_TYPES) and not kinds & VOLUME_TYPES
