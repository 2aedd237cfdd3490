"""From an arterial space through tissue into a venous one round it: two fins that share a leak.

p_a''/R'_a = g (p_a - p_v) = -p_v''/R'_v,   m^2 = g (R'_a + R'_v)
p_a(0) = p0, p_v(0) = 0, both dead at L:    Q = p0 (g/m) tanh mL

1/g = 1/(2 pi R2 L_p) + mu ln(R3/R2)/(2 pi k) + 1/(2 pi R3 L_p); flow along the tissue is left out.
"""

from dataclasses import dataclass

import numpy as np

from meshes.annulus import annulus
from meshes.mesh import Mesh
from solver.flow import Closed, Directional, Open, Sheath, StokesDarcy, Tissue


def line_resistance(inner: float, outer: float, viscosity: float) -> float:
    """R' of an annulus, Pa s/m4."""
    bracket = outer**4 - inner**4 - (outer**2 - inner**2) ** 2 / np.log(outer / inner)
    return float(8.0 * viscosity / (np.pi * bracket))


@dataclass(frozen=True)
class TwoSpaces:
    """Coaxial circuit: arterial space, Krogh tissue, venous space."""

    inner: float = 6e-6
    outer: float = 9e-6
    tissue: float = 30e-6
    venous: float = 33e-6
    length: float = 400e-6
    pressure: float = 10.0
    permeability: float = 2e-15
    conductance: float = float("inf")
    viscosity: float = 0.7e-3

    @property
    def leak(self) -> float:
        """g, m2/(Pa s)."""
        sheaths = (1.0 / self.outer + 1.0 / self.tissue) / self.conductance
        seep = self.viscosity * np.log(self.tissue / self.outer) / self.permeability
        return float(2.0 * np.pi / (sheaths + seep))

    @property
    def flow(self) -> float:
        """Q, m3/s."""
        both = line_resistance(self.inner, self.outer, self.viscosity) + line_resistance(
            self.tissue, self.venous, self.viscosity
        )
        root = np.sqrt(self.leak * both)
        return float(self.pressure * self.leak / root * np.tanh(root * self.length))

    def mesh(self, n: int, along: int) -> Mesh:
        """n cells across each space and the tissue, 4 n around."""
        return annulus(
            self.inner,
            self.outer,
            self.length,
            tissue_outer=self.tissue,
            venous=self.venous,
            across=n,
            around=4 * n,
            along=along,
            tissue_layers=n,
        )

    def parameters(self) -> StokesDarcy:
        """No slip; next to no flow along the tissue."""
        return StokesDarcy(
            viscosity=self.viscosity,
            sheath=Sheath(conductance=self.conductance, slip=float("inf")),
            tissue=Tissue(
                permeability=Directional(along=1e-6 * self.permeability, across=self.permeability),
                storage=0.0,
            ),
            inlet=Open(self.pressure),
            distal=Closed(),
            venous_outlet=Open(0.0),
            venous_distal=Closed(),
            tolerance=1e-7,
            limit=4000,
            memory=2,
        )
