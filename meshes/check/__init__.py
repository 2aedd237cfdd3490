"""Measure a mesh and judge it: what the solver needs must hold, what it likes is told.

Signs of volumes and dihedral angles judge the cells; a small scaled Jacobian does not, because
stretched layers are wanted. With too few cells across the gap the flow resistance is off by several
per cent, more so on Delaunay meshes than on layered ones.
"""

from meshes.check.cells import check_cells, shape_of
from meshes.check.gap import check_gap
from meshes.check.pieces import check_ends, check_pieces
from meshes.check.report import Report, Row
from meshes.check.sizes import check_sizes
from meshes.check.subject import Subject
from meshes.check.surfaces import check_tags
from meshes.check.vessels import check_apart, check_coordinates, check_tree
from meshes.mesh import Mesh

NEEDED = (
    "to solve flow, pvs-simulate needs cells of arterial_pvs (and tissue round them) with facets "
    "wall, sheath and inlet; all else can be used as it is"
)

__all__ = ["Report", "Row", "check"]


def check(mesh: Mesh) -> Report:
    """Measure cells, gap, tags, sheath, sizes, pieces and ends of a mesh.

    Nothing is raised: a mesh that cannot be used is one whose report has `failed`.
    """
    subject = Subject(mesh)
    shape = shape_of(mesh.points, mesh.cells)
    rows = [Row("points", len(mesh.points)), *check_cells(subject, shape)]
    if subject.is_pvs.any():
        rows += check_gap(subject, shape)
    else:
        rows.append(Row("cells of the space", 0, "", ">= 1", "fail", NEEDED))
    rows += check_tags(subject)
    if subject.has_coordinates:
        rows += [*check_coordinates(subject), *check_tree(subject), *check_apart(subject)]
    rows += [*check_sizes(subject), *check_pieces(subject)]
    if subject.is_pvs.any():
        rows += check_ends(subject)
    return Report(mesh.name, tuple(rows))
