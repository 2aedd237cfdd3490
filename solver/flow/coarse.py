"""The coarse unknowns of the pressure network: which PVS vertices share one pressure.

    columns      one unknown for each wall-sheath column: layered meshes, 2 to 4 times cheaper
    vertices     one for each vertex: multigrid does all the coarsening; meshes without layers
    centreline   one for each slice across the vessel: the one-dimensional network of a tree

All are constant on their vertices (Galerkin), so a choice is no more than a numbering. On layered
meshes columns gather the Schur complement of their lines (`schur`), everything else the network.
"""

import numpy as np
from jaxtyping import Int
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from solver.flow.stokes_darcy import Coarse
from solver.geometry.space import Space

SLICE = 1.0  # length of a slice over the gap


def coarse_unknowns(coarse: Coarse, space: Space) -> Int[np.ndarray, " vertices"]:
    """Coarse unknown of each PVS vertex, numbered from 0 without gaps. Host only."""
    if coarse == "vertices":
        return np.arange(space.fluid.vertices)
    if coarse == "columns":
        return np.asarray(space.column)
    return _slices(space)


def _slices(space: Space) -> Int[np.ndarray, " vertices"]:
    """Connected pieces of the PVS between surfaces of equal path, one gap apart."""
    width = SLICE * float(np.median(np.asarray(space.gap)))
    level = np.floor(np.asarray(space.path) / width).astype(np.int64)
    first, second = np.asarray(space.fluid.edges)
    same = level[first] == level[second]
    link = coo_array((np.ones(same.sum()), (first[same], second[same])), shape=(len(level),) * 2)
    _, piece = connected_components(link, directed=False)
    return np.asarray(piece)
