"""One door for a geometry file: a vessel tree is swept into a mesh, a volume mesh is read."""

from pathlib import Path

from meshes.apart import Overlap
from meshes.block import Tissue
from meshes.clean.cleaning import Cleaning
from meshes.errors import InputError
from meshes.files import existing_file
from meshes.mesh import Mesh
from meshes.read_mesh import Tags, read_mesh
from meshes.read_tree import read_tree
from meshes.shape import Shape
from meshes.sweep.remedy import Touching
from meshes.sweep.trouble import Short
from meshes.tissue import Tell
from meshes.tree import VesselTree
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
    area_ratio: float | None = None,
    shape: Shape | None = None,
    tissue: Tissue = 100e-6,
    veins: VesselTree | None = None,
    overlap: Overlap = "refuse",
    around: int = 16,
    layers: int = 4,
    growth: float = 1.0,
    stretch: float = 2.5,
    short: Short = "merge",
    touching: Touching = "shrink",
    tags: Tags = None,
    facets: str | Path | None = None,
    clean: Cleaning | None = None,
    time_limit: float = 300.0,
    tell: Tell = lambda _: None,
) -> Mesh:
    """Mesh from a file of either kind; which kind is seen from the file.

    Args:
        path: a file that `read_tree` or `read_mesh` reads.
        units: length unit of the file; see `read_tree` and `read_mesh`.
        gap: tree: width of the perivascular space, m; this, `ratio` or `area_ratio`.
        ratio: tree: outer over inner radius.
        area_ratio: tree: area of the space over that of the lumen.
        shape: tree: of the sheath's section; None for round and concentric.
        tissue: tree: distance of the tissue's outer face from the centreline, m, or its shape; 0
            for none.
        veins: tree: a second one, in the same tissue.
        overlap: tree: what to do with veins that overlap arteries.
        around: tree: points around a ring.
        layers: tree: cells across the gap.
        growth: tree: height of a layer over that of its neighbour nearer wall or sheath.
        stretch: tree: cell length along the vessel over its width.
        short: tree: what becomes of a branch too short for its junctions; see `sheath`.
        touching: tree: what becomes of vessels that touch; see `sheath`.
        tags: volume mesh: meaning of names the vocabulary does not know, or a YAML file of them.
        facets: volume mesh: file of its tagged facets, where they are kept apart.
        clean: tree: what to change in it first.
        time_limit: tree: seconds allowed to the tetrahedraliser of the tissue.
        tell: tree: is told, in a few words, what happens now.

    Raises:
        InputError: the file cannot be used, or a width, veins or clean is given for a volume mesh,
            or tags or facets for a tree.
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
            area_ratio=area_ratio,
            shape=shape,
            tissue=tissue,
            veins=veins,
            overlap=overlap,
            around=around,
            layers=layers,
            growth=growth,
            stretch=stretch,
            tell=tell,
            short=short,
            touching=touching,
            time_limit=time_limit,
        )
    mesh = read_mesh(path, units, tags, facets)  # a damaged file is told as such, tree or mesh
    if gap is not None or ratio is not None or area_ratio is not None:
        raise InputError(
            f"{path}: is a volume mesh, which has its gap already; leave out mesh.gap, mesh.ratio "
            "and mesh.area_ratio"
        )
    if veins is not None:
        raise InputError(
            f"{path}: is a volume mesh, to which no vessels are added; leave out mesh.veins"
        )
    if clean is not None and not clean.empty:
        raise InputError(f"{path}: is a volume mesh, not a vessel tree; leave out mesh.clean")
    return mesh


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
