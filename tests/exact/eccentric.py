"""V2: pressure-driven flow along an eccentric annulus.

Piercy, Hooper & Winny 1933, Phil. Mag. 15:647.
"""

from dataclasses import dataclass, replace

import numpy as np

from meshes.annulus import annulus
from meshes.mesh import Mesh
from solver.flow import Open, StokesDarcy

TERMS = 400  # of the series; they fall like exp(-2 n alpha)


@dataclass(frozen=True)
class EccentricFlow:
    """Flow under a pressure gradient G, Pa/m, between circles whose centres are `offset` apart."""

    inner: float = 20e-6
    outer: float = 40e-6
    offset: float = 10e-6
    length: float = 40e-6
    gradient: float = 199.98
    viscosity: float = 0.7e-3

    @property
    def flow(self) -> float:
        """Q, m3/s."""
        a, b, e = self.inner, self.outer, self.offset
        centre = (b**2 - a**2 + e**2) / (2.0 * e)
        focus = np.sqrt(centre**2 - b**2)
        near = 0.5 * np.log((centre + focus) / (centre - focus))
        far = 0.5 * np.log((centre - e + focus) / (centre - e - focus))
        n = np.arange(1, TERMS + 1)
        # exp(-n (far + near)) / sinh(n (far - near)), without overflow
        terms = 2.0 * n * np.exp(-2.0 * n * far) / -np.expm1(-2.0 * n * (far - near))
        bracket = b**4 - a**4 - 4.0 * e**2 * focus**2 * (1.0 / (far - near) + 2.0 * terms.sum())
        return float(np.pi * self.gradient / (8.0 * self.viscosity) * bracket)

    @property
    def concentric(self) -> float:
        """The flow with both circles about one centre, m3/s."""
        a, b = self.inner, self.outer
        bracket = b**4 - a**4 - (b**2 - a**2) ** 2 / np.log(b / a)
        return float(np.pi * self.gradient / (8.0 * self.viscosity) * bracket)

    def mesh(self, n: int) -> Mesh:
        """n cells across, 4 n around, n / 2 along; polygons have the circles' areas.

        Circles between wall and sheath with centres on a line: ring s has radius R1 + s (R2 - R1)
        and centre s e, all widened alike.
        """
        mesh = annulus(
            self.inner, self.outer, self.length, across=n, around=4 * n, along=max(2, n // 2)
        )
        share, vessel = mesh.vessel.fraction, mesh.vessel
        points = mesh.points.copy()
        points[:, 0] += mesh.widening * self.offset * share
        gap = vessel.gap + mesh.widening * self.offset * vessel.radial[:, 0]
        return replace(mesh, points=points, vessel=replace(vessel, gap=gap), name="eccentric")

    def parameters(self) -> StokesDarcy:
        """Open at both ends."""
        return StokesDarcy(
            viscosity=self.viscosity,
            inlet=Open(self.gradient * self.length),
            distal=Open(0.0),
            tolerance=1e-10,
        )
