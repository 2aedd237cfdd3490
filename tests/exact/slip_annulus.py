"""V5 in a ring: flow along an annulus whose sheath lets the fluid slip (Beavers, Joseph, Saffman).

u = A ln(r/R1) - G (r^2 - R1^2) / (4 mu),   u(R1) = 0,   u'(R2) = -(alpha / sqrt(k)) u(R2)
"""

from dataclasses import dataclass

import numpy as np

from meshes.annulus import annulus
from meshes.mesh import Mesh
from solver.flow import Open, Sheath, StokesDarcy, Tissue


@dataclass(frozen=True)
class SlipAnnulus:
    """Pressure gradient `gradient` along an annulus with a sealed sheath and tissue behind it."""

    inner: float = 6e-6
    outer: float = 9e-6
    length: float = 6e-6
    gradient: float = 199.98
    viscosity: float = 0.7e-3
    permeability: float = 1e-14
    slip: float = 1.0

    @property
    def flow(self) -> float:
        """Q = 2 pi int u r dr, m3/s."""
        a, b = self.inner, self.outer
        scale = self.gradient / (4.0 * self.viscosity)
        log = np.log(b / a)
        if np.isinf(self.slip):
            rise = scale * (b**2 - a**2) / log
        else:
            rate = self.slip / np.sqrt(self.permeability)
            rise = scale * (2.0 * b + rate * (b**2 - a**2)) / (1.0 / b + rate * log)
        logs = 0.5 * b**2 * log - 0.25 * (b**2 - a**2)
        return float(2.0 * np.pi * (rise * logs - 0.25 * scale * (b**2 - a**2) ** 2))

    def mesh(self, n: int) -> Mesh:
        """n cells across the gap, 4 n around, 2 along; a thin shell of tissue."""
        return annulus(
            self.inner,
            self.outer,
            self.length,
            tissue_outer=4.0 / 3.0 * self.outer,
            across=n,
            around=4 * n,
            along=2,
            tissue_layers=1,
        )

    def parameters(self) -> StokesDarcy:
        """Open at both ends, sheath sealed."""
        return StokesDarcy(
            viscosity=self.viscosity,
            sheath=Sheath(conductance=0.0, slip=self.slip),
            tissue=Tissue(permeability=self.permeability),
            inlet=Open(self.gradient * self.length),
            distal=Open(0.0),
            tolerance=1e-10,
        )
