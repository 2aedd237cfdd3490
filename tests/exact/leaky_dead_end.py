"""V7: a dead end that leaks through sheath and tissue and gives way, as a one-dimensional fin.

p'' = R' Y p - R' s,  Y = i w C + G,  G = 2 pi R2 L_eff,  C = 2 pi R2^2 / E,  s = 2 pi R1^2 w eps
1/L_eff = 1/L_p + (mu R2/k) ln(R3/R2)

One dimension neglects flow along the tissue, which matters where k pi R3^2 R' / mu is no longer
small: `along` sets the axial permeability of the tissue apart, as a share of the radial one.
"""

from dataclasses import dataclass

import numpy as np

from meshes.annulus import annulus
from meshes.mesh import Mesh
from solver.flow import Closed, Directional, Open, Rigid, Sheath, Spring, StokesDarcy, Tissue


@dataclass(frozen=True)
class LeakyDeadEnd:
    """Mouth at z = 0, dead at z = length; no tissue where `tissue` is None."""

    inner: float = 6e-6
    outer: float = 9e-6
    tissue: float | None = 100e-6
    length: float = 400e-6
    viscosity: float = 0.7e-3
    permeability: float = 2e-15
    along: float = 1e-6
    conductance: float = float("inf")
    pressure: float = 1.0
    modulus: float = float("inf")
    frequency: float = 0.02
    strain: float = 0.0

    @property
    def resistance(self) -> float:
        """R', Pa s/m4."""
        a, b = self.inner, self.outer
        bracket = b**4 - a**4 - (b**2 - a**2) ** 2 / np.log(b / a)
        return float(8.0 * self.viscosity / (np.pi * bracket))

    @property
    def leak(self) -> float:
        """G, m2/(Pa s)."""
        if self.tissue is None or self.conductance == 0.0:
            return 0.0
        seep = self.viscosity * self.outer / self.permeability * np.log(self.tissue / self.outer)
        return float(2.0 * np.pi * self.outer / (1.0 / self.conductance + seep))

    @property
    def decay(self) -> float:
        """lambda, m."""
        return float(1.0 / np.sqrt(self.resistance * self.leak))

    @property
    def far_pressure(self) -> float:
        """p(L), Pa, with `pressure` at the mouth."""
        return float(self.pressure / np.cosh(self.length / self.decay))

    @property
    def flow(self) -> float:
        """Q0 into the mouth, m3/s, with `pressure` at the mouth."""
        return float(
            self.pressure * np.tanh(self.length / self.decay) / (self.resistance * self.decay)
        )

    @property
    def oscillation(self) -> complex:
        """Phasor of the flow out of the mouth with R1 = R10 (1 + strain sin wt), m3/s."""
        turn = 2.0 * np.pi * self.frequency
        source = 2.0 * np.pi * self.inner**2 * turn * self.strain
        admittance = 2j * np.pi * turn * self.outer**2 / self.modulus + self.leak
        root = np.sqrt(self.resistance * admittance)
        # the wall's speed is a cosine: i times the sine
        return complex(1j * source * np.tanh(root * self.length) / root)

    def mesh(self, n: int, along: int) -> Mesh:
        """n cells across the gap and the tissue, 4 n around."""
        return annulus(
            self.inner,
            self.outer,
            self.length,
            tissue_outer=self.tissue,
            across=n,
            around=4 * n,
            along=along,
            tissue_layers=None if self.tissue is None else n,
        )

    def parameters(self) -> StokesDarcy:
        """No slip, no storage, outer pressure zero."""
        held = self.strain == 0.0
        return StokesDarcy(
            viscosity=self.viscosity,
            sheath=Sheath(conductance=self.conductance, slip=float("inf")),
            outer_wall=Rigid() if np.isinf(self.modulus) else Spring(self.modulus),
            tissue=Tissue(
                permeability=Directional(
                    along=self.along * self.permeability, across=self.permeability
                ),
                storage=0.0,
            ),
            inlet=Open(self.pressure if held else 0.0),
            distal=Closed(),
            outer=Closed() if self.tissue is None else Open(),
            tolerance=1e-10 if held else 1e-8,
            memory=2 if held else 25,
        )
