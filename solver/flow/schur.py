"""The Schur complement of a thin PVS, by lines.

    S = [C, K, E] + [B; N; b] D^-1 [B; N; b]^T

D keeps of the velocity matrix what couples the vertices of one wall-sheath line. Across a thin gap
nearly all of it does: D^-1 A has its spectrum within a factor of 1.5 however many layers there are,
and S is the true Schur complement as nearly. It holds Reynolds' lubrication theory, the membrane in
series with the fluid next to it, springs, drag, inertia and open ends, all as they are discretised.
Reduced to one pressure a column it is what `precondition` solves with on layered meshes.
"""

import numpy as np
from scipy.sparse import block_diag, coo_array, csr_matrix, diags_array, hstack, vstack

from solver.algebra.sparse import Pattern
from solver.flow.network import PENALTY, laplacian
from solver.flow.skeleton import gathering
from solver.flow.system import System
from solver.geometry.lines import Lines


def as_matrix(values: np.ndarray, pattern: Pattern) -> csr_matrix:
    """A sparse matrix of padded rows."""
    columns, continued = np.asarray(pattern.columns), np.asarray(pattern.continued)
    vertices, rows = len(continued), columns.shape[1]
    row = np.arange(rows)
    longer = np.flatnonzero(continued < rows - vertices)
    row[vertices + continued[longer]] = longer
    entries = (values.ravel(), (np.tile(row, len(columns)), columns.ravel()))
    matrix = csr_matrix(coo_array(entries, shape=(vertices, vertices)))
    matrix.eliminate_zeros()
    return matrix


def line_inverse(
    lines: Lines, diagonal: np.ndarray, between: np.ndarray, free: np.ndarray
) -> csr_matrix:
    """D^-1 on velocities stacked by component.

    Args:
        diagonal: block of each vertex, shape (3, 3, vertices).
        between: blocks along the lines, shape (gaps, 3, 3, lines).
        free: projector onto free velocities.
    """
    table = np.asarray(lines.vertices)
    levels, count = table.shape
    vertices = diagonal.shape[-1]
    fixed = (np.eye(3)[:, :, None] - free) * (np.trace(diagonal) / 3.0)
    own = np.einsum("ijn,jkn,kln->nil", free, diagonal, free) + np.moveaxis(fixed, -1, 0)
    own = np.concatenate([own, np.eye(3)[None]])
    kept = np.concatenate([np.moveaxis(free, -1, 0), np.zeros((1, 3, 3))])
    blocks = np.zeros((count, levels, 3, levels, 3))
    for level in range(levels):
        blocks[:, level, :, level] = own[table[level]]
    for level in range(levels - 1):
        block = np.moveaxis(between[level], -1, 0)
        block = kept[table[level]] @ block @ kept[table[level + 1]]
        blocks[:, level, :, level + 1] = block
        blocks[:, level + 1, :, level] = np.swapaxes(block, 1, 2)
    size = 3 * levels
    inverse = np.linalg.inv(blocks.reshape(count, size, size))
    place = (table.T[:, :, None] + vertices * np.arange(3)).reshape(count, size)
    real = np.repeat(vertices > table.T, 3, axis=1)
    use = real[:, :, None] & real[:, None, :]
    row = np.broadcast_to(place[:, :, None], inverse.shape)[use]
    column = np.broadcast_to(place[:, None, :], inverse.shape)[use]
    return csr_matrix(coo_array((inverse[use], (row, column)), shape=(3 * vertices, 3 * vertices)))


def line_schur(system: System, inverse: csr_matrix, coarse: np.ndarray) -> csr_matrix:
    """S on coarse unknowns, tissue vertices and nodes, m3/(Pa s). Host only.

    Args:
        inverse: D^-1.
        coarse: coarse unknown of each PVS vertex.
    """
    free, blocks = np.asarray(system.free), np.asarray(system.blocks)
    vertices = free.shape[-1]
    gather = gathering(coarse)
    divergence = [gather @ as_matrix(blocks[:, 3, k], system.pattern) for k in range(3)]
    stabilisation = -gather @ as_matrix(blocks[:, 3, 3], system.pattern) @ gather.T

    inside, outside = np.asarray(system.pairs.fluid), np.asarray(system.pairs.tissue)
    tissue_free, nodes = np.asarray(system.tissue_free), len(np.asarray(system.node_own))
    seep = laplacian(
        np.asarray(system.tissue.edges), -np.asarray(system.tissue_edges), len(tissue_free)
    )
    held = PENALTY * seep.diagonal() * (1.0 - tissue_free)
    seep = seep + diags_array(np.asarray(system.tissue_own) + held)
    coupling, areas = np.asarray(system.coupling), np.asarray(system.node_areas)
    slot = np.asarray(system.nodes.slot)
    on_node = np.flatnonzero(slot < nodes)

    def parts(k: int) -> csr_matrix:
        """Rows that component k of velocity feels: columns, tissue, nodes."""
        exchange = coo_array(
            (coupling[k] * tissue_free[outside], (outside, inside)),
            shape=(len(tissue_free), vertices),
        )
        collected = coo_array(
            (areas[k, on_node], (slot[on_node], on_node)), shape=(nodes, vertices)
        )
        return csr_matrix(vstack([divergence[k], exchange, collected]))

    every = [parts(k) for k in range(3)]
    felt = hstack([sum(every[k] @ diags_array(free[k, d]) for k in range(3)) for d in range(3)])
    rest = block_diag([stabilisation, seep, diags_array(np.asarray(system.node_own))])
    return csr_matrix(felt @ inverse @ felt.T + rest)
