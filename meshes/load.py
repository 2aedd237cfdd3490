"""One door for a geometry file: a vessel tree is swept into a mesh, a volume mesh is read."""

from pathlib import Path

from meshes.clean.cleaning import Cleaning
from meshes.errors import InputError
from meshes.files import existing_file
from meshes.mesh import Mesh
from meshes.read_mesh import Tags, read_mesh
from meshes.read_tree import read_tree
from meshes.volumes.raw import holds_volumes

TREES = (".swc", ".vtp", ".dgf", ".csv", ".graphml", ".gml")
VOLUMES = (".msh", ".xdmf")
EITHER = (".vtk", ".vtu")


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
    tags: Tags = None,
    facets: str | Path | None = None,
    clean: Cleaning | None = None,
) -> Mesh:
    """Mesh from a file of either kind; which kind is seen from the file.

    Args:
        path: a file that `read_tree` or `read_mesh` reads.
        units: length unit of the file; see `read_tree` and `read_mesh`.
        gap: tree: width of the perivascular space, m; this or `ratio`.
        ratio: tree: outer over inner radius.
        tissue: tree: distance of the tissue's outer face from the centreline, m; 0 for none.
        around: tree: points around a ring.
        layers: tree: cells across the gap.
        stretch: tree: cell length along the vessel over its width.
        tags: volume mesh: meaning of names the vocabulary does not know, or a YAML file of them.
        facets: volume mesh: file of its tagged facets, where they are kept apart.
        clean: tree: what to change in it first.

    Raises:
        InputError: the file cannot be used, or gap, ratio or clean is given for a volume mesh, or
            tags or facets for a tree.
    """
    path = existing_file(path)
    if is_tree(path):
        from meshes.sheath import sheath  # the sweep is only needed for trees

        if tags or facets:
            raise InputError(
                f"{path}: is a vessel tree and has no names; leave out mesh.tags and mesh.facets"
            )
        tree = read_tree(path, units, clean)
        return sheath(
            tree,
            gap=gap,
            ratio=ratio,
            tissue=tissue,
            around=around,
            layers=layers,
            stretch=stretch,
        )
    if gap is not None or ratio is not None:
        raise InputError(
            f"{path}: is a volume mesh, which has its gap already; leave out mesh.gap and "
            "mesh.ratio"
        )
    if clean is not None and not clean.empty:
        raise InputError(f"{path}: is a volume mesh, not a vessel tree; leave out mesh.clean")
    return read_mesh(path, units, tags, facets)


def is_tree(path: str | Path) -> bool:
    """Whether the file holds no volumes.

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
    return not holds_volumes(path)
