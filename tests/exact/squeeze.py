"""V3: a moving wall squeezes fluid out of a dead-end annulus; exact Stokes.

u_z = z W(r), (1/r)(r u_r)' = -W, p = kappa z^2/2 - mu W; closed at z = 0, open at z = L.
V3b: with R1(t) = R10 (1 + a sin wt) the same holds at every instant.
"""

from dataclasses import dataclass

import numpy as np

from meshes.annulus import annulus
from meshes.mesh import Mesh
from solver.flow import Closed, Open, StokesDarcy


@dataclass(frozen=True)
class Squeeze:
    """The wall at R1 moves outward with speed `rate`, m/s."""

    inner: float = 6e-6
    outer: float = 9e-6
    length: float = 1e-3
    rate: float = 0.0753982e-6
    viscosity: float = 0.7e-3

    @property
    def resistance(self) -> float:
        """Pressure gradient per flow, Pa s/m4."""
        a, b = self.inner, self.outer
        bracket = b**4 - a**4 - (b**2 - a**2) ** 2 / np.log(b / a)
        return 8.0 * self.viscosity / (np.pi * bracket)

    @property
    def curvature(self) -> float:
        """kappa, Pa/m2."""
        return -2.0 * np.pi * self.inner * self.rate * self.resistance

    @property
    def mouth_velocity(self) -> float:
        """Mean velocity out of the mouth, m/s."""
        return 2.0 * self.inner * self.rate * self.length / (self.outer**2 - self.inner**2)

    def profile(self, radius):
        """W(r), 1/s."""
        a, b = self.inner, self.outer
        shape = radius**2 - a**2 - (b**2 - a**2) * np.log(radius / a) / np.log(b / a)
        return self.curvature / (4.0 * self.viscosity) * shape

    def radial(self, radius):
        """u_r, m/s: r u_r = integral of W r from r to R2."""
        a, b = self.inner, self.outer
        slope = (b**2 - a**2) / np.log(b / a)

        def primitive(r):
            logs = slope * (0.5 * r**2 * np.log(r / a) - 0.25 * r**2)
            return 0.25 * r**4 - 0.5 * a**2 * r**2 - logs

        scale = self.curvature / (4.0 * self.viscosity)
        return scale * (primitive(b) - primitive(radius)) / radius

    def pressure(self, radius, height):
        """p, Pa."""
        return 0.5 * self.curvature * height**2 - self.viscosity * self.profile(radius)

    def traction(self, radius):
        """sigma_zz at the mouth, Pa."""
        return -0.5 * self.curvature * self.length**2 + 3.0 * self.viscosity * self.profile(radius)

    def mesh(self, across: int, around: int, along: int) -> Mesh:
        """The tube with its mouth (patch INLET) at z = 0; heights count from the closed end."""
        return annulus(
            self.inner, self.outer, self.length, across=across, around=around, along=along
        )

    def parameters(self, tolerance: float = 1e-10) -> StokesDarcy:
        """Mouth open, far end closed."""
        return StokesDarcy(
            viscosity=self.viscosity, inlet=Open(), distal=Closed(), tolerance=tolerance
        )
