"""Vessel trees and tagged volume meshes: files and topology in, one `Mesh` out. No jax, no physics.

In the order in which data travels: a file is read into a `VesselTree`, with a `Cleaning` if asked,
or into a `Mesh`; a tree is given its perivascular space and tissue by `sheath`, `check` judges the
mesh, `write_mesh` keeps it. `inspect_mesh` reads for `check` even what `read_mesh` refuses; `load`
does what fits the file; `sample_mesh` needs none. Everything here is SI: metres.
"""

from meshes.block import Box, Krogh
from meshes.check import Report, check
from meshes.clean.cleaning import Cleaning
from meshes.clean.order import clean_tree
from meshes.errors import InputError
from meshes.load import load
from meshes.mesh import Mesh, VesselCoordinates
from meshes.read_mesh import inspect_mesh, read_mesh
from meshes.read_tree import read_tree, tree_from_networkx
from meshes.samples import sample_mesh, sample_tree
from meshes.shape import Eccentric, Elliptic
from meshes.sheath import sheath
from meshes.tags import Patch, Region
from meshes.tree import VesselTree
from meshes.write import write_mesh

__all__ = [  # noqa: RUF022 - in the order in which data travels
    "InputError",
    "Region",
    "Patch",
    "VesselTree",
    "Mesh",
    "VesselCoordinates",
    "Cleaning",
    "read_tree",
    "tree_from_networkx",
    "clean_tree",
    "read_mesh",
    "inspect_mesh",
    "load",
    "sample_tree",
    "sample_mesh",
    "Eccentric",
    "Elliptic",
    "Box",
    "Krogh",
    "sheath",
    "check",
    "Report",
    "write_mesh",
]
