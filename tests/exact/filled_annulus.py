"""Flow along an annulus that fibres fill (Brinkman), or whose fluid has mass (Womersley).

mu (u'' + u'/r - s^2 u) + G = 0,  s^2 = 1/k + i w rho/mu,  u = G/(mu s^2) [1 + A I0(sr) + B K0(sr)]

G is the pressure gradient, or its phasor; u(R1) = u(R2) = 0. Womersley 1955; Brinkman 1949.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import iv, kv

from meshes.annulus import annulus
from meshes.mesh import Mesh
from solver.flow import Open, Oscillation, Pvs, Quasisteady, StokesDarcy, Unsteady


@dataclass(frozen=True)
class FilledAnnulus:
    """Gradient `gradient` (Pa/m), constant where `frequency` is 0, else G sin(2 pi f t)."""

    inner: float = 6e-6
    outer: float = 9e-6
    length: float = 6e-6
    gradient: float = 199.98
    viscosity: float = 0.7e-3
    permeability: float = float("inf")
    frequency: float = 0.0
    density: float = 1000.0

    @property
    def womersley(self) -> float:
        """alpha^2 = h^2 w rho / mu."""
        gap = self.outer - self.inner
        return float(gap**2 * 2.0 * np.pi * self.frequency * self.density / self.viscosity)

    @property
    def flow(self) -> complex:
        """Q, or its phasor, m3/s: int r I0 = r I1 / s, int r K0 = -r K1 / s."""
        a, b = self.inner, self.outer
        mass = 2j * np.pi * self.frequency * self.density / self.viscosity
        s = np.sqrt(1.0 / self.permeability + mass)
        rows = np.array([[iv(0, s * r), kv(0, s * r)] for r in (a, b)])
        first, second = np.linalg.solve(rows, -np.ones(2))
        lent = b * (first * iv(1, s * b) - second * kv(1, s * b)) / s
        lent = lent - a * (first * iv(1, s * a) - second * kv(1, s * a)) / s
        plug = 0.5 * (b**2 - a**2)
        return complex(2.0 * np.pi * self.gradient / (self.viscosity * s**2) * (plug + lent))

    def mesh(self, n: int) -> Mesh:
        """n cells across the gap, 4 n around, 2 along."""
        return annulus(self.inner, self.outer, self.length, across=n, around=4 * n, along=2)

    def parameters(self) -> StokesDarcy:
        """Open at both ends."""
        drop = self.gradient * self.length
        steady = self.frequency == 0.0
        return StokesDarcy(
            viscosity=self.viscosity,
            inertia=Quasisteady() if steady else Unsteady(self.density),
            pvs=Pvs(self.permeability),
            inlet=Open(drop if steady else Oscillation(amplitude=drop, frequency=self.frequency)),
            distal=Open(0.0),
            tolerance=1e-10,
            memory=2,
        )
