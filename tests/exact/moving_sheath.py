"""A dead-end annulus whose wall and sheath both move: volume is all there is to it.

V(t) = pi L [R2^2 (1 + b s)^2 - R1^2 (1 + a s)^2],   s = sin(2 pi f t + phase),   Q = -dV/dt
"""

from dataclasses import dataclass

import numpy as np

from meshes.annulus import annulus
from meshes.mesh import Mesh
from solver.flow import Closed, Open, Prescribed, StokesDarcy
from solver.wall import Prescribed as Artery


@dataclass(frozen=True)
class MovingSheath:
    """Relative amplitudes `wall` of R1 and `sheath` of R2, in phase."""

    inner: float = 6e-6
    outer: float = 9e-6
    length: float = 30e-6
    wall: float = 0.1
    sheath: float = 0.0
    frequency: float = 0.02
    phase: float = 0.0

    def volume(self, time):
        """V, m3."""
        s = np.sin(2.0 * np.pi * self.frequency * time + self.phase)
        outer, inner = self.outer * (1.0 + self.sheath * s), self.inner * (1.0 + self.wall * s)
        return np.pi * self.length * (outer**2 - inner**2)

    def mouth_velocity(self, time: float) -> float:
        """Mean velocity out of the mouth, at rest area, m/s."""
        turn = 2.0 * np.pi * self.frequency
        s, rate = np.sin(turn * time + self.phase), turn * np.cos(turn * time + self.phase)
        outer = self.outer**2 * self.sheath * (1.0 + self.sheath * s)
        inner = self.inner**2 * self.wall * (1.0 + self.wall * s)
        return float(-2.0 * self.length * (outer - inner) * rate / (self.outer**2 - self.inner**2))

    def mesh(self, n: int) -> Mesh:
        """n cells across, 4 n around, 5 along."""
        return annulus(self.inner, self.outer, self.length, across=n, around=4 * n, along=5)

    def artery(self) -> Artery:
        """The wall's motion."""
        return Artery(self.wall, self.frequency, self.phase)

    def parameters(self) -> StokesDarcy:
        """Mouth open, far end closed."""
        return StokesDarcy(
            outer_wall=Prescribed(self.sheath, self.frequency, self.phase),
            inlet=Open(),
            distal=Closed(),
            tolerance=1e-10,
            memory=2,
        )
