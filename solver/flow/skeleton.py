"""Which coarse pressures are coupled, and how strongly by geometry alone.

Multigrid coarsens by this skeleton, not by conductances, so that its arrays have the same shapes
for every permeability, conductance of the sheath, viscosity or time step of one mesh: a sweep over
them compiles once.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from scipy.sparse import block_array, block_diag, coo_array, csr_matrix, eye_array, vstack

from solver.algebra.multigrid import Skeleton, coupling
from solver.flow.lumped import Nodes
from solver.geometry.space import Space


@dataclass(frozen=True)
class CoarseSpace:
    """Coarse unknowns of the PVS, then tissue vertices, then nodes.

    Attributes:
        of_vertex: coarse unknown of each PVS vertex.
        near: ones where an unknown, a row, feels a coarse unknown of the PVS at once.
        seep: ones where tissue vertices feel each other, and nodes themselves.
        strength: of couplings within PVS and within tissue.
    """

    of_vertex: Int[np.ndarray, " vertices"]
    near: csr_matrix
    seep: csr_matrix
    strength: csr_matrix

    @property
    def count(self) -> int:
        """Coarse unknowns of the PVS."""
        return self.near.shape[1]

    def skeleton(self, *, by_lines: bool) -> Skeleton:
        """The skeleton of an operator.

        Args:
            by_lines: velocities couple all that one line feels; else only neighbours are coupled.
        """
        ring, beyond = self.near[: self.count], self.near[self.count :]
        places = csr_matrix(block_array([[ring, beyond.T], [beyond, self.seep]]))
        if by_lines:
            places = csr_matrix(places + self.near @ self.near.T)
        return Skeleton(places, self.strength)

    def follows(self, *, by_lines: bool) -> csr_matrix:
        """Positive where tissue vertices and nodes follow coarse unknowns of the PVS: those next to
        them, or all that lines there feel.
        """
        ring, beyond = self.near[: self.count], self.near[self.count :]
        return csr_matrix(beyond @ ring if by_lines else beyond)


def gathering(coarse: Int[np.ndarray, " vertices"]) -> csr_matrix:
    """Matrix that sums vertices to their coarse unknowns."""
    count, vertices = int(coarse.max()) + 1, len(coarse)
    return csr_matrix((np.ones(vertices), (coarse, np.arange(vertices))), shape=(count, vertices))


def coarse_space(
    space: Space,
    coarse: Int[np.ndarray, " vertices"],
    nodes: Nodes,
    lubricated: Float[np.ndarray, " edges"],
    seeping: Float[np.ndarray, " tissue_edges"],
) -> CoarseSpace:
    """The coarse space of a choice of coarse unknowns. Host only.

    Args:
        coarse: unknown of each PVS vertex.
        lubricated, seeping: strength of each edge of PVS and tissue by geometry alone.
    """
    gather = gathering(coarse)
    first, second = np.asarray(space.fluid.edges)
    fluid, tissue = space.fluid.vertices, space.tissue.vertices
    along = coupling(csr_matrix(gather @ _symmetric(first, second, lubricated, fluid) @ gather.T))
    here, there = np.asarray(space.tissue.edges)
    within = coupling(_symmetric(here, there, seeping, tissue))
    touching = _symmetric(here, there, np.ones(len(here)), tissue) + eye_array(tissue)

    slot, number = np.asarray(nodes.slot), nodes.members.shape[1]
    at_end = np.flatnonzero(slot < number)
    pairs = space.pairs
    behind = _ones(
        np.asarray(pairs.tissue), coarse[np.asarray(pairs.fluid)], tissue, gather.shape[0]
    )
    beyond = _ones(slot[at_end], coarse[at_end], number, gather.shape[0])
    ring = gather @ _symmetric(first, second, np.ones(len(first)), fluid) @ gather.T
    return CoarseSpace(
        of_vertex=coarse,
        near=csr_matrix(vstack([ring + eye_array(gather.shape[0]), behind, beyond])),
        seep=csr_matrix(block_diag([touching, eye_array(number)])),
        strength=csr_matrix(block_diag([along, within, csr_matrix((number, number))])),
    )


def _symmetric(first: np.ndarray, second: np.ndarray, values: np.ndarray, size: int) -> csr_matrix:
    """A matrix with a value in both places of each edge."""
    rows, columns = np.concatenate([first, second]), np.concatenate([second, first])
    entries = (np.concatenate([values, values]), (rows, columns))
    return csr_matrix(coo_array(entries, shape=(size, size)))


def _ones(rows: np.ndarray, columns: np.ndarray, height: int, width: int) -> csr_matrix:
    """Ones in some places."""
    return csr_matrix(coo_array((np.ones(len(rows)), (rows, columns)), shape=(height, width)))
