"""V9: the planar twin of the coupled benchmark, exact without body force.

Wall v = V cos kx, u = 0 at y = H; symmetry at x = 0 and pi/k; p_D(-B) = 0; the sheath at y = 0.

    v = cos kx [(A + C y) cosh ky + (B + D y) sinh ky]       u = -sin kx v'(y)/k
    p = 2 mu cos kx (C cosh ky + D sinh ky)                  p_D = cos kx (E cosh ky + F sinh ky)
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from meshes.mesh import Mesh
from solver.flow import Closed, Open, Sheath, StokesDarcy, Tissue
from tests.exact.slab import slab


@dataclass(frozen=True)
class Planar:
    """The dimensionless benchmark; every parameter enters analytically."""

    height: float = 1.0
    depth: float = 1.0
    length: float = 1.0
    speed: float = 1.0
    viscosity: float = 1.0
    permeability: float = 0.1
    conductance: float = 1.0
    slip: float = 1.0

    @property
    def wave(self) -> float:
        """k = pi / length."""
        return np.pi / self.length

    def _rows(self, y) -> dict[str, np.ndarray]:
        """Coefficients of A..F in the amplitudes at y."""
        k, mu = self.wave, self.viscosity
        zero = np.zeros_like(y)
        c, s = np.cosh(k * y), np.sinh(k * y)
        upward = np.array([c, s, y * c, y * s, zero, zero])
        slope = np.array([k * s, k * c, c + k * y * s, s + k * y * c, zero, zero])
        bend = np.array(
            [
                k**2 * c,
                k**2 * s,
                2.0 * k * s + k**2 * y * c,
                2.0 * k * c + k**2 * y * s,
                zero,
                zero,
            ]
        )
        return {
            "v": upward,
            "v_y": slope,
            "u": -slope / k,
            "u_y": -bend / k,
            "p": 2.0 * mu * np.array([zero, zero, c, s, zero, zero]),
            "p_D": np.array([zero, zero, zero, zero, c, s]),
            "q": -self.permeability * k / mu * np.array([zero, zero, zero, zero, s, c]),
        }

    @cached_property
    def coefficients(self) -> np.ndarray:
        """A..F from the six conditions; the PVS lies above the sheath, so n = -e_y there."""
        wall, sheath, floor = (self._rows(np.asarray(y)) for y in (self.height, 0.0, -self.depth))
        mu = self.viscosity
        friction = self.slip * mu / np.sqrt(self.permeability)
        rows = [
            wall["u"],
            wall["v"],
            sheath["v"] - sheath["q"],
            sheath["p"] - 2.0 * mu * sheath["v_y"] - sheath["p_D"] + sheath["v"] / self.conductance,
            friction * sheath["u"] - mu * (sheath["u_y"] - self.wave * sheath["v"]),
            floor["p_D"],
        ]
        return np.linalg.solve(np.array(rows), np.array([0.0, self.speed, 0.0, 0.0, 0.0, 0.0]))

    def amplitude(self, name: str, y):
        """Amplitude of u, v, p, p_D or q (upward) at y."""
        return np.einsum("i,i...->...", self.coefficients, self._rows(np.asarray(y))[name])

    def velocity(self, points: np.ndarray) -> np.ndarray:
        """u at points (3, n)."""
        x, y, _ = points
        along = np.sin(self.wave * x) * self.amplitude("u", y)
        return np.stack([along, np.cos(self.wave * x) * self.amplitude("v", y), 0.0 * x])

    def pressure(self, points: np.ndarray) -> np.ndarray:
        """p at points (3, n)."""
        return np.cos(self.wave * points[0]) * self.amplitude("p", points[1])

    def tissue_pressure(self, points: np.ndarray) -> np.ndarray:
        """p_D at points (3, n)."""
        return np.cos(self.wave * points[0]) * self.amplitude("p_D", points[1])

    def mesh(self, n: int) -> Mesh:
        """n cells along, across the fluid and across the tissue; 2 about as deep along z."""
        return slab(
            self.length,
            self.height,
            self.depth,
            2.0 * self.length / n,
            along=n,
            across=n,
            layers=n,
            aside=2,
        )

    def parameters(self) -> StokesDarcy:
        """Sides closed, floor held at zero, no storage."""
        return StokesDarcy(
            viscosity=self.viscosity,
            sheath=Sheath(conductance=self.conductance, slip=self.slip),
            tissue=Tissue(permeability=self.permeability, storage=0.0),
            inlet=Closed(),
            outer=Open(),
            tolerance=1e-10,
        )
