"""V10: a polynomial solution of Stokes and Darcy without sources (Shiue 2018, example 2).

Fluid 0 < y < 1 above tissue -1 < y < 0, lengths over `scale` and y counted from the interface:

    u = (y^2 + xy + 3x - 1,  x(x-1) - y^2/2 - 3y - 2)       p = mu (2x + y)
    p_D = mu (2x + 6) + (mu/k) [x(1-x)y + y^3/3 + 2y] + [x(x-1) - y^2 - 2] / L_p

The published one has mu = k = 1 and L_p infinite; the rest of the family follows from it, since
2x + 6 carries the normal stress -n.sigma n at y = 0, the second bracket the flux and the third the
jump. The slip condition, with the symmetric gradient u_y + v_x = 3x - 1 = u, asks for
alpha = sqrt(k).
"""

import math
from dataclasses import dataclass

import numpy as np

from meshes.mesh import Mesh
from solver.flow import Closed, Open, Sheath, StokesDarcy, Tissue
from tests.exact.slab import slab


@dataclass(frozen=True)
class Polynomial:
    """Velocities in units of `speed`, lengths of `scale`; the others in their own units."""

    scale: float = 1.0
    speed: float = 1.0
    viscosity: float = 1.0
    permeability: float = 1.0
    conductance: float = math.inf

    def velocity(self, points: np.ndarray) -> np.ndarray:
        """u at points (3, n)."""
        x, y, _ = points / self.scale
        along = y**2 + x * y + 3.0 * x - 1.0
        return self.speed * np.stack([along, x * (x - 1.0) - 0.5 * y**2 - 3.0 * y - 2.0, 0.0 * x])

    def pressure(self, points: np.ndarray) -> np.ndarray:
        """p at points (3, n)."""
        x, y, _ = points / self.scale
        return self.viscosity * self.speed / self.scale * (2.0 * x + y)

    def tissue_pressure(self, points: np.ndarray) -> np.ndarray:
        """p_D at points (3, n)."""
        x, y, _ = points / self.scale
        stress = self.viscosity * self.speed / self.scale * (2.0 * x + 6.0)
        flux = self.viscosity * self.speed * self.scale / self.permeability
        jump = self.speed / self.conductance
        return (
            stress
            + flux * (x * (1.0 - x) * y + y**3 / 3.0 + 2.0 * y)
            + jump * (x * (x - 1.0) - y**2 - 2.0)
        )

    def mesh(self, n: int) -> Mesh:
        """n cells along, across the fluid and across the tissue; 2 alike along z."""
        return slab(
            self.scale,
            self.scale,
            self.scale,
            2.0 * self.scale / n,
            along=n,
            across=n,
            layers=n,
            aside=2,
            held_ends=True,
        )

    def parameters(self) -> StokesDarcy:
        """Sides closed, pressure held on the tissue's outer faces, no storage."""
        return StokesDarcy(
            viscosity=self.viscosity,
            sheath=Sheath(
                conductance=self.conductance, slip=math.sqrt(self.permeability) / self.scale
            ),
            tissue=Tissue(permeability=self.permeability, storage=0.0),
            inlet=Closed(),
            outer=Open(),
            tolerance=1e-10,
        )
