"""V1: pressure-driven flow along a concentric annulus."""

from dataclasses import dataclass

import numpy as np

from meshes.annulus import annulus
from meshes.mesh import Mesh
from solver.flow import Open, StokesDarcy


@dataclass(frozen=True)
class AnnulusFlow:
    """Poiseuille flow in an annulus under a pressure gradient G, Pa/m."""

    inner: float = 6e-6
    outer: float = 9e-6
    length: float = 60e-6
    gradient: float = 199.98
    viscosity: float = 0.7e-3

    @property
    def flow(self) -> float:
        """Q = pi G/(8 mu) [R2^4 - R1^4 - (R2^2 - R1^2)^2 / ln(R2/R1)], m3/s."""
        a, b = self.inner, self.outer
        return (
            np.pi
            * self.gradient
            / (8.0 * self.viscosity)
            * (b**4 - a**4 - (b**2 - a**2) ** 2 / np.log(b / a))
        )

    def velocity(self, radius: np.ndarray) -> np.ndarray:
        """Axial velocity, m/s."""
        a, b = self.inner, self.outer
        shape = a**2 - radius**2 + (b**2 - a**2) * np.log(radius / a) / np.log(b / a)
        return self.gradient / (4.0 * self.viscosity) * shape

    def mesh(self, across: int, around: int, stretch: float) -> Mesh:
        """Cells of axial length `stretch` gaps."""
        along = max(2, round(self.length / (stretch * (self.outer - self.inner))))
        return annulus(
            self.inner, self.outer, self.length, across=across, around=around, along=along
        )

    def parameters(self) -> StokesDarcy:
        """Open at both ends."""
        return StokesDarcy(
            viscosity=self.viscosity,
            inlet=Open(self.gradient * self.length),
            distal=Open(0.0),
            tolerance=1e-10,
        )
