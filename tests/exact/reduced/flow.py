"""Lubrication along the annulus, leak through the sheath, seepage and storage in the rings. SI."""

from dataclasses import dataclass, field

import numpy as np

from tests.exact.reduced.network import solve
from tests.exact.reduced.tube import Tube

PICARD = 3  # passes over the one product that a soft wall makes


@dataclass(frozen=True)
class Moved:
    """One step of the flow.

    Attributes:
        areas: of the PVS at start and end, m2.
        flows: along the PVS between nodes, m3/s; `leaks` through the sheath at nodes, outward.
        seeps: between pairs of tissue cells, m3/s; `drains` through the outer surface, outward.
        entering, leaving: through mouth and far end, m3/s.
        pressure: of the PVS, mean over the step, Pa; `tissue` of the rings at the end.
        widening: of the outer wall at the end, m.
    """

    areas: tuple[np.ndarray, np.ndarray]
    flows: np.ndarray
    leaks: np.ndarray
    seeps: np.ndarray
    drains: np.ndarray
    entering: float
    leaving: float
    pressure: np.ndarray
    tissue: np.ndarray
    widening: np.ndarray


@dataclass
class Lubrication:
    """The flow of a tube, step by step."""

    tube: Tube
    pairs: tuple[np.ndarray, np.ndarray, np.ndarray] = field(init=False)
    sheath: np.ndarray = field(init=False)
    drain: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        tube = self.tube
        mobility = tube.permeability / tube.viscosity
        first, second, shape = tube.tissue_pairs()
        self.pairs = first, second, mobility * shape
        self.sheath = tube.across_sheath(tube.conductance, mobility)
        self.drain = mobility * tube.outward

    def step(
        self,
        inner: tuple[np.ndarray, np.ndarray],
        tissue: np.ndarray,
        widening: np.ndarray,
        duration: float,
        theta: float,
    ) -> Moved:
        """From radii and states at the start to those at the end.

        Unknowns are pressures at `theta` of the step; what they move follows by extrapolation.
        """
        tube = self.tube
        spring = tube.outer / tube.modulus
        outer = tube.outer + widening
        after = outer
        for _ in range(1 if np.isinf(tube.modulus) else PICARD):
            # pi (R2'^2 - R2^2) = pi (R2' + R2) (R2' - R2), the last linear in the pressure
            swing = np.pi * (outer + after) * tube.lengths / duration
            resist = tube.resistance(
                0.25 * sum(r[1:] + r[:-1] for r in inner),
                0.25 * sum(r[1:] + r[:-1] for r in (outer, after)),
            )
            along = 1.0 / (resist * tube.spacing)
            drawn = np.pi * (inner[1] ** 2 - inner[0] ** 2) * tube.lengths / duration
            load = np.zeros(tube.size)
            load[: tube.nodes] = drawn + swing * widening / theta
            stored = tube.storage * tube.volumes.ravel() / (theta * duration)
            load[tube.nodes :] = stored * tissue
            own = np.concatenate([swing * spring / theta, stored])
            own[-tube.nodes :] += self.drain
            ends = {0: 0.0} | ({tube.along: -tube.gradient * tube.length} if tube.far_open else {})
            found = solve(*self._edges(along), own, load, ends)
            pressure = found[: tube.nodes]
            later = (spring * pressure - (1.0 - theta) * widening) / theta
            after = tube.outer + later
        flows = along * (pressure[:-1] - pressure[1:])
        leaks = self.sheath * (pressure - found[tube.ring(0)])
        areas = np.pi * (outer**2 - inner[0] ** 2), np.pi * (after**2 - inner[1] ** 2)
        grown = (areas[1] - areas[0]) * tube.lengths / duration
        first, second, conductance = self.pairs
        return Moved(
            areas=areas,
            flows=flows,
            leaks=leaks,
            seeps=conductance * (found[first] - found[second]),
            drains=self.drain * found[-tube.nodes :],
            entering=float(grown[0] + flows[0] + leaks[0]),
            leaving=float(flows[-1] - grown[-1] - leaks[-1]) if tube.far_open else 0.0,
            pressure=pressure,
            tissue=(found[tube.nodes :] - (1.0 - theta) * tissue) / theta,
            widening=later,
        )

    def _edges(self, along: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """All pairs of unknowns and the conductances between them."""
        tube, nodes = self.tube, np.arange(self.tube.nodes)
        first, second, conductance = self.pairs
        return (
            np.concatenate([nodes[:-1], nodes, first]),
            np.concatenate([nodes[1:], tube.ring(0), second]),
            np.concatenate([along, self.sheath, conductance]),
        )
