"""The packaged sample: a mouse pial feeder and penetrating arteriole, grown from morphometry.

Grown, not traced: no open mouse pial-to-penetrating arterial tree was found. `grow.py` says how,
with sources; the mesh is shipped ready, so that reading it needs no tetrahedraliser.
"""

from pathlib import Path

from meshes.mesh import Mesh
from meshes.read_mesh import read_mesh
from meshes.read_tree import read_tree
from meshes.tree import VesselTree

FOLDER = Path(__file__).parent
TREE = FOLDER / "mouse_arteriole.swc"
MESH = FOLDER / "mouse_arteriole.vtu"


def sample_tree() -> VesselTree:
    """Centreline tree of the sample, m."""
    return read_tree(TREE)


def sample_mesh() -> Mesh:
    """Ready mesh of the sample, m: four layers across the space, R2 = 1.5 R1, 100 um of tissue."""
    return read_mesh(MESH)
