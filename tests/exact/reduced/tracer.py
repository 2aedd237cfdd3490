"""Tracer in the annulus, well mixed across it, and in the rings, on the fluxes of the flow. SI."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import SuperLU, splu

from tests.exact.reduced.flow import Moved
from tests.exact.reduced.network import holding, operator
from tests.exact.reduced.tube import Tube


@dataclass(frozen=True)
class Carried:
    """One step of the tracer, (M' + theta dt L) c' = (M - (1 - theta) dt L) c but at a held mouth.

    Attributes:
        before: the matrix on the right; `solver`: LU of the one on the left.
        leaving: L, what leaves each unknown, m3/s, renewal apart.
        masses: fluid that dissolves tracer round each unknown at start and end, m3.
        reservoir: share of it that is the mixed mouth's.
        fresh: fluid of the mixed mouth that is renewed in the step, m3.
    """

    before: sparse.csc_array
    solver: SuperLU
    leaving: sparse.csc_array
    masses: tuple[np.ndarray, np.ndarray]
    reservoir: tuple[float, float]
    fresh: float


@dataclass(frozen=True)
class Tracer:
    """The transport of a tube."""

    tube: Tube
    pairs: tuple[np.ndarray, np.ndarray, np.ndarray]
    sheath: np.ndarray

    @classmethod
    def of(cls, tube: Tube) -> "Tracer":
        """Conductances that do not move: tissue and sheath."""
        spread = tube.porosity * tube.diffusivity / tube.tortuosity**2
        first, second, shape = tube.tissue_pairs()
        sheath = tube.across_sheath(tube.sheath_permeability, spread)
        return cls(tube, (first, second, spread * shape), sheath)

    def masses(self, areas: np.ndarray, tissue: np.ndarray, reservoir: float) -> np.ndarray:
        """Fluid that dissolves tracer round each unknown, m3."""
        tube = self.tube
        space = areas * tube.lengths
        space[0] += reservoir
        content = tube.porosity + tube.storage * tissue.reshape(tube.rings, -1)
        return np.concatenate([space, (tube.volumes * content).ravel()])

    def carry(
        self,
        moved: Moved,
        before: np.ndarray,
        reservoir: tuple[float, float],
        duration: float,
        theta: float,
    ) -> Carried:
        """Matrices of one step.

        Args:
            before: pressure of the rings at its start, Pa.
            reservoir: volume of a mixed mouth at start and end, m3; zeros for one that is held.
        """
        tube, nodes = self.tube, np.arange(self.tube.nodes)
        area = 0.25 * sum(a[1:] + a[:-1] for a in moved.areas)
        spread = tube.diffusivity * area / tube.spacing
        first, second, hindered = self.pairs
        edges = (
            _fitted(moved.flows, spread),
            (
                self.sheath + np.maximum(moved.leaks, 0.0),
                self.sheath - np.minimum(moved.leaks, 0.0),
            ),
            _fitted(moved.seeps, hindered),
        )
        forward, backward = (np.concatenate([edge[side] for edge in edges]) for side in (0, 1))
        own = np.zeros(tube.size)
        own[tube.along] = max(moved.leaving, 0.0)
        own[-tube.nodes :] = np.maximum(moved.drains, 0.0)
        leaving = operator(
            np.concatenate([nodes[:-1], nodes, first]),
            np.concatenate([nodes[1:], tube.ring(0), second]),
            forward,
            backward,
            own,
        )
        start = self.masses(moved.areas[0], before, reservoir[0])
        end = self.masses(moved.areas[1], moved.tissue, reservoir[1])
        renewed = np.zeros(tube.size)
        renewed[0] = 0.0 if tube.reservoir is None else duration * tube.reservoir / tube.renewal
        after = sparse.diags_array(end + theta * renewed) + theta * duration * leaving
        held = np.array([0] if tube.reservoir is None else [], int)
        return Carried(
            before=(
                sparse.diags_array(start - (1.0 - theta) * renewed)
                - (1.0 - theta) * duration * leaving
            ).tocsc(),
            solver=splu(holding(after.tocsc(), held)),
            leaving=leaving,
            masses=(start, end),
            reservoir=reservoir,
            fresh=float(renewed[0]),
        )


def _fitted(flows: np.ndarray, spread: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rates of pairs with flow and diffusion: spread B(-Pe), spread B(Pe), B = x / (exp x - 1)."""
    peclet = flows / spread
    small = np.abs(peclet) < 1e-6
    safe = np.where(small, 1.0, peclet)
    back = spread * np.where(small, 1.0 - 0.5 * peclet, safe / np.expm1(safe))
    return back + flows, back
