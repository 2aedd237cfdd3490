"""V8 with tissue that has a grain: Darcy flow easier (or harder) along the vessel than across it.

k_r (1/r)(r p')' - k_z k^2 p = 0:   p_D = cos kz [E I0(m r) + F K0(m r)],  m = k sqrt(k_z / k_r)
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import iv, kv

from solver.flow import Directional, Sheath, StokesDarcy, Tissue
from tests.exact.coupled import Coupled


@dataclass(frozen=True)
class Grained(Coupled):
    """`permeability` is that across; `axial` that along."""

    axial: float = 0.4

    @property
    def _tissue_wave(self) -> float:
        return float(self.wave * np.sqrt(self.axial / self.permeability))

    def _tissue_rows(self, r: float) -> tuple[np.ndarray, np.ndarray]:
        """Coefficients of A..F in the amplitudes of p_D and q_r."""
        m, x = self._tissue_wave, self._tissue_wave * r
        pressure = np.array([0.0, 0.0, 0.0, 0.0, iv(0, x), kv(0, x)])
        slope = m * np.array([0.0, 0.0, 0.0, 0.0, iv(1, x), -kv(1, x)])
        return pressure, -self.permeability / self.viscosity * slope

    def tissue_pressure(self, points: np.ndarray) -> np.ndarray:
        """p_D at points (3, n)."""
        x = self._tissue_wave * np.hypot(points[0], points[1])
        *_, e, f = self.coefficients
        return np.cos(self.wave * points[2]) * (e * iv(0, x) + f * kv(0, x))

    def parameters(self) -> StokesDarcy:
        """As V8; slip such that alpha / sqrt(k) is that of the permeability across."""
        mean = (2.0 * self.permeability + self.axial) / 3.0
        return replace(
            super().parameters(),
            sheath=Sheath(
                conductance=self.conductance,
                slip=self.slip * float(np.sqrt(mean / self.permeability)),
            ),
            tissue=Tissue(
                permeability=Directional(along=self.axial, across=self.permeability), storage=0.0
            ),
        )
