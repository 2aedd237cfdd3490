"""V6: a wall pushes fluid radially through PVS, sheath and tissue."""

from dataclasses import dataclass

import numpy as np

from meshes.annulus import annulus
from meshes.mesh import Mesh
from solver.flow import Closed, Open, Sheath, StokesDarcy, Tissue


@dataclass(frozen=True)
class RadialSeepage:
    """Plane flow u_r = V R1 / r from the wall to the held pressure at R3."""

    inner: float = 6e-6
    outer: float = 9e-6
    tissue: float = 100e-6
    length: float = 6e-6
    rate: float = 0.0753982e-6
    permeability: float = 1e-17
    conductance: float = 3e-10
    viscosity: float = 0.7e-3

    def tissue_pressure(self, radius):
        """p_D - p3, Pa."""
        scale = self.viscosity * self.rate * self.inner / self.permeability
        return scale * np.log(self.tissue / radius)

    @property
    def pressure(self) -> float:
        """p_S - p3, Pa: uniform in the PVS."""
        supply = self.rate * self.inner
        across = supply / (self.outer * self.conductance)
        return (
            self.tissue_pressure(self.outer)
            + across
            - 2.0 * self.viscosity * supply / self.outer**2
        )

    def mesh(self, across: int, around: int, layers: int) -> Mesh:
        """A short length of the Krogh cylinder."""
        return annulus(
            self.inner,
            self.outer,
            self.length,
            tissue_outer=self.tissue,
            across=across,
            around=around,
            along=4,
            tissue_layers=layers,
        )

    def parameters(self) -> StokesDarcy:
        """Slip ends (symmetry), outer pressure zero, no storage."""
        return StokesDarcy(
            viscosity=self.viscosity,
            sheath=Sheath(conductance=self.conductance),
            tissue=Tissue(permeability=self.permeability, storage=0.0),
            inlet=Closed(),
            distal=Closed(),
            outer=Open(),
            tolerance=1e-10,
        )
