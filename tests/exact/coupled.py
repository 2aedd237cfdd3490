"""V8: Stokes, sheath with slip, Darcy with storage, coupled and exact.

Wall u_r = V cos kz, u_z = 0; symmetry at z = 0 and pi/k; p_D(R3) = 0.

    u_z = sin kz [A I0 + B K0 + C r I1 + D r K1]       u_r = -cos kz [A I1 - B K1 + C r I2 - D r K2]
    p = -2 mu cos kz (C I0 - D K0)                     p_D = cos kz [E I0(mr) + F K0(mr)]
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import iv, kv

from meshes.annulus import annulus
from meshes.mesh import Mesh
from solver.flow import Closed, Open, Sheath, StokesDarcy, Tissue


@dataclass(frozen=True)
class Coupled:
    """The dimensionless benchmark; every parameter enters analytically."""

    inner: float = 1.0
    outer: float = 2.0
    tissue: float = 4.0
    length: float = 2.0
    speed: float = 1.0
    viscosity: float = 1.0
    permeability: float = 0.1
    conductance: float = 1.0
    slip: float = 1.0

    @property
    def wave(self) -> float:
        """k, 1/m."""
        return np.pi / self.length

    def _velocity_rows(self, r: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Coefficients of A..F in the amplitudes of u_z, u_r and p."""
        x = self.wave * r
        axial = np.array([iv(0, x), kv(0, x), r * iv(1, x), r * kv(1, x), 0.0, 0.0])
        radial = -np.array([iv(1, x), -kv(1, x), r * iv(2, x), -r * kv(2, x), 0.0, 0.0])
        pressure = -2.0 * self.viscosity * np.array([0.0, 0.0, iv(0, x), -kv(0, x), 0.0, 0.0])
        return axial, radial, pressure

    def _tissue_rows(self, r: float) -> tuple[np.ndarray, np.ndarray]:
        """Coefficients in the amplitudes of p_D and q_r."""
        x = self.wave * r
        pressure = np.array([0.0, 0.0, 0.0, 0.0, iv(0, x), kv(0, x)])
        slope = self.wave * np.array([0.0, 0.0, 0.0, 0.0, iv(1, x), -kv(1, x)])
        return pressure, -self.permeability / self.viscosity * slope

    def _slopes(self, r: float) -> tuple[np.ndarray, np.ndarray]:
        """Coefficients in the radial derivatives of u_z's and u_r's amplitudes."""
        k, x = self.wave, self.wave * r
        axial = np.array([k * iv(1, x), -k * kv(1, x), k * r * iv(0, x), -k * r * kv(0, x), 0, 0])
        radial = -np.array(
            [
                k * iv(0, x) - iv(1, x) / r,
                k * kv(0, x) + kv(1, x) / r,
                k * r * iv(1, x) - iv(2, x),
                k * r * kv(1, x) + kv(2, x),
                0,
                0,
            ]
        )
        return axial, radial

    @cached_property
    def coefficients(self) -> np.ndarray:
        """A..F from the six conditions."""
        k, mu = self.wave, self.viscosity
        wall = self._velocity_rows(self.inner)
        axial, radial, pressure = self._velocity_rows(self.outer)
        seep, flux = self._tissue_rows(self.outer)
        axial_slope, radial_slope = self._slopes(self.outer)
        friction = self.slip * mu / np.sqrt(self.permeability)
        # sigma_rz's amplitude (of sin kz): d u_z/dr + d u_r/dz = u_z' - k u_r
        rows = [
            wall[0],
            wall[1],
            radial - flux,
            pressure - 2.0 * mu * radial_slope - seep - radial / self.conductance,
            friction * axial + mu * (axial_slope - k * radial),
            self._tissue_rows(self.tissue)[0],
        ]
        return np.linalg.solve(np.array(rows), np.array([0.0, self.speed, 0.0, 0.0, 0.0, 0.0]))

    def amplitudes(self, r: float) -> tuple[float, float, float]:
        """u_z, u_r, p at a radius in the PVS."""
        return tuple(float(row @ self.coefficients) for row in self._velocity_rows(r))

    def tissue_amplitudes(self, r: float) -> tuple[float, float]:
        """p_D, q_r at a radius in the tissue."""
        return tuple(float(row @ self.coefficients) for row in self._tissue_rows(r))

    def velocity(self, points: np.ndarray) -> np.ndarray:
        """u at points (3, n)."""
        r, z = np.hypot(points[0], points[1]), points[2]
        a, b, c, d, _, _ = self.coefficients
        x = self.wave * r
        axial = a * iv(0, x) + b * kv(0, x) + c * r * iv(1, x) + d * r * kv(1, x)
        radial = -(a * iv(1, x) - b * kv(1, x) + c * r * iv(2, x) - d * r * kv(2, x))
        outward = radial * np.cos(self.wave * z)
        return np.stack(
            [outward * points[0] / r, outward * points[1] / r, axial * np.sin(self.wave * z)]
        )

    def pressure(self, points: np.ndarray) -> np.ndarray:
        """p at points (3, n)."""
        x = self.wave * np.hypot(points[0], points[1])
        _, _, c, d, _, _ = self.coefficients
        return -2.0 * self.viscosity * np.cos(self.wave * points[2]) * (c * iv(0, x) - d * kv(0, x))

    def tissue_pressure(self, points: np.ndarray) -> np.ndarray:
        """p_D at points (3, n)."""
        x = self.wave * np.hypot(points[0], points[1])
        *_, e, f = self.coefficients
        return np.cos(self.wave * points[2]) * (e * iv(0, x) + f * kv(0, x))

    @property
    def exchange(self) -> float:
        """Flow through the sheath over the half length where it goes out, m3/s."""
        return 2.0 * np.pi * self.outer * self.tissue_amplitudes(self.outer)[1] / self.wave

    def mesh(self, n: int) -> Mesh:
        """n cells across and along the PVS, 2 n around (corners on the circles)."""
        return annulus(
            self.inner,
            self.outer,
            self.length,
            tissue_outer=self.tissue,
            across=n,
            around=2 * n,
            circle="inscribed",
            along=n,
            tissue_layers=n,
        )

    def parameters(self) -> StokesDarcy:
        """Symmetry at both ends, outer pressure zero, no storage."""
        return StokesDarcy(
            viscosity=self.viscosity,
            sheath=Sheath(conductance=self.conductance, slip=self.slip),
            tissue=Tissue(permeability=self.permeability, storage=0.0),
            inlet=Closed(),
            distal=Closed(),
            outer=Open(),
            tolerance=1e-10,
        )
