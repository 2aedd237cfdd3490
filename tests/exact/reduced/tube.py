"""A straight vessel in its tissue, and the cells in which the oracle counts. SI units."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True)
class Tube:
    """A straight vessel in its tissue; defaults are those of docs/physics.md 5.

    Attributes:
        inner, outer, tissue, length: R1, R2, R3, L, m.
        modulus: E of the outer wall, Pa; infinite when rigid.
        far_open: whether the far end is held at `-gradient * length` Pa, or closed.
        reservoir, renewal: fluid volume of a mixed compartment at the mouth, m3, and the time in
            which it is renewed, s; None for a mouth held at 1.
        drained: whether the tissue's outer surface is held at 0 Pa, or closed.
        axial: share of permeability and diffusivity that the tissue has along the tube.
        along, rings: cells.
    """

    inner: float = 6e-6
    outer: float = 9e-6
    tissue: float = 100e-6
    length: float = 1e-3
    viscosity: float = 0.7e-3
    permeability: float = 1e-16
    storage: float = 1e-4
    conductance: float = 1e-10
    modulus: float = np.inf
    far_open: bool = False
    gradient: float = 0.0
    diffusivity: float = 1.4e-10
    tortuosity: float = 1.76
    porosity: float = 0.2
    sheath_permeability: float = 3.8e-7
    reservoir: float | None = None
    renewal: float = np.inf
    drained: bool = False
    axial: float = 1.0
    along: int = 100
    rings: int = 16

    @property
    def nodes(self) -> int:
        """In z."""
        return self.along + 1

    @property
    def size(self) -> int:
        """Unknowns: those of the PVS, then the tissue's ring by ring."""
        return self.nodes * (1 + self.rings)

    @property
    def spacing(self) -> float:
        """m."""
        return self.length / self.along

    @cached_property
    def z(self) -> Float[np.ndarray, " nodes"]:
        """Path, m."""
        return np.linspace(0.0, self.length, self.nodes)

    @cached_property
    def lengths(self) -> Float[np.ndarray, " nodes"]:
        """Of the cells round the nodes, m."""
        whole = np.full(self.nodes, self.spacing)
        whole[[0, -1]] *= 0.5
        return whole

    @cached_property
    def radii(self) -> Float[np.ndarray, " faces"]:
        """Of the faces between rings, m."""
        return self.outer * (self.tissue / self.outer) ** (np.arange(self.rings + 1) / self.rings)

    @cached_property
    def centres(self) -> Float[np.ndarray, " rings"]:
        """Of the rings, m."""
        return np.sqrt(self.radii[1:] * self.radii[:-1])

    @cached_property
    def volumes(self) -> Float[np.ndarray, "rings nodes"]:
        """Of the tissue cells, m3."""
        return np.pi * np.diff(self.radii**2)[:, None] * self.lengths

    def ring(self, number: int) -> np.ndarray:
        """Unknowns of a ring of tissue, counted from 0."""
        return self.nodes * (1 + number) + np.arange(self.nodes)

    def tissue_pairs(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Neighbouring tissue cells (first, second) and area over distance between them, m."""
        first, second, shape = [], [], []
        for number in range(self.rings):
            own = self.ring(number)
            section = np.pi * np.diff(self.radii**2)[number] / self.spacing
            first.append(own[:-1])
            second.append(own[1:])
            shape.append(np.full(self.along, self.axial * section))
            if number + 1 < self.rings:
                apart = np.log(self.centres[number + 1] / self.centres[number])
                first.append(own)
                second.append(self.ring(number + 1))
                shape.append(2.0 * np.pi * self.lengths / apart)
        return np.concatenate(first), np.concatenate(second), np.concatenate(shape)

    def across_sheath(self, membrane: float, spread: float) -> np.ndarray:
        """Conductance from the PVS to the first ring: a membrane, then half a ring of tissue."""
        if membrane == 0.0:
            return np.zeros(self.nodes)
        half = self.outer * np.log(self.centres[0] / self.outer) / spread
        return 2.0 * np.pi * self.outer * self.lengths / (1.0 / membrane + half)

    @property
    def outward(self) -> Float[np.ndarray, " nodes"]:
        """Area over distance from the last ring to the outer surface, m; 0 where that is closed."""
        apart = np.log(self.tissue / self.centres[-1])
        return self.drained * 2.0 * np.pi * self.lengths / apart

    def resistance(self, inner: np.ndarray, outer: np.ndarray) -> np.ndarray:
        """R' of an annulus (V1), Pa s/m4."""
        square = outer**2 - inner**2
        bracket = outer**4 - inner**4 - square**2 / np.log(outer / inner)
        return 8.0 * self.viscosity / (np.pi * bracket)
